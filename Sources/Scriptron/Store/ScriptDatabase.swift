import CSQLite

/// A connection of a script to a SQLite database of its own world, never to the store: read only where it can be, with
/// no way to other files.
package final class ScriptDatabase {
    /// How a database is opened.
    package enum Access: Sendable, Hashable {
        case read
        case write
        /// Made where it is missing.
        case create
    }

    /// A row, its columns by their names; NULL is an absent key.
    package typealias Row = [String: Value]

    let path: Path
    let handle: OpaquePointer
    private var isClosed = false
    /// What the file was when it was opened without locks; nil: it is open with them.
    private let fixed: FixedFile?

    /// Opens the database.
    ///
    /// To read it, with SQLite's own locks. Where that is not possible (a database in WAL mode in a directory that may
    /// not be written), and no `-wal` and no journal holds anything, as a file that does not change; each answer is then
    /// given only if it did not.
    package static func open(_ path: Path, _ access: Access, timeout: Double) throws(Failure) -> ScriptDatabase {
        let flags: Int32 =
            switch access {
            case .read: SQLITE_OPEN_READONLY
            case .write: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        do throws(Failure) {
            let database = try ScriptDatabase(path, flags, timeout: timeout, fixed: nil)
            // Only now the file is opened.
            try database.probe()
            return database
        } catch {
            guard access == .read, ["SQLITE_CANTOPEN", "SQLITE_READONLY"].contains(error.code),
                let fixed = try FixedFile(path)
            else { throw error }
            let database = try ScriptDatabase(path, flags, timeout: timeout, fixed: fixed)
            try database.probe()
            return database
        }
    }

    private init(_ path: Path, _ flags: Int32, timeout: Double, fixed: FixedFile?) throws(Failure) {
        self.path = path
        self.fixed = fixed
        var name = "file:"
        for byte in path.bytes {
            let isPlain =
                byte == UInt8(ascii: "/")
                || (UInt8(ascii: "0")...UInt8(ascii: "z")).contains(byte)
                    && byte != UInt8(ascii: "?") && byte != UInt8(ascii: "%")
            name += isPlain ? String(UnicodeScalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        if fixed != nil { name += "?immutable=1" }
        var handle: OpaquePointer?
        let code = sqlite3_open_v2(
            name, &handle, flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        guard code == SQLITE_OK, let handle else {
            sqlite3_close_v2(handle)
            throw Self.failure(code, String(cString: sqlite3_errstr(code)), path)
        }
        self.handle = handle
        sqlite3_busy_timeout(handle, Int32(clamping: Int64(timeout * 1000)))
        // No other file: ATTACH is refused (but the unnamed one of VACUUM), and so is loading extensions.
        sqlite3_set_authorizer(
            handle,
            { _, action, first, second, _, _ in
                if action == SQLITE_ATTACH, first.map({ $0.pointee != 0 }) ?? true { return SQLITE_DENY }
                if action == SQLITE_FUNCTION,
                    second.map({ String(cString: $0).lowercased() == "load_extension" }) ?? false
                {
                    return SQLITE_DENY
                }
                return SQLITE_OK
            }, nil)
        sqlite3_limit(handle, SQLITE_LIMIT_LENGTH, 256 << 20)
        // A database may come from anybody: what its schema calls is not trusted. Nothing is written beside it.
        sqlite3_exec(handle, "PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY", nil, nil, nil)
    }

    deinit { close() }

    /// Closes the connection; what was not committed is undone. Idempotent.
    package func close() {
        if isClosed { return }
        isClosed = true
        sqlite3_close_v2(handle)
    }

    private func probe() throws(Failure) { _ = try rows("PRAGMA schema_version", []).next(1) }

    /// The rows of a statement, a few at a time.
    package func rows(_ text: String, _ values: [Value]) throws(Failure) -> ScriptRows {
        try ScriptRows(self, text, values)
    }

    /// Runs a statement, or several without values; how many rows the last of them changed.
    package func execute(_ text: String, _ values: [Value]) throws(Failure) -> Int64 {
        if values.isEmpty {
            try usable()
            let code = sqlite3_exec(handle, text, nil, nil, nil)
            if code != SQLITE_OK { throw failure(code) }
        } else {
            let rows = try ScriptRows(self, text, values)
            while try !rows.next(1000).isEmpty {}
        }
        return sqlite3_changes64(handle)
    }

    /// Fails where the file was opened as one that does not change, and did.
    func checkFixed() throws(Failure) {
        if let fixed, try !fixed.isUnchanged() {
            throw Failure(
                code: "ECHANGED", "\(path.text): the database was written while it was read without locks",
                cure: "let the job write in its directory, or try again")
        }
    }

    func usable() throws(Failure) {
        if isClosed { throw Failure(code: "EBADF", "the database \(path.text) is closed") }
    }

    func failure(_ code: Int32) -> Failure { Self.failure(code, String(cString: sqlite3_errmsg(handle)), path) }

    static func failure(_ code: Int32, _ text: String, _ path: Path) -> Failure {
        let primary = code & 0xFF
        let cure: String? =
            switch primary {
            case SQLITE_BUSY, SQLITE_LOCKED: "another process holds it locked: raise timeout, or try again"
            case SQLITE_CANTOPEN:
                "it must be there, and a database in WAL mode needs the right to write in its directory"
            case SQLITE_READONLY: "open it with write = true, and let the job write in its directory"
            case SQLITE_AUTH: "a script's database has no way to other files: no ATTACH, no extensions"
            default: nil
            }
        return Failure(code: SQLiteFailure.name(primary), "\(path.text): \(text)", cure: cure)
    }
}

/// The rows of a statement that is under way.
package final class ScriptRows {
    private let database: ScriptDatabase
    private let statement: OpaquePointer
    private let names: [String]
    private var atEnd = false

    fileprivate init(_ database: ScriptDatabase, _ text: String, _ values: [Value]) throws(Failure) {
        try database.usable()
        self.database = database
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v2(database.handle, text, -1, &pointer, nil)
        guard code == SQLITE_OK else { throw database.failure(code) }
        guard let pointer else {
            throw Failure(code: "EARGUMENT", "\(database.path.text): there is no statement in the text")
        }
        statement = pointer
        names = (0..<sqlite3_column_count(pointer)).map { String(cString: sqlite3_column_name(pointer, $0)) }
        let expected = sqlite3_bind_parameter_count(pointer)
        guard Int(expected) == values.count else {
            throw Failure(
                code: "EARGUMENT", "\(database.path.text): the statement takes \(expected) values, not \(values.count)")
        }
        try bind(values)
    }

    deinit { sqlite3_finalize(statement) }

    private func bind(_ values: [Value]) throws(Failure) {
        for (offset, value) in values.enumerated() {
            let code = try stored(value).bind(to: statement, Int32(offset + 1))
            if code != SQLITE_OK { throw database.failure(code) }
        }
    }

    /// A script's value as SQLite keeps it: bytes that are UTF-8 as text, others as a blob, and `{ blob = bytes }` too.
    private func stored(_ value: Value) throws(Failure) -> SQLValue {
        switch value {
        case .null: return .null
        case .bool(let bool): return .int(bool ? 1 : 0)
        case .int(let int): return .int(int)
        case .number(let number): return .real(number)
        case .bytes(let bytes): return value.text.map(SQLValue.text) ?? .blob(bytes)
        case .list, .map, .handle:
            if let map = value.map, map.count == 1, case .bytes(let bytes)? = map["blob"] { return .blob(bytes) }
            // What is in a database anybody may read who may read the file.
            let what = value.secretName.map { "secret:" + $0 } ?? "a \(value.typeName)"
            throw Failure(code: "EARGUMENT", "\(database.path.text): \(what) is no value of SQL")
        }
    }

    /// At most so many rows; none at the end.
    package func next(_ limit: Int) throws(Failure) -> [ScriptDatabase.Row] {
        try database.usable()
        var rows: [ScriptDatabase.Row] = []
        while !atEnd, rows.count < limit {
            let code = sqlite3_step(statement)
            if code == SQLITE_DONE {
                atEnd = true
            } else if code == SQLITE_ROW {
                rows.append(row())
            } else {
                throw database.failure(code)
            }
        }
        try database.checkFixed()
        return rows
    }

    private func row() -> ScriptDatabase.Row {
        var row: ScriptDatabase.Row = [:]
        for (index, name) in names.enumerated() {
            let column = Int32(index)
            switch sqlite3_column_type(statement, column) {
            case SQLITE_INTEGER: row[name] = .int(sqlite3_column_int64(statement, column))
            case SQLITE_FLOAT: row[name] = .number(sqlite3_column_double(statement, column))
            case SQLITE_NULL: break
            default:
                let start = sqlite3_column_blob(statement, column)
                let count = Int(sqlite3_column_bytes(statement, column))
                row[name] = .bytes(start.map { Array(UnsafeRawBufferPointer(start: $0, count: count)) } ?? [])
            }
        }
        return row
    }

    /// The columns' names, in their order.
    package var columns: [String] { names }
}

/// A database file that nobody writes: what tells whether that stays so.
private struct FixedFile {
    private let path: Path
    private let size: Int64
    private let modified: Int64
    private let counter: [UInt8]

    /// Nil where something is waiting beside it to be written into it.
    init?(_ path: Path) throws(Failure) {
        do throws(SystemError) {
            guard try Self.isAlone(path), let status = try FileStatus.of(path, follow: true), status.kind == .file
            else {
                return nil
            }
            self.path = path
            size = status.size
            modified = status.modified
            counter = try Self.counter(path)
        } catch {
            throw error.failure()
        }
    }

    func isUnchanged() throws(Failure) -> Bool {
        do throws(SystemError) {
            guard try Self.isAlone(path), let status = try FileStatus.of(path, follow: true) else { return false }
            let counter = try Self.counter(path)
            return status.size == size && status.modified == modified && counter == self.counter
        } catch {
            throw error.failure()
        }
    }

    /// No write-ahead log at all, and no journal that holds anything.
    private static func isAlone(_ path: Path) throws(SystemError) -> Bool {
        func beside(_ suffix: String) throws(SystemError) -> FileStatus? {
            try FileStatus.of(Path(bytes: path.bytes + Array(suffix.utf8)), follow: true)
        }
        if try beside("-wal") != nil { return false }
        return try beside("-journal")?.size ?? 0 == 0
    }

    /// The file change counter (sqlite.org/fileformat.html, offset 24).
    private static func counter(_ path: Path) throws(SystemError) -> [UInt8] {
        do {
            let file = try RegularFile.read(path.name, in: Directory(path.parent), follow: true)
            return Array(try file.descriptor.read(28).dropFirst(24))
        } catch let error as SystemError {
            throw error
        } catch {
            throw SystemError.notSupported("read", path.text)
        }
    }
}
