import Glibc
import Synchronization
import Testing

@testable import Scriptron

/// A thread that writes a database without a pause, each transaction to two tables at once: a copy of one moment has as
/// many rows in the one as in the other.
final class DatabaseWriter: Sendable {
    private let isOver = Mutex(false)
    private let ended = Semaphore()
    private let written = Mutex<Int64>(0)

    init(_ path: Path) throws {
        try PlainThread.start(name: "writer") { [self] in
            defer { ended.signal() }
            guard let database = try? ScriptDatabase.open(path, .write, timeout: 30) else { return }
            while !isOver.withLock(\.self) {
                do {
                    _ = try database.execute("BEGIN IMMEDIATE", [])
                    for table in ["one", "two"] {
                        _ = try database.execute("INSERT INTO \(table) (text) VALUES (hex(randomblob(200)))", [])
                    }
                    _ = try database.execute("DELETE FROM one WHERE id % 7 = 0; DELETE FROM two WHERE id % 7 = 0", [])
                    _ = try database.execute("COMMIT", [])
                    written.withLock { $0 += 1 }
                } catch {
                    // Held up by a reader for too long: it tries again.
                    _ = try? database.execute("ROLLBACK", [])
                }
            }
        }
    }

    /// Transactions so far.
    var count: Int64 { written.withLock(\.self) }

    func stop() {
        isOver.withLock { $0 = true }
        ended.wait()
    }

    /// So many copies, each checked, while the writer goes on.
    static func rounds(_ count: Int, mode: String) throws {
        let api = try APIFixture()
        api.timeout = 3600
        try api.run(
            """
            local db <close> = sql.open("a.db", { create = true })
            db:query("PRAGMA journal_mode = \(mode)")
            db:exec("CREATE TABLE one (id INTEGER PRIMARY KEY, text); CREATE TABLE two (id INTEGER PRIMARY KEY, text)")
            db:exec("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) INSERT INTO one SELECT i, hex(randomblob(100)) FROM n")
            db:exec("INSERT INTO two SELECT * FROM one")
            """)
        let writer = try DatabaseWriter(api.at("a.db"))
        defer { writer.stop() }
        for round in 1...count {
            let before = writer.count
            while writer.count == before { Monotonic.sleep(until: Monotonic.now + 0.001) }
            let result = try api.run(
                """
                sql.backup("a.db", "b.db", { timeout = "120s" })
                local db <close> = sql.open("b.db")
                local function one(text) return db:query(text)[1] end
                local same = one("SELECT (SELECT count(*) FROM one) = (SELECT count(*) FROM two) AS same").same
                local sound = one("PRAGMA integrity_check").integrity_check
                db:close()
                local beside = fs.stat("b.db-wal") or fs.stat("b.db-journal") or fs.stat("b.db-shm")
                fs.remove("b.db")
                return { same, sound, beside == nil }
                """)
            #expect(result == [1, "ok", true], "round \(round)")
        }
    }
}
