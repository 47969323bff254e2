--- What `health` looks at: the machine's figures, its disks, services, the store, and the jobs themselves.
---
--- Each vital has a `name` and two functions. `look(settings, this)` asks the host; nil where there is nothing to look
--- at, an error where it could not be known. `judge(facts, settings, memory, now)` makes of it the values for the result
--- and the list of checks; it touches nothing but `memory`, the vital's own table in the job's state, and may return a
--- third value: why nothing is known.
---
--- A check: `key`, `value` (nil: unknown), `rule` (see `threshold`), `show` (the value as people read it), and `why`,
--- the words for what is bad without being a number, or for why the value is unknown.
local format = require "format"

--- The most disks that are judged and listed, the worst first: state and result stay bounded.
local most_disks = 100

local function percent(share) return share and share * 100 end

local function show_ratio(value) return string.format("%.2f", value) end

-- The processors. The host compares with its last look for this job, so that its first has nothing to say.
local cpu = { name = "cpu" }

function cpu.look()
  return sys.cpu() or error("there is no earlier look to compare with", 0)
end

function cpu.judge(facts, settings)
  local busy, iowait = percent(facts.busy), percent(facts.iowait)
  return { cpu_busy = format.round(busy), cpu_iowait = format.round(iowait) }, {
    { key = "cpu_busy", value = busy, rule = settings.cpu_busy, show = format.percent },
    { key = "cpu_iowait", value = iowait, rule = settings.cpu_iowait, show = format.percent },
  }
end

-- The load of five minutes, for each core: it counts those that wait for disks too, so that its limit is generous.
local load_average = { name = "load" }

function load_average.look() return sys.load() end

function load_average.judge(facts, settings)
  local value = facts.five / math.max(facts.cores, 1)
  return { load_per_core = format.round(value, 2) }, {
    { key = "load_per_core", value = value, rule = settings.load_per_core, show = show_ratio },
  }
end

-- Memory that can be had without swapping, not merely what is free.
local main_memory = { name = "memory" }

function main_memory.look() return sys.memory() end

function main_memory.judge(facts, settings)
  local available = 100 * facts.available / math.max(facts.total, 1)
  local values = { memory_available = format.round(available), memory_available_bytes = facts.available }
  local checks = {
    { key = "memory_available", value = available, rule = settings.memory_available, show = format.percent },
  }
  if facts.swap_total > 0 then
    local used = 100 * (facts.swap_total - facts.swap_free) / facts.swap_total
    values.swap_used = format.round(used)
    checks[2] = { key = "swap_used", value = used, rule = settings.swap_used, show = format.percent }
  end
  return values, checks
end

-- PSI: the share of the last minute in which something waited for a resource.
local pressure = { name = "pressure" }

function pressure.look() return sys.pressure() or false end

