--- Looks at the machine's health and says what is wrong with it, for how long, and when it is well again.
---
--- A value counts as a breach when it has been beyond its limit for several runs in a row, and until it is back at its
--- `clear` value. While a breach lasts, each run warns of it. What could not be known is neither good nor bad: it leaves
--- everything as it was.
local format = require "format"
local threshold = require "threshold"
local vitals = require "vitals"

local above, below, flag = threshold.above, threshold.below, threshold.flag

--- The most services and jobs that may be named, and breaches that the result lists: a result has 64 KiB.
local most = 100
local most_listed = 50

-- Settings, checked when the job is loaded.

local function wrong(name, what) error("settings." .. name .. ": " .. what, 0) end

local function count(map)
  local total = 0
  for _ in pairs(map) do total = total + 1 end
  return total
end

local function is_duration(value)
  if type(value) == "number" then return value >= 0 end
  if type(value) ~= "string" or value == "" then return false end
  return tonumber(value) ~= nil or value:gsub("[%d.]+[smhdw]", "") == ""
end

--- Raises for settings that cannot be meant; a check that is misspelt must not pass for one that is well.
local function validate(settings)
  for name, value in pairs(settings) do
    local is_rule = type(value) == "table" and type(value.for_runs) == "number"
    local problem = is_rule and threshold.problem(value)
    if problem then wrong(name, problem) end
  end
  for _, name in ipairs { "services", "job_ages" } do
    if count(settings[name]) > most then wrong(name, "names more than " .. most) end
  end
  for name, target in pairs(settings.services) do
    if not vitals.host_and_port(target) then wrong("services." .. name, 'must be "host:port"') end
  end
  for name, age in pairs(settings.job_ages) do
    if not is_duration(age) then wrong("job_ages." .. name, 'must be a duration such as "26h"') end
  end
end

-- Looking and judging.

--- What each vital says: `{ vital, facts }`, or `{ vital, unknown = reason }`. One that fails stops no other.
local function look(settings, this)
  local looks = {}
  for index, vital in ipairs(vitals.all) do
    local known, facts = pcall(vital.look, settings, this)
    if known then
      looks[index] = { vital = vital, facts = facts }
    else
      looks[index] = { vital = vital, unknown = format.plain(tostring(facts)) }
    end
  end
  return looks
end

