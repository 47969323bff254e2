--- Circuit breakers: an endpoint that fails again and again is left alone for a while, so that it neither holds up the
--- tasks of others nor is kept down by ours.
---
--- What is remembered of an endpoint is a plain table: `{ failures, opened, until_time }`; nil while all is well.
--- `failures` counts those in a row. From `policy.failures` on the breaker is open until `until_time`: nothing is sent.
--- Then it is half-open: one probe goes through, and its end closes the breaker or opens it again, for twice as long.
local breaker = {}

--- Until when nothing may be sent; nil: it may be sent now.
function breaker.blocked(memory, now)
  if memory and memory.until_time and memory.until_time > now then return memory.until_time end
end

--- What is remembered after a success: nothing, but that the endpoint is disabled, which a success cannot be.
function breaker.succeeded() return nil end

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
