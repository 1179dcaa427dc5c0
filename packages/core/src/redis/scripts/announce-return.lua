--[[
  Has the processes that lost Redis return to it at one time: each announces when it can use Redis again, and all wait for a while after
  the last announcement.

  KEYS     where the time of the last announcement is kept
  ARGV[1]  see start.lua
  ARGV[2]  1 to announce, 0 to only look
  ARGV[3]  for how many milliseconds to wait

  Replies with the milliseconds that are left.
]]
-- @include start
local waitMs = ARGV[3] + 0
if ARGV[2] == "1" then
  call("SET", KEYS[1], now, "PX", waitMs)
  return waitMs
end
local announcedAt = call("GET", KEYS[1])
return announcedAt and math.max(0, announcedAt + waitMs - now) or 0
