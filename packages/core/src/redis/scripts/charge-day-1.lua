--[[
  Adds to a day's count what was admitted while Redis could not be asked. It changes no window: those are over.

  KEYS[1]     the subject
  ARGV[1..3]  as in subject.lua
  ARGV[4]     how much
  ARGV[5]     how many milliseconds ago the last of it was admitted
]]
if floor((now - ARGV[5]) / DAY_MS) ~= day then return 0 end
dayUsed = dayUsed + ARGV[4]
dirty, reply = true, 1
