-- `countEarlierPaces` of limits/change-pace.ts: counts `cost` under the earlier paces too, at most up to their capacity.
local packed, position = {}, 1
while position < #paces do
  local level, levelAt, windowUsed, newestAt, newestUsed, rate, perMs, burst, closesAt, bytes, first =
    unpack(PACE, paces, position)
  local slots, last, newer, SLOT, SLOT_BYTES, SLOT_SPAN, MAX_SLOT_USED = paces, first + bytes - 1, ""
  position = last + 1
  if closesAt > at then
    -- @include slot-form
    -- @include settle-pacing
    level = math.min(level + cost * perMs, burst * perMs)
    -- @include add-to-window
    local older = string.sub(slots, first, last) .. newer
    packed[#packed + 1] = pack(
      PACE, level, at, windowUsed, newestAt, newestUsed, rate, perMs, burst, closesAt, #older
    ) .. older
  end
end
paces = table.concat(packed)
