--- Looks at the machine's health, tells people what is wrong with it, and when it is well again.
---
--- Each value is a metric of the host (`metrics`), and each limit a key of its alerts (`scriptron alerts`): one fires when
--- its value was beyond the limit for `for_runs` runs in a row, and is over when the value is back at `clear`. Meanwhile
--- each run warns of it. What could not be known is neither good nor bad: it leaves everything as it was, and is an
--- alert of its own when it lasts.
---
--- What there is to watch beside the machine itself, in scriptron.lua (the ceiling must allow it, too):
---
---   jobs = { health = { settings = {
---     pages    = { shop = "https://shop.example.org/health",
---                  login = { url = "https://shop.example.org/login", contains = "Sign in" } },
---     services = { database = "127.0.0.1:5432" },
---     units    = { "nginx", "postgresql" },
---     certificates = { mail = "mail.example.org:465" },
---     backup_ages = { backup = "9d" }, job_ages = { backup = "26h" },
---     disk_used = { above = 80, clear = 75, severity = "critical" },
---   } } }
local format = require "format"
local servers = require "servers"
local threshold = require "threshold"
local vitals = require "vitals"

local above, below, flag = threshold.above, threshold.below, threshold.flag

--- The most of each kind that may be named, and findings that the result lists: a result has 64 KiB.
local most = 100
local longest_name = 100
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
  for _, name in ipairs { "services", "pages", "certificates", "units", "job_ages", "backup_ages" } do
    if count(settings[name]) > most then wrong(name, "names more than " .. most) end
    for key in pairs(settings[name]) do
      if #tostring(key) > longest_name then wrong(name, "has a name longer than " .. longest_name .. " bytes") end
    end
  end
  for _, name in ipairs { "services", "certificates" } do
    for key, target in pairs(settings[name]) do
      if not servers.host_and_port(target) then wrong(name .. "." .. key, 'must be "host:port"') end
    end
  end
  for name, page in pairs(settings.pages) do
    local problem = servers.page_problem(page)
    if problem then wrong("pages." .. name, problem) end
  end
  for index, unit in ipairs(settings.units) do
    if type(unit) ~= "string" then wrong("units[" .. index .. "]", "must be a unit's name") end
  end
  for _, kind in ipairs { "job_ages", "backup_ages" } do
    for name, age in pairs(settings[kind]) do
      if not is_duration(age) then wrong(kind .. "." .. name, 'must be a duration such as "26h"') end
    end
  end
  if settings.disk_trend <= 0 then wrong("disk_trend", "must be longer than nothing") end
end

-- Looking and judging.

--- What each vital says: `{ vital, facts }`, or `{ vital, unknown = reason }`. One that fails stops no other.
local function look(settings, this, memory)
  local looks = {}
  for index, vital in ipairs(vitals) do
    local known, facts = pcall(vital.look, settings, this, memory[vital.name] or {})
    if known then
      looks[index] = { vital = vital, facts = facts }
    else
      looks[index] = { vital = vital, unknown = format.plain(tostring(facts)) }
    end
  end
  return looks
end