function pressure.judge(facts, settings)
  if not facts then return {}, {}, "this kernel does not say it (no /proc/pressure)" end
  local values, checks = {}, {}
  for _, resource in ipairs { "cpu", "memory", "io" } do
    local figures = facts[resource]
    if figures and figures.some60 then
      local key = "pressure_" .. resource
      values[key] = format.round(figures.some60)
      checks[#checks + 1] = { key = key, value = figures.some60, rule = settings[key], show = format.percent }
    end
  end
  return values, checks
end

-- Disks, each real one once; a dead one costs its timeout and is told as such.
local disks = { name = "disks" }

function disks.look(settings) return sys.disks { timeout = settings.disk_timeout } end

--- How full, as df counts: of what users may have.
local function used_percent(disk)
  local all = (disk.used or 0) + (disk.free or 0)
  return all > 0 and 100 * disk.used / all or nil
end

--- The disks to judge: those that do not answer first, then the fullest.
local function chosen(list, ignored)
  local skip, kept = {}, {}
  for _, path in ipairs(ignored) do skip[path] = true end
  for _, disk in ipairs(list) do
    if not skip[disk.path] then kept[#kept + 1] = disk end
  end
  local function weight(disk) return disk.error and 1000 or used_percent(disk) or 0 end
  table.sort(kept, function(left, right)
    if weight(left) ~= weight(right) then return weight(left) > weight(right) end
    return left.path < right.path
  end)
  return kept
end

--- A disk that gave no figures. One that may not be looked at is unknown; all else is a disk that fails.
local function judge_silent(disk, name, settings, checks)
  local why = format.plain(disk.error)
  local function add(key, value)
    checks[#checks + 1] = { key = key .. " " .. name, value = value, rule = settings[key], why = why }
  end
  local forbidden = disk.code == "EACCES" or disk.code == "EPERM"
  add("disk_failing", not forbidden or nil)
  add("disk_used")
  add("disk_inodes")
  add("disk_read_only")
  return { error = why }
end

--- A disk with its figures. One that is read-only from the start is meant to be, and cannot fill; one that was writable
--- before has been taken away by the kernel.
local function judge_disk(disk, name, settings, was_writable, checks)
  local function add(key, value, show, why)
    checks[#checks + 1] = { key = key .. " " .. name, value = value, rule = settings[key], show = show, why = why }
  end
  add("disk_failing", false)
  add("disk_read_only", disk.read_only and was_writable, nil, "it was writable, and is read-only now")
  local used, inodes = used_percent(disk), nil
  -- Some file systems (btrfs) make inodes as they need them, and count none.
  if disk.inodes > 0 then inodes = 100 * disk.inodes_used / disk.inodes end
  if not disk.read_only then
    if used then add("disk_used", used, format.percent) end
    if inodes then add("disk_inodes", inodes, format.percent) end
  end
  return {
    used = used and format.round(used), free_bytes = disk.free, inodes_used = inodes and format.round(inodes),
    read_only = disk.read_only or nil,
  }
end

local function judge_expected(list, settings, checks)
  local there = {}
  for _, disk in ipairs(list) do there[disk.path] = true end
  for _, path in ipairs(settings.disks_expected) do
    checks[#checks + 1] = {
      key = "disk_missing " .. format.plain(path, 100), value = not there[path], rule = settings.disk_missing,
      why = "no disk of its own is mounted there",
    }
  end
end

function disks.judge(list, settings, memory)
  local values, checks, before = {}, {}, memory.writable or {}
  memory.writable = {}
  local kept = chosen(list, settings.disks_ignored)
  for index = 1, math.min(#kept, most_disks) do
    local disk = kept[index]
    local name = format.plain(disk.path, 100)
    if disk.error then
      values[name] = judge_silent(disk, name, settings, checks)
    else
      values[name] = judge_disk(disk, name, settings, before[name] or false, checks)
    end
    if before[name] or disk.read_only == false then memory.writable[name] = true end
  end
  judge_expected(list, settings, checks)
  local left_out = #kept > most_disks and #kept - most_disks or nil
  return { disks = values, disks_left_out = left_out }, checks, #kept == 0 and "no disk is visible here" or nil
end

-- Services: whether something takes a connection.
local services = { name = "services" }

--- Host and port of a target: `name:port`, `192.0.2.1:port`, `[2001:db8::1]:port`; nil where it is none.
local function host_and_port(target)
  if type(target) ~= "string" then return nil end
  local host, port = target:match("^%[([%x:.]+)%]:(%d+)$")
  if not host then host, port = target:match("^([^:/%s%[%]]+):(%d+)$") end
  port = tonumber(port)
  if host and port and port >= 1 and port <= 65535 then return host, port end
end

--- Tries one; what could not be asked is unknown. Time for the end of the run is kept back.
local function try(target, settings, this)
  -- A dry run may pretend another time, and tries nothing.
  local left = not this.dry_run and this.deadline and this.deadline - time.precise()
  if left and left < settings.service_timeout + 5 then return { error = "the run has no time left to try" } end
  local host, port = host_and_port(target)
  local asked, answer = pcall(net.tcp, host, port, { timeout = settings.service_timeout })
  return asked and answer or { error = tostring(answer) }
end

function services.look(settings, this)
  local answers = {}
  for name, target in pairs(settings.services) do answers[name] = try(target, settings, this) end
  return next(answers) and answers
end

function services.judge(answers, settings)
  local values, checks = {}, {}
  for name, answer in pairs(answers) do
    local plain, reachable = format.plain(name), answer.reachable
    local problem = answer.error and format.plain(answer.error)
    local down
    if reachable ~= nil then down = not reachable end
    values[plain] = {
      reachable = reachable, seconds = answer.seconds and format.round(answer.seconds, 4), error = problem,
    }
    checks[#checks + 1] = {
      key = "service_down " .. plain, value = down, rule = settings.service_down,
      why = string.format("%s: %s", settings.services[name], problem or "no answer"),
    }
  end
  return { services = values }, checks
end

-- The host's own store, and the space that is left for it.
local store = { name = "store" }

function store.look() return sys.store() end

function store.judge(facts, settings)
  return { store_bytes = facts.bytes, store_free_bytes = facts.free }, {
    { key = "store_size", value = facts.bytes, rule = settings.store_size, show = format.size },
    {
      key = "store_free", value = facts.free, rule = settings.store_free, show = format.size,
      why = "the host does not say how much is free",
    },
  }
end

-- Jobs: how long ago each last succeeded.
local jobs = { name = "jobs" }

function jobs.look(settings)
  if not next(settings.job_ages) then return nil end
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

--- Seconds since a job's last success; since it was first seen here where it has none. What happened before the clock
--- was set cannot be dated: it counts as from then, so that no step makes everything old.
local function age(name, job, memory, waiting, now)
  local since = job.last_success
  if not since then
    since = (memory.waiting or {})[name] or now
    waiting[name] = since
  end
  if since > now + 60 and (memory.set_at or 0) < now then memory.set_at = now end
  if memory.set_at and (since < memory.set_at or since > now) then since = memory.set_at end
  return math.max(0, now - since)
end

function jobs.judge(facts, settings, memory, now)
  watch_clock(memory, now, facts.uptime)
  local values, checks, waiting = {}, {}, {}
  for name, most in pairs(settings.job_ages) do
    local job, key = facts.jobs[name], "job_late " .. format.plain(name)
    if job then
      local seconds, limit = age(name, job, memory, waiting, now), time.seconds(most)
      local rule = { above = limit, clear = limit, for_runs = settings.job_late.for_runs }
      values[name] = { age = math.floor(seconds), never_succeeded = not job.last_success or nil }
      checks[#checks + 1] = { key = key, value = seconds, rule = rule, show = format.duration }
    else
      checks[#checks + 1] = { key = key, value = true, rule = settings.job_late, why = "there is no such job" }
    end
  end
  memory.waiting = waiting
  return { jobs = values }, checks
end

return {
  host_and_port = host_and_port,
  all = { cpu, load_average, main_memory, pressure, disks, store, jobs, services },
}
