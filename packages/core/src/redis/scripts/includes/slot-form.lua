-- Chooses the form of the slots: the shortest that has room for a slot of this pace. A slot that would hold more than a window may is
-- cut to MAX_SLOT_USED, which is not below `burst`.
if perMs > MINUTE_MS then
  SLOT, SLOT_BYTES, SLOT_SPAN, MAX_SLOT_USED = "<I3I4", 7, 16777216, 4294967295
elseif burst > 65535 then
  SLOT, SLOT_BYTES, SLOT_SPAN, MAX_SLOT_USED = "<I2I4", 6, 65536, 4294967295
else
  SLOT, SLOT_BYTES, SLOT_SPAN, MAX_SLOT_USED = "<I2I2", 4, 65536, 65535
end
