--[[
  Comes before every script, as store.lua comes after it: reads one subject and brings it up to the present. This is `settle` of
  limits/algorithm.ts, word for word; the state is that file's `SubjectState`.

  KEYS[1]  the subject
  ARGV[1]  rate, requests a second
  ARGV[2]  burst, requests in any one second
  ARGV[3]  the time on Redis's clock after which nobody waits for the answer; 0 if that is not known. In tests, a time to
           take in place of Redis's clock, as a negative number

  FORMAT, the number of the form that is written, is set before this by script.ts, which has it in KEYS[1] too.

  Stored is one string: a header, then the older slots of the window, oldest first. All numbers are whole
  and written as doubles or integers, never as text, which would round them. A slot's time is written as what is left of
  it after 65536, since it is never more than a window before `newestAt`: Redis hashes each string that Lua is
  given, all of it, so that short ones are faster.
]]
local HEADER = "<Bdddddddd"
local SLOT = "<I2I4"
local HEADER_BYTES, SLOT_BYTES = 65, 6
local DAY_MS, HOUR_MS, WINDOW_MS = 86400000, 3600000, 1000

local call, floor, pack, unpack = redis.call, math.floor, struct.pack, struct.unpack
local rate, burst, deadline = ARGV[1] + 0, ARGV[2] + 0, ARGV[3] + 0
local now = -deadline
if deadline >= 0 then
  local time = call("TIME")
  now = time[1] * 1000 + floor(time[2] / 1000)
end
local today = floor(now / DAY_MS)

local level, at, wall, windowUsed, newestAt, newestUsed, day, dayUsed = 0, now, now, 0, 0, 0, today, 0
-- The older slots lie in `stored` from the byte `first` to the byte `last`. `dirty` has store.lua write the subject, with
-- `older` in their place if a script has set it and `newer` after them, and `reply` is what it gives. `storedDay` is the
-- day that the subject's expiry goes by.
local first, last, dirty, older, newer, reply, storedDay = HEADER_BYTES + 1, 0, false, nil, "", 0, nil
local stored = call("GET", KEYS[1])
if stored then
  local format
  format, level, at, wall, windowUsed, newestAt, newestUsed, day, dayUsed = unpack(HEADER, stored)
  if format ~= FORMAT then
    return redis.error_reply("KEYWARD the subject was written by another version")
  end
  storedDay = day

  -- `at` never runs backwards: while the clock is set back, it stands still. That must be kept, or it would
  -- stand still until the clock is where it was.
  local levelAt = at
  if now > wall then at = at + (now - wall) end
  dirty = now < wall

  local capacity = burst * 1000
  level = level - rate * (at - levelAt)
  if level < 0 then level = 0 end
  -- Lowered limits lower what is owed. That must be kept too, or it would be owed again.
  if level > capacity then
    level, dirty = capacity, true
  end

  local gone = at - WINDOW_MS
  last = #stored
  while first < last do
    local time, slotUsed = unpack(SLOT, stored, first)
    if newestAt - (newestAt - time) % 65536 > gone then break end
    windowUsed = windowUsed - slotUsed
    first = first + SLOT_BYTES
  end
  if newestUsed > 0 and newestAt <= gone then
    windowUsed, newestUsed = windowUsed - newestUsed, 0
  end

  if today > day then
    day, dayUsed = today, 0
  elseif today < day - 1 or dayUsed == 0 then
    day = today
  end
end
