--[[
  Notes that a process is alive, and tells it about the others.

  KEYS     a sorted set: the id of each process with the time of its last heartbeat
  ARGV[1]  see start.lua
  ARGV[2]  the id of the process
  ARGV[3]  for how many milliseconds a process is taken for alive after its heartbeat; 0 if it ends now

  Replies with the number of processes, how many of them come before this one in the order of ids, and whether it is new (1 or 0).
]]
-- @include start
local set, id, aliveMs = KEYS[1], ARGV[2], ARGV[3] + 0
if aliveMs == 0 then
  call("ZREM", set, id)
  return { 0, 0, 0 }
end
local isNew = call("ZADD", set, now, id)
call("ZREMRANGEBYSCORE", set, "-inf", now - aliveMs)
-- Left behind where the clock was set back.
call("ZREMRANGEBYSCORE", set, now + aliveMs, "+inf")
call("PEXPIRE", set, aliveMs)
local count, before = 0, 0
for _, other in ipairs(call("ZRANGE", set, 0, -1)) do
  count = count + 1
  if other < id then before = before + 1 end
end
return { count, before, isNew }
