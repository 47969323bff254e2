--- What jobs/sweep.lua is to do: scriptron test --spec jobs/sweep_spec.lua
local spec = require "spec"
local would = spec.would

local settings = { paths = { "var/tmp" }, older_than = "1h", clock = "mtime", keep_open = "never" }

return spec.of {
  spec.case "what nobody has touched goes, with the directories that it leaves empty" {
    at = "2026-03-01 03:15:00",
    settings = settings,
    tree = {
      ["var/tmp/report.txt"]    = spec.file { content = "twelve bytes", age = "2d" },
      ["var/tmp/old/draft.txt"] = spec.file { size = "1MiB", age = "2d" },
      ["var/tmp/old"]           = spec.directory { age = "2d" },
      ["var/tmp/kept.txt"]      = spec.file { content = "new", age = "5m" },
    },
    expect = {
      plan = {
        would.remove { path = "var/tmp/old/draft.txt", bytes = "1MiB" },
        would.remove_directory "var/tmp/old",
        would.remove { path = "var/tmp/report.txt", bytes = 12 },
      },
      any_order = true,
      result = { files = 2 },
    },
  },

  spec.case "links go, and what they lead to stays; FIFOs are left alone" {
    settings = settings,
    tree = {
      ["data/kept.txt"]   = spec.file { content = "data", age = "9d" },
      ["var/tmp/link"]    = spec.link { target = "../../data/kept.txt", age = "2d" },
      ["var/tmp/fifo"]    = spec.fifo { age = "2d" },
    },
    expect = {
      plan = { would.remove "var/tmp/link" },
      never = { would.remove "data/*" },
    },
  },

  spec.case "a hard link frees nothing while another name is there" {
    settings = settings,
    tree = {
      ["data/kept.txt"]   = spec.file { size = "4KiB", age = "9d" },
      ["var/tmp/same"]    = spec.hard_link "data/kept.txt",
    },
    expect = { plan = { would.remove { path = "var/tmp/same", bytes = 0 } } },
  },


  spec.case "a directory of the system is refused" {
    settings = { paths = { "/etc/nginx" } },
    expect = { error = "/etc/nginx is not swept: it lies in /etc" },
  },
}
