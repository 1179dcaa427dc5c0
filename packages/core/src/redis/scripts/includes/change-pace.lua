-- `changePace` of limits/change-pace.ts: makes newRate, newPerMs and newBurst the current pace. The current one is settled.
local open, windowEndsAt = {}, windowUsed > 0 and newestAt + perMs or at
local closesAt = math.max(windowEndsAt, at + math.ceil(level / rate))
if closesAt > at then
  local older = string.sub(slots, first, last)
  open[1] = { level, windowUsed, newestAt, newestUsed, rate, perMs, burst, closesAt, older }
end
local position = 1
while position < #paces do
  local level, levelAt, windowUsed, newestAt, newestUsed, rate, perMs, burst, closesAt, bytes, first =
    unpack(PACE, paces, position)
  local slots, last, SLOT, SLOT_BYTES, SLOT_SPAN, MAX_SLOT_USED = paces, first + bytes - 1
  position = last + 1
  if closesAt > at then
    -- @include slot-form
    -- @include settle-pacing
    local older = string.sub(slots, first, last)
    open[#open + 1] = { level, windowUsed, newestAt, newestUsed, rate, perMs, burst, closesAt, older }
  end
end

local known
for place, each in ipairs(open) do
  if each[5] == newRate and each[6] == newPerMs and each[7] == newBurst then
    known = table.remove(open, place)
    break
  end
end
rate, perMs, burst, newer = newRate, newPerMs, newBurst, ""
if known then
  level, windowUsed, newestAt, newestUsed, slots = known[1], known[2], known[3], known[4], known[9]
  -- @include slot-form
else
  -- As full as the fullest of the earlier paces, with the window of the longest.
  level, windowUsed, newestUsed, slots, first, last = 0, 0, 0, "", 1, 0
  local longest
  for _, each in ipairs(open) do
    level = math.max(level, math.ceil(each[1] * perMs / each[6]))
    if not longest or each[6] > longest[6] then longest = each end
  end
  level = math.min(level, burst * perMs)
  if longest then
    local copied, form, bytes, span = {}
    do
      local perMs, burst, SLOT, SLOT_BYTES, SLOT_SPAN, MAX_SLOT_USED = longest[6], longest[7]
      -- @include slot-form
      form, bytes, span = SLOT, SLOT_BYTES, SLOT_SPAN
    end
    for start = 1, #longest[9], bytes do
      local time, used = unpack(form, longest[9], start)
      copied[#copied + 1] = { longest[3] - (longest[3] - time) % span, used }
    end
    copied[#copied + 1] = { longest[3], longest[4] }
    -- @include slot-form
    for _, each in ipairs(copied) do
      local slotAt, cost = each[1], each[2]
      if slotAt > at - perMs and cost > 0 then
        -- @include add-to-window
      end
    end
    slots, newer = newer, ""
  end
end
first, last = 1, #slots

local packed = {}
for place = 1, math.min(#open, MAX_EARLIER_PACES) do
  local each = open[place]
  packed[place] = pack(
    PACE, each[1], at, each[2], each[3], each[4], each[5], each[6], each[7], each[8], #each[9]
  ) .. each[9]
end
paces, isChanged, isDirty = table.concat(packed), true, true
