--- What `health` looks at: the machine's figures and the host's store here, `disks`, `servers` and `ages` beside it.
---
--- Each vital has a `name` and two functions. `look(settings, this, memory)` asks the host; nil where there is nothing to look
--- at, an error where it could not be known. `judge(facts, settings, memory, now)` makes of it the values for the result
--- and the list of checks; it touches nothing but `memory`, the vital's own table in the job's state, and may return a
--- third value: why nothing is known.
---
--- A check: `key`, `value` (nil: unknown), `rule` (see `threshold`), `show` (the value as people read it), and `why`,
--- the words for what is bad without being a number, or for why the value is unknown.
---
--- The numbers of the result are metrics too: those of a table by the vital's `label`, `disk_used{disk="/"}`.
local ages = require "ages"
local disks = require "disks"
local format = require "format"
local servers = require "servers"

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

return {
  cpu, load_average, main_memory, pressure, disks, store, ages.jobs, ages.backups, servers.units, servers.services,
  servers.certificates, servers.pages,
}
