import Synchronization

/// The bodies that wait to be written, and the one thread that commits them.
///
/// Bodies that wait at the same time share one transaction (group commit), in the order they came, each in its own
/// savepoint. A body is finished, with its result or error, after the commit is durable.
final class CommitQueue: Sendable {
    /// A body that waits.
    struct Entry: Sendable {
        /// How much it does: as many rows, where it is many.
        var weight = 1
        /// Runs the body; what it threw is kept for `finish`, and returned.
        let run: @Sendable (any StoreSession) -> (any Error)?
        /// Hands out the result, or `failure` where the transaction came to nothing.
        let finish: @Sendable (_ failure: Failure?) -> Void
    }

    private struct State {
        var entries: [Entry] = []
        var closed = false
    }

    /// What is taken at once, in weight: what the last one waits for stays bounded.
    private static let batchSize = 500
    /// A transaction takes more light bodies, where more wait, until it has worked so many times as long as the last
    /// commit took: a slow disk costs a seventh of the time at most, however slow it is.
    private static let worth = 6.0
    /// Seconds after which a transaction takes no more: what the first one waits for stays bounded.
    private static let longest = 0.25

    private let state = Mutex(State())
    private let work = Semaphore()
    private let ended = Semaphore()

    /// Adds a body; false where the queue is closed.
    func add(_ entry: Entry) -> Bool {
        let added = state.withLock { state in
            if !state.closed { state.entries.append(entry) }
            return !state.closed
        }
        if added { work.signal() }
        return added
    }

    /// Takes no more bodies; the thread ends after those that wait.
    func close() {
        if state.withLock({ state in
            defer { state.closed = true }
            return !state.closed
        }) {
            work.signal()
        }
    }

    /// Waits until the thread has ended.
    func waitForEnd() {
        ended.wait()
        ended.signal()
    }

    /// Commits what comes until `close`, on the calling thread, and closes the database.
    func run(on database: SQLiteDatabase) {
        var commitSeconds = 0.0
        while true {
            work.wait()
            // A batch takes bodies whose signals are still to be waited for: those waits find nothing, and go on.
            var batch = take()
            while !batch.isEmpty { batch = transaction(batch, on: database, &commitSeconds) }
            if state.withLock({ $0.closed && $0.entries.isEmpty }) { break }
        }
        database.close()
        ended.signal()
    }

    /// The next bodies; with `areLight` only such of them.
    private func take(areLight: Bool = false) -> [Entry] {
        state.withLock { state in
            var weight = 0
            let batch = state.entries.prefix { entry in
                if areLight, entry.weight > 1 { return false }
                // One always.
                if weight > 0, weight + entry.weight > Self.batchSize { return false }
                weight += entry.weight
                return true
            }
            state.entries.removeFirst(batch.count)
            return Array(batch)
        }
    }

    /// Runs one transaction with as many of the bodies as it lasts for, and finishes them; what is left.
    private func transaction(
        _ batch: [Entry], on database: SQLiteDatabase, _ commitSeconds: inout Double
    ) -> [Entry] {
        var waiting = batch[...]
        var ran: [Entry] = []
        let session = SQLiteSession(database)
        defer { session.isOver = true }
        do throws(Failure) {
            try database.execute("BEGIN IMMEDIATE")
            let began = Monotonic.now
            let enough = began + min(Self.worth * commitSeconds, Self.longest)
            while true {
                while let entry = waiting.popFirst() {
                    ran.append(entry)
                    try Self.savepoint(entry, session, database)
                }
                guard Monotonic.now < enough else { break }
                waiting = take(areLight: true)[...]
                if waiting.isEmpty { break }
            }
            let worked = Monotonic.now
            try database.execute("COMMIT")
            commitSeconds = Monotonic.now - worked
        } catch {
            if database.isInTransaction { try? database.execute("ROLLBACK") }
            if ran.isEmpty {
                ran = Array(waiting)
                waiting = []
            }
            for entry in ran { entry.finish(error) }
            return Array(waiting)
        }
        for entry in ran { entry.finish(nil) }
        return Array(waiting)
    }

    /// Runs one body; what it did is undone where it throws. Fails where the whole transaction is lost.
    private static func savepoint(
        _ entry: Entry, _ session: SQLiteSession, _ database: SQLiteDatabase
    ) throws(Failure) {
        try database.run("SAVEPOINT body")
        guard let error = entry.run(session) else {
            // A body may swallow an error that ended the transaction.
            guard database.isInTransaction else {
                throw Failure(code: "ESTORE", "the store undid the transaction", place: database.file.text)
            }
            try database.run("RELEASE body")
            return
        }
        guard database.isInTransaction else {
            throw error as? Failure ?? Failure(code: "ESTORE", "the store undid the transaction: \(error)")
        }
        try database.execute("ROLLBACK TO body; RELEASE body")
    }
}
