--- What jobs/health.lua is to do: scriptron test --spec jobs/health_spec.lua
local spec = require "spec"
local would = spec.would

local function disk(used)
  return {
    path = "/", device = "/dev/vda1", type = "ext4", size = 100000000000, used = used * 1000000000,
    free = (100 - used) * 1000000000, inodes = 1000000, inodes_used = 10000, read_only = false,
  }
end

--- A machine that is well, with what is given over it.
local function machine(given)
  local all = {
    ["sys.cpu"]      = { busy = 0.1, iowait = 0, user = 0.05, system = 0.05, steal = 0, idle = 0.9 },
    ["sys.memory"]   = {
      total = 8000000000, available = 6000000000, free = 4000000000, cached = 2000000000, swap_total = 0, swap_free = 0,
    },
    ["sys.load"]     = { one = 0.2, five = 0.2, fifteen = 0.2, cores = 4 },
    ["sys.pressure"] = {},
    ["sys.disks"]    = { disk(40) },
    ["sys.store"]    = { bytes = 1000000, free = 60000000000 },
    ["sys.uptime"]   = 864000,
    ["sys.jobs"]     = {},
  }
  for name, value in pairs(given or {}) do all[name] = value end
  return all
end

return spec.of {
  spec.case "a machine that is well alerts nobody, and its values are metrics" {
    settings = { log = "var/log/health.log" },
    tree = { ["var/log/health.log"] = spec.file { content = "earlier\n", age = "1m" } },
    machine = machine(),
    expect = {
      includes = { would.append "var/log/health.log" },
      no_alerts = true,
      metrics = { { name = "disk_used", value = 40 }, { name = "load_per_core", value = 0.05 } },
    },
  },

  spec.case "a disk that is nearly full alerts" {
    settings = { disk_used = { above = 80, clear = 75, for_runs = 1, severity = "critical" } },
    machine = machine { ["sys.disks"] = { disk(93) } },
    expect = {
      alerts = { { key = "disk_used*", state = "firing", severity = "critical" } },
      warnings = { "*93*" },
    },
  },

  spec.case "a disk that does not answer is unknown, and neither good nor bad" {
    machine = machine { ["sys.disks"] = { { path = "/", error = "it does not answer", code = "ETIMEDOUT" } } },
    expect = { never = { would.append {} }, no_alerts = false },
  },

  spec.case "a rule that cannot be meant is refused" {
    settings = { disk_used = { above = 75, clear = 80 } },
    expect = { error = "settings.disk_used" },
  },
}
