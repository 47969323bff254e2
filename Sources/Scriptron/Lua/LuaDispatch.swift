import CLua

/// Where the trampoline enters Swift. What it calls reads and pushes only with calls that cannot raise; the error that
/// it may leave on the stack is raised in C when this frame is gone.
let dispatchHostFunction: clua_dispatch = { context, thread, number in
    guard let context, let thread else { return Int32(CLUA_OVERFLOW) }
    // The state outlives every call into it.
    return Unmanaged<LuaState>.fromOpaque(context).takeUnretainedValue().dispatch(thread, Int(number))
}

/// Where a coroutine of `parallel` goes on that waited for a call.
let collectHostResult: clua_collect = { context, thread in
    guard let context, let thread else { return Int32(CLUA_OVERFLOW) }
    // As above.
    return Unmanaged<LuaState>.fromOpaque(context).takeUnretainedValue().collect(thread)
}

extension LuaState {
    /// The stack that reading and pushing a value takes: three a level, and some to spare.
    static let stackNeeded = Int32(LuaReader.depthLimit * 3 + 50)

    /// Calls the host function `number` with the arguments on `thread`'s stack; leaves its results there.
    fileprivate func dispatch(_ thread: OpaquePointer, _ number: Int) -> Int32 {
        lifted {
            let count = lua_gettop(thread)
            guard lua_checkstack(thread, Self.stackNeeded) != 0 else { return Int32(CLUA_OVERFLOW) }
            let function = functions[number]
            do {
                if phase == .evaluation, number != 0 {
                    throw Failure(
                        code: "EUNAVAILABLE", "\(function.name) is not available while a header is evaluated",
                        cure: "call it in run, or in discover where the needs depend on it"
                    )
                }
                let arguments = try arguments(of: function.name, count: count, on: thread)
                if let calls = parallelCalls, host.pointee.task == thread, lua_isyieldable(thread) != 0,
                    calls.take(function.name, host.pointee.task_id, { try function.body(arguments) })
                {
                    return Int32(CLUA_WAITS)
                }
                return try push(try function.body(arguments), on: thread)
            } catch {
                return raise(namingModule(error, of: function.name, on: thread), of: function.name, on: thread)
            }
        }
    }

    /// The failure of a call that was made with a colon in place of a dot, which hands the module itself over; others
    /// are as they are.
    private func namingModule(_ error: any Error, of function: String, on thread: OpaquePointer) -> any Error {
        guard (error as? Failure)?.code == "EARGUMENT", lua_type(thread, 1) == LUA_TTABLE,
            let dot = function.firstIndex(of: "."), let module = modules[String(function[..<dot])],
            lua_checkstack(thread, 4) != 0
        else { return error }
        let top = lua_gettop(thread)
        defer { lua_settop(thread, top) }
        // Scripts see `this` itself, and of other modules a locked table in front of it.
        if luaL_getmetafield(thread, 1, "__index") == LUA_TNIL { lua_pushvalue(thread, 1) }
        lua_rawgeti(thread, Int32(CLUA_REGISTRY), lua_Integer(module.place))
        guard lua_rawequal(thread, -1, -2) != 0 else { return error }
        let owner = function[..<dot]
        return Failure(
            code: "EARGUMENT", "\(function): argument 1 is \(owner) itself: it was called with a colon",
            cure: "write \(function)(…), with a dot")
    }

    /// Leaves what a call of `parallel` came to on the stack of the coroutine that waited for it.
    fileprivate func collect(_ thread: OpaquePointer) -> Int32 {
        lifted {
            guard lua_checkstack(thread, Self.stackNeeded) != 0 else { return Int32(CLUA_OVERFLOW) }
            do {
                guard let outcome = parallelCalls?.outcome(host.pointee.task_id) else {
                    throw Failure(code: "EINTERNAL", "parallel: a call came to nothing")
                }
                return try push(try outcome.get(), on: thread)
            } catch {
                return raise(error, of: "parallel", on: thread)
            }
        }
    }

    private func push(_ results: [Value], on thread: OpaquePointer) throws -> Int32 {
        guard lua_checkstack(thread, Self.stackNeeded + Int32(clamping: results.count)) != 0 else {
            return Int32(CLUA_OVERFLOW)
        }
        let writer = writer(on: thread)
        for result in results { try writer.push(result) }
        return Int32(results.count)
    }

    private func raise(_ error: any Error, of function: String, on thread: OpaquePointer) -> Int32 {
        switch error {
        case let error as HostError: push(error.failure, fields: error.fields, on: thread)
        case let error as Failure: push(error, fields: [:], on: thread)
        default: push(Failure(code: "EINTERNAL", "\(function): \(error)"), fields: [:], on: thread)
        }
        return Int32(CLUA_RAISE)
    }

    private func arguments(of name: String, count: Int32, on thread: OpaquePointer) throws(Failure) -> Arguments {
        var values: [Value] = []
        values.reserveCapacity(Int(count))
        var reader = reader(of: thread)
        for index in 0..<count {
            do throws(UnplainValue) {
                values.append(try reader.read(index + 1))
            } catch {
                let place = error.keys.isEmpty ? "" : " (\(error.path))"
                throw Failure(
                    code: "EARGUMENT", "\(name): argument \(index + 1)\(place): \(error.problem)", cure: error.cure)
            }
        }
        return Arguments(function: name, values: values)
    }
}
