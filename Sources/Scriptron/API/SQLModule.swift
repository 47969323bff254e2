/// `sql`: databases. SQLite files, read with its own locks, through which nothing but the named file is reached; and
/// PostgreSQL servers that the job may connect to.
package func sqlModule(_ context: APIContext) -> HostModule {
    let databases = HandleTable<any OpenDatabase>("database")
    let cursors = HandleTable<any RowSource>("rows")
    func values(_ arguments: Arguments, _ index: Int) throws(Failure) -> [Value] {
        if arguments[index].isNull { return [] }
        // The prelude makes this of sql.null(), for a list of Lua holds no nil.
        if let list = arguments[index].list { return list.map { $0 == ["null": true] ? .null : $0 } }
        // An empty table is neither list nor map.
        if arguments[index].map?.isEmpty == true { return [] }
        throw arguments.mismatch(index, "values", "a list of values")
    }
    return HostModule(
        "sql",
        functions: [
            HostFunction("open") { arguments in
                if case .bytes(let text) = arguments[0], PostgresAddress.isOne(text) {
                    let effects = try context.current(arguments.function).effects
                    let call = try serverCall(text, arguments, context)
                    return [try databases.add(try effects.openDatabase(call)), "BEGIN"]
                }
                var options = try arguments.options(1)
                let timeout = try options.duration("timeout") ?? 5
                let writes = try options.bool("write", default: false)
                let creates = try options.bool("create", default: false)
                try options.finish(known: ["timeout", "write", "create"])
                let access: ScriptDatabase.Access = creates ? .create : writes ? .write : .read
                let path = try context.check(
                    try file(arguments, 0, "dsn"), access == .read ? .read : .write, call: arguments.function)
                let effects = try context.current(arguments.function).effects
                return [try databases.add(try effects.openDatabase(path, access, timeout: timeout)), "BEGIN IMMEDIATE"]
            },
            HostFunction("backup") { arguments in
                var options = try arguments.options(2)
                let timeout = try options.duration("timeout") ?? 30
                try options.finish(known: ["timeout"])
                let from = try context.check(try file(arguments, 0, "from"), .read, call: arguments.function)
                let to = try context.path(arguments, 1, .write, name: "to")
                let effects = try context.current(arguments.function).effects
                return [["bytes": .int(try effects.backUpDatabase(from, to, timeout: timeout).bytes)]]
            },
        ],
        methods: [
            "database": [
                HostFunction("query") { arguments in
                    var options = try arguments.options(3)
                    let max = Int(clamping: try options.count("max") ?? 10_000)
                    try options.finish(known: ["max"])
                    let source = try databases.object(arguments).rows(
                        try arguments.text(1, "text"), try values(arguments, 2))
                    let rows = try source.next(max + 1)
                    guard rows.count <= max else {
                        throw Failure(
                            code: "ETOOMANY", "\(arguments.function): there are more than \(max) rows",
                            cure: "raise max, add a LIMIT, or take them one by one with db:rows")
                    }
                    return [.list(rows.map { .map($0) })]
                },
                HostFunction("cursor") { arguments in
                    let source = try databases.object(arguments).rows(
                        try arguments.text(1, "text"), try values(arguments, 2))
                    return [try cursors.add(source)]
                },
                HostFunction("exec") { arguments in
                    let changed = try databases.object(arguments).execute(
                        try arguments.text(1, "text"), try values(arguments, 2))
                    return [.int(changed)]
                },
                HostFunction("copy_out") { arguments in
                    let source = try databases.object(arguments).rows(try arguments.text(1, "text"), [])
                    let path = try context.path(arguments, 2, .write)
                    let effects = try context.current(arguments.function).effects
                    guard try effects.status(path, follow: false) == nil else {
                        throw Failure(
                            code: "EEXIST", "\(arguments.function) \(path.path.text): it is there already",
                            cure: "nothing is overwritten: take another name")
                    }
                    return [.int(try copyOut(source, path, effects))]
                },
                HostFunction("close") { arguments in
                    try databases.remove(arguments)?.close()
                    return []
                },
            ],
            "rows": [
                HostFunction("next") { arguments in
                    let rows = try cursors.object(arguments).next(256)
                    return rows.isEmpty ? [] : [.list(rows.map { .map($0) })]
                },
                HostFunction("close") { arguments in
                    _ = try cursors.remove(arguments)
                    return []
                },
            ],
        ],
        prelude: prelude)
}

