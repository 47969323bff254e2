import Synchronization

/// The store in a SQLite file, `scriptron.db` in the state directory: WAL, `synchronous=FULL`, one thread that writes
/// by group commit, a few connections that read.
///
/// Two of them on one file are safe (each waits for the other's lock); that only one host runs on a state directory is
/// the host's to see to.
package final class SQLiteStore: Store {
    /// The file's name in the state directory.
    package static let fileName = "scriptron.db"

    /// The name of the copy that is made before a file of this version is migrated.
    static func copyName(_ version: String) -> String { "\(fileName).version-\(version)" }

    /// Connections for reading that are kept open; more are opened and closed as needed.
    private static let keptReaders = 4

    package let file: Path
    private let directory: Path
    private let busyTimeout: Double
    private let queue = CommitQueue()
    private let readers = Mutex(Readers())

    /// A connection on its way between threads; one thread at a time uses it.
    private struct Reader: @unchecked Sendable {
        // Safe because a reader is either in the pool or in one `read`, never in two hands.
        let database: SQLiteDatabase
    }

    private struct Readers {
        var idle: [Reader] = []
        var closed = false
    }

    /// Opens the store in `directory`, which must be there; makes or migrates it as needed.
    ///
    /// `busyTimeout` is how many seconds a call waits for another process's lock. Fails, and leaves the file as it is,
    /// where it is damaged, of a newer version, or not to be opened.
    package convenience init(directory: Path, busyTimeout: Double = 5) throws(Failure) {
        try self.init(directory: directory, busyTimeout: busyTimeout, migrations: Migration.all)
    }

    init(directory: Path, busyTimeout: Double, migrations: [Migration]) throws(Failure) {
        self.directory = directory
        self.busyTimeout = busyTimeout
        file = directory.appending(Self.fileName)
        let writer = Reader(
            database: try StoreFile.open(file, migrations: migrations, busyTimeout: busyTimeout))
        do throws(SystemError) {
            try PlainThread.start(name: "store") { [queue] in queue.run(on: writer.database) }
        } catch {
            throw error.failure()
        }
    }

    deinit { queue.close() }

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreSession) throws -> Result
    ) throws -> Result {
        let done = Semaphore()
        let outcome = Box<Swift.Result<Result, any Error>>()
        submit(body) { result in
            outcome.set(result)
            done.signal()
        }
        done.wait()
        return try outcome.take().get()
    }

    package func submit<Result: Sendable>(
        weight: Int, _ body: @escaping @Sendable (any StoreSession) throws -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        let outcome = Box<Swift.Result<Result, any Error>>()
        let added = queue.add(
            CommitQueue.Entry(
                weight: weight,
                run: { session in
                    let result = Swift.Result { try body(session) }
                    outcome.set(result)
                    if case .failure(let error) = result { return error }
                    return nil
                },
                finish: { failure in completion(failure.map { .failure($0) } ?? outcome.take()) }
            ))
        if !added { completion(.failure(closed)) }
    }

    package func read<Result>(_ body: (any StoreSession) throws -> Result) throws -> Result {
        let (idle, closed) = readers.withLock { ($0.idle.popLast(), $0.closed) }
        if closed { throw self.closed }
        let reader = try idle ?? openReader()
        let session = SQLiteSession(reader.database)
        defer {
            session.isOver = true
            // A reader that cannot end its transaction is closed, not kept.
            if (try? reader.database.execute("COMMIT")) != nil {
                readers.withLock { if !$0.closed, $0.idle.count < Self.keptReaders { $0.idle.append(reader) } }
            }
        }
        try reader.database.execute("BEGIN")
        return try body(session)
    }

    private func openReader() throws(Failure) -> Reader {
        Reader(database: try StoreFile.openReader(file, busyTimeout: busyTimeout))
    }

    package func size() throws -> (bytes: Int64, free: Int64?) {
        do throws(SystemError) {
            return (try Self.size(in: directory), try FileSystemSpace.of(directory).free)
        } catch {
            throw error.failure()
        }
    }

    /// What the store of a directory takes of its disk, in bytes: the file, and what SQLite keeps beside it.
    package static func size(in directory: Path) throws(SystemError) -> Int64 {
        let file = directory.appending(fileName)
        var bytes: Int64 = 0
        for suffix in ["", "-wal", "-shm"] {
            bytes += try FileStatus.of(Path(bytes: file.bytes + Array(suffix.utf8)), follow: true)?.allocated ?? 0
        }
        return bytes
    }

    /// Writes a consistent copy of the store of `directory` into `target`, another directory, without opening it as
    /// the host does: for a dry run, which must change nothing. Where there is no store, none is written.
    package static func copy(from directory: Path, to target: Path) throws(Failure) {
        let file = directory.appending(fileName)
        guard let status = try? FileStatus.of(file, follow: true), status.size > 0 else { return }
        let log = Path(bytes: file.bytes + Array("-wal".utf8))
        func look() -> FileStatus? { (try? FileStatus.of(file, follow: true)) ?? nil }
        func isOpen() -> Bool { ((try? FileStatus.of(log, follow: true)) ?? nil) != nil }
        if !isOpen() {
            // Reading with locks would leave two files beside it.
            let database = try SQLiteDatabase(file: file, access: .immutable, busyTimeout: 5)
            let copied: Void? = try? StoreFile.copyWhole(database, to: target.appending(fileName))
            let now = look()
            // Unless a host has opened it meanwhile, the copy is whole.
            if copied != nil, !isOpen(), now?.size == status.size, now?.modified == status.modified { return }
        }
        let database = try SQLiteDatabase(file: file, access: .readOnly, busyTimeout: 5)
        try StoreFile.copyWhole(database, to: target.appending(fileName))
    }

    package func copy(to directory: Path) throws(Failure) -> String {
        try Self.copy(from: self.directory, to: directory)
        return Self.fileName
    }

    package func close() {
        queue.close()
        queue.waitForEnd()
        readers.withLock { $0 = Readers(closed: true) }
    }

    private var closed: Failure {
        Failure(code: "ECLOSED", "the store is closed", place: file.text)
    }
}

/// A value that one thread leaves for another.
private final class Box<Content: Sendable>: Sendable {
    private let content = Mutex<Content?>(nil)

    func set(_ value: Content) { content.withLock { $0 = value } }

    func take() -> Content {
        guard let value = content.withLock({ $0 }) else { preconditionFailure("a body was finished that never ran") }
        return value
    }
}
