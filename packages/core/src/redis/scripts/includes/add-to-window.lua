-- `addToWindow` of limits/pacing.ts: adds `cost` to the window at `slotAt`. A slot that becomes older is added to `newer`.
windowUsed = windowUsed + cost
if newestUsed > 0 and newestAt ~= slotAt then
  local width = ((burst - rate) * perMs) / rate
  if width > perMs * (1 / 40) then width = perMs * (1 / 40) end
  if width < perMs * (1 / 1000) then width = perMs * (1 / 1000) end
  if
    floor(newestAt / width) ~= floor(slotAt / width)
    and last - first + 1 + #newer < MAX_OLDER_SLOTS * SLOT_BYTES
  then
    if newestUsed > MAX_SLOT_USED then
      windowUsed, newestUsed = windowUsed - newestUsed + MAX_SLOT_USED, MAX_SLOT_USED
    end
    newer = newer .. pack(SLOT, newestAt % SLOT_SPAN, newestUsed)
    newestUsed = 0
  end
end
newestAt, newestUsed = slotAt, newestUsed + cost
