-- Finds the period that contains `now`, among the two whose boundaries begin at `bound` in ARGV[2 * index + 1].
local bounds = {}
for each in string.gmatch(ARGV[2 * index + 1], "%d+") do bounds[#bounds + 1] = each + 0 end
local from, to = bounds[bound], bounds[bound + 1]
if now >= to then
  from, to = to, bounds[bound + 2]
end
if now < from or now >= to then isUnmatched = true end
