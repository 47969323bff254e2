/// `json`: text and back. `json.array {}` is the empty list, which Lua cannot tell from the empty table.
package func jsonModule() -> HostModule {
    HostModule(
        "json",
        functions: [
            HostFunction("encode") { arguments in
                var options = try arguments.options(1)
                let pretty = try options.bool("pretty", default: false)
                try options.finish(known: ["pretty"])
                let value = arguments[0].displayed
                let hasMarks = value.holds { if case .handle = $0 { true } else { false } }
                return [.bytes(try JSON.encode(hasMarks ? withEmptyLists(value) : value, pretty: pretty))]
            },
            HostFunction("decode") { arguments in
                let text = try arguments.bytes(0, "text")
                var options = try arguments.options(1)
                let null = options.take("null") ?? "absent"
                try options.finish(known: ["null"])
                let value = try JSON.decode(text)
                // Most texts have none, and need no copy.
                guard value.holds(\.isNull) else { return [value] }
                return [null.text == "absent" ? withoutNulls(value) : value.replacingNulls(by: null)]
            },
            HostFunction("empty") { _ in [.handle(kind: "json.array", id: 0)] },
        ],
        methods: ["json.array": []],
        prelude: prelude
    )
}

/// Empty arrays are marked by a metatable, which is lost on the way to the host: they go as handles.
private let prelude = #"""
    local json, base = ...
    local type, pairs, next, setmetatable, rawequal = base.type, base.pairs, base.next, base.setmetatable, base.rawequal
    local getmetatable, raise = base.getmetatable, base.raise
    local encode, empty = json.encode, json.empty
    local marker = base.list_metatable
    local nothing
    json.empty = nil

    function json.array(list)
      if type(list) ~= "table" then raise("EARGUMENT", "json.array takes a list, not a " .. type(list)) end
      if getmetatable(list) == "json.array" then return list end
      if getmetatable(list) ~= nil then raise("EARGUMENT", "json.array takes a list without a metatable of its own") end
      return setmetatable(list, marker)
    end

    -- Copies only where an empty array is inside.
    local function mark(value, depth)
      if type(value) ~= "table" or depth > 512 then return value end
      if next(value) == nil then
        if getmetatable(value) ~= "json.array" then return value end
        nothing = nothing or empty()
        return nothing
      end
      local copy
      for key, member in pairs(value) do
        local marked = mark(member, depth + 1)
        if not rawequal(marked, member) then
          if not copy then
            copy = {}
            for other, same in pairs(value) do copy[other] = same end
          end
          copy[key] = marked
        end
      end
      return copy or value
    end

    function json.encode(value, options) return encode(mark(value, 0), options) end
    """#

/// The handles that stand for empty arrays as what they are.
private func withEmptyLists(_ value: Value) -> Value {
    switch value {
    case .handle(kind: "json.array", _): .list([])
    case .list(let values): .list(values.map(withEmptyLists))
    case .map(let values): .map(values.mapValues(withEmptyLists))
    default: value
    }
}

/// Null is an absent key; in a list what follows it moves up, since Lua's lists have no holes.
private func withoutNulls(_ value: Value) -> Value {
    switch value {
    case .list(let values): .list(values.filter { !$0.isNull }.map(withoutNulls))
    case .map(let values): .map(values.filter { !$0.value.isNull }.mapValues(withoutNulls))
    default: value
    }
}

extension Value {
    /// Whether it, or a part of it, is such a one.
    fileprivate func holds(_ isOne: (Value) -> Bool) -> Bool {
        switch self {
        case .list(let values): values.contains { $0.holds(isOne) }
        case .map(let values): values.values.contains { $0.holds(isOne) }
        default: isOne(self)
        }
    }

    fileprivate func replacingNulls(by other: Value) -> Value {
        switch self {
        case .null: other
        case .list(let values): .list(values.map { $0.replacingNulls(by: other) })
        case .map(let values): .map(values.mapValues { $0.replacingNulls(by: other) })
        default: self
        }
    }
}
