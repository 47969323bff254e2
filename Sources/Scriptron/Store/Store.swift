/// Where runs, attempts, missed ranges, cursors, versions and jobs' state live.
///
/// Every implementation passes the one conformance suite (`StoreConformance` in the tests). All calls block; call
/// them from threads that may block, never from the cooperative pool.
package protocol Store: AnyObject, Sendable {
    /// Runs `body` in a transaction; what it did is durable when this returns. The bodies of callers that wait at the
    /// same time share one commit (group commit), each in its own savepoint: a body that throws undoes only itself.
    func write<Result: Sendable>(_ body: @escaping @Sendable (any StoreSession) throws -> Result) throws -> Result

    /// Queues `body` like `write` and returns at once; `completion` gets the result, on the store's own thread, when
    /// it is durable (or failed). `weight` is how many rows it writes, where these are many: bodies of more than 500
    /// together share no commit.
    func submit<Result: Sendable>(
        weight: Int, _ body: @escaping @Sendable (any StoreSession) throws -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    )

    /// Runs `body` on a consistent view that sees everything written before; a body that writes fails.
    func read<Result>(_ body: (any StoreSession) throws -> Result) throws -> Result

    /// Bytes of the store's files and bytes free on their disk (free is nil for a store without a disk).
    func size() throws -> (bytes: Int64, free: Int64?)

    /// Writes a consistent copy of everything, as one file, into a directory: its name there.
    func copy(to directory: Path) throws(Failure) -> String

    /// Writes what is queued, closes files. The store is of no use afterwards. Idempotent.
    func close()
}

extension Store {
    /// Queues a body that writes a few rows.
    package func submit<Result: Sendable>(
        _ body: @escaping @Sendable (any StoreSession) throws -> Result,
        completion: @escaping @Sendable (Swift.Result<Result, any Error>) -> Void
    ) {
        submit(weight: 1, body, completion: completion)
    }
}

/// The operations inside one transaction of a store.
package protocol StoreSession: AlertSession, MetricSession, PauseRows, QueueRows {
    // Cursors: up to which instant a job's fire times are accounted for.

    /// All cursors, by the job's name.
    func cursors() throws -> [String: JobCursor]
    func cursor(job: String) throws -> JobCursor?
    func setCursor(_ cursor: JobCursor) throws
    func removeCursor(job: String) throws

    // Runs.

    /// Claims a run: inserts its row and gives it its number. Nil where the trigger is `schedule` and the job has a
    /// run with this trigger and fire time already: that fire time is claimed.
    func insertRun(_ run: Run) throws -> Run?
    /// Replaces the row with this run's number. Fails where there is none, or a value has no JSON (`JSON`).
    func updateRun(_ run: Run) throws
    /// The same of what changes while a run goes on: state, outcome, reason, the times after its claim, attempts and
    /// cuts. Its settings, grant and header are long, and stay as they are.
    func updateCourse(of run: Run) throws
    /// The same for a run of the trigger `schedule` whose fire time changes; false, and nothing is changed, where the
    /// job has another run with this fire time.
    func moveRun(_ run: Run) throws -> Bool
    func run(_ id: Int64) throws -> Run?
    /// The newest runs first (by number).
    func runs(_ query: RunQuery) throws -> [Run]
    /// Every run that has not ended, oldest first.
    func openRuns() throws -> [Run]
    /// The job's newest run with this outcome (any ended one where nil), other than skipped ones where nil.
    func lastRun(job: String, outcome: Outcome?) throws -> Run?

    // Attempts.

    /// Fails where its run is not there, or has an attempt of this number.
    func insertAttempt(_ attempt: Attempt) throws
    /// Replaces the attempt of this run and number. Fails where a value has no JSON (`JSON`).
    func updateAttempt(_ attempt: Attempt) throws
    /// A run's attempts, the first first.
    func attempts(run: Int64) throws -> [Attempt]

    // Missed ranges.

    /// Adds a range (the store numbers it). With `merge`, one that lies behind the job's newest range, of the same kind
    /// and reason, is merged into that one; that no run lies between them is the caller's to see to.
    func addMissed(_ range: MissedRange, merge: Bool) throws
    /// The newest first; of all jobs where `job` is nil.
    func missed(job: String?, limit: Int) throws -> [MissedRange]
    /// Removes the ranges that lie later than `instant`, and puts in the place of those that reach beyond it what `cut`
    /// makes of them (nil: nothing is left). Returns what was removed or cut, as it was before.
    func takeBackMissed(
        after instant: Timestamp, cut: (MissedRange) throws -> MissedRange?
    ) throws -> [MissedRange]
    /// The fire times from `from` to `through` that have a run of the trigger `schedule`, rising.
    func fireTimesRun(job: String, from: Timestamp, through: Timestamp) throws -> [Timestamp]

    // Versions: the text that a run ran.

    /// Keeps a version's files (name to bytes, at least one); one that is kept already stays as it is. Call it in the
    /// transaction that claims the run, for `prune` removes a version with the last run that names it.
    func saveVersion(_ hash: String, files: [String: [UInt8]]) throws
    func version(_ hash: String) throws -> [String: [UInt8]]?

    // State of jobs: what scripts keep by `state.*`.

    func state(job: String, key: String) throws -> Value?
    func setState(job: String, key: String, value: Value) throws
    /// Whether there was one.
    func removeState(job: String, key: String) throws -> Bool
    /// Sorted.
    func stateKeys(job: String) throws -> [String]

    // Upkeep.

    /// Removes what retention no longer keeps (runs with their attempts, versions no run names, missed ranges older
    /// than the history), at most `limit` rows a call; returns the removed runs' numbers by job. Call it again until
    /// it returns nothing.
    func prune(_ retention: Retention, now: Timestamp, limit: Int) throws -> [String: [Int64]]
}

