import CSQLite

/// A connection to a SQLite file, for one thread at a time. Statements are prepared once and kept.
final class SQLiteDatabase {
    /// What a connection may do.
    enum Access {
        case readOnly
        /// For a file that nobody has open: without locks, and without the files beside it, which reading would make.
        case immutable
        case readWrite
        /// Creates the file where there is none.
        case create
    }

    let file: Path
    private let handle: OpaquePointer
    private var statements: [String: SQLiteStatement] = [:]
    private var isClosed = false

    /// Opens the file; `busyTimeout` is how long a call waits for another process's lock, in seconds.
    init(file: Path, access: Access, busyTimeout: Double) throws(Failure) {
        let flags: Int32 =
            switch access {
            case .readOnly: SQLITE_OPEN_READONLY
            case .immutable: SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
            case .readWrite: SQLITE_OPEN_READWRITE
            case .create: SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
            }
        var handle: OpaquePointer?
        let name = access == .immutable ? Self.immutableURI(file) : file
        let code = name.withCString { name in
            // NOMUTEX: each connection is used by one thread at a time, which its owner sees to.
            sqlite3_open_v2(name, &handle, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, nil)
        }
        guard code == SQLITE_OK, let handle else {
            let text = handle.map { String(cString: sqlite3_errmsg($0)) } ?? String(cString: sqlite3_errstr(code))
            sqlite3_close_v2(handle)
            throw SQLiteFailure.make(code, text, file: file)
        }
        self.file = file
        self.handle = handle
        sqlite3_busy_timeout(handle, Int32(busyTimeout * 1000))
    }

    /// `file:PATH?immutable=1` (sqlite.org/uri.html), what has a meaning in a URI escaped.
    private static func immutableURI(_ file: Path) -> Path {
        var bytes = Array("file:".utf8)
        for byte in file.bytes {
            switch byte {
            case UInt8(ascii: "%"): bytes += Array("%25".utf8)
            case UInt8(ascii: "?"): bytes += Array("%3f".utf8)
            case UInt8(ascii: "#"): bytes += Array("%23".utf8)
            default: bytes.append(byte)
            }
        }
        return Path(bytes: bytes + Array("?immutable=1".utf8))
    }

    deinit { close() }

    /// Closes the connection, which is of no use afterwards. Idempotent.
    func close() {
        if isClosed { return }
        isClosed = true
        statements.removeAll()
        sqlite3_close_v2(handle)
    }

    /// Runs one or several statements that take and return nothing.
    func execute(_ sql: String) throws(Failure) {
        let code = sqlite3_exec(handle, sql, nil, nil, nil)
        if code != SQLITE_OK { throw failure(code) }
    }

    /// Runs one statement; how many rows it changed.
    @discardableResult
    func run(_ sql: String, _ values: [SQLValue] = []) throws(Failure) -> Int {
        let statement = try prepared(sql)
        defer { statement.reset() }
        try statement.bind(values)
        while try statement.step() {}
        return Int(sqlite3_changes64(handle))
    }

    /// The rows of a query, each as `read` makes it.
    func rows<Row>(
        _ sql: String, _ values: [SQLValue] = [], _ read: (SQLiteStatement) throws(Failure) -> Row
    ) throws(Failure) -> [Row] {
        let statement = try prepared(sql)
        defer { statement.reset() }
        try statement.bind(values)
        var rows: [Row] = []
        while try statement.step() { rows.append(try read(statement)) }
        return rows
    }

    /// The first row of a query, or nil.
    func row<Row>(
        _ sql: String, _ values: [SQLValue] = [], _ read: (SQLiteStatement) throws(Failure) -> Row
    ) throws(Failure) -> Row? {
        let statement = try prepared(sql)
        defer { statement.reset() }
        try statement.bind(values)
        return try statement.step() ? try read(statement) : nil
    }

    /// The number of the row that was inserted last.
    var lastInsertID: Int64 { sqlite3_last_insert_rowid(handle) }

    /// Whether a transaction is open. SQLite ends one by itself after some errors (a full disk, a failed write).
    var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

    /// Writes a consistent copy of the database, as it is now, over the file at `target` (sqlite.org/backup.html).
    func copy(to target: Path) throws(Failure) {
        let copy = try SQLiteDatabase(file: target, access: .create, busyTimeout: 5)
        guard let backup = sqlite3_backup_init(copy.handle, "main", handle, "main") else {
            throw copy.failure(sqlite3_extended_errcode(copy.handle))
        }
        let step = sqlite3_backup_step(backup, -1)
        let code = sqlite3_backup_finish(backup)
        guard step == SQLITE_DONE, code == SQLITE_OK else {
            throw SQLiteFailure.make(
                code == SQLITE_OK ? step : code, String(cString: sqlite3_errstr(code == SQLITE_OK ? step : code)),
                file: target)
        }
        // A copy of a WAL database is one too; as a plain file it needs no second and third file beside it.
        try copy.execute("PRAGMA journal_mode = DELETE")
    }

    private func prepared(_ sql: String) throws(Failure) -> SQLiteStatement {
        if let known = statements[sql] { return known }
        var pointer: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &pointer, nil)
        guard code == SQLITE_OK, let pointer else { throw failure(code) }
        let statement = SQLiteStatement(owning: pointer, file: file)
        statements[sql] = statement
        return statement
    }

    private func failure(_ code: Int32) -> Failure {
        SQLiteFailure.make(code, String(cString: sqlite3_errmsg(handle)), file: file)
    }
}
