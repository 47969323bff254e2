import Dispatch
import Synchronization

/// The store in memory, for tests and for runs that leave no record. It behaves like `SQLiteStore` but for
/// durability; the conformance suite holds both to that.
package final class MemoryStore: Store {
    private let content = Mutex(MemoryContent())
    private let closed = Mutex(false)
    /// The store's own thread: bodies one at a time, in the order they came.
    private let queue = DispatchQueue(label: "memory store")

    package init() {}

    package func write<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreSession) throws -> Result
    ) throws -> Result {
        try queue.sync { try run(body) }
    }

    package func submit<Result: Sendable>(
        weight: Int, _ body: @escaping @Sendable (any StoreSession) throws -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        queue.async { completion(Swift.Result { try self.run(body) }) }
    }

    private func run<Result>(_ body: (any StoreSession) throws -> Result) throws -> Result {
        try check()
        let session = MemorySession(content.withLock { $0 }, mayWrite: true)
        defer { session.isOver = true }
        let result = try body(session)
        // Only now: a body that throws leaves nothing behind.
        let changed = session.content
        content.withLock { $0 = changed }
        return result
    }

    package func read<Result>(_ body: (any StoreSession) throws -> Result) throws -> Result {
        try check()
        let session = MemorySession(content.withLock { $0 }, mayWrite: false)
        defer { session.isOver = true }
        return try body(session)
    }

    package func size() throws -> (bytes: Int64, free: Int64?) { (0, nil) }

    package func copy(to directory: Path) throws(Failure) -> String {
        throw Failure(code: "ENOTSUP", "a store in memory has no copy")
    }

    package func close() {
        queue.sync { closed.withLock { $0 = true } }
    }

    private func check() throws(Failure) {
        if closed.withLock({ $0 }) { throw Failure(code: "ECLOSED", "the store is closed") }
    }
}

/// What a `MemoryStore` holds: a value, so that a copy is a savepoint.
struct MemoryContent: Sendable {
    /// Text compared by its bytes, as SQLite does: Swift takes "é" in one and in two scalars for equal.
    struct Key: Sendable, Hashable {
        let bytes: [UInt8]
        init(_ text: String) { bytes = Array(text.utf8) }
        var text: String { String(decoding: bytes, as: UTF8.self) }
    }

    var cursors: [Key: JobCursor] = [:]
    var runs: [Int64: Run] = [:]
    var attempts: [Int64: [Attempt]] = [:]
    var missed: [MissedRange] = []
    var versions: [Key: [String: [UInt8]]] = [:]
    /// By job, then key.
    var state: [Key: [Key: Value]] = [:]
    var tasks: [Int64: QueueTask] = [:]
    var queues: [Key: QueueRecord] = [:]
    /// The keys of tasks that are done, by queue.
    var doneTasks: [Key: [Key: (task: Int64, finished: Timestamp)]] = [:]
    var lastTask: Int64 = 0
    var pauses: [Int64: Pause] = [:]
    var lastPause: Int64 = 0
    var lastRun: Int64 = 0
    var lastMissed: Int64 = 0
    var heardRuns: Set<Int64> = []
    var heardMissed: Set<Int64> = []
    var alerts: [Int64: Alert] = [:]
    var lastAlert: Int64 = 0
    var silences: [Key: Silence] = [:]
    /// When each was asked for.
    var silenced: [Key: Timestamp] = [:]
    var outbox: [Int64: OutboxEntry] = [:]
    var lastOutbox: Int64 = 0
    var samples: [MetricSeries: [MetricSample]] = [:]
}
