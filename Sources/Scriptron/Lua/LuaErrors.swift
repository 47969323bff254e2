import CLua

extension LuaState {
    /// Pops the error value on top, that a call ended with, and says what is known of it.
    func takeError(_ status: Int32) -> LuaError {
        defer { lua_settop(L, -2) }
        let traceback = takeTraceback()
        var error: LuaError
        if status == LUA_ERRSYNTAX {
            error = textError(.syntax)
        } else if status == LUA_ERRMEM {
            error = LuaError(.memory, "the script needs more memory than its limit")
        } else if lua_type(L, -1) == LUA_TSTRING {
            error = textError(.runtime)
        } else if lua_type(L, -1) == LUA_TTABLE, let read = tableError() {
            error = read
        } else {
            lua_pushvalue(L, -1)
            _ = clua_describe(L)
            error = textError(.runtime)
            lua_settop(L, -2)
        }
        if status == LUA_ERRERR { error.message = "an error while an error was handled: " + error.message }
        if isExpired {
            error.kind = .timeout
            error.message = "the deadline has passed"
            error.code = nil
            error.fields = [:]
        }
        error.traceback = traceback
        if error.place == nil, let first = traceback.first { error.place = LuaError.split(first).place }
        return error
    }

    private func takeTraceback() -> [String] {
        let text = withUnsafeBytes(of: &host.pointee.trace) {
            String(decoding: $0.prefix(host.pointee.trace_length), as: UTF8.self)
        }
        host.pointee.trace_length = 0
        return text.split(separator: "\n").map(String.init)
    }

    /// The string on top.
    private func textError(_ kind: LuaError.Kind) -> LuaError {
        var count = 0
        // A string is read as it is: nothing is converted, so nothing can raise.
        guard lua_type(L, -1) == LUA_TSTRING, let start = lua_tolstring(L, -1, &count) else {
            return LuaError(kind, "an error value without a message")
        }
        let bytes = UnsafeRawBufferPointer(start: start, count: min(count, 64 << 10))
        let (place, message) = LuaError.split(String(decoding: bytes, as: UTF8.self))
        guard kind == .runtime else { return LuaError(kind, message, place: place) }
        let globals = GoldenList.globals + GoldenList.tables.keys + modules.keys.filter { $0 != "this" }
        let cure = LuaCures.cure(for: message, globals: globals.sorted())
        return LuaError(kind, message + (cure.map { "; " + $0 } ?? ""), place: place)
    }

    /// The table on top, where it has a message: a host function's failure, or one of the same form.
    private func tableError() -> LuaError? {
        guard lua_checkstack(L, Self.stackNeeded) != 0 else { return nil }
        return lifted {
            var fields: [String: Value] = [:]
            var reader = reader(of: L)
            // A member without a plain form is left out: the others still say what happened.
            try? reader.members(-1) { (reader, key) throws(UnplainValue) in fields[key] = try? reader.read(-1) }
            guard let message = fields.removeValue(forKey: "message")?.text else { return nil }
            let code = fields.removeValue(forKey: "code")?.text
            let place = fields.removeValue(forKey: "where")?.text
            return LuaError(.runtime, message, place: place, code: code, fields: fields)
        }
    }
}
