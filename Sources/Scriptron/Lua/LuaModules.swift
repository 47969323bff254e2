import CLua

/// The modules of the host API in a state.
extension LuaState {
    /// Makes a module: a locked table of its functions, as a global or (for `this`) only for `call`. Its prelude runs
    /// now. Fails where the prelude does.
    package func install(_ module: HostModule, isGlobal: Bool = true) throws(LuaError) {
        clua_lift(host)
        defer { clua_lower(host) }
        let writer = writer
        lua_createtable(L, 0, Int32(clamping: module.functions.count))
        for function in module.functions {
            writer.push(text: function.name)
            clua_push_function(L, number("\(module.name).\(function.name)", function.body))
            lua_rawset(L, -3)
        }
        for (kind, methods) in module.methods.sorted(by: { $0.key < $1.key }) { addKind(kind, methods) }
        if !module.prelude.isEmpty {
            lua_pushvalue(L, -1)
            try runPrelude(module.prelude, name: module.name, arguments: 1)
            lua_settop(L, -2)
        }
        if isGlobal, !module.isFunction { try guardNames(of: module.name) }
        lua_pushvalue(L, -1)
        modules[module.name] = Reference(place: luaL_ref(L, Int32(CLUA_REGISTRY)))
        if module.isFunction {
            lua_getfield(L, -1, "call")
            setGlobal(module.name)
            lua_settop(L, -2)
        } else if isGlobal {
            clua_lock(L, module.name)
            setGlobal(module.name)
        } else {
            lua_settop(L, -2)
        }
    }

    /// Has the module on top of the stack answer for the names that it does not have.
    private func guardNames(of name: String) throws(LuaError) {
        pushShared("guard")
        lua_pushvalue(L, -2)
        writer.push(text: name)
        let status = clua_call(L, 2)
        guard status == LUA_OK else { throw takeError(status) }
        lua_settop(L, -2)
    }

    /// Replaces the bodies of an installed module's functions and methods by those of `module`, by their names.
    package func bind(_ module: HostModule) {
        for function in module.functions { rebind("\(module.name).\(function.name)", function.body) }
        for (kind, methods) in module.methods {
            for method in methods { rebind("\(kind):\(method.name)", method.body) }
        }
    }

    /// Sets plain members of an installed module's table (`this.job`).
    package func setFields(of module: String, _ fields: [String: Value]) throws(Failure) {
        guard let reference = modules[module] else { return }
        clua_lift(host)
        defer { clua_lower(host) }
        push(reference)
        defer { lua_settop(L, -2) }
        for (key, value) in fields {
            writer.push(text: key)
            do throws(Failure) {
                try writer.push(value)
            } catch {
                lua_settop(L, -2)
                throw error
            }
            lua_rawset(L, -3)
        }
    }

    /// An installed module's table.
    func reference(module: String) -> Reference? { modules[module] }

    func number(_ name: String, _ body: @escaping (Arguments) throws -> [Value]) -> Int32 {
        numbers[name] = functions.count
        functions.append((name, body))
        return Int32(functions.count - 1)
    }

    private func rebind(_ name: String, _ body: @escaping (Arguments) throws -> [Value]) {
        if let number = numbers[name] { functions[number].body = body }
    }

    /// Makes the metatable of a kind of handle: its methods, equality by id, `close` behind `__close`.
    private func addKind(_ kind: String, _ methods: [HostFunction]) {
        lua_createtable(L, 0, 5)
        lua_createtable(L, 0, Int32(clamping: methods.count))
        for method in methods {
            let number = number("\(kind):\(method.name)", method.body)
            writer.push(text: method.name)
            clua_push_function(L, number)
            lua_rawset(L, -3)
            if method.name == "close" {
                clua_push_closer(L, number)
                lua_setfield(L, -3, "__close")
            }
        }
        lua_setfield(L, -2, "__index")
        lua_pushboolean(L, 0)
        lua_setfield(L, -2, "__metatable")
        writer.push(text: kind)
        lua_setfield(L, -2, "__name")
        kinds[kind] = LuaHandleKind(number: Int32(kindNames.count), metatable: luaL_ref(L, Int32(CLUA_REGISTRY)))
        kindNames.append(kind)
    }
}
