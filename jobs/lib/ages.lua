--- How long ago it is that jobs succeeded and that a backup was proven, as vitals of `health`.
local format = require "format"

--- What the host knows of its jobs, by their names, and the machine's time since boot.
local function look_at_jobs()
  local by_name = {}
  for _, job in ipairs(sys.jobs()) do by_name[job.name] = job end
  return { jobs = by_name, uptime = sys.uptime() }
end

--- Notes when the clock was set: then it has moved otherwise than the machine's time since boot has.
local function watch_clock(memory, now, uptime)
  local before = memory.clock
  if before then
    local same_boot = uptime >= before.uptime
    local jump = (now - before.wall) - (uptime - before.uptime)
    if (same_boot and math.abs(jump) > 60) or now < before.wall - 60 then memory.set_at = now end
  end
  memory.clock = { wall = now, uptime = uptime }
end

--- Seconds since `since`; since the name was first seen here where that is nil. What happened before the clock was set
--- cannot be dated: it counts as from then, so that no step makes everything old.
local function age(name, since, memory, waiting, now)
  if not since then
    since = (memory.waiting or {})[name] or now
    waiting[name] = since
  end
  if since > now + 60 and (memory.set_at or 0) < now then memory.set_at = now end
  if memory.set_at and (since < memory.set_at or since > now) then since = memory.set_at end
  return math.max(0, now - since)
end

--- A vital that judges the ages of what `ages` names, by the rule of this name: `time_of(job, before, now)` is the
--- instant that counts (`before`: the one of the last run), `never` the member of the result that says that there is none.
local function make_vital(name, label, ages, rule_name, never, time_of)
  local vital = { name = name, label = label }

  function vital.look(settings)
    if next(settings[ages]) then return look_at_jobs() end
  end

  function vital.judge(facts, settings, memory, now)
    watch_clock(memory, now, facts.uptime)
    local values, checks, waiting, times = {}, {}, {}, {}
    for job_name, most in pairs(settings[ages]) do
      local job, key, rule = facts.jobs[job_name], rule_name .. " " .. format.plain(job_name), settings[rule_name]
      if job then
        local limit = time.seconds(most)
        local instant = time_of(job, (memory.times or {})[job_name], now)
        times[job_name] = instant
        local seconds = age(job_name, instant, memory, waiting, now)
        values[job_name] = { age = math.floor(seconds), [never] = not instant or nil }
        checks[#checks + 1] = {
          key = key, value = seconds, show = format.duration,
          rule = { above = limit, clear = limit, for_runs = rule.for_runs, severity = rule.severity },
        }
      else
        checks[#checks + 1] = { key = key, value = true, rule = rule, why = "there is no such job" }
      end
    end
    memory.waiting, memory.times = waiting, times
    return { [name] = values }, checks
  end

  return vital
end

return {
  -- Jobs: when each last succeeded.
  jobs = make_vital("jobs", "job", "job_ages", "job_late", "never_succeeded", function(job) return job.last_success end),
  -- Backups: when the newest was last restored and compared. It is remembered, for a later success may tell of none.
  backups = make_vital("backups", "backup", "backup_ages", "backup_late", "never_proven", function(job, before, now)
    -- A time that is to come was noted by a clock that was wrong.
    if before and before > now then before = nil end
    local proven = type(job.result) == "table" and tonumber(job.result.last_proven) or nil
    return proven and before and math.max(proven, before) or proven or before
  end),
}
