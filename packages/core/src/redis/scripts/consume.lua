--[[
  Decides requests about one or several subjects, each request as if it came alone, in their order. A request charges all of its
  subjects, or none. Changes nothing if the call is late or a period is missing.

  KEYS           the subjects, which have one hash tag
  ARGV[1]        see start.lua
  ARGV[2, 3 …]   for each subject, its limits and periods: see read-subject.lua
  after that     the requests: none for one request that costs 1 for every subject; "0" to only look.
                 For one subject: pairs of how many equal requests there are and their cost, which may be left out at the end if it
                 is 1. For several: how many equal requests there are, the number of their subjects, and for each of those its
                 position in KEYS and the cost; a single number at the end is requests that cost 1 for every subject

  Replies with a string (little-endian): a byte, Redis's clock as a double, and what the byte says.
    0  nothing: nobody waits for the reply any more
    1  nothing: a period has to begin, and none of those that were sent contains Redis's time
  Otherwise it has decided, and for each subject there is one of these, which describes it before these requests:
    2  level, windowUsed, newestAt, newestUsed, dayEnd and dayUsed as doubles, settled. To retrace admitted requests no more is needed
    3  the same, and the end and used of the hour, the week and the month
    4  a length in 4 bytes, and the subject as it was stored; the length is 0 if it was not stored
]]
-- @include start
if deadline > 0 and now > deadline then return pack("<Bd", 0, now) end
local keepsPace = false
local count, argc = #KEYS, #ARGV
local requestsAt = 2 * count + 2
local spent, room, isAdmitted, isRefused = 1, 9007199254740991, true, false
local reply, values, rooms, charges
if count > 1 then
  values, rooms, charges = {}, {}, {}
end

-- At first as if everything were admitted. If it is not, once more, with what fits.
repeat
  if requestsAt > argc then
    if isRefused then spent = 0 end
  elseif count == 1 then
    spent = 0
    for position = requestsAt, argc, 2 do
      local times, cost = ARGV[position] + 0, position < argc and ARGV[position + 1] + 0 or 1
      if cost > 0 and cost * times > room - spent then times = math.max(0, floor((room - spent) / cost)) end
      spent = spent + cost * times
    end
  else
    for index = 1, count do
      charges[index], rooms[index] = 0, isRefused and rooms[index] or room
    end
    local position = requestsAt
    while position <= argc do
      local times, isShort = ARGV[position] + 0, position == argc
      local size = isShort and count or ARGV[position + 1] + 0
      for each = 1, size do
        local index, cost = each, 1
        if not isShort then
          index, cost = ARGV[position + 2 * each] + 0, ARGV[position + 2 * each + 1] + 0
        end
        if cost > 0 and cost * times > rooms[index] then times = math.max(0, floor(rooms[index] / cost)) end
      end
      for each = 1, size do
        local index, cost = each, 1
        if not isShort then
          index, cost = ARGV[position + 2 * each] + 0, ARGV[position + 2 * each + 1] + 0
        end
        charges[index], rooms[index] = charges[index] + cost * times, rooms[index] - cost * times
      end
      position = position + (isShort and 1 or 2 + 2 * size)
    end
  end

  isAdmitted = true
  for index = 1, count do
    -- @include read-subject
    if isUnmatched then return pack("<Bd", 1, now) end
    if charges and requestsAt <= argc then spent = charges[index] end

    room = 9007199254740991
    if isPaced then
      -- May have a fraction, which makes no difference to whole costs.
      room = (burst * perMs - level) / perMs
      if burst - windowUsed < room then room = burst - windowUsed end
    end
    if dayLimit > 0 and dayLimit - dayUsed < room then room = dayLimit - dayUsed end
    if others then
      for place = 1, 9, 4 do
        local limit = others[place + 3]
        if limit > 0 and limit - others[place + 2] < room then room = limit - others[place + 2] end
      end
    end
    if spent > room and spent > 0 then isAdmitted = false end

    local part
    if isRefused or isChanged or at ~= now or spent == 0 then
      part = pack("<BdI4", 4, now, #stored) .. stored
    elseif others then
      part = pack(
        "<Bddddddddddddd", 3, now, level, windowUsed, newestAt, newestUsed, dayEnd, dayUsed,
        others[2], others[3], others[6], others[7], others[10], others[11]
      )
    else
      part = pack("<Bddddddd", 2, now, level, windowUsed, newestAt, newestUsed, dayEnd, dayUsed)
    end
    reply = index == 1 and part or reply .. part

    value = nil
    if spent > 0 then
      isDirty = true
      local cost, slotAt = spent, at
      if rate > 0 then
        level = level + cost * perMs
        -- A pace that the limits do not have is filled at most to its capacity.
        if not isPaced and level > burst * perMs then level = burst * perMs end
        -- @include add-to-window
      end
      if dayLimit > 0 or (dayUsed > 0 and now < dayEnd) then dayUsed = dayUsed + cost end
      if others then
        for place = 1, 9, 4 do
          local used = others[place + 2]
          if others[place + 3] > 0 or (used > 0 and now < others[place + 1]) then others[place + 2] = used + cost end
        end
      end
      if paces ~= "" then
        -- @include count-earlier-paces
      end
    end
    if isDirty then
      -- @include pack-subject
    end
    if values then
      rooms[index], values[2 * index - 1], values[2 * index] = room, value or false, lifetime
    end
  end
  isRefused = not isAdmitted
until isAdmitted

for index = 1, count do
  if values then
    value, lifetime = values[2 * index - 1], values[2 * index]
  end
  if value then
    -- @include write-subject
  end
end
return reply
