--[[
  Decides requests of one subject that came together, each as if it came alone, in their order.

  KEYS[1]     the subject
  ARGV[1..3]  as in subject.lua
  ARGV[4]     daily, requests a UTC day
  ARGV[5]     the time on Redis's clock after which nobody waits for the answer, or ""
  ARGV[6..]   pairs: a cost, and how many requests of that cost; none to only look

  Gives { now }, and has counted nothing, if it came too late; else
  { now, at, level, windowUsed, newestAt, newestUsed, day, dayUsed, slotAt, slotUsed, … }:
  the subject as it was before these requests. The slots are there only where a request was
  refused, or none was asked for; telling an admitted request needs none.
]]
if ARGV[5] ~= "" and now > tonumber(ARGV[5]) then return { now } end

local reply = { now, at, level, windowUsed, newestAt, newestUsed, day, dayUsed }
local daily, spent, refused = tonumber(ARGV[4]), 0, #ARGV < 6
for index = 6, #ARGV, 2 do
  local cost, times = tonumber(ARGV[index]), tonumber(ARGV[index + 1])
  if cost > 0 then
    local room = math.min(math.floor((burst * 1000 - level) / 1000), burst - windowUsed, daily - dayUsed) - spent
    local admitted = math.min(times, math.floor(room / cost))
    if admitted < 0 then admitted = 0 end
    spent = spent + admitted * cost
    if admitted < times then refused = true end
  end
end

if refused then
  for position = first, stored and #stored or 0, SLOT_BYTES do
    local slotAt, slotUsed = struct.unpack(SLOT, stored, position)
    reply[#reply + 1] = slotAt
    reply[#reply + 1] = slotUsed
  end
end

if spent > 0 or dirty then
  local older = stored and string.sub(stored, first) or ""
  if spent > 0 then
    -- Admissions that lie close together share a slot, which leaves the window with the newest of them.
    local width = math.min((burst - rate) * WINDOW_MS / rate, 25)
    local together = newestAt == at
      or (width > 0 and math.floor(newestAt / width) == math.floor(at / width))
    if newestUsed > 0 and not together then
      older, newestUsed = older .. struct.pack(SLOT, newestAt, newestUsed), 0
    end
    newestAt, newestUsed = at, newestUsed + spent
    level, windowUsed, dayUsed = level + spent * 1000, windowUsed + spent, dayUsed + spent
  end
  save(older)
end
return reply
