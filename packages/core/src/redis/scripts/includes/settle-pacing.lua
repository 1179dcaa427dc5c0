-- `settlePacing` of limits/pacing.ts: leaks the bucket from `levelAt` to `at`, and drops the slots that have left the window.
level = level - rate * (at - levelAt)
if level < 0 then level = 0 end
local gone = at - perMs
while first < last do
  local time, used = unpack(SLOT, slots, first)
  if newestAt - (newestAt - time) % SLOT_SPAN > gone then break end
  windowUsed = windowUsed - used
  first = first + SLOT_BYTES
end
if newestUsed > 0 and newestAt <= gone then
  windowUsed, newestUsed = windowUsed - newestUsed, 0
end