--- The checks of a vital that could not look: what was wrong before is not known now.
local function unknown_checks(open, reason)
  local checks = {}
  for key, rule in pairs(open) do checks[#checks + 1] = { key = key, rule = rule, why = reason } end
  return checks
end

--- The check that a vital could look at all: that it cannot is an alert when it lasts.
local function look_check(name, reason)
  local value
  if not reason then value = false end
  return { key = "look at " .. name, value = value, rule = { for_runs = 1 }, why = reason }
end

--- Judges all by what the job remembers: the values, the reasons of what is unknown, the checks in order of their keys,
--- and what is to be remembered.
local function judge(looks, settings, memory, now)
  local seen, kept = { values = {}, unknown = {}, checks = {} }, {}
  for _, item in ipairs(looks) do
    local name, own, checks = item.vital.name, memory[item.vital.name] or {}, {}
    if item.unknown then
      seen.unknown[name] = item.unknown
      checks = unknown_checks((memory.open or {})[name] or {}, item.unknown)
    elseif item.facts ~= nil then
      local values
      values, checks, seen.unknown[name] = item.vital.judge(item.facts, settings, own, now)
      for key, value in pairs(values) do seen.values[key] = value end
    end
    if item.unknown or item.facts ~= nil then checks[#checks + 1] = look_check(name, item.unknown) end
    kept[name] = next(own) and own
    for _, check in ipairs(checks) do
      check.vital = name
      if check.rule.for_runs > 0 then seen.checks[#seen.checks + 1] = check end
    end
  end
  table.sort(seen.checks, function(left, right) return left.key < right.key end)
  return seen, kept
end

-- Words.

--- The value and what is wrong with it: `94.1 %, over 90 %`.
local function finding(check)
  local rule, value, show = check.rule, check.value, check.show
  if value == nil then return "not known now (" .. (check.why or "nobody says why") .. ")" end
  local limit = rule.above or rule.below
  if not limit or not show then return check.why end
  local words = rule.above and "over" or "under"
  if threshold.is_bad(rule, value) then return string.format("%s, %s %s", show(value), words, show(limit)) end
  local back = rule.above and "down to" or "up to"
  return string.format("%s, not yet back %s %s (%s %s before)", show(value), back, show(rule.clear), words, show(limit))
end

-- Telling.

--- Tells the host of a check; where it stands then: "ok", "pending" or "firing".
local function report(check)
  local rule, bad = check.rule, threshold.is_bad(check.rule, check.value)
  local clear = bad == false and threshold.is_clear(rule, check.value)
  local summary = clear and "well" or bad == nil and check.why or finding(check)
  return alert.check(check.key, bad, {
    severity = rule.severity, for_runs = rule.for_runs, clear = clear, summary = format.plain(summary, 900),
    limit = rule.above or rule.below,
    value = type(check.value) == "number" and math.abs(check.value) < math.huge and check.value or nil,
  })
end

--- Reports every check and warns of what fires: these, and the rules of what is not well, by vital.
local function tell(checks, this)
  local firing, open = {}, {}
  for _, check in ipairs(checks) do
    local told, stands = pcall(report, check)
    if not told then
      -- One alert too many must not cost those that follow.
      this.warn(check.key .. ": " .. tostring(stands))
    elseif stands ~= "ok" then
      open[check.vital] = open[check.vital] or {}
      open[check.vital][check.key] = { for_runs = check.rule.for_runs, severity = check.rule.severity }
    end
    if told and stands == "firing" then
      firing[#firing + 1] = check
      check.text = check.key .. ": " .. finding(check)
      this.warn(check.text)
    end
  end
  return firing, open
end

--- Records the numbers of the result as metrics: those of a vital's table by its label.
local function measure(values)
  local function gauge(name, value, labels)
    if value == true or value == false then value = value and 1 or 0 end
    if math.type(value) then metrics.gauge(name, value, labels and { labels = labels }) end
  end
  local by_table = {}
  for _, vital in ipairs(vitals) do by_table[vital.name] = vital.label end
  for name, value in pairs(values) do
    if not by_table[name] then
      gauge(name, value)
    else
      for entry, members in pairs(value) do
        for member, number in pairs(members) do
          gauge(by_table[name] .. "_" .. member, number, { [by_table[name]] = entry })
        end
      end
    end
  end
end

local function result_of(seen, firing)
  local result = seen.values
  for _, check in ipairs(seen.checks) do
    if check.value == nil and check.key ~= "look at " .. check.vital then seen.unknown[check.key] = check.why end
  end
  result.unknown = next(seen.unknown) and seen.unknown
  result.breaches = {}
  for index = 1, math.min(#firing, most_listed) do
    local check = firing[index]
    result.breaches[check.key] = {
      value = check.value, limit = check.rule.above or check.rule.below, text = check.text,
    }
  end
  if #firing > most_listed then result.breaches_left_out = #firing - most_listed end
  return result
end

--- One line for the log file: the time, the figures, the fullest disk, the names of what is breached.
local function line_of(result, firing, now)
  local parts = { time.format(now, "%Y-%m-%dT%H:%M:%S%z"), #firing == 0 and "ok" or "breached=" .. #firing }
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
  local function add_counts(name, member)
    local up, all = 0, 0
    for _, entry in pairs(result[name] or {}) do
      all = all + 1
      if entry[member] then up = up + 1 end
    end
    if all > 0 then parts[#parts + 1] = string.format("%s=%d/%d", name, up, all) end
  end
  add_counts("services", "reachable")
  add_counts("units", "active")
  add_counts("pages", "well")
  for index = 1, math.min(#firing, 10) do parts[#parts + 1] = "[" .. firing[index].key .. "]" end
  return table.concat(parts, " ") .. "\n"
end

--- A log that cannot be written is one more thing to tell, and nothing more.
local function append(path, line, this)
  local written, problem = pcall(fs.append, path, line, { sync = false })
  if not written then this.warn("log: " .. tostring(problem)) end
end

return job {
  about = "Look at the machine's health, and alert while something is wrong",
  schedule = "* * * * *",
  timeout = "5m",
  priority = "rescue",
  settings = {
    cpu_busy = above(95, { clear = 85, for_runs = 5, about = "percent of the time that the processors work" }),
    cpu_iowait = above(50, { clear = 30, for_runs = 5, about = "percent of the time that they wait for disks" }),
    load_per_core = above(4, { clear = 2, for_runs = 3, about = "load of five minutes for each core" }),
    memory_available = below(5, {
      clear = 10, for_runs = 3, severity = "critical", about = "percent of the memory that can be had",
    }),
    swap_used = above(80, { clear = 60, for_runs = 3, about = "percent of the swap" }),
    pressure_cpu = above(80, { clear = 60, for_runs = 3, about = "percent of a minute with work that waits for a core" }),
    pressure_memory = above(20, { clear = 10, for_runs = 3, about = "percent of a minute with work that waits for memory" }),
    pressure_io = above(60, { clear = 40, for_runs = 3, about = "percent of a minute with work that waits for disks" }),

    disk_used = above(90, { clear = 85, for_runs = 2, about = "percent of a disk" }),
    disk_inodes = above(90, { clear = 85, for_runs = 2, about = "percent of a disk's inodes" }),
    disk_full = below("24h", {
      kind = option.duration, clear = "36h", for_runs = 10,
      about = "time until a disk is full, if it fills on as it did within disk_trend",
    }),
    disk_trend = option.duration("24h", { about = "how far back that looks; a quarter of it must have been measured" }),
    disk_failing = flag { for_runs = 2, severity = "critical", about = "a disk that does not answer" },
    disk_read_only = flag { severity = "critical", about = "a disk that was writable and is not now" },
    disk_missing = flag { for_runs = 2, severity = "critical", about = "an expected disk that is not mounted" },
    disks_expected = option.paths { default = {}, about = "mount points that must be there" },
    disks_ignored = option.paths { default = {}, about = "mount points of disks that do not matter" },
    disk_timeout = option.duration("2s", { about = "how long a disk may take to answer" }),

    units = option.list { default = {}, about = "units of systemd that must be active" },
    unit_down = flag { for_runs = 2, severity = "critical", about = "a unit that is not active" },

    services = option.map { default = {}, about = 'TCP services by name: { database = "db.internal:5432" }' },
    service_down = flag { for_runs = 2, severity = "critical", about = "a service that cannot be reached" },
    service_timeout = option.duration("3s", { about = "how long a service may take to answer" }),

    pages = option.map {
      default = {},
      about = 'by name: { shop = "https://example.org/health" }, or { url, status = "2xx", contains, ca } of each',
    },
    page_down = flag { for_runs = 2, severity = "critical", about = "a page that does not answer as it should" },
    page_slow = above("5s", { kind = option.duration, clear = "3s", for_runs = 5, about = "time that a page takes" }),
    page_timeout = option.duration("10s", { about = "how long a page or a certificate may take" }),

    certificates = option.map { default = {}, about = 'servers with TLS, beside the pages: { mail = "mail.example.org:465" }' },
    certificate_days = below(14, { clear = 15, about = "days until a certificate ends" }),
    certificate_bad = flag { for_runs = 2, about = "a certificate that is not trusted, or not for its server" },

    store_size = above("2GiB", { kind = option.size, clear = "1.5GiB", about = "size of the host's own store" }),
    store_free = below("256MiB", {
      kind = option.size, clear = "512MiB", severity = "critical", about = "free space where the store is",
    }),

    job_ages = option.map { default = {}, about = 'longest time since a job\'s last success: { backup = "26h" }' },
    job_late = flag { about = "a job whose last success is too old" },
    backup_ages = option.map { default = {}, about = 'longest time since a job\'s last proof of a backup: { backup = "9d" }' },
    backup_late = flag { severity = "critical", about = "a job whose last proven backup is too old" },

    log = option.path { about = "a file that gets one line a run" },
  },
  needs = function(settings)
    validate(settings)
    local targets, read = {}, {}
    for _, target in pairs(settings.services) do targets[#targets + 1] = target end
    for _, target in pairs(settings.certificates) do targets[#targets + 1] = target end
    for _, given in pairs(settings.pages) do
      local page = servers.page_of(given)
      targets[#targets + 1] = servers.server_of(page.url)
      read[#read + 1] = page.ca
    end
    local directory = settings.log and settings.log:match("^(.*)/[^/]*$")
    return {
      connect = targets, read = read, service = settings.units,
      write = directory and { directory == "" and "/" or directory },
    }
  end,
  run = function(settings, this)
    local now, memory = time.now(), state.get("memory", { default = {} })
    -- Vitals change their part of it in place.
    local remembered = json.encode(memory)
    local looks = look(settings, this, memory)
    local seen, kept = judge(looks, settings, memory, now)
    local firing
    firing, kept.open = tell(seen.checks, this)
    local measured, problem = pcall(measure, seen.values)
    if not measured then this.warn("metrics: " .. tostring(problem)) end
    -- Most runs have nothing new to remember.
    if json.encode(kept) ~= remembered then state.set("memory", kept) end
    local result = result_of(seen, firing)
    if settings.log then append(settings.log, line_of(result, firing, now), this) end
    return result
  end,
}
