--[[
  Comes after every script: stores the subject if it is `dirty`, for as long as it owes anything: until its day is over and its
  bucket has drained at the lowest rate there is, and an hour more for clocks that are set back.
]]
if dirty then
  if not older then older = first < last and string.sub(stored, first) or "" end
  local untilMidnight = (day + 1) * DAY_MS - now
  local header = pack(HEADER, FORMAT, level, at, now, windowUsed, newestAt, newestUsed, day, dayUsed)
  local value = header .. older .. newer
  -- Within a day the expiry stays where it is, which is cheaper. A number is handed to a command with all its digits;
  -- only Lua's own tostring rounds it.
  if day == storedDay and level <= untilMidnight then
    call("SET", KEYS[1], value, "KEEPTTL")
  else
    call("SET", KEYS[1], value, "PX", (level > untilMidnight and level or untilMidnight) + HOUR_MS)
  end
end
return reply
