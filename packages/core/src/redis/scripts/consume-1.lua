--[[
  Decides requests of one subject that came together, each as if it came alone, in their order.

  KEYS[1]     the subject
  ARGV[1..3]  as in subject.lua
  ARGV[4]     daily, requests a UTC day
  ARGV[5..]   pairs: a cost, and how many requests of that cost. A number that is left over at the end is how many
              requests there are of cost 1; none to only look

  Gives { now }, and has counted nothing, if it came too late; else
  { now, level, windowUsed, at - newestAt, newestUsed, dayUsed, at - slotAt, slotUsed, … }:
  the subject as it was before these requests. Times are differences, since short numbers are read faster. The slots are
  there only where a request was refused, or none was asked for; telling an admitted request needs none.

  `at` is `now` and `day` is today, but for a while after the clock was set back. Then, in place of `now`, it gives
  -now, at - now, day.
]]
if deadline > 0 and now > deadline then return { now } end

-- Nothing that is in no slot has an age.
local age = at - newestAt
if age > WINDOW_MS then age = WINDOW_MS end
if at == now and day == today then
  reply = { now, level, windowUsed, age, newestUsed, dayUsed }
else
  reply = { -now, at - now, day, level, windowUsed, age, newestUsed, dayUsed }
end
local room = floor((burst * 1000 - level) / 1000)
if burst - windowUsed < room then room = burst - windowUsed end
local ofDay = ARGV[4] - dayUsed
if ofDay < room then room = ofDay end

local count = #ARGV
local spent, refused = 0, count < 5
for index = 5, count, 2 do
  local cost, times = ARGV[index] + 0, 1
  if index < count then
    times = ARGV[index + 1] + 0
  else
    cost, times = 1, cost
  end
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
    reply[#reply + 1] = at - newestAt + (newestAt - time) % 65536
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
