/// A task of a queue: work that is kept until it is done.
package struct QueueTask: Sendable, Hashable {
    /// Where a task stands. One that is done is there no more.
    package enum State: String, Sendable, Hashable, CaseIterable {
        /// It may be claimed from `due` on.
        case waiting
        /// A run works on it, until `due` at the latest.
        case leased
        /// Nobody tries it any more; it stays until an operator or a script decides.
        case dead
    }

    /// The largest body, as JSON, in bytes.
    package static let bodyCap = 256 << 10
    /// The most bytes of bodies, as JSON, that one claim hands out, and that one push takes.
    package static let claimCap = 4 << 20
    /// The most tasks of one call.
    package static let batchCap = 1000
    /// How often its worker may die on a task, where a claim does not say.
    package static let crashCap = 3

    /// The store's number for it, rising from 1.
    package var id: Int64
    package var queue: String
    /// What makes a second push of the same task none.
    package var key: String?
    package var body: Value
    package var state: State
    /// Waiting: not before; leased: the lease's end; dead: since when.
    package var due: Timestamp
    package var pushed: Timestamp
    /// Since when it is tried: when it was pushed, or requeued.
    package var born: Timestamp
    /// When `due` was set: what it waits for is a time span, which a clock that is set back must not stretch.
    package var since: Timestamp
    /// How often it failed, and the try that goes on.
    package var attempts: Int
    /// How often its worker ended without a word about it.
    package var crashes: Int
    /// Rises with each claim: who holds an older one has lost the task.
    package var token: Int64
    /// The run that holds the lease.
    package var run: Int64?
    /// How often its worker may die on it, as the last claim said.
    package var crashLimit: Int
    /// How the last try ended.
    package var error: String?

    package init(
        id: Int64, queue: String, key: String?, body: Value, state: State = .waiting, due: Timestamp,
        pushed: Timestamp, attempts: Int = 0, crashes: Int = 0, token: Int64 = 0, run: Int64? = nil,
        crashLimit: Int = QueueTask.crashCap, error: String? = nil
    ) {
        self.id = id
        self.queue = queue
        self.key = key
        self.body = body
        self.state = state
        self.due = due
        self.pushed = pushed
        born = pushed
        since = pushed
        self.attempts = attempts
        self.crashes = crashes
        self.token = token
        self.run = run
        self.crashLimit = crashLimit
        self.error = error
    }

    /// The row that people and programs see.
    package var row: Value {
        [
            "id": .int(id), "queue": .text(queue), "key": key.map { .text($0) } ?? .null, "body": body,
            "state": .text(state.rawValue), "due": .number(due.epoch), "pushed": .number(pushed.epoch),
            "attempts": .int(Int64(attempts)), "crashes": .int(Int64(crashes)),
            "run": run.map { .int($0) } ?? .null, "error": error.map { .text($0) } ?? .null,
        ]
    }
}

/// What became of a task that was pushed.
package struct PushedTask: Sendable, Hashable {
    package var id: Int64
    /// Whether it was added; else one with its key was known.
    package var isNew: Bool
}

/// What a run holds of a task: its number, and the token of the claim.
package struct TaskLease: Sendable, Hashable {
    package var id: Int64
    package var token: Int64

    package init(id: Int64, token: Int64) {
        self.id = id
        self.token = token
    }
}

/// What becomes of a task that was tried, or was not.
package struct TaskReturn: Sendable, Hashable {
    package enum Fate: Sendable, Hashable {
        /// The try failed: another one follows, so many seconds from now.
        case retry(after: Double)
        /// The try failed, and no other follows.
        case dead
        /// There was no try: it waits again, so many seconds, as if it had never been claimed.
        case postponed(Double)
    }

    package var lease: TaskLease
    package var fate: Fate
    package var error: String?

    package init(lease: TaskLease, fate: Fate, error: String? = nil) {
        self.lease = lease
        self.fate = fate
        self.error = error
    }
}

/// A queue at a glance.
package struct QueueFigures: Sendable, Hashable {
    package var name: String
    /// Tasks that may be claimed now, those whose lease has run out with them.
    package var ready: Int64 = 0
    /// Tasks that wait for their time.
    package var delayed: Int64 = 0
    package var leased: Int64 = 0
    package var dead: Int64 = 0
    /// When the oldest ready task became due.
    package var oldest: Timestamp?
    package var isPaused = false
    /// Until when, where it is not for good.
    package var pausedUntil: Timestamp?
    /// When a job last asked for tasks of it; to the minute.
    package var claimed: Timestamp?
    /// How many were ever done, and how many tries failed or crashed.
    package var done: Int64 = 0
    package var failed: Int64 = 0
    package var crashed: Int64 = 0

    package init(name: String) { self.name = name }

    /// The row that people and programs see.
    package var row: Value {
        [
            "queue": .text(name), "ready": .int(ready), "delayed": .int(delayed), "leased": .int(leased),
            "dead": .int(dead), "oldest": oldest.map { .number($0.epoch) } ?? .null, "paused": .bool(isPaused),
            "paused_until": pausedUntil.map { .number($0.epoch) } ?? .null, "done": .int(done),
            "failed": .int(failed), "crashed": .int(crashed),
        ]
    }
}
