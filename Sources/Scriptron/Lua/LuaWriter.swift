import CLua

/// Pushes plain values; only between `clua_lift` and `clua_lower`, where no push raises.
struct LuaWriter {
    let L: OpaquePointer
    /// The number and the metatable's place in the registry of each kind of handle.
    let kinds: [String: LuaHandleKind]
    /// The metatable of `secret` markers, as a place in the registry.
    let secretMetatable: Int32
    /// The metatable of empty lists, which Lua alone cannot tell from empty tables.
    let listMetatable: Int32

    /// Pushes one value. Fails, with nothing pushed, for nesting beyond `LuaReader.depthLimit` and handles of an
    /// unknown kind.
    func push(_ value: Value) throws(Failure) {
        let top = lua_gettop(L)
        do throws(Failure) {
            try push(value, depth: 0)
        } catch {
            lua_settop(L, top)
            throw error
        }
    }

    private func push(_ value: Value, depth: Int) throws(Failure) {
        switch value {
        case .null: lua_pushnil(L)
        case .bool(let bool): lua_pushboolean(L, bool ? 1 : 0)
        case .int(let int): lua_pushinteger(L, int)
        case .number(let number): lua_pushnumber(L, number)
        case .bytes(let bytes): push(bytes: bytes)
        case .list(let values):
            try enter(depth)
            lua_createtable(L, Int32(clamping: values.count), 0)
            var position: Int64 = 0
            for value in values {
                position += 1
                try push(value, depth: depth + 1)
                lua_rawseti(L, -2, position)
            }
            if values.isEmpty {
                lua_rawgeti(L, Int32(CLUA_REGISTRY), lua_Integer(listMetatable))
                lua_setmetatable(L, -2)
            }
        case .map(let values):
            try enter(depth)
            lua_createtable(L, 0, Int32(clamping: values.count))
            for (key, value) in values {
                push(text: key)
                try push(value, depth: depth + 1)
                lua_rawset(L, -3)
            }
            if value.secretName != nil {
                lua_rawgeti(L, Int32(CLUA_REGISTRY), lua_Integer(secretMetatable))
                lua_setmetatable(L, -2)
            }
        case .handle(let name, let id):
            guard let kind = kinds[name] else {
                throw Failure(code: "EINTERNAL", "a host function returned a handle of the unknown kind \(name)")
            }
            clua_push_handle(L, kind.number, id)
            lua_rawgeti(L, Int32(CLUA_REGISTRY), lua_Integer(kind.metatable))
            lua_setmetatable(L, -2)
        }
    }

    private func enter(_ depth: Int) throws(Failure) {
        guard depth < LuaReader.depthLimit else {
            throw Failure(code: "EVALUE", "the value nests deeper than \(LuaReader.depthLimit) levels")
        }
    }

    /// Pushes a string of bytes.
    func push(bytes: [UInt8]) {
        _ = bytes.withUnsafeBytes { lua_pushlstring(L, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count) }
    }

    /// Pushes a string of text.
    func push(text: String) {
        var text = text
        _ = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { lua_pushlstring(L, $0.baseAddress, $0.count) }
        }
    }
}

/// What the state knows of one kind of handle.
struct LuaHandleKind {
    /// Its number in handles.
    let number: Int32
    /// Its metatable's place in the registry.
    let metatable: Int32
}
