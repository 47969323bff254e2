import Synchronization

/// The bodies that wait to be written, and the one thread that commits them.
///
/// Bodies that wait at the same time share one transaction (group commit), in the order they came, each in its own
/// savepoint. A body is finished, with its result or error, after the commit is durable.
final class CommitQueue: Sendable {
    /// A body that waits.
    struct Entry: Sendable {
        /// Runs the body; what it threw is kept for `finish`, and returned.
        let run: @Sendable (any StoreSession) -> (any Error)?
        /// Hands out the result, or `failure` where the transaction came to nothing.
        let finish: @Sendable (_ failure: Failure?) -> Void
    }

    private struct State {
        var entries: [Entry] = []
        var closed = false
    }

    /// The most bodies that share a transaction: what the last one waits for stays bounded.
    private static let batchSize = 500

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
        while true {
            work.wait()
            let (batch, done) = state.withLock { state in
                let batch = Array(state.entries.prefix(Self.batchSize))
                state.entries.removeFirst(batch.count)
                return (batch, state.closed && state.entries.isEmpty)
            }
            // A batch takes bodies whose signals are still to be waited for: those waits find nothing, and go on.
            if !batch.isEmpty { Self.commit(batch[...], on: database) }
            if done { break }
        }
        database.close()
        ended.signal()
    }

    private static func commit(_ batch: ArraySlice<Entry>, on database: SQLiteDatabase) {
        var rest = batch
        while !rest.isEmpty {
            let taken = transaction(rest, on: database)
            rest = rest.dropFirst(taken)
        }
    }

    /// Runs one transaction with as many of the bodies as it lasts for, and finishes them; how many.
    private static func transaction(_ batch: ArraySlice<Entry>, on database: SQLiteDatabase) -> Int {
        var ran: [Entry] = []
        let session = SQLiteSession(database)
        defer { session.isOver = true }
        do throws(Failure) {
            try database.execute("BEGIN IMMEDIATE")
            for entry in batch {
                ran.append(entry)
                try savepoint(entry, session, database)
            }
            try database.execute("COMMIT")
        } catch {
            if database.isInTransaction { try? database.execute("ROLLBACK") }
            if ran.isEmpty { ran = Array(batch) }
            for entry in ran { entry.finish(error) }
            return ran.count
        }
        for entry in ran { entry.finish(nil) }
        return ran.count
    }

    /// Runs one body; what it did is undone where it throws. Fails where the whole transaction is lost.
    private static func savepoint(
        _ entry: Entry, _ session: SQLiteSession, _ database: SQLiteDatabase
    ) throws(Failure) {
        try database.execute("SAVEPOINT body")
        guard let error = entry.run(session) else {
            // A body may swallow an error that ended the transaction.
            guard database.isInTransaction else {
                throw Failure(code: "ESTORE", "the store undid the transaction", place: database.file.text)
            }
            return try database.execute("RELEASE body")
        }
        guard database.isInTransaction else {
            throw error as? Failure ?? Failure(code: "ESTORE", "the store undid the transaction: \(error)")
        }
        try database.execute("ROLLBACK TO body; RELEASE body")
    }
}