--- Checks for the streaks of a vital that nothing is known of now.
local function unknown_checks(streaks, reason)
  local checks = {}
  for key in pairs(streaks) do checks[#checks + 1] = { key = key, rule = { for_runs = 1 }, why = reason } end
  return checks
end

--- Judges one vital: its checks with what happened to each (`event`, `streak`, `before`), and its streaks from now on.
--- Those of checks that are gone are dropped; of a breach this is told.
local function judge_checks(checks, before, now)
  local streaks, here = {}, {}
  for _, check in ipairs(checks) do
    here[check.key], check.before = true, before[check.key]
    check.streak, check.event = threshold.judge(check.before, check.value, check.rule, now)
    streaks[check.key] = check.streak
  end
  for key, streak in pairs(before) do
    if streak.breached and not here[key] then checks[#checks + 1] = { key = key, before = streak, event = "gone" } end
  end
  return next(streaks) and streaks
end

--- Judges all by what the job remembers: the values, the reasons of what is unknown, the checks in order, and what is to
--- be remembered. It changes nothing outside, for it may be called again.
local function judge(looks, settings, memory, now)
  local seen = { values = {}, unknown = {}, checks = {} }
  local kept = { streaks = {} }
  for _, item in ipairs(looks) do
    local name = item.vital.name
    local before = (memory.streaks or {})[name] or {}
    local checks = {}
    local own = memory[name] or {}
    if item.unknown then
      seen.unknown[name] = item.unknown
      checks = unknown_checks(before, item.unknown)
    elseif item.facts ~= nil then
      local values
      values, checks, seen.unknown[name] = item.vital.judge(item.facts, settings, own, now)
      for key, value in pairs(values) do seen.values[key] = value end
    end
    kept.streaks[name] = judge_checks(checks, before, now)
    kept[name] = next(own) and own
    for _, check in ipairs(checks) do seen.checks[#seen.checks + 1] = check end
  end
  table.sort(seen.checks, function(left, right) return left.key < right.key end)
  return seen, kept
end

-- Words.

local function instant(seconds) return time.format(seconds, "%Y-%m-%d %H:%M:%S") end

--- The value and what is wrong with it: `94.1 %, over 90 %`.
local function finding(check)
  local rule, value, show = check.rule, check.value, check.show
  if value == nil then return "not known now (" .. check.why .. ")" end
  local limit = rule.above or rule.below
  if not limit or not show then return check.why end
  local words = rule.above and "over" or "under"
  if threshold.is_bad(rule, value) then return string.format("%s, %s %s", show(value), words, show(limit)) end
  local back = rule.above and "down to" or "up to"
  return string.format("%s, not yet back %s %s (%s %s before)", show(value), back, show(rule.clear), words, show(limit))
end

local function runs(count) return count == 1 and "1 run" or count .. " runs" end

local function breach_text(check)
  local streak = check.streak
  return string.format(
    "%s: %s, for %s, since %s", check.key, finding(check), runs(streak.runs), instant(streak.since))
end

local function recovery_text(check)
  local value = check.show and check.show(check.value) .. ", " or ""
  return string.format(
    "%s: %swell again; it was not for %s, since %s", check.key, value, runs(check.before.runs),
    instant(check.before.since))
end

-- Telling.

--- Warns of what is breached, logs what is well again and what is unknown; the breached checks.
local function tell(checks, this)
  local breached = {}
  for _, check in ipairs(checks) do
    if check.streak and check.streak.breached then
      breached[#breached + 1] = check
      check.text = breach_text(check)
      this.warn(check.text)
    elseif check.event == "recovered" then
      log.info(recovery_text(check))
    elseif check.event == "gone" then
      log.info(string.format("%s: no longer there to look at, bad since %s", check.key, instant(check.before.since)))
    elseif check.event == "unknown" and check.streak then
      log.info(string.format("%s: %s; what was counted stays", check.key, finding(check)))
    end
  end
  return breached
end

local function result_of(seen, breached)
  local result = seen.values
  for _, check in ipairs(seen.checks) do
    if check.event == "unknown" then seen.unknown[check.key] = check.why end
  end
  result.unknown = next(seen.unknown) and seen.unknown
  result.breaches = {}
  for index = 1, math.min(#breached, most_listed) do
    local check = breached[index]
    result.breaches[check.key] = {
      value = check.value, limit = check.rule.above or check.rule.below, since = check.streak.since,
      runs = check.streak.runs, text = check.text,
    }
  end
  if #breached > most_listed then result.breaches_left_out = #breached - most_listed end
  return result
end

--- One line for the log file: the time, the figures, the fullest disk, the names of what is breached.
local function line_of(result, breached, now)
  local parts = { time.format(now, "%Y-%m-%dT%H:%M:%S%z"), #breached == 0 and "ok" or "breached=" .. #breached }
  local function add(name, value, unit)
    if value then parts[#parts + 1] = name .. "=" .. format.number(value) .. (unit or "") end
  end
  add("cpu_busy", result.cpu_busy, "%")
  add("cpu_iowait", result.cpu_iowait, "%")
  if result.load_per_core then parts[#parts + 1] = string.format("load_per_core=%.2f", result.load_per_core) end
  add("memory_available", result.memory_available, "%")
  add("swap_used", result.swap_used, "%")
  for _, resource in ipairs { "cpu", "memory", "io" } do
    add("pressure_" .. resource, result["pressure_" .. resource], "%")
  end
  local fullest, path = -1, nil
  for name, disk in pairs(result.disks or {}) do
    if (disk.used or -1) > fullest then fullest, path = disk.used, name end
  end
  if path then add("fullest_disk", fullest, "%:" .. path) end
  local up, down = 0, 0
  for _, service in pairs(result.services or {}) do
    if service.reachable then up = up + 1 else down = down + 1 end
  end
  if up + down > 0 then parts[#parts + 1] = string.format("services=%d/%d", up, up + down) end
  for index = 1, math.min(#breached, 10) do parts[#parts + 1] = "[" .. breached[index].key .. "]" end
  return table.concat(parts, " ") .. "\n"
end

--- A log that cannot be written is one more thing to tell, and nothing more.
local function append(path, line, this)
  local written, problem = pcall(fs.append, path, line, { sync = false })
  if not written then this.warn("log: " .. tostring(problem)) end
end

return job {
  about = "Look at the machine's health, and warn while something is wrong",
  schedule = "* * * * *",
  timeout = "5m",
  priority = "rescue",
  settings = {
    cpu_busy = above(95, { clear = 85, for_runs = 5, about = "percent of the time that the processors work" }),
    cpu_iowait = above(50, { clear = 30, for_runs = 5, about = "percent of the time that they wait for disks" }),
    load_per_core = above(4, { clear = 2, for_runs = 3, about = "load of five minutes for each core" }),
    memory_available = below(5, { clear = 10, for_runs = 3, about = "percent of the memory that can be had" }),
    swap_used = above(80, { clear = 60, for_runs = 3, about = "percent of the swap" }),
    pressure_cpu = above(80, { clear = 60, for_runs = 3, about = "percent of a minute with work that waits for a core" }),
    pressure_memory = above(20, { clear = 10, for_runs = 3, about = "percent of a minute with work that waits for memory" }),
    pressure_io = above(60, { clear = 40, for_runs = 3, about = "percent of a minute with work that waits for disks" }),

    disk_used = above(90, { clear = 85, for_runs = 2, about = "percent of a disk" }),
    disk_inodes = above(90, { clear = 85, for_runs = 2, about = "percent of a disk's inodes" }),
    disk_failing = flag { for_runs = 2, about = "a disk that does not answer" },
    disk_read_only = flag { for_runs = 1, about = "a disk that was writable and is not now" },
    disk_missing = flag { for_runs = 2, about = "an expected disk that is not mounted" },
    disks_expected = option.paths { default = {}, about = "mount points that must be there" },
    disks_ignored = option.paths { default = {}, about = "mount points of disks that do not matter" },
    disk_timeout = option.duration("2s", { about = "how long a disk may take to answer" }),

    services = option.map { default = {}, about = 'TCP services by name: { database = "db.internal:5432" }' },
    service_down = flag { for_runs = 2, about = "a service that cannot be reached" },
    service_timeout = option.duration("3s", { about = "how long a service may take to answer" }),

    store_size = above("2GiB", { kind = option.size, clear = "1.5GiB", about = "size of the host's own store" }),
    store_free = below("256MiB", { kind = option.size, clear = "512MiB", about = "free space where the store is" }),

    job_ages = option.map { default = {}, about = 'longest time since a job\'s last success: { backup = "26h" }' },
    job_late = flag { for_runs = 1, about = "a job whose last success is too old" },

    log = option.path { about = "a file that gets one line a run" },
  },
  needs = function(settings)
    validate(settings)
    local targets = {}
    for _, target in pairs(settings.services) do targets[#targets + 1] = target end
    local directory = settings.log and settings.log:match("^(.*)/[^/]*$")
    return { connect = targets, write = directory and { directory == "" and "/" or directory } }
  end,
  run = function(settings, this)
    local now, looks, seen = time.now(), look(settings, this), nil
    state.update("memory", function(memory)
      local kept
      seen, kept = judge(looks, settings, memory or {}, now)
      return kept
    end)
    local breached = tell(seen.checks, this)
    local result = result_of(seen, breached)
    if settings.log then append(settings.log, line_of(result, breached, now), this) end
    return result
  end,
}
