import CLua

/// Where the trampoline enters Swift. What it calls reads and pushes only with calls that cannot raise; the error that
/// it may leave on the stack is raised in C when this frame is gone.
let dispatchHostFunction: clua_dispatch = { context, thread, number in
    guard let context, let thread else { return Int32(CLUA_OVERFLOW) }
    // The state outlives every call into it.
    return Unmanaged<LuaState>.fromOpaque(context).takeUnretainedValue().dispatch(thread, Int(number))
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
                let results = try function.body(arguments)
                guard lua_checkstack(thread, Self.stackNeeded + Int32(clamping: results.count)) != 0 else {
                    return Int32(CLUA_OVERFLOW)
                }
                let writer = writer(on: thread)
                for result in results { try writer.push(result) }
                return Int32(results.count)
            } catch let error as HostError {
                push(error.failure, fields: error.fields, on: thread)
            } catch let error as Failure {
                push(error, fields: [:], on: thread)
            } catch {
                push(Failure(code: "EINTERNAL", "\(function.name): \(error)"), fields: [:], on: thread)
            }
            return Int32(CLUA_RAISE)
        }
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
                throw Failure(code: "EARGUMENT", "\(name): argument \(index + 1)\(place): \(error.problem)")
            }
        }
        return Arguments(function: name, values: values)
    }
}