/// The file that a data source names: a path, or `sqlite:PATH`.
private func file(_ arguments: Arguments, _ index: Int, _ name: String) throws(Failure) -> [UInt8] {
    let text = try arguments.bytes(index, name)
    let scheme = Array("sqlite:".utf8)
    if text.starts(with: scheme) { return Array(text.dropFirst(scheme.count)) }
    let kind = text.prefix { $0 != UInt8(ascii: ":") }
    if ["postgres", "postgresql", "mysql"].contains(String(decoding: kind, as: UTF8.self)), kind.count < text.count {
        throw Failure(
            code: "ENOTSUP", "\(arguments.function): only SQLite files and PostgreSQL servers can be opened",
            cure: "write postgres://user@host/database, or run the database's own program with process.run")
    }
    // libpq takes addresses of this form too.
    let words = String(decoding: text, as: UTF8.self).split(separator: " ")
    if words.contains(where: { $0.hasPrefix("host=") || $0.hasPrefix("dbname=") }) {
        throw Failure(
            code: "EURL", "\(arguments.function): the address of a server is none of key=value",
            cure: "write postgres://user@host:5432/database")
    }
    return text
}

/// A server, checked against the grant.
private func serverCall(
    _ text: [UInt8], _ arguments: Arguments, _ context: APIContext
) throws(Failure) -> DatabaseCall {
    let name = arguments.function
    let session = try context.current(name)
    var options = try arguments.options(1)
    var address: PostgresAddress
    do throws(Failure) {
        address = try PostgresAddress(text)
    } catch {
        throw Failure(code: error.code, "\(name): \(error.message)", cure: error.cure)
    }
    let isGranted: Bool
    if let host = address.host {
        isGranted = session.grant.allowsConnect(host: host, port: address.port)
    } else {
        address.directory = session.resolver.base.appending(address.directory).normalized
        isGranted = ConnectRules(session.grant).socket(written: address.socket) != nil
    }
    guard isGranted else {
        let need = address.need
        let failure = session.resolver.refusal("\(name) may not connect to \(need)", "connect", need) {
            $0.allowsConnect(need)
        }
        session.effects.post(.refusal(failure.description))
        throw failure
    }
    session.uses?.tell(.connect(address.need))
    let timeout = try options.duration("timeout") ?? 30
    let writes = try options.bool("write", default: false)
    var call = DatabaseCall(call: name, address: address, timeout: timeout, isReadOnly: !writes)
    if let password = options.take("password") {
        call.password = try context.revealed(password, name, "password").bytes
    }
    if let ca = options.take("ca") {
        guard case .bytes(let path) = ca else { throw options.mismatch("ca", "a path", ca) }
        call.trust = try context.check(path, .read, call: name)
    }
    try options.finish(known: ["password", "timeout", "write", "ca"])
    return call
}

/// Writes rows as CSV (RFC 4180), the names of the columns first; how many.
private func copyOut(_ source: any RowSource, _ path: CheckedPath, _ effects: any Effects) throws(Failure) -> Int64 {
    func field(_ value: Value?, isBinary: Bool = false) -> [UInt8] {
        let bytes: [UInt8] =
            switch value {
            // As psql writes bytes, and PostgreSQL reads them: they would be no text. What has a NUL can be no text either.
            case .bytes(let bytes)? where isBinary || value?.text == nil || bytes.contains(0):
                Array("\\x".utf8) + Array(Digest.hexadecimal(bytes).utf8)
            case .bytes(let bytes)?: bytes
            case .int(let int)?: Array(String(int).utf8)
            case .number(let number)?: Array(number.description.utf8)
            case .bool(let bool)?: Array((bool ? "t" : "f").utf8)
            default: []
            }
        let special: [UInt8] = Array("\",\r\n".utf8)
        // An empty text in quotes: NULL is nothing at all.
        guard value == .bytes([]) || bytes.contains(where: special.contains) else { return bytes }
        return [special[0]] + bytes.flatMap { $0 == special[0] ? [special[0], special[0]] : [$0] } + [special[0]]
    }
    func line(_ fields: [[UInt8]]) -> [UInt8] {
        Array(fields.joined(separator: [UInt8(ascii: ",")])) + Array("\r\n".utf8)
    }
    var count: Int64 = 0
    let file = try effects.open(path, .write, call: "copy_out")
    do throws(Failure) {
        try file.write(line(source.columns.map { field(.text($0)) }))
        while case let rows = try source.next(1000), !rows.isEmpty {
            count += Int64(rows.count)
            let binary = source.binaryColumns
            try file.write(
                rows.flatMap { row in line(source.columns.map { field(row[$0], isBinary: binary.contains($0)) }) })
        }
        try file.close()
    } catch {
        // A part of the rows would look like all of them.
        try? file.close()
        _ = try? effects.remove(path, seen: nil)
        throw error
    }
    return count
}

