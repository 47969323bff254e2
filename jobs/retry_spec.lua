--- What jobs/retry.lua is to do: scriptron test --spec jobs/retry_spec.lua
local spec = require "spec"
local would = spec.would

local settings = { connect = { "hooks.example.com:443" }, programs = { "true" } }
local order = { url = "https://hooks.example.com/in", json = { order = 17 } }

return spec.of {
  spec.case "a task whose receiver takes it is done" {
    settings = settings,
    queues = { default = { { body = order, key = "order-17" } } },
    web = { { method = "POST", url = "*hooks.example.com*/in", status = 204 } },
    expect = {
      includes = {
        would.request { method = "POST", url = "*/in" },
        would.finish_task { queue = "default" },
      },
      never = { would.fail_task {}, would.bury_task {} },
      result = { done = 1, failed = 0, dead = 0 },
      no_alerts = true,
    },
  },

  spec.case "one whose receiver is ill is tried again later" {
    settings = settings,
    queues = { default = { { body = order } } },
    web = { { url = "*/in", status = 503, headers = { ["retry-after"] = "120" } } },
    expect = {
      includes = { would.fail_task { queue = "default", error = "the server answered 503*" } },
      never = { would.finish_task {}, would.bury_task {} },
      result = { done = 0, failed = 1, dead = 0 },
    },
  },

  spec.case "one that its receiver does not want is dead, and an alert says so" {
    settings = settings,
    queues = { default = { { body = order } } },
    web = { { url = "*/in", status = 422 } },
    expect = {
      includes = { would.bury_task { queue = "default" } },
      alerts = { { key = "dead.default", state = "firing" } },
      warnings = { "1 dead task in queue default*" },
      result = { dead = 1 },
    },
  },

  spec.case "a command that succeeds does its task; what is no task is dead" {
    settings = settings,
    queues = { default = { { body = { command = { "true" } } }, { body = { neither = "url nor command" } } } },
    programs = { { argv = { "true" }, code = 0 } },
    expect = {
      plan = {
        would.run { "true" },
        would.finish_task { task = 1 },
        would.bury_task { task = 2, error = "its body has neither url nor command" },
      },
    },
  },

  spec.case "a server that is not granted is never asked" {
    settings = { connect = {} },
    queues = { default = { { body = order } } },
    expect = { never = { would.request {} }, includes = { would.bury_task {} } },
  },
}
