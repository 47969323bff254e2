/// The rows behind queues: what a store must be able to do with them. What happens to tasks, and when, is said once,
/// in `QueueSession`.
package protocol QueueRows {
    /// Returns the number that the task was given. Fails where its body has no JSON (`JSON`).
    func insertTask(_ task: QueueTask) throws -> Int64
    /// Replaces all of the task with this number but its queue, key, body and the time it was pushed.
    func updateTask(_ task: QueueTask) throws
    func deleteTask(_ id: Int64) throws
    /// Gives a task to a run until the lease's end, as its next try under its next token; nil: there is none.
    func leaseTask(_ id: Int64, run: Int64, until: Timestamp, crashLimit: Int) throws -> QueueTask?
    /// Deletes a task of this queue that the run holds by this lease, which ends after `now`; nil: it does not.
    func deleteTask(_ lease: TaskLease, queue: String, run: Int64, now: Timestamp) throws -> DeletedTask?
    func task(_ id: Int64) throws -> QueueTask?
    func task(queue: String, key: String) throws -> QueueTask?
    /// The tasks of a queue and state that are due, the earliest first; with `crashes` 0 only those without any.
    func dueTasks(
        queue: String, state: QueueTask.State, until: Timestamp, unsuspected: Bool, limit: Int
    ) throws -> [DueTask]
    /// What is leased, by this run or (nil) by any.
    func leasedTasks(run: Int64?) throws -> [Int64]
    /// The tasks of a queue by their numbers, from behind `after` on.
    func tasks(_ query: TaskQuery) throws -> [QueueTask]

    func queueRecord(_ name: String) throws -> QueueRecord?
    func setQueueRecord(_ record: QueueRecord) throws
    func queueRecords() throws -> [QueueRecord]
    func taskCounts(now: Timestamp) throws -> [TaskCount]

    /// The task that was done under this key since `since`.
    func doneTask(queue: String, key: String, since: Timestamp) throws -> Int64?
    /// Remembers a key whose task is done, and forgets a few that are older than `since`.
    func rememberDone(queue: String, key: String, task: Int64, now: Timestamp, since: Timestamp) throws

    /// The clock was set back to `now`: what was noted later than that is noted now, and what waits for a time span
    /// from then waits for it from now.
    func setBackQueues(to now: Timestamp) throws
}

/// What is left of a task that was deleted.
package struct DeletedTask: Sendable, Hashable {
    package var key: String?
}

/// A task that is due, before all of it is read.
package struct DueTask: Sendable, Hashable {
    package var id: Int64
    package var crashes: Int
    /// Of its body as JSON.
    package var bytes: Int
}

/// Which tasks of a queue are asked for.
package struct TaskQuery: Sendable, Hashable {
    package var queue: String
    package var state: QueueTask.State?
    /// Only tasks with a larger number, for paging.
    package var after: Int64 = 0
    package var limit = 100

    package init(queue: String, state: QueueTask.State? = nil, after: Int64 = 0, limit: Int = 100) {
        self.queue = queue
        self.state = state
        self.after = after
        self.limit = limit
    }
}

/// What is kept of a queue beside its tasks.
package struct QueueRecord: Sendable, Hashable {
    package var name: String
    package var isPaused = false
    package var pausedUntil: Timestamp?
    /// When it was paused: the pause is a time span.
    package var pausedAt: Timestamp?
    /// When a job last asked for tasks; to the minute.
    package var claimed: Timestamp?
    package var done: Int64 = 0
    package var failed: Int64 = 0
    package var crashed: Int64 = 0

    package init(name: String) { self.name = name }

    /// Whether no task of it is handed out at `now`.
    func isPaused(at now: Timestamp) -> Bool { isPaused && pausedUntil.map { $0 > now } ?? true }
}

/// How many tasks of a queue stand alike.
package struct TaskCount: Sendable, Hashable {
    package var queue: String
    package var state: QueueTask.State
    package var isDue: Bool
    package var count: Int64
    /// The earliest of their times.
    package var first: Timestamp
}
