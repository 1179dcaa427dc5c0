--[[
  Reads the subject of KEYS[index] and brings it to the present and to its limits: `settle` of limits/algorithm.ts. With `keepsPace`,
  a pace that it has is not changed.

  ARGV[2 * index]      the limits, as numbers with spaces between them: rate, perMs and burst (0 without a pace), and the daily
                       limit (0 without one); then, if they have other quotas, the hourly, weekly and monthly limit
  ARGV[2 * index + 1]  the boundaries of two days that follow each other, the last may be 0; then, if the limits have other quotas,
                       those of two hours, weeks and months

  Sets `isUnmatched` if a period has to begin and none of those that were sent contains Redis's time.
]]
limits, newer, others, paces, isDirty, isChanged, isPaced = ARGV[2 * index], "", nil, "", false, false, true
stored = call("GET", KEYS[index])
local known
if stored then
  local format, levelAt = string.byte(stored), nil
  local isWhole = #stored >= HEADER_BYTES and #stored >= HEADER_BYTES + string.byte(stored, HEADER_BYTES)
  if isWhole and format == FORMAT then
    format, level, levelAt, windowUsed, newestUsed, rate, perMs, burst, dayLimit, dayStart, dayEnd, dayUsed, flags, known, slotsAt =
      unpack(HEADER, stored)
  end
  if format ~= FORMAT then
    return redis.error_reply(
      "KEYWARD " .. KEYS[index] .. " is stored in format " .. format .. "; this version of Keyward reads format " .. FORMAT
    )
  end
  if not isWhole then
    return redis.error_reply("KEYWARD " .. KEYS[index] .. " is damaged")
  end
  newestAt, keepUntil = levelAt, dayUsed > 0 and dayEnd + HOUR_MS or 0
  local wall = levelAt
  if flags > 0 then
    local parts = slotsAt + (flags % 2 == 1 and TIMES_BYTES or 0) + (flags > 3 and EXTRAS_BYTES or 0)
    if #stored < parts - 1 then
      return redis.error_reply("KEYWARD " .. KEYS[index] .. " is damaged")
    end
    if flags % 2 == 1 then
      wall, newestAt, keepUntil, slotsAt = unpack(TIMES, stored, slotsAt)
    end
    if flags > 3 then
      others = { unpack(EXTRAS, stored, slotsAt) }
      slotsAt = others[14] + others[13]
      paces = string.sub(stored, others[14], slotsAt - 1)
    end
    isPaced = flags % 4 < 2
  end
  at = levelAt
  if now > wall then
    at = at + (now - wall)
  elseif now < wall then
    -- `at` stands still while the clock is set back. That must be kept, or `at` would stand still until the clock is where it was.
    isDirty = true
  end
  slots, first, last = stored, slotsAt, #stored
  -- @include slot-form
  if (last - first + 1) % SLOT_BYTES ~= 0 or first > last + 1 then
    return redis.error_reply("KEYWARD " .. KEYS[index] .. " is damaged")
  end
  -- @include settle-pacing
else
  stored, slots, slotsAt, first, last, keepUntil = "", "", 1, 1, 0, 0
  level, at, windowUsed, newestAt, newestUsed, rate, perMs, burst = 0, now, 0, now, 0, 0, 0, 0
  dayStart, dayEnd, dayUsed = 0, 0, 0
end

if limits ~= known then
  local numbers = {}
  for each in string.gmatch(limits, "%d+") do numbers[#numbers + 1] = each + 0 end
  local newRate, newPerMs, newBurst = numbers[1], numbers[2], numbers[3]
  isPaced, dayLimit = newRate > 0, numbers[4]
  if numbers[5] then
    others = others or { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
    others[4], others[8], others[12] = numbers[5], numbers[6], numbers[7]
  elseif others then
    others[4], others[8], others[12] = 0, 0, 0
  end
  if not isPaced then
    -- Its earlier pace continues.
  elseif rate == 0 then
    rate, perMs, burst = newRate, newPerMs, newBurst
    -- @include slot-form
  elseif not keepsPace and (rate ~= newRate or perMs ~= newPerMs or burst ~= newBurst) then
    -- @include change-pace
  end
end

-- `currentPeriod` of limits/quotas.ts.
if dayLimit > 0 and (dayUsed == 0 or now >= dayEnd or dayStart - now > DAY_MS) then
  local bound = 1
  -- @include find-period
  if now >= dayEnd then dayUsed = 0 end
  dayStart, dayEnd = from, to
end
if others then
  for place = 1, 9, 4 do
    local periodEnd = others[place + 1]
    if
      others[place + 3] > 0
      and (others[place + 2] == 0 or now >= periodEnd or others[place] - now > DAY_MS)
    then
      local bound = 4 + 3 * (place - 1) / 4
      -- @include find-period
      if now >= periodEnd then others[place + 2] = 0 end
      others[place], others[place + 1] = from, to
    end
  end
end
