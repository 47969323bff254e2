/// What queues do, inside one transaction of a store.
///
/// A task is claimed under a lease, with a token that rises with each claim: only the run that holds the newest lease,
/// before it runs out, can say what became of the task. A try that ends without a word (the worker died, the lease ran
/// out) counts as a crash, not as a failure; a try that was interrupted counts as nothing.
extension QueueRows {
    /// Seconds that the key of a task that is done makes a second push none.
    private var keyMemory: Double { 86400 }

    /// Adds a task; its number, and whether it is new: one with this key that waits, is dead or was done a short while
    /// ago is left as it is.
    package func pushTask(
        queue: String, body: Value, key: String?, delay: Double, now: Timestamp
    ) throws -> PushedTask {
        try pushTasks(queue: queue, [(body, key)], delay: delay, now: now)[0]
    }

    /// Adds tasks, in their order, each as `pushTask` does: a key that comes twice is the same task.
    package func pushTasks(
        queue: String, _ tasks: [(body: Value, key: String?)], delay: Double, now: Timestamp
    ) throws -> [PushedTask] {
        let due = now + max(0, delay)
        var isKnown = false
        return try tasks.map { body, key in
            if let key {
                if let known = try task(queue: queue, key: key) { return PushedTask(id: known.id, isNew: false) }
                if let done = try doneTask(queue: queue, key: key, since: now - keyMemory) {
                    return PushedTask(id: done, isNew: false)
                }
            }
            if !isKnown, try queueRecord(queue) == nil { try setQueueRecord(QueueRecord(name: queue)) }
            isKnown = true
            let task = QueueTask(id: 0, queue: queue, key: key, body: body, due: due, pushed: now)
            return PushedTask(id: try insertTask(task), isNew: true)
        }
    }

    /// Leases tasks that are due to a run for so many seconds, the longest due first. A task on which a worker died
    /// comes alone, so that it takes no other down with it.
    ///
    /// Leases are told by a clock of their own, `leaseNow`: one that nobody sets, or a step of the clock would end them.
    package func claimTasks(
        queue: String, run: Int64, max: Int, lease: Double, crashLimit: Int, now: Timestamp,
        leaseNow: Timestamp? = nil
    ) throws -> [QueueTask] {
        let leaseNow = leaseNow ?? now
        for expired in try dueTasks(queue: queue, state: .leased, until: leaseNow, unsuspected: false, limit: .max) {
            try crash(expired.id, "its lease ran out", now)
        }
        try noteClaim(queue, now)
        if try queueRecord(queue)?.isPaused(at: now) ?? true { return [] }
        var due = try dueTasks(queue: queue, state: .waiting, until: now, unsuspected: false, limit: 1)
        if due.first?.crashes == 0 {
            due = try dueTasks(queue: queue, state: .waiting, until: now, unsuspected: true, limit: max)
        }
        var claimed: [QueueTask] = []
        var bytes = 0
        for next in due {
            bytes += next.bytes
            if !claimed.isEmpty, bytes > QueueTask.claimCap { break }
            if let task = try leaseTask(next.id, run: run, until: leaseNow + lease, crashLimit: crashLimit) {
                claimed.append(task)
            }
        }
        return claimed
    }

    /// Takes tasks that are done out of the queue; returns those whose lease is lost, which are left as they are.
    package func finishTasks(
        queue: String, run: Int64, _ leases: [TaskLease], now: Timestamp, leaseNow: Timestamp? = nil
    ) throws -> [Int64] {
        var lost: [Int64] = []
        for lease in leases {
            guard let task = try deleteTask(lease, queue: queue, run: run, now: leaseNow ?? now) else {
                lost.append(lease.id)
                continue
            }
            if let key = task.key {
                try rememberDone(queue: queue, key: key, task: lease.id, now: now, since: now - keyMemory)
            }
        }
        try count(queue) { $0.done += Int64(leases.count - lost.count) }
        return lost
    }

    /// Gives tasks back that were not done; returns those whose lease is lost.
    package func returnTasks(
        queue: String, run: Int64, _ returns: [TaskReturn], now: Timestamp, leaseNow: Timestamp? = nil
    ) throws -> [Int64] {
        var lost: [Int64] = []
        var failed: Int64 = 0
        for back in returns {
            guard var task = try held(back.lease, queue, run, leaseNow ?? now) else {
                lost.append(back.lease.id)
                continue
            }
            task.run = nil
            task.state = .waiting
            task.error = back.error ?? task.error
            task.since = now
            switch back.fate {
            case .retry(let after):
                task.due = now + after
                failed += 1
            case .dead:
                task.state = .dead
                task.due = now
                failed += 1
            case .postponed(let delay):
                task.due = now + delay
                task.attempts -= 1
            }
            try updateTask(task)
        }
        try count(queue) { $0.failed += failed }
        return lost
    }

    /// Prolongs leases, to so many seconds from now on their clock; returns those that are lost.
    package func extendTasks(
        queue: String, run: Int64, _ leases: [TaskLease], lease: Double, now: Timestamp
    ) throws -> [Int64] {
        try leases.compactMap { held in
            guard var task = try self.held(held, queue, run, now) else { return held.id }
            task.due = now + lease
            try updateTask(task)
            return nil
        }
    }

