--- When a task that failed is tried again: exponential backoff with full jitter, counted from now, so that what failed
--- together does not come back together.
local backoff = {}

--- Seconds until the next try, behind so many tries: anything from 0 to `base` doubled with each try, `cap` at most.
--- Never less than `floor` (what a server asked for by Retry-After).
function backoff.delay(tries, policy, floor)
  -- Doubling stops long before a number could overflow.
  local ceiling = math.min(policy.cap, policy.base * 2 ^ math.min(math.max(tries - 1, 0), 60))
  return math.max(math.random() * ceiling, floor or 0)
end

return backoff
