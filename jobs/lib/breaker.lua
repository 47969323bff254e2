--- Circuit breakers: a server that fails again and again is left alone for a while, so that it neither holds up the
--- tasks of others nor is kept down by ours.
---
--- What is remembered of a server is a plain table: `{ failures, opened, until_time }`; nil while all is well.
--- `failures` counts those in a row. From `policy.failures` on the breaker is open until `until_time`: nothing is sent.
--- Then it is half-open: one probe goes through, and its end closes the breaker or opens it again, for twice as long.
local breaker = {}

--- Until when nothing may be sent; nil: it may be sent now. What lies further ahead than `longest` was set by a clock
--- that was wrong, and holds nobody up.
function breaker.blocked(memory, now, longest)
  local until_time = memory and memory.until_time
  if until_time and until_time > now and until_time - now <= longest then return until_time end
end

--- What is remembered after a failure; `wait` is what the server asked for, in seconds.
function breaker.failed(memory, policy, now, wait)
  memory = memory or { failures = 0, opened = 0 }
  memory.failures = memory.failures + 1
  local pause = wait or 0
  if policy.failures > 0 and memory.failures >= policy.failures then
    memory.opened = memory.opened + 1
    pause = math.max(pause, math.min(policy.pause * 2 ^ math.min(memory.opened - 1, 30), policy.longest))
  end
  if pause > 0 then memory.until_time = now + pause end
  return memory
end

return breaker
