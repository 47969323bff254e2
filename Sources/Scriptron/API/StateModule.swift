/// `state`: what a job keeps between its runs, durable at once.
package func stateModule(_ context: APIContext) -> HostModule {
    func key(_ arguments: Arguments) throws(Failure) -> Value {
        let key = try arguments.text(0, "key")
        guard !key.isEmpty, key.utf8.count <= 512 else { throw arguments.mismatch(0, "key", "1 to 512 bytes") }
        return .text(key)
    }
    return HostModule(
        "state",
        functions: [
            HostFunction("get") { arguments in
                let key = try key(arguments)
                var options = try arguments.options(1)
                let fallback = options.take("default") ?? .null
                try options.finish(known: ["default"])
                let value = try context.current("state.get").effects.request(.stateGet, ["key": key])
                return [value.isNull ? fallback : value]
            },
            HostFunction("set") { arguments in
                let key = try key(arguments)
                try arguments.end(2)
                let effects = try context.current("state.set").effects
                if arguments[1].isNull {
                    _ = try effects.request(.stateDelete, ["key": key])
                } else {
                    _ = try effects.request(.stateSet, ["key": key, "value": arguments[1]])
                }
                return []
            },
            HostFunction("replace") { arguments in
                let key = try key(arguments)
                return [
                    try context.current("state.update").effects.request(
                        .stateReplace, ["key": key, "expected": arguments[1], "value": arguments[2]])
                ]
            },
            HostFunction("delete") { arguments in
                let key = try key(arguments)
                try arguments.end(1)
                return [try context.current("state.delete").effects.request(.stateDelete, ["key": key])]
            },
            HostFunction("keys") { arguments in
                try arguments.end(0)
                return [try context.current("state.keys").effects.request(.stateKeys, [:])]
            },
        ],
        prelude: prelude
    )
}

/// `update` compares and sets, so that two runs at once lose nothing.
private let prelude = #"""
    local state, base = ...
    local raise, type = base.raise, base.type
    local get, replace = state.get, state.replace
    state.replace = nil

    function state.update(key, fn)
      if type(fn) ~= "function" then
        raise("EARGUMENT", "state.update: argument 2 (fn) must be a function that gets the value and returns the new one")
      end
      for _ = 1, 100 do
        local seen = get(key)
        local value = fn(get(key))
        if replace(key, seen, value) then return value end
      end
      raise("EBUSY", "state.update: " .. key .. " was changed by others 100 times meanwhile")
    end
    """#
