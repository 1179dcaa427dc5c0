--[[
  Begins every script: Redis's clock, the form in which a subject is stored, and the variables that hold one subject. FORMAT, the
  number of that form, is set before this by script.ts.

  ARGV[1]  the time on Redis's clock after which nobody waits for the reply; 0 if that is not known. In tests, a time that replaces
           Redis's clock, as a negative number

  A subject is one string:

  HEADER  FORMAT; level, at, windowUsed and newestUsed of its current pace; rate, perMs and burst of that pace (0 if it has none);
          the daily limit; start, end and used of the day; `flags`; the limits that the script was last given, as text, with their
          length before them
  TIMES   only if flags has 1: `wall`, newestAt and keepUntil. Otherwise `wall` and newestAt are `at`, and keepUntil is an hour
          after the day
  EXTRAS  only if flags has 4: start, end, used and limit of the hour, the week and the month; the length of the earlier paces,
          and those, the latest first, each as PACE and its older slots
  then    the older slots of the window, the oldest first, each as SLOT: the time of its newest admission and the cost it holds

  `flags` has 2 if the limits have no pace. The names are those of `SubjectState` in limits/subject.ts. `at` is the subject's own
  time, which never runs backwards; `wall` is Redis's clock when the subject was written. The time of a slot is written modulo
  SLOT_SPAN, since it is less than a window before newestAt. Redis hashes every byte of every string that Lua is given, so short
  strings are faster.

  Statements are repeated in place of function calls, and fragments are included in place of functions, because Redis creates each
  function again in every call.
]]
local ARGV, KEYS = ARGV, KEYS
local call, floor, pack, unpack = redis.call, math.floor, struct.pack, struct.unpack
local deadline = ARGV[1] + 0
local now = -deadline
if deadline >= 0 then
  local time = call("TIME")
  now = time[1] * 1000 + floor(time[2] / 1000)
end

local HEADER, HEADER_BYTES = "<BdddddddddddBBc0", 91
local TIMES, EXTRAS, PACE = "<ddd", "<ddddddddddddI4", "<dddddddddI4"
local TIMES_BYTES, EXTRAS_BYTES = 24, 100
local MAX_OLDER_SLOTS, MAX_EARLIER_PACES = 999, 8
local MINUTE_MS, HOUR_MS, DAY_MS = 60000, 3600000, 86400000
local SLOT, SLOT_BYTES, SLOT_SPAN, MAX_SLOT_USED

local stored, flags, level, at, windowUsed, newestAt, newestUsed, rate, perMs, burst
local dayLimit, dayStart, dayEnd, dayUsed, keepUntil, others, paces
-- The older slots lie in `slots` from the byte `first` to the byte `last`; `newer` follows them. In `stored` they begin at `slotsAt`.
local slots, slotsAt, first, last, newer
-- `limits` is the text of the limits, and `isPaced` whether they have a pace. `isDirty` has the subject written, as `value`, to be kept
-- for `lifetime`.
local limits, isPaced, isDirty, isChanged, isUnmatched, value, lifetime
