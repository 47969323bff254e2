/// The rows of queues.
extension MemorySession {
    func insertTask(_ task: QueueTask) throws -> Int64 {
        try changing { content in
            _ = try JSON.encode(task.body)
            content.lastTask += 1
            var added = task
            added.id = content.lastTask
            content.tasks[added.id] = added
            return added.id
        }
    }

    func updateTask(_ task: QueueTask) throws {
        try changing { content in
            guard let known = content.tasks[task.id] else { return }
            var changed = task
            (changed.queue, changed.key, changed.body) = (known.queue, known.key, known.body)
            changed.pushed = known.pushed
            content.tasks[task.id] = changed
        }
    }

    func deleteTask(_ id: Int64) throws { try changing { $0.tasks[id] = nil } }

    func leaseTask(_ id: Int64, run: Int64, until: Timestamp, crashLimit: Int) throws -> QueueTask? {
        try changing { content in
            guard var task = content.tasks[id] else { return nil }
            (task.state, task.due, task.run, task.crashLimit) = (.leased, until, run, crashLimit)
            task.attempts += 1
            task.token += 1
            content.tasks[id] = task
            return task
        }
    }

    func deleteTask(_ lease: TaskLease, queue: String, run: Int64, now: Timestamp) throws -> DeletedTask? {
        try changing { content in
            guard let task = content.tasks[lease.id], task.queue == queue, task.state == .leased,
                task.token == lease.token, task.run == run, task.due > now
            else { return nil }
            content.tasks[lease.id] = nil
            return DeletedTask(key: task.key)
        }
    }

    func task(_ id: Int64) throws -> QueueTask? { try reading().tasks[id] }

    func task(queue: String, key: String) throws -> QueueTask? {
        try reading().tasks.values.first { $0.queue == queue && $0.key?.utf8.elementsEqual(key.utf8) == true }
    }

    func dueTasks(
        queue: String, state: QueueTask.State, until: Timestamp, unsuspected: Bool, limit: Int
    ) throws -> [DueTask] {
        try reading().tasks.values
            .filter { $0.queue == queue && $0.state == state && $0.due <= until && !(unsuspected && $0.crashes > 0) }
            .sorted { ($0.due, $0.id) < ($1.due, $1.id) }.prefix(limit)
            .map { DueTask(id: $0.id, crashes: $0.crashes, bytes: try JSON.encode($0.body).count) }
    }

    func leasedTasks(run: Int64?) throws -> [Int64] {
        try reading().tasks.values.filter { $0.run != nil && (run == nil || $0.run == run) }.map(\.id).sorted()
    }

    func tasks(_ query: TaskQuery) throws -> [QueueTask] {
        let found = try reading().tasks.values.filter { task in
            task.queue == query.queue && task.id > query.after && (query.state == nil || task.state == query.state)
        }
        return Array(found.sorted { $0.id < $1.id }.prefix(max(0, query.limit)))
    }

    func queueRecord(_ name: String) throws -> QueueRecord? { try reading().queues[.init(name)] }

    func queueRecords() throws -> [QueueRecord] { Array(try reading().queues.values) }

    func setQueueRecord(_ record: QueueRecord) throws {
        try changing { $0.queues[.init(record.name)] = record }
    }

    func taskCounts(now: Timestamp) throws -> [TaskCount] {
        var counts: [[String]: TaskCount] = [:]
        for task in try reading().tasks.values {
            let key = [task.queue, task.state.rawValue, task.due <= now ? "due" : ""]
            var count =
                counts[key]
                ?? TaskCount(queue: task.queue, state: task.state, isDue: task.due <= now, count: 0, first: task.due)
            count.count += 1
            count.first = min(count.first, task.due)
            counts[key] = count
        }
        return Array(counts.values)
    }

    func doneTask(queue: String, key: String, since: Timestamp) throws -> Int64? {
        guard let done = try reading().doneTasks[.init(queue)]?[.init(key)], done.finished >= since else { return nil }
        return done.task
    }

    func rememberDone(queue: String, key: String, task: Int64, now: Timestamp, since: Timestamp) throws {
        try changing { $0.doneTasks[.init(queue), default: [:]][.init(key)] = (task, now) }
    }

    func setBackQueues(to now: Timestamp) throws {
        try changing { content in
            for (id, task) in content.tasks {
                var task = task
                if task.state == .waiting, task.since > now {
                    task.due = now + (task.due - task.since)
                    task.since = now
                }
                task.born = min(task.born, now)
                content.tasks[id] = task
            }
            content.doneTasks = content.doneTasks.mapValues { $0.mapValues { ($0.task, min($0.finished, now)) } }
            for (name, record) in content.queues {
                var record = record
                record.claimed = record.claimed.map { min($0, now) }
                if let at = record.pausedAt, at > now {
                    record.pausedUntil = record.pausedUntil.map { now + ($0 - at) }
                    record.pausedAt = now
                }
                content.queues[name] = record
            }
        }
    }
}
