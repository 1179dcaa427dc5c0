--[[
  Packs the subject into `value`. Sets `lifetime` to the milliseconds for which it must be kept, or to 0 or -1 if it is kept for long
  enough: until its last period has ended and an hour more, for clocks that are set back, and until its bucket and its window are
  empty. With 0, `value` replaces as many bytes of what is stored, and the expiry does not change.
]]
local need = dayUsed > 0 and dayEnd + HOUR_MS or 0
if others then
  for place = 1, 9, 4 do
    if others[place + 2] > 0 and others[place + 1] + HOUR_MS > need then need = others[place + 1] + HOUR_MS end
  end
end
if rate > 0 then
  local emptyAt = now + perMs + level / rate
  -- A minute more, so that the expiry need not be set each time.
  if emptyAt > need and emptyAt > keepUntil then need = math.ceil(emptyAt) + MINUTE_MS end
end
lifetime = 0
if need > keepUntil then
  lifetime, keepUntil = need - now, need
end

local form = isPaced and 0 or 2
local extras = ""
if others or paces ~= "" then
  local counts = others or { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
  form = form + 4
  extras = pack(
    EXTRAS, counts[1], counts[2], counts[3], counts[4], counts[5], counts[6], counts[7], counts[8],
    counts[9], counts[10], counts[11], counts[12], #paces
  ) .. paces
end
if newestAt ~= at or at ~= now or dayUsed == 0 then
  form, extras = form + 1, pack(TIMES, now, newestAt, keepUntil) .. extras
end
value = pack(
  HEADER, FORMAT, level, at, windowUsed, newestUsed, rate, perMs, burst, dayLimit, dayStart, dayEnd, dayUsed, form, #limits, limits
) .. extras
if lifetime ~= 0 or newer ~= "" or first ~= slotsAt or slots ~= stored or #value ~= slotsAt - 1 then
  value = value .. (first < last and string.sub(slots, first, last) or "") .. newer
  if lifetime == 0 and #value < #stored then lifetime = -1 end
end
