import CLua

/// Why a Lua value has no plain form, and where in it.
struct UnplainValue: Error {
    let problem: String
    /// Innermost last: `settings`, `paths`, `[3]`.
    var keys: [String] = []

    /// `settings.paths[3]`; empty for the value itself.
    var path: String {
        keys.reduce("") { $0 + ($1.hasPrefix("[") || $0.isEmpty ? $1 : "." + $1) }
    }

    /// `settings.paths[3]: a function has no plain form`.
    var description: String { keys.isEmpty ? problem : "\(path): \(problem)" }

    func inside(_ key: String) -> UnplainValue { UnplainValue(problem: problem, keys: [key] + keys) }

    /// A list of which an item is nil.
    static let hole = UnplainValue(problem: "the list has holes: a nil before its end")

    /// What to write instead, where that is known.
    var cure: String? {
        self.problem == Self.hole.problem ? "leave items out that are nil, or write \"\" for them" : nil
    }
}

/// Reads Lua values as plain values, by raw access: no call here can raise or run a script.
///
/// Tables may share members, so that a small one can stand for a huge value: items and bytes are counted.
struct LuaReader {
    /// How deep tables may nest.
    static let depthLimit = 100

    let L: OpaquePointer
    /// The name of each kind of handle, by its number.
    let kinds: [String]
    /// Whether a table may have both numbers and names for keys, as `{ "pg_dump", user = "postgres" }`: it is a map
    /// then, with "1" for the key 1. For declarations, which read it so.
    let mixesKeys: Bool
    private var itemsLeft = 1_000_000
    private var bytesLeft = 256 << 20
    /// The tables that are being read, outermost first.
    private var open: [UnsafeRawPointer] = []

    /// The stack must have room for three values a level.
    init(_ L: OpaquePointer, kinds: [String], mixesKeys: Bool = false) {
        self.L = L
        self.kinds = kinds
        self.mixesKeys = mixesKeys
    }

    /// The value at `index`, which stays there.
    mutating func read(_ index: Int32) throws(UnplainValue) -> Value {
        itemsLeft -= 1
        if itemsLeft < 0 { throw UnplainValue(problem: "the value has too many parts") }
        let index = lua_absindex(L, index)
        switch lua_type(L, index) {
        case LUA_TNONE, LUA_TNIL: return .null
        case LUA_TBOOLEAN: return .bool(lua_toboolean(L, index) != 0)
        case LUA_TNUMBER:
            if lua_isinteger(L, index) != 0 { return .int(lua_tointegerx(L, index, nil)) }
            return .number(lua_tonumberx(L, index, nil))
        case LUA_TSTRING: return .bytes(Array(try bytes(index)))
        case LUA_TTABLE: return try table(index)
        case LUA_TUSERDATA:
            guard let handle = clua_to_handle(L, index), kinds.indices.contains(Int(handle.pointee.kind)) else {
                throw UnplainValue(problem: "an unknown object has no plain form")
            }
            return .handle(kind: kinds[Int(handle.pointee.kind)], id: handle.pointee.id)
        case LUA_TFUNCTION: throw UnplainValue(problem: "a function has no plain form")
        case LUA_TTHREAD: throw UnplainValue(problem: "a coroutine has no plain form")
        default: throw UnplainValue(problem: "this has no plain form")
        }
    }

    /// The bytes of the string at `index`; valid while it stays on the stack.
    private mutating func bytes(_ index: Int32) throws(UnplainValue) -> UnsafeBufferPointer<UInt8> {
        var count = 0
        // A string is read as it is; only a number would be converted, which could raise.
        guard let start = lua_tolstring(L, index, &count) else { return UnsafeBufferPointer(start: nil, count: 0) }
        bytesLeft -= count
        if bytesLeft < 0 { throw UnplainValue(problem: "the value is too large") }
        return UnsafeRawBufferPointer(start: start, count: count).assumingMemoryBound(to: UInt8.self)
    }

