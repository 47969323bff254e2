--- What jobs/backup.lua is to do: scriptron test --spec jobs/backup_spec.lua
local spec = require "spec"
local would = spec.would

local function settings(given)
  local all = { paths = { "data" }, targets = { "var/backups" }, machine = "here", keep = { last = 7 } }
  for name, value in pairs(given or {}) do all[name] = value end
  return all
end

local data = {
  ["data/orders.csv"]  = spec.file { content = "1;17.50\n", age = "2d" },
  ["data/invoices/17"] = spec.file { size = "10KiB", age = "3d" },
}

return spec.of {
  spec.case "an archive with its manifest is made under another name, and gets its own at the end" {
    at = "2026-03-01 03:15:00",
    settings = settings(),
    tree = data,
    expect = {
      includes = {
        would.archive { path = "var/backups/.unfinished-backup@here.tar.zst", files = 2 },
        would.rename { to = "var/backups/backup-20260301T031500Z.tar.zst" },
        would.rename { to = "var/backups/backup-20260301T031500Z.manifest" },
        would.rename { to = "var/backups/backup-20260301T031500Z.json" },
      },
      never = { would.remove "data/*", would.write "data/*" },
      log = { "would prove backup-20260301T031500Z*" },
      alerts = { { key = "backup.same-disk", state = "firing" } },
      result = { files = 2, unchanged = false },
    },
  },

  spec.case "what is excluded is not in it" {
    settings = settings { exclude = { "invoices" } },
    tree = data,
    expect = { includes = { would.archive { files = 1, bytes = 8 } } },
  },

  spec.case "an empty directory is trouble, not a backup" {
    settings = settings(),
    tree = { ["data"] = spec.directory {} },
    expect = { outcome = "failed", error = "data", never = { would.rename { to = "*.json" } } },
  },

  spec.case "a source that is not there fails the run" {
    settings = settings { paths = { "data", "elsewhere" } },
    tree = data,
    expect = { outcome = "failed", error = "elsewhere", never = { would.archive {} } },
  },

  spec.case "a policy that keeps nothing is refused" {
    settings = settings { keep = { last = 0 } },
    tree = data,
    expect = { error = "keep keeps nothing", never = { would.archive {} } },
  },
}