/// Up to which instant a job's fire times are accounted for, and by which schedule they were counted.
package struct JobCursor: Sendable, Hashable {
    package var job: String
    /// Every fire time at or before it ran, was skipped or is in a missed range.
    package var accountedUntil: Timestamp
    /// The schedules as written, and the zone, for the account of a job whose schedule changed while the host was down.
    package var schedules: [String]
    package var timezone: String?

    package init(job: String, accountedUntil: Timestamp, schedules: [String], timezone: String?) {
        self.job = job
        self.accountedUntil = accountedUntil
        self.schedules = schedules
        self.timezone = timezone
    }
}

/// Which runs are asked for.
package struct RunQuery: Sendable, Hashable {
    package var job: String?
    package var outcome: Outcome?
    /// Only runs that follow or repeat this one.
    package var parent: Int64?
    /// Only runs with a smaller number, for paging.
    package var before: Int64?
    package var limit: Int

    package init(
        job: String? = nil, outcome: Outcome? = nil, parent: Int64? = nil, before: Int64? = nil, limit: Int = 100
    ) {
        self.job = job
        self.outcome = outcome
        self.parent = parent
        self.before = before
        self.limit = limit
    }
}

/// How long history is kept. A run that has not ended, a job's newest run and its newest success are always kept.
package struct Retention: Sendable, Hashable {
    /// Seconds that ended runs are kept.
    package var history: Double = 90 * 86400
    /// Runs a job.
    package var runsPerJob = 10_000
    /// Seconds that failures are kept (failed, timed out, lost), whatever the two above say.
    package var failures: Double = 365 * 86400
    /// Seconds that closed alerts and finished messages are kept.
    package var alerts: Double = 90 * 86400
    /// Seconds that what jobs measure is kept by the minute; later by the hour.
    package var minutes: Double = 2 * 86400
    /// Seconds that it is kept at all.
    package var samples: Double = 400 * 86400

    package init() {}
}