    /// The text of the string at `index`; nil where it is no valid UTF-8.
    mutating func text(_ index: Int32) throws(UnplainValue) -> String? {
        String(validating: try bytes(index), as: UTF8.self)
    }

    private mutating func table(_ index: Int32) throws(UnplainValue) -> Value {
        guard open.count < Self.depthLimit else {
            throw UnplainValue(problem: "tables nest deeper than \(Self.depthLimit) levels")
        }
        if let identity = lua_topointer(L, index) {
            if open.contains(identity) { throw UnplainValue(problem: "the table contains itself") }
            open.append(identity)
        }
        defer { _ = open.popLast() }
        let length = lua_rawlen(L, index)
        if length == 0 || (mixesKeys && hasNames(index)) { return try map(index) }
        return try list(index, length: length)
    }

    /// The table at `index`, whose keys must be exactly 1…length.
    private mutating func list(_ index: Int32, length: lua_Unsigned) throws(UnplainValue) -> Value {
        var count: lua_Unsigned = 0
        lua_pushnil(L)
        while lua_next(L, index) != 0 {
            lua_settop(L, -2)
            let isInside =
                lua_isinteger(L, -1) != 0 && lua_Unsigned(bitPattern: lua_tointegerx(L, -1, nil)) &- 1 < length
            guard isInside else {
                lua_settop(L, -2)
                throw UnplainValue(problem: "a table's keys must be exactly 1…n, or all text; this one mixes them")
            }
            count += 1
        }
        guard count == length else { throw UnplainValue.hole }
        var values: [Value] = []
        values.reserveCapacity(Int(min(length, 1 << 20)))
        for position in 1...Int64(length) {
            lua_rawgeti(L, index, position)
            defer { lua_settop(L, -2) }
            do throws(UnplainValue) {
                values.append(try read(-1))
            } catch {
                throw error.inside("[\(position)]")
            }
        }
        return .list(values)
    }

    /// Whether a key of the table at `index` is a string.
    private func hasNames(_ index: Int32) -> Bool {
        lua_pushnil(L)
        while lua_next(L, index) != 0 {
            lua_settop(L, -2)
            if lua_type(L, -1) == LUA_TSTRING {
                lua_settop(L, -2)
                return true
            }
        }
        return false
    }

    private mutating func map(_ index: Int32) throws(UnplainValue) -> Value {
        // A table that grows as it is filled is hashed again and again.
        var values = [String: Value](minimumCapacity: min(count(index), itemsLeft))
        try members(index) { (reader, key) throws(UnplainValue) in values[key] = try reader.read(-1) }
        return .map(values)
    }

    /// How many members the table at `index` has.
    private func count(_ index: Int32) -> Int {
        var count = 0
        lua_pushnil(L)
        while lua_next(L, index) != 0 {
            lua_settop(L, -2)
            count += 1
        }
        return count
    }

    /// Calls `body` with each key of the table at `index`, which must be text, and the value on top of the stack.
    mutating func members(
        _ index: Int32, _ body: (inout LuaReader, String) throws(UnplainValue) -> Void
    ) throws(UnplainValue) {
        let index = lua_absindex(L, index)
        let top = lua_gettop(L)
        lua_pushnil(L)
        while lua_next(L, index) != 0 {
            do throws(UnplainValue) {
                let key = try key(-2)
                do throws(UnplainValue) {
                    try body(&self, key)
                } catch {
                    throw error.inside(key)
                }
            } catch {
                lua_settop(L, top)
                throw error
            }
            lua_settop(L, -2)
        }
    }

    /// The key at `index` as the name of a map's member.
    private mutating func key(_ index: Int32) throws(UnplainValue) -> String {
        if mixesKeys, lua_isinteger(L, index) != 0 { return String(lua_tointegerx(L, index, nil)) }
        guard lua_type(L, index) == LUA_TSTRING else {
            throw UnplainValue(problem: "a table's keys must be exactly 1…n, or all text")
        }
        guard let key = try text(index) else {
            throw UnplainValue(problem: "a table's keys must be valid UTF-8")
        }
        return key
    }
}
