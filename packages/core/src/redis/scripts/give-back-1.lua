--[[
  Takes back a cost that was counted for a request which was refused after all: `giveBack` of
  limits/algorithm.ts.

  KEYS[1]     the subject
  ARGV[1..3]  as in subject.lua
  ARGV[4]     the cost
  ARGV[5]     how many milliseconds ago it was counted
]]
if not stored then return 0 end
local cost, ago = ARGV[4] + 0, ARGV[5] + 0
-- A millisecond earlier, since the caller's clock does not tick at the same moment as Redis's.
local admittedAt = at - ago - 1

local inBucket = cost * 1000 - rate * ago
if inBucket > 0 then level = math.max(0, level - inBucket) end
if floor((now - ago) / DAY_MS) >= day then dayUsed = math.max(0, dayUsed - cost) end

older = string.sub(stored, first)
if ago < WINDOW_MS then
  -- The slot of an admission is the oldest whose newest admission is not before it.
  local found = false
  for position = 1, #older, SLOT_BYTES do
    local time, slotUsed = unpack(SLOT, older, position)
    if newestAt - (newestAt - time) % 65536 >= admittedAt then
      local taken = math.min(cost, slotUsed)
      older = string.sub(older, 1, position - 1)
        .. pack(SLOT, time, slotUsed - taken)
        .. string.sub(older, position + SLOT_BYTES)
      windowUsed, found = windowUsed - taken, true
      break
    end
  end
  -- The way here took time: an admission that seems later than all is in the newest slot.
  if not found then
    local taken = math.min(cost, newestUsed)
    newestUsed, windowUsed = newestUsed - taken, windowUsed - taken
  end
end
dirty, reply = true, 1
