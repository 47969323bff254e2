/// The rows of queues.
extension SQLiteSession {
    private static let taskColumns =
        """
        id, queue, key, body, state, due, pushed, attempts, crashes, token, run, crash_limit, error, born, since
        """

    private static func task(_ row: SQLiteStatement) throws(Failure) -> QueueTask {
        var task = QueueTask(
            id: row.int(0), queue: row.text(1), key: row.optionalText(2), body: try row.json(3),
            state: try row.word(4, QueueTask.State.self), due: row.timestamp(5), pushed: row.timestamp(6),
            attempts: Int(row.int(7)), crashes: Int(row.int(8)), token: row.int(9), run: row.optionalInt(10),
            crashLimit: Int(row.int(11)), error: row.optionalText(12))
        task.born = row.timestamp(13)
        task.since = row.timestamp(14)
        return task
    }

    func insertTask(_ task: QueueTask) throws -> Int64 {
        try open.run(
            """
            INSERT INTO task (
                queue, key, body, pushed, state, due, since, born, attempts, crashes, token, run, crash_limit, error)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [.text(task.queue), .init(task.key), .text(try JSON.text(task.body)), .init(task.pushed)] + changing(task))
        return try open.lastInsertID
    }

    func updateTask(_ task: QueueTask) throws {
        try open.run(
            """
            UPDATE task SET state = ?, due = ?, since = ?, born = ?, attempts = ?, crashes = ?, token = ?, run = ?,
                crash_limit = ?, error = ? WHERE id = ?
            """, changing(task) + [.int(task.id)])
    }

    /// What of a task changes.
    private func changing(_ task: QueueTask) -> [SQLValue] {
        [
            .init(task.state), .init(task.due), .init(task.since), .init(task.born), .init(task.attempts),
            .init(task.crashes), .int(task.token), .init(task.run), .init(task.crashLimit), .init(task.error),
        ]
    }

    func leaseTask(_ id: Int64, run: Int64, until: Timestamp, crashLimit: Int) throws -> QueueTask? {
        try open.row(Self.lease, [.init(until), .int(run), .init(crashLimit), .int(id)], Self.task)
    }

    /// In one statement, as `release`: what a batch does a thousand times is not to be looked up first.
    private static let lease =
        """
        UPDATE task SET state = 'leased', due = ?, attempts = attempts + 1, token = token + 1, run = ?, crash_limit = ?
        WHERE id = ? RETURNING \(taskColumns)
        """

    func deleteTask(_ lease: TaskLease, queue: String, run: Int64, now: Timestamp) throws -> DeletedTask? {
        try open.row(
            Self.release, [.int(lease.id), .text(queue), .int(lease.token), .int(run), .init(now)]
        ) { DeletedTask(key: $0.optionalText(0)) }
    }

    private static let release =
        """
        DELETE FROM task WHERE id = ? AND queue = ? AND state = 'leased' AND token = ? AND run = ? AND due > ?
        RETURNING key
        """

    func deleteTask(_ id: Int64) throws { try open.run("DELETE FROM task WHERE id = ?", [.int(id)]) }

    func task(_ id: Int64) throws -> QueueTask? {
        try open.row("SELECT \(Self.taskColumns) FROM task WHERE id = ?", [.int(id)], Self.task)
    }

    func task(queue: String, key: String) throws -> QueueTask? {
        try open.row(
            "SELECT \(Self.taskColumns) FROM task WHERE queue = ? AND key = ?", [.text(queue), .text(key)], Self.task)
    }

    func dueTasks(
        queue: String, state: QueueTask.State, until: Timestamp, unsuspected: Bool, limit: Int
    ) throws -> [DueTask] {
        try open.rows(
            """
            SELECT id, crashes, length(CAST(body AS BLOB)) FROM task WHERE queue = ? AND state = ? AND due <= ?
            \(unsuspected ? "AND crashes = 0" : "") ORDER BY due, id LIMIT ?
            """, [.text(queue), .init(state), .init(until), .init(limit)]
        ) { DueTask(id: $0.int(0), crashes: Int($0.int(1)), bytes: Int($0.int(2))) }
    }

    func leasedTasks(run: Int64?) throws -> [Int64] {
        try open.rows(
            "SELECT id FROM task WHERE run \(run == nil ? "IS NOT NULL" : "= ?") ORDER BY id",
            run.map { [.int($0)] } ?? []
        ) { $0.int(0) }
    }

    func tasks(_ query: TaskQuery) throws -> [QueueTask] {
        try open.rows(
            """
            SELECT \(Self.taskColumns) FROM task WHERE queue = ? AND id > ?
            \(query.state == nil ? "" : "AND state = ?") ORDER BY id LIMIT ?
            """,
            [.text(query.queue), .int(query.after)] + (query.state.map { [.init($0)] } ?? [])
                + [.init(max(0, query.limit))], Self.task)
    }

    func queueRecord(_ name: String) throws -> QueueRecord? {
        try open.row("\(Self.queueQuery) WHERE name = ?", [.text(name)], Self.queueRecord)
    }

    func queueRecords() throws -> [QueueRecord] { try open.rows(Self.queueQuery, [], Self.queueRecord) }

    private static let queueQuery =
        "SELECT name, paused, paused_until, done, failed, crashed, paused_at, claimed FROM queue"

    private static func queueRecord(_ row: SQLiteStatement) throws(Failure) -> QueueRecord {
        var record = QueueRecord(name: row.text(0))
        record.isPaused = row.int(1) != 0
        record.pausedUntil = row.optionalTimestamp(2)
        (record.done, record.failed, record.crashed) = (row.int(3), row.int(4), row.int(5))
        (record.pausedAt, record.claimed) = (row.optionalTimestamp(6), row.optionalTimestamp(7))
        return record
    }

    func setQueueRecord(_ record: QueueRecord) throws {
        try open.run(
            """
            INSERT OR REPLACE INTO queue (name, paused, paused_until, done, failed, crashed, paused_at, claimed)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                .text(record.name), .int(record.isPaused ? 1 : 0), .init(record.pausedUntil), .int(record.done),
                .int(record.failed), .int(record.crashed), .init(record.pausedAt), .init(record.claimed),
            ])
    }

    func taskCounts(now: Timestamp) throws -> [TaskCount] {
        try open.rows(
            "SELECT queue, state, due <= ?1, count(*), min(due) FROM task GROUP BY queue, state, due <= ?1",
            [.init(now)]
        ) { (row) throws(Failure) in
            TaskCount(
                queue: row.text(0), state: try row.word(1, QueueTask.State.self), isDue: row.int(2) != 0,
                count: row.int(3), first: row.timestamp(4))
        }
    }

    func doneTask(queue: String, key: String, since: Timestamp) throws -> Int64? {
        try open.row(
            "SELECT task FROM task_done WHERE queue = ? AND key = ? AND finished >= ?",
            [.text(queue), .text(key), .init(since)]
        ) { $0.int(0) }
    }

    func rememberDone(queue: String, key: String, task: Int64, now: Timestamp, since: Timestamp) throws {
        try open.run(
            "INSERT OR REPLACE INTO task_done (queue, key, task, finished) VALUES (?, ?, ?, ?)",
            [.text(queue), .text(key), .int(task), .init(now)])
        try open.run(
            "DELETE FROM task_done WHERE rowid IN (SELECT rowid FROM task_done WHERE finished < ? LIMIT 4)",
            [.init(since)])
    }

    func setBackQueues(to now: Timestamp) throws {
        let now = SQLValue(now)
        try open.run(
            "UPDATE task SET due = ?1 + (due - since), since = ?1 WHERE state = 'waiting' AND since > ?1", [now])
        try open.run("UPDATE task SET born = ?1 WHERE born > ?1", [now])
        try open.run("UPDATE task_done SET finished = ?1 WHERE finished > ?1", [now])
        try open.run("UPDATE queue SET claimed = ?1 WHERE claimed > ?1", [now])
        try open.run(
            "UPDATE queue SET paused_until = ?1 + (paused_until - paused_at), paused_at = ?1 WHERE paused_at > ?1",
            [now])
    }
}
