import CLua

/// An argument of a call from the host into a script.
package enum LuaArgument {
    case value(Value)
    /// The table of an installed module (`this`).
    case module(String)
    case reference(LuaState.Reference)
}

/// What a job's script says of itself.
package struct JobScript {
    /// The members of the header but its functions.
    package var header: [String: Value]
    /// Its functions: `run`, `needs`, `discover`, as far as given.
    package var functions: [String: LuaState.Reference]
}

extension LuaState {
    /// Runs a job's script, which must end in `return job { … }`.
    package func evaluateJob(_ text: [UInt8], name: String) throws(LuaError) -> JobScript {
        try load(text, name: name)
        do throws(LuaError) {
            try callLoaded(arguments: 0)
        } catch {
            // `return job { … }` is a tail call: what it raises has lost its line.
            var error = error
            error.place = error.place ?? name
            throw error
        }
        defer { lua_settop(L, -2) }
        lifted { pushShared("header") }
        let isHeader = lua_type(L, -1) == LUA_TTABLE && lua_rawequal(L, -1, -2) != 0
        lua_settop(L, -2)
        guard isHeader else {
            throw LuaError(.runtime, "the script does not end in: return job { … }", place: name)
        }
        var script = JobScript(header: [:], functions: [:])
        do throws(UnplainValue) {
            try lifted { () throws(UnplainValue) in
                var reader = reader(of: L)
                try reader.members(-1) { (reader, key) throws(UnplainValue) in
                    if ["run", "needs", "discover"].contains(key), lua_type(L, -1) == LUA_TFUNCTION {
                        lua_pushvalue(L, -1)
                        script.functions[key] = keep()
                    } else {
                        script.header[key] = try reader.read(-1)
                    }
                }
            }
        } catch {
            throw LuaError(.runtime, "job: \(error.description)", place: name)
        }
        return script
    }

    /// Runs a configuration's script, which sees `secret` too and returns a plain value.
    package func evaluateConfiguration(_ text: [UInt8], name: String) throws(LuaError) -> Value {
        try load(text, name: name)
        lifted {
            pushShared("secret")
            setGlobal("secret")
        }
        try callLoaded(arguments: 0)
        return try takeResult(of: name, mixesKeys: true)
    }

    /// Calls a function of the script; its first result, as a plain value. `name` is how messages call it (`run`).
    /// With `mixesKeys` (for `needs`) a table may have both numbers and names for keys.
    package func call(
        _ function: Reference, _ arguments: [LuaArgument], name: String = "the function", mixesKeys: Bool = false
    ) throws(LuaError) -> Value {
        do throws(Failure) {
            try lifted { () throws(Failure) in
                let top = lua_gettop(L)
                guard lua_checkstack(L, Self.stackNeeded + Int32(clamping: arguments.count)) != 0 else {
                    throw Failure(code: "EMEMORY", "Lua's stack is full")
                }
                push(function)
                do throws(Failure) {
                    for argument in arguments { try push(argument) }
                } catch {
                    lua_settop(L, top)
                    throw error
                }
            }
        } catch {
            throw LuaError(.runtime, error.message, code: error.code)
        }
        try callLoaded(arguments: Int32(arguments.count))
        return try takeResult(of: name, mixesKeys: mixesKeys)
    }

    private func push(_ argument: LuaArgument) throws(Failure) {
        switch argument {
        case .value(let value): try writer.push(value)
        case .reference(let reference): push(reference)
        case .module(let name):
            guard let reference = reference(module: name) else {
                throw Failure(code: "EINTERNAL", "there is no module \(name)")
            }
            push(reference)
        }
    }

    /// Compiles a text; leaves its function on top.
    func load(_ text: [UInt8], name: String) throws(LuaError) {
        let status = text.withUnsafeBytes {
            clua_load(L, $0.baseAddress?.assumingMemoryBound(to: CChar.self), $0.count, "@" + name)
        }
        guard status == LUA_OK else { throw takeError(status) }
    }

    /// Calls the function under its arguments; leaves one result.
    private func callLoaded(arguments: Int32) throws(LuaError) {
        let status = clua_call(L, arguments)
        guard status == LUA_OK else { throw takeError(status) }
        // A script may end well after it has swallowed the deadline's error.
        guard isExpired else { return }
        lua_settop(L, -2)
        throw LuaError(.timeout, "the deadline has passed")
    }

    /// Pops the result on top as a plain value.
    private func takeResult(of name: String, mixesKeys: Bool) throws(LuaError) -> Value {
        defer { lua_settop(L, -2) }
        guard lua_checkstack(L, Self.stackNeeded) != 0 else { throw LuaError(.memory, "Lua's stack is full") }
        var reader = reader(of: L, mixesKeys: mixesKeys)
        do throws(UnplainValue) {
            return try lifted { () throws(UnplainValue) in try reader.read(-1) }
        } catch {
            throw LuaError(.runtime, "\(name) returned what has no plain form: \(error.description)")
        }
    }
}
