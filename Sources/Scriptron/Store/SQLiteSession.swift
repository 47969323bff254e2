/// The operations of a store inside one transaction of SQLite.
final class SQLiteSession: StoreSession {
    private let database: SQLiteDatabase
    /// Set when its transaction is over, so that a body that kept it cannot work beside the transactions.
    var isOver = false

    init(_ database: SQLiteDatabase) { self.database = database }

    var open: SQLiteDatabase {
        get throws(Failure) {
            if isOver { throw Failure(code: "ESTORE", "a session of the store was used after its transaction") }
            return database
        }
    }

    // MARK: Cursors

    func cursors() throws -> [String: JobCursor] {
        let rows = try open.rows(Self.cursorQuery, [], Self.cursor)
        return Dictionary(rows.map { ($0.job, $0) }, uniquingKeysWith: { _, last in last })
    }

    func cursor(job: String) throws -> JobCursor? {
        try open.row(Self.cursorQuery + " WHERE job = ?", [.text(job)], Self.cursor)
    }

    private static let cursorQuery = "SELECT job, accounted_until, schedules, timezone FROM cursor"

    private static func cursor(_ row: SQLiteStatement) throws(Failure) -> JobCursor {
        JobCursor(
            job: row.text(0), accountedUntil: row.timestamp(1), schedules: try row.json(2).texts,
            timezone: row.optionalText(3))
    }

    func setCursor(_ cursor: JobCursor) throws {
        try open.run(
            "INSERT OR REPLACE INTO cursor (job, accounted_until, schedules, timezone) VALUES (?, ?, ?, ?)",
            [
                .text(cursor.job), .init(cursor.accountedUntil), .text(try JSON.text(.texts(cursor.schedules))),
                .init(cursor.timezone),
            ])
    }

    func removeCursor(job: String) throws { try open.run("DELETE FROM cursor WHERE job = ?", [.text(job)]) }

    // MARK: Versions

    func saveVersion(_ hash: String, files: [String: [UInt8]]) throws {
        let kept = try open.row("SELECT 1 FROM version WHERE hash = ?", [.text(hash)]) { _ in true }
        if kept == true { return }
        for (name, text) in files {
            try open.run(
                "INSERT INTO version (hash, name, text) VALUES (?, ?, ?)", [.text(hash), .text(name), .blob(text)])
        }
    }

    func version(_ hash: String) throws -> [String: [UInt8]]? {
        let rows = try open.rows("SELECT name, text FROM version WHERE hash = ?", [.text(hash)]) {
            ($0.text(0), $0.bytes(1))
        }
        return rows.isEmpty ? nil : Dictionary(rows, uniquingKeysWith: { _, last in last })
    }

    // MARK: State

    func state(job: String, key: String) throws -> Value? {
        let bytes = try open.row("SELECT value FROM state WHERE job = ? AND key = ?", [.text(job), .text(key)]) {
            $0.bytes(0)
        }
        return try bytes.map { try ValueCodec.decode($0) }
    }

    func setState(job: String, key: String, value: Value) throws {
        try open.run(
            "INSERT OR REPLACE INTO state (job, key, value) VALUES (?, ?, ?)",
            [.text(job), .text(key), .blob(try ValueCodec.encode(value))])
    }

    func removeState(job: String, key: String) throws -> Bool {
        try open.run("DELETE FROM state WHERE job = ? AND key = ?", [.text(job), .text(key)]) > 0
    }

    func stateKeys(job: String) throws -> [String] {
        try open.rows("SELECT key FROM state WHERE job = ? ORDER BY key", [.text(job)]) { $0.text(0) }
    }
}

extension Value {
    /// The texts of a list of texts; what is no text is left out.
    var texts: [String] { (list ?? []).compactMap(\.text) }
}
