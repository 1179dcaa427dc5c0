--[[
  Decides requests of one subject that came together, each as if it came alone, in their order.

  KEYS[1]     the subject
  ARGV[1..3]  as in subject.lua
  ARGV[4]     daily, requests a UTC day
  ARGV[5]     the time on Redis's clock after which nobody waits for the answer, or ""
  ARGV[6..]   pairs: a cost, and how many requests of that cost; none to only look

  Gives { now }, and has counted nothing, if it came too late; else
  { now, at - now, level, windowUsed, newestAt - at, newestUsed, day, dayUsed, slotAt - at, slotUsed, … }:
  the subject as it was before these requests. Times are differences, since short numbers are read
  faster. The slots are there only where a request was refused, or none was asked for; telling an admitted
  request needs none.
]]
if ARGV[5] ~= "" and now > ARGV[5] + 0 then return { now } end

reply = { now, at - now, level, windowUsed, newestAt - at, newestUsed, day, dayUsed }
local room = floor((burst * 1000 - level) / 1000)
if burst - windowUsed < room then room = burst - windowUsed end
local ofDay = ARGV[4] - dayUsed
if ofDay < room then room = ofDay end

local count = #ARGV
local spent, refused = 0, count < 6
for index = 6, count, 2 do
  local cost, times = ARGV[index] + 0, ARGV[index + 1] + 0
  if cost * times <= room - spent then
    spent = spent + cost * times
  elseif cost > 0 then
    local admitted = floor((room - spent) / cost)
    if admitted > 0 then spent = spent + admitted * cost end
    refused = true
  end
end

if refused then
  for position = first, last, SLOT_BYTES do
    local time, slotUsed = unpack(SLOT, stored, position)
    reply[#reply + 1] = newestAt - (newestAt - time) % 65536 - at
    reply[#reply + 1] = slotUsed
  end
end

if spent > 0 then
  dirty = true
  if newestUsed > 0 and newestAt ~= at then
    -- Admissions that lie close together share a slot, which leaves the window with the newest of them.
    local width = (burst - rate) * WINDOW_MS / rate
    if width > 25 then width = 25 end
    if width == 0 or floor(newestAt / width) ~= floor(at / width) then
      newer = pack(SLOT, newestAt % 65536, newestUsed)
      newestUsed = 0
    end
  end
  newestAt, newestUsed = at, newestUsed + spent
  level, windowUsed, dayUsed = level + spent * 1000, windowUsed + spent, dayUsed + spent
end
