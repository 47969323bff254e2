import Glibc
import Synchronization
import Testing

@testable import Scriptron

@Suite("SQLiteStore, faults") struct SQLiteStoreFaultTests {
    private let directory: TemporaryDirectory
    private var file: Path { directory.path.appending(SQLiteStore.fileName) }

    init() throws { directory = try TemporaryDirectory() }

    private static func run(_ job: String, at second: Int64) -> Run {
        let time = Timestamp(seconds: second)
        return Run(id: 0, job: job, trigger: .schedule, fireTime: time, version: "v", claimed: time)
    }

    /// The failure of opening the store, which must leave the file as it was.
    /// The newest version of the schema.
    private static let version = Int64(Migration.all.count)

    private func refusal(_ migrations: [Migration] = Migration.all) throws -> Failure? {
        let before = try Files.readSmall(file, max: 64 << 20)
        let error = #expect(throws: Failure.self) {
            _ = try SQLiteStore(directory: directory.path, busyTimeout: 1, migrations: migrations)
        }
        #expect(try Files.readSmall(file, max: 64 << 20) == before, "not a byte is changed")
        #expect(error?.place == file.text)
        #expect(error?.cure?.isEmpty == false)
        return error
    }

    /// A closed store with some runs in it.
    private func fill(_ count: Int64 = 200) throws {
        let store = try SQLiteStore(directory: directory.path)
        try store.write { session in
            for second in 0..<count { _ = try session.insertRun(Self.run("a", at: second)) }
            try session.saveVersion("v", files: ["a.lua": [UInt8](repeating: 0x61, count: 100_000)])
        }
        store.close()
    }

    @Test("kill -9 in mid-commit: what was answered is there, and nothing is half there", arguments: [1, 20, 150])
    func kill(_ after: Int) async throws {
        let path = directory.path.text
        await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String, after = after as Int] in
            let directory = Path(path)
            let store = try SQLiteStore(directory: directory)
            let witness = try StateFiles.open(directory.appending("witness"), .append)
            let answered = Mutex(0)
            for thread in 0..<4 {
                try PlainThread.start(name: "writer") {
                    for second in Int64(0)... {
                        let run = Self.run("job\(thread)", at: second)
                        let claimed = try? store.write { session in
                            try session.setState(job: run.job, key: "last", value: .int(second))
                            return try session.insertRun(run)
                        }
                        guard claimed != nil else { return }
                        try? witness.write(Array("\(thread) \(second)\n".utf8))
                        answered.withLock { $0 += 1 }
                        if answered.withLock({ $0 }) >= after { Glibc.kill(getpid(), SIGKILL) }
                    }
                }
            }
            while true { pause() }
        }
        let store = try SQLiteStore(directory: directory.path)
        defer { store.close() }
        let witness = try Files.readSmall(directory.path.appending("witness"))
        let lines = String(decoding: witness, as: UTF8.self).split(separator: "\n")
        #expect(lines.count >= after)
        try store.read { session throws in
            let runs = try session.runs(RunQuery(limit: .max))
            let claimed = Set(runs.map { "\($0.job.dropFirst(3)) \($0.fireTime.seconds)" })
            for line in lines { #expect(claimed.contains(String(line))) }
            for thread in 0..<4 {
                let last = try session.runs(RunQuery(job: "job\(thread)", limit: 1)).first?.fireTime.seconds
                #expect(try session.state(job: "job\(thread)", key: "last")?.integer == last, "both or none")
            }
        }
    }

    @Test("A file of a newer version is refused unharmed, and says which version it is") func newer() throws {
        try fill()
        let database = try SQLiteDatabase(file: file, access: .readWrite, busyTimeout: 1)
        try database.execute("PRAGMA user_version = 42; CREATE TABLE later (x)")
        database.close()
        let error = try refusal()
        #expect(error?.code == "ESTOREVERSION")
        #expect(error?.message.contains("42") == true)
        #expect(error?.cure?.contains("scriptron.db.version-\(Self.version)") == true)
    }

    @Test("A damaged file is refused unharmed, with a cure", arguments: ["header", "page", "cut", "text"])
    func damaged(_ kind: String) throws {
        try fill()
        let descriptor = try StateFiles.open(file, .write)
        var bytes = try Files.readSmall(file, max: 64 << 20)
        switch kind {
        case "header": bytes.replaceSubrange(0..<100, with: repeatElement(0x7A, count: 100))
        case "page": bytes.replaceSubrange(8192..<20_000, with: repeatElement(0xA5, count: 11_808))
        case "cut": bytes.removeLast(bytes.count / 2)
        default: bytes = Array("these are not the runs you are looking for".utf8)
        }
        try descriptor.truncate(to: 0)
        try descriptor.write(bytes)
        let error = try refusal()
        #expect(["SQLITE_CORRUPT", "SQLITE_NOTADB"].contains(error?.code))
        #expect(error?.cure?.contains("mv \(file.text)") == true)
    }

    @Test("A database of another program is refused unharmed") func foreign() throws {
        let database = try SQLiteDatabase(file: file, access: .create, busyTimeout: 1)
        try database.execute("CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES ('x')")
        database.close()
        #expect(try refusal()?.code == "ESTORE")
    }

    @Test("A directory that is not there is named") func noDirectory() throws {
        let missing = directory.path.appending("missing")
        let error = #expect(throws: Failure.self) { try SQLiteStore(directory: missing) }
        #expect(error?.code == "ENOENT")
        #expect(error?.message.contains("missing") == true)
    }

    @Test("Migrations run in order, once, with a copy of the file aside") func migrations() throws {
        try fill(3)
        let steps =
            Migration.all + [
                Migration(
                    version: Self.version + 1, sql: "ALTER TABLE run ADD COLUMN note TEXT; UPDATE run SET note = 'two'"),
                Migration(version: Self.version + 2, sql: "UPDATE run SET note = note || ' three'"),
            ]
        for _ in 0..<2 {
            let store = try SQLiteStore(directory: directory.path, busyTimeout: 1, migrations: steps)
            #expect(try store.read { try $0.runs(RunQuery()).count } == 3)
            store.close()
        }
        let database = try SQLiteDatabase(file: file, access: .readOnly, busyTimeout: 1)
        #expect(try database.rows("SELECT DISTINCT note FROM run") { $0.text(0) } == ["two three"])
        #expect(try database.row("PRAGMA user_version") { $0.int(0) } == Self.version + 2)
        // The copy is a store of the old version, to be put in the file's place.
        let old = try directory.directory("old")
        try StateFiles.rename(
            directory.path.appending(SQLiteStore.copyName("\(Self.version)")), to: old.appending(SQLiteStore.fileName))
        let store = try SQLiteStore(directory: old)
        #expect(try store.read { try $0.runs(RunQuery()).count } == 3)
        store.close()
        #expect(try refusal()?.code == "ESTOREVERSION")
    }

    @Test("A store from before runs kept their header comes forward, with what is in it") func beforeHeaders() throws {
        try SQLiteStore(directory: directory.path, busyTimeout: 1, migrations: Array(Migration.all.prefix(3))).close()
        let database = try SQLiteDatabase(file: file, access: .readWrite, busyTimeout: 1)
        try database.execute(
            """
            INSERT INTO run (job, "trigger", fire_time, state, version, settings, "grant", claimed, attempts, cuts)
            VALUES ('a', 'schedule', 1000000, 'waiting', 'v', '{"x": 1}', '{}', 1000000, 0, 0);
            INSERT INTO cursor (job, accounted_until, schedules) VALUES ('a', 1000000, '["every 1s"]');
            """)
        database.close()
        let store = try SQLiteStore(directory: directory.path)
        defer { store.close() }
        var run = Self.run("a", at: 1)
        run.id = 1
        run.settings = ["x": 1]
        #expect(try store.read { try $0.openRuns() } == [run])
        #expect(run.header.isNull && run.parent == nil)
        #expect(try store.read { try $0.pauses(since: Timestamp(seconds: 0)) }.isEmpty)
        #expect(try store.write { try $0.insertRun(Self.run("a", at: 1)) } == nil)
        #expect(try StateFiles.names(in: directory.path).contains(Array(SQLiteStore.copyName("3").utf8)))
    }

    @Test("A migration that fails leaves the store as it was") func failedMigration() throws {
        try fill(3)
        let steps =
            Migration.all + [
                Migration(version: Self.version + 1, sql: "DELETE FROM run"),
                Migration(version: Self.version + 2, sql: "SELECT * FROM nowhere"),
            ]
        let error = #expect(throws: Failure.self) {
            _ = try SQLiteStore(directory: directory.path, busyTimeout: 1, migrations: steps)
        }
        #expect(error?.message.contains("from version \(Self.version) to \(Self.version + 2)") == true)
        let store = try SQLiteStore(directory: directory.path)
        #expect(try store.read { try $0.runs(RunQuery()).count } == 3)
        store.close()
    }

    @Test("Two that open the same new file at once both work, and a fire time is claimed once") func secondOpener()
        throws
    {
        let claims = Mutex<[Int64]>([])
        let failures = Mutex<[String]>([])
        let done = Semaphore()
        let path = directory.path
        for _ in 0..<3 {
            try PlainThread.start(name: "opener") {
                defer { done.signal() }
                do {
                    let store = try SQLiteStore(directory: path)
                    defer { store.close() }
                    for second in Int64(0)..<60 {
                        let run = try store.write { try $0.insertRun(Self.run("a", at: second)) }
                        if run != nil { claims.withLock { $0.append(second) } }
                    }
                } catch {
                    failures.withLock { $0.append("\(error)") }
                }
            }
        }
        for _ in 0..<3 { done.wait() }
        #expect(failures.withLock { $0 }.isEmpty)
        #expect(claims.withLock { $0.sorted() } == Array(0..<60))
    }

    @Test("A store that another process holds locked fails in time, and works when it is free") func locked() throws {
        let store = try SQLiteStore(directory: directory.path, busyTimeout: 0.05, migrations: Migration.all)
        defer { store.close() }
        let other = try SQLiteDatabase(file: file, access: .readWrite, busyTimeout: 1)
        try other.execute("BEGIN IMMEDIATE")
        let error = #expect(throws: Failure.self) {
            try store.write { try $0.setState(job: "j", key: "k", value: 1) }
        }
        #expect(error?.code == "SQLITE_BUSY")
        #expect(error?.cure?.contains("another process") == true)
        #expect(try store.read { try $0.state(job: "j", key: "k") } == nil, "readers are not held up")
        try other.execute("ROLLBACK")
        try store.write { try $0.setState(job: "j", key: "k", value: 2) }
        #expect(try store.read { try $0.state(job: "j", key: "k") } == 2)
    }

    @Test(
        "A full disk undoes the transaction; when space is back the store works",
        .enabled(if: getuid() == 0, "needs root"))
    func full() throws {
        let disk = try SmallDisk(directory.directory("disk"), bytes: 1 << 20)
        let store = try SQLiteStore(directory: disk.path)
        defer { store.close() }
        try store.write { try $0.setState(job: "j", key: "before", value: 1) }
        try disk.fill()
        let error = #expect(throws: Failure.self) {
            try store.write { session in
                try session.setState(job: "j", key: "small", value: 1)
                try session.setState(job: "j", key: "large", value: .bytes([UInt8](repeating: 1, count: 400_000)))
            }
        }
        #expect(error?.code == "SQLITE_FULL")
        #expect(error?.cure?.contains("free space") == true)
        #expect(try store.read { try $0.stateKeys(job: "j") } == ["before"])
        try disk.empty()
        try store.write { try $0.setState(job: "j", key: "after", value: 1) }
        #expect(try store.read { try $0.stateKeys(job: "j") } == ["after", "before"])
        #expect(try store.size().free ?? 0 > 0)
    }

    @Test(
        "A log on a full disk keeps its whole records, and goes on when space is back",
        .enabled(if: getuid() == 0, "needs root"))
    func fullLog() throws {
        let disk = try SmallDisk(directory.directory("disk"), bytes: 256 << 10)
        let logs = RunLogs(directory: disk.path.appending("runs"))
        let log = try logs.log(job: "a", run: 1)
        let record = LogRecord(time: Timestamp(seconds: 1), level: "info", message: String(repeating: "x", count: 9000))
        try log.append(record)
        try disk.fill()
        #expect(throws: Failure.self) { for _ in 0..<10 { try log.append(record) } }
        let kept = try logs.read(job: "a", run: 1).records
        #expect(!kept.isEmpty && kept.allSatisfy { $0 == record })
        try disk.empty()
        try log.append(record)
        #expect(try logs.read(job: "a", run: 1).records == kept + [record])
        log.close()
    }

    @Test("A copy is whole and sound while the store is written to") func copy() throws {
        let store = try SQLiteStore(directory: directory.path)
        defer { store.close() }
        try store.write { try $0.setState(job: "j", key: "k", value: 1) }
        let target = try directory.directory("copy")
        try SQLiteStore.copy(from: directory.path, to: target)
        try store.write { try $0.setState(job: "j", key: "k", value: 2) }
        let copy = try SQLiteStore(directory: target)
        #expect(try copy.read { try $0.state(job: "j", key: "k") } == 1)
        copy.close()
        #expect(try store.read { try $0.state(job: "j", key: "k") } == 2)
    }

    @Test("The files are their owner's alone, and their size is told") func files() throws {
        let store = try SQLiteStore(directory: directory.path)
        try store.write { try $0.setState(job: "j", key: "k", value: 1) }
        for name in try StateFiles.names(in: directory.path) {
            let status = try FileStatus.of(directory.path.appending(Path(bytes: name)), follow: false)
            #expect(status?.mode == 0o600, "\(Path(bytes: name))")
        }
        #expect(try store.size().bytes > 4096)
        store.close()
        #expect(try StateFiles.names(in: directory.path) == [Array(SQLiteStore.fileName.utf8)], "the WAL is folded in")
    }
}
