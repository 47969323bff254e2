--- A job whose program says that it only reads, and does not: what it says is what it tried and how that ended.
return job {
  settings = { root = option.path "disk/data", port = option.number(1), ear = option.path "ear",
    victim = option.number(1), abstract = option.string "", program = option.path "attack.py" },
  needs = function(settings)
    return { write = { settings.root }, read = { "/usr", settings.program }, run = { "python3" },
      connect = { "127.0.0.1:" .. math.tointeger(settings.port), "unix:" .. settings.ear } }
  end,
  run = function(settings)
    return process.output({ "python3", settings.program, settings.root, tostring(math.tointeger(settings.port)),
      settings.ear, settings.abstract, tostring(math.tointeger(settings.victim)) }, { reads_only = true })
  end,
}
