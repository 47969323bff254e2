--- What jobs/rotate.lua is to do: scriptron test --spec jobs/rotate_spec.lua
local spec = require "spec"
local would = spec.would

--- Settings of one log's rotation, with those of the case over them.
local function settings(given)
  local all = { paths = { "var/log/*.log" }, size = "64KiB", time = "never", keep_open = "never" }
  for name, value in pairs(given or {}) do all[name] = value end
  return all
end

return spec.of {
  spec.case "a log over its size gets another name, is compressed, and begins anew with its mode" {
    settings = settings(),
    tree = {
      ["var/log/app.log"] = spec.file { size = "70KiB", mode = "0640" },
      ["var/log/web.log"] = spec.file { size = "60KiB" },
    },
    expect = {
      plan = {
        would.rename { from = "var/log/app.log", to = "var/log/app.log.1" },
        would.create { path = "var/log/app.log", mode = "640" },
        would.compress { from = "var/log/app.log.1", to = "var/log/app.log.1.zst", bytes = "70KiB" },
        would.remove { path = "var/log/app.log.1" },
      },
      log = { "var/log/app.log: rotated, it is over its size" },
      result = { logs = 2, rotated = 1, failed = 0 },
    },
  },

  spec.case "of each log the newest few stay" {
    settings = settings { compress = "none", keep = { count = 2 } },
    tree = {
      ["var/log/app.log"]   = spec.file { size = "70KiB" },
      ["var/log/app.log.1"] = spec.file { content = "newest", age = "1d" },
      ["var/log/app.log.2"] = spec.file { content = "older", age = "2d" },
    },
    expect = {
      plan = {
        would.rename { from = "var/log/app.log.2", to = "var/log/app.log.3" },
        would.rename { from = "var/log/app.log.1", to = "var/log/app.log.2" },
        would.rename { from = "var/log/app.log", to = "var/log/app.log.1" },
        would.create "var/log/app.log",
        would.remove { path = "var/log/app.log.3", bytes = 5 },
      },
      result = { removed = 1 },
    },
  },

  spec.case "a small log is due when a day has begun since its birth" {
    at = "2026-03-02 00:05:00",
    settings = settings { size = "1GiB", time = "daily", compress = "none", names = "dated" },
    tree = {
      ["var/log/app.log"] = spec.file { content = "one line\n", age = "30m" },
      ["var/log/new.log"] = spec.file { content = "one line\n", age = "2m" },
    },
    expect = {
      plan = {
        would.rename { from = "var/log/app.log", to = "var/log/app.log-20260302-000500" },
        would.create "var/log/app.log",
      },
    },
  },

  spec.case "links and hard links are left alone, and said" {
    settings = settings(),
    tree = {
      ["var/log/app.log"]  = spec.file { size = "70KiB" },
      ["var/log/same.log"] = spec.hard_link "var/log/app.log",
    },
    expect = { plan = {}, warnings = { "var/log/app.log: left alone: it has 2 names (hard links)" } },
  },

  spec.case "a program is told what was rotated, before anything is compressed" {
    settings = settings { after = { command = { "true" } } },
    tree = { ["var/log/app.log"] = spec.file { size = "70KiB" } },
    programs = { { argv = { "true" }, code = 0 } },
    expect = {
      plan = {
        would.rename { to = "var/log/app.log.1" },
        would.create "var/log/app.log",
        would.run { "true" },
        would.compress { from = "var/log/app.log.1" },
        would.remove "var/log/app.log.1",
      },
    },
  },

  spec.case "where the program fails, what it may still write is not compressed" {
    settings = settings { after = { command = { "true" } } },
    tree = { ["var/log/app.log"] = spec.file { size = "70KiB" } },
    programs = { { argv = { "true" }, code = 1, stderr = "no such unit" } },
    expect = {
      outcome = "failed",
      includes = { would.rename { to = "var/log/app.log.1" } },
      never = { would.compress {}, would.remove {} },
    },
  },

  spec.case "a rule that is misspelt does not pass for one" {
    settings = settings { keep = { counts = 3 } },
    expect = { error = "settings.keep.counts is unknown" },
  },
}
