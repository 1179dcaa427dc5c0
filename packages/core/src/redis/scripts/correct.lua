--[[
  Corrects the cost of requests that were admitted: `correct` of limits/correct.ts. A refund to a subject that is not stored is ignored.

  KEYS           the subjects, which have one hash tag; a subject may come several times
  ARGV[1]        see start.lua
  ARGV[2, 3 …]   for each subject, the limits that it has by now and their periods: see read-subject.lua
  after that     for each subject, numbers with spaces between them: what is added to the cost, whether the pacing is corrected
                 too (1 or 0), the subject's own time and Redis's clock when it was charged, and rate, perMs and burst that it was
                 charged under

  Replies with the number of corrections that were made. If it is lower than the number of subjects, no period that was sent
  contained Redis's time. Then Redis's clock follows.
]]
-- @include start
local keepsPace = true
local count = #KEYS
for index = 1, count do
  -- @include read-subject
  if isUnmatched then return { index - 1, now } end
  local cost, includesPacing, chargedAt, chargedWall, chargedRate, chargedPerMs, chargedBurst =
    string.match(ARGV[2 * count + 1 + index], "(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)")
  cost, includesPacing, chargedAt, chargedWall = cost + 0, includesPacing == "1", chargedAt + 0, chargedWall + 0

  if rate > 0 and cost > 0 then
    -- `surchargePacing` of limits/pacing.ts.
    local slotAt, capacity, surcharge = at, burst * perMs, cost
    if includesPacing then
      level = level + cost * perMs
    else
      level = math.max(level, math.min(capacity, level + cost * perMs))
      surcharge = math.min(cost, burst - windowUsed)
    end
    if surcharge > 0 then
      local cost = surcharge
      -- @include add-to-window
    end
  elseif
    includesPacing and rate > 0 and rate == chargedRate + 0 and perMs == chargedPerMs + 0 and burst == chargedBurst + 0
  then
    -- `refundPacing` of limits/pacing.ts.
    local inBucket = -cost * perMs - rate * (at - chargedAt)
    if inBucket > 0 then level = math.max(0, level - inBucket) end
    if chargedAt > at - perMs then
      local position, isFound = first, false
      while position < last and not isFound do
        local time, used = unpack(SLOT, slots, position)
        if newestAt - (newestAt - time) % SLOT_SPAN >= chargedAt then
          local taken = math.min(-cost, used)
          slots = string.sub(slots, first, position - 1)
            .. pack(SLOT, time, used - taken)
            .. string.sub(slots, position + SLOT_BYTES, last)
          first, last = 1, #slots
          windowUsed, isFound = windowUsed - taken, true
        end
        position = position + SLOT_BYTES
      end
      if not isFound and newestAt >= chargedAt then
        local taken = math.min(-cost, newestUsed)
        newestUsed, windowUsed = newestUsed - taken, windowUsed - taken
      end
    end
  end

  if cost < 0 then
    if chargedWall >= dayStart then dayUsed = math.max(0, dayUsed + cost) end
  elseif dayLimit > 0 or (dayUsed > 0 and now < dayEnd) then
    dayUsed = dayUsed + cost
  end
  if others then
    for place = 1, 9, 4 do
      local used = others[place + 2]
      if cost < 0 then
        if chargedWall >= others[place] then others[place + 2] = math.max(0, used + cost) end
      elseif others[place + 3] > 0 or (used > 0 and now < others[place + 1]) then
        others[place + 2] = used + cost
      end
    end
  end

  if cost > 0 or stored ~= "" then
    -- The pace may not be that of these limits. So the next decision has to read them.
    if limits ~= known then limits = "" end
    -- @include pack-subject
    -- @include write-subject
  end
end
return { count, now }
