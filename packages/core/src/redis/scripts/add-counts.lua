--[[
  Adds what was admitted while Redis could not be asked.

  KEYS           the subjects, which have one hash tag
  ARGV[1]        see start.lua
  ARGV[2, 3 …]   for each subject, limits without a quota, and no periods: see read-subject.lua
  after that     for each subject, numbers with spaces between them: for each count, its place (0 for the day, 1, 5 and 9 for the
                 hour, the week and the month, as in EXTRAS), the start and the end of its period, and what is added to it, which
                 may be negative. The place -1 is followed by what is added to the bucket and to the window, in requests, and a 0:
                 they are filled at most to their limit

  Replies with the number of subjects.
]]
-- @include start
local keepsPace = true
local count = #KEYS
for index = 1, count do
  -- @include read-subject
  for place, from, to, added in string.gmatch(ARGV[2 * count + 1 + index], "(%S+) (%S+) (%S+) (%S+)") do
    place, from, to, added = place + 0, from + 0, to + 0, added + 0
    local countedTo, used = dayEnd, dayUsed
    if place < 0 then
      if rate > 0 then
        isDirty, level = true, math.max(level, math.min(burst * perMs, level + from * perMs))
        local slotAt, cost = at, math.min(to, burst - windowUsed)
        if cost > 0 then
          -- @include add-to-window
        end
      end
      to = -1
    elseif place > 0 then
      others = others or { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }
      countedTo, used = others[place + 1], others[place + 2]
    end
    -- A count continues until its period ends, even if the limits have another time zone by now.
    if place >= 0 and used > 0 and now < countedTo then
      from, to = nil, nil
    else
      used = 0
    end
    if not to or now < to then
      isDirty, used = true, math.max(0, used + added)
      if place == 0 then
        dayStart, dayEnd, dayUsed = from or dayStart, to or dayEnd, used
      else
        others[place], others[place + 1], others[place + 2] = from or others[place], to or others[place + 1], used
      end
    end
  end
  if isDirty then
    -- The limits are not those of the subject. So the next decision has to read them.
    limits = ""
    -- @include pack-subject
    if keepUntil > 0 then
      -- @include write-subject
    end
  end
end
return count