/// A database becomes an object whose rows are an iterator, and whose transactions are undone where their function fails.
private let prelude = #"""
    local sql, base = ...
    local error, pcall, setmetatable, type, raise = base.error, base.pcall, base.setmetatable, base.type, base.raise
    local next, rawequal, rawget, task = base.next, base.rawequal, base.rawget, base.current_task
    local kind = base.math.type
    local open = sql.open

    local nothing = setmetatable({}, { __metatable = "sql.null", __tostring = function() return "NULL" end })
    function sql.null() return nothing end
    local null = sql.null
    local most_values = 100000

    -- The values with `{ null = true }` for NULL, or what is wrong with them.
    local function bound(values)
      if type(values) ~= "table" then return values end
      local last, count, has_null = 0, 0, false
      for key, value in next, values do
        if kind(key) == "integer" then
          count = count + 1
          if key > last then last = key end
        end
        if rawequal(value, nothing) or rawequal(value, null) then has_null = true end
      end
      -- As table.pack counts.
      local packed = rawget(values, "n")
      if kind(packed) == "integer" and packed >= last and packed <= most_values then
        last, has_null = packed, true
      elseif last > count and last <= most_values then
        local hole = 1
        while rawget(values, hole) ~= nil do hole = hole + 1 end
        return nil, "value " .. hole .. " is nil, which ends a list; write sql.null() for NULL, or table.pack(...) for values that may be nil"
      end
      if not has_null then return values end
      local copy = {}
      for index = 1, last do
        local value = rawget(values, index)
        if value == nil or rawequal(value, nothing) or rawequal(value, null) then value = { null = true } end
        copy[index] = value
      end
      return copy
    end

    local Database = { __name = "database" }
    Database.__index = Database
    Database.__metatable = false
    function Database.__close(db) db.handle:close() end

    function sql.open(dsn, options)
      local handle, begin = open(dsn, options)
      -- A connection to a server does one thing at a time; a file reads beside what else it does.
      return setmetatable({ handle = handle, begin = begin, single = begin == "BEGIN" }, Database)
    end

    -- Why a statement has to wait. The script's own coroutines belong to the item of `parallel`, or to none, that runs them.
    local function busy(db)
      if db.owner and db.owner ~= 0 and db.owner ~= task() then
        return "another item of parallel has a transaction open on this connection; open one for each item"
      end
      if db.reader then
        return "the rows of another statement are being read; read them to their end first, or open a second connection"
      end
    end

    function Database:query(text, values, options)
      local values, problem = bound(values)
      if problem then raise("EARGUMENT", "database:query: " .. problem) end
      local reason = busy(self)
      if reason then raise("EBUSY", "database:query: " .. reason) end
      return self.handle:query(text, values, options)
    end

    function Database:exec(text, values)
      local values, problem = bound(values)
      if problem then raise("EARGUMENT", "database:exec: " .. problem) end
      local reason = busy(self)
      if reason then raise("EBUSY", "database:exec: " .. reason) end
      return self.handle:exec(text, values)
    end

    function Database:copy_out(...)
      local reason = busy(self)
      if reason then raise("EBUSY", "database:copy_out: " .. reason) end
      return self.handle:copy_out(...)
    end

    function Database:close() return self.handle:close() end

    function Database:rows(text, values)
      local values, problem = bound(values)
      if problem then raise("EARGUMENT", "database:rows: " .. problem) end
      local reason = busy(self)
      if reason then raise("EBUSY", "database:rows: " .. reason) end
      local cursor = self.handle:cursor(text, values)
      local batch, at = {}, 0
      local reading = setmetatable({}, { __close = function(reading)
        if rawequal(self.reader, reading) then self.reader = nil end
        cursor:close()
      end })
      if self.single then self.reader = reading end
      return function()
        at = at + 1
        if batch[at] == nil then
          batch, at = cursor:next(), 1
          if batch == nil then
            batch, at = {}, 0
            if rawequal(self.reader, reading) then self.reader = nil end
            return nil
          end
        end
        return batch[at]
      end, nil, nil, reading
    end

    function Database:transaction(fn)
      if type(fn) ~= "function" then
        raise("EARGUMENT", "database:transaction: argument 1 (fn) must be a function")
      end
      local reason = busy(self)
      if reason then raise("EBUSY", "database:transaction: " .. reason) end
      if self.owner then
        raise("EBUSY", "database:transaction: a transaction is open already, which this one would end; make all changes in one")
      end
      self.owner = task()
      -- What ends this function otherwise than below, as parallel does when another item fails, undoes it too.
      local scope <close> = setmetatable({}, { __close = function()
        if not self.owner then return end
        self.owner, self.reader = nil, nil
        if not pcall(self.handle.exec, self.handle, "ROLLBACK") then self.handle:close() end
      end })
      local good, result = pcall(self.handle.exec, self.handle, self.begin)
      if not good then
        self.owner = nil
        error(result, 0)
      end
      good, result = pcall(fn, self)
      if good then good, result = pcall(function()
        local reason = busy(self)
        if reason then raise("EBUSY", "database:transaction: " .. reason) end
        self.handle:exec("COMMIT")
        return result
      end) end
      -- A transaction may have ended by itself after some errors: then there is nothing to undo.
      if not good then pcall(self.handle.exec, self.handle, "ROLLBACK") end
      self.owner = nil
      if good then return result end
      error(result, 0)
    end
    """#