    /// Ends the leases of a run that has ended, or (nil) of all runs: as crashes for `crash`, the reason; nil: the run
    /// was interrupted, or let go of them. How many there were.
    @discardableResult
    package func endLeases(run: Int64?, crash reason: String?, now: Timestamp) throws -> Int {
        let ids = try leasedTasks(run: run)
        for id in ids {
            if let reason {
                try crash(id, reason, now)
            } else if var task = try task(id) {
                task.state = .waiting
                task.run = nil
                task.attempts -= 1
                task.due = now
                task.since = now
                try updateTask(task)
            }
        }
        return ids.count
    }

    /// Makes tasks due now, as if they had never been tried: the dead ones of the queue (at most so many), or those with
    /// these numbers that nobody works on. How many.
    package func requeueTasks(
        queue: String, _ ids: [Int64]?, delay: Double, limit: Int, now: Timestamp
    ) throws -> Int {
        let all: [Int64]
        if let ids {
            all = ids
        } else {
            all = try dueTasks(
                queue: queue, state: .dead, until: Timestamp(microseconds: .max), unsuspected: false, limit: limit
            ).map(\.id)
        }
        var count = 0
        for id in all {
            guard var task = try task(id), task.queue == queue, task.state != .leased else { continue }
            task.state = .waiting
            task.due = now + max(0, delay)
            task.since = now
            // Its age counts anew, or one that was too old would die of it again at once.
            task.born = now
            task.attempts = 0
            task.crashes = 0
            try updateTask(task)
            count += 1
        }
        return count
    }

    /// Removes tasks that nobody works on, for good. How many.
    package func removeTasks(queue: String, _ ids: [Int64]) throws -> Int {
        var count = 0
        for id in ids {
            guard let task = try task(id), task.queue == queue, task.state != .leased else { continue }
            try deleteTask(id)
            count += 1
        }
        return count
    }

    /// Has the queue hand out nothing, until an instant or (nil) until `resumeQueue`.
    package func pauseQueue(_ name: String, until: Timestamp?, now: Timestamp) throws {
        var record = try queueRecord(name) ?? QueueRecord(name: name)
        record.isPaused = true
        record.pausedUntil = until
        record.pausedAt = now
        try setQueueRecord(record)
    }

    package func resumeQueue(_ name: String) throws {
        var record = try queueRecord(name) ?? QueueRecord(name: name)
        record.isPaused = false
        record.pausedUntil = nil
        record.pausedAt = nil
        try setQueueRecord(record)
    }

    /// All queues that were ever used, sorted by name.
    package func queueFigures(now: Timestamp) throws -> [QueueFigures] {
        var figures: [String: QueueFigures] = [:]
        for record in try queueRecords() {
            var one = QueueFigures(name: record.name)
            one.isPaused = record.isPaused(at: now)
            one.pausedUntil = one.isPaused ? record.pausedUntil : nil
            one.claimed = record.claimed
            (one.done, one.failed, one.crashed) = (record.done, record.failed, record.crashed)
            figures[record.name] = one
        }
        for count in try taskCounts(now: now) {
            var one = figures[count.queue] ?? QueueFigures(name: count.queue)
            switch count.state {
            case .dead: one.dead += count.count
            case .leased where !count.isDue: one.leased += count.count
            case .waiting where !count.isDue: one.delayed += count.count
            case .leased, .waiting:
                one.ready += count.count
                one.oldest = min(one.oldest ?? count.first, count.first)
            }
            figures[count.queue] = one
        }
        return figures.values.sorted { $0.name < $1.name }
    }

    // Helpers.

    /// The task, where the run still holds it by this lease.
    private func held(_ lease: TaskLease, _ queue: String, _ run: Int64, _ now: Timestamp) throws -> QueueTask? {
        guard let task = try task(lease.id), task.queue == queue, task.state == .leased, task.token == lease.token,
            task.run == run, task.due > now
        else { return nil }
        return task
    }

    private func crash(_ id: Int64, _ reason: String, _ now: Timestamp) throws {
        guard var task = try task(id) else { return }
        task.attempts -= 1
        task.crashes += 1
        task.run = nil
        task.due = now
        task.since = now
        task.state = task.crashes < task.crashLimit ? .waiting : .dead
        let times = task.crashes == 1 ? "once" : "\(task.crashes) times"
        task.error = "its worker ended \(times) without a word about it, the last time because \(reason)"
        try updateTask(task)
        try count(task.queue) { $0.crashed += 1 }
    }

    /// Remembers that a job asks for tasks of the queue; to the minute, so that it costs no write each time.
    private func noteClaim(_ queue: String, _ now: Timestamp) throws {
        guard var record = try queueRecord(queue), record.claimed.map({ now - $0 >= 60 }) ?? true else { return }
        record.claimed = now
        try setQueueRecord(record)
    }

    private func count(_ queue: String, _ change: (inout QueueRecord) -> Void) throws {
        let before = try queueRecord(queue)
        var record = before ?? QueueRecord(name: queue)
        change(&record)
        if record != before { try setQueueRecord(record) }
    }
}
