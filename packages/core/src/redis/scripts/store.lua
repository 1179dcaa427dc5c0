--[[
  Comes after every script: stores the subject if it is `dirty`, for as long as it owes anything: until its day is over and its
  bucket has drained at the lowest rate there is, and an hour more for clocks that are set back.
]]
if dirty then
  if not older then older = first < last and string.sub(stored, first) or "" end
  local ttl = (day + 1) * DAY_MS - now
  if level > ttl then ttl = level end
  local header = pack(HEADER, FORMAT, level, at, now, windowUsed, newestAt, newestUsed, day, dayUsed)
  -- A number is handed to a command with all its digits; only Lua's own tostring rounds it.
  call("SET", KEYS[1], header .. older .. newer, "PX", ttl + HOUR_MS)
end
return reply
