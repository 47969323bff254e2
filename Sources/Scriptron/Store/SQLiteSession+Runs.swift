/// Runs and attempts.
extension SQLiteSession {
    private static let runColumns = """
        id, job, "trigger", fire_time, state, outcome, reason, version, settings, "grant", claimed, started, finished, \
        not_before, attempts, cuts, header, parent
        """

    private func runValues(_ run: Run) throws(Failure) -> [SQLValue] {
        [
            .text(run.job), .init(run.trigger), .init(run.fireTime), .init(run.state), .init(run.outcome),
            .init(run.reason), .text(run.version), .text(try JSON.text(run.settings)),
            .text(try JSON.text(run.grant)), .init(run.claimed), .init(run.started), .init(run.finished),
            .init(run.notBefore), .init(run.attempts), .init(run.cuts), .text(try JSON.text(run.header)),
            .init(run.parent),
        ]
    }

    private static func run(_ row: SQLiteStatement) throws(Failure) -> Run {
        Run(
            id: row.int(0), job: row.text(1), trigger: try row.word(2, Trigger.self), fireTime: row.timestamp(3),
            state: try row.word(4, RunState.self), outcome: row.isNull(5) ? nil : try row.word(5, Outcome.self),
            reason: row.optionalText(6), version: row.text(7), settings: try row.json(8), grant: try row.json(9),
            header: try row.json(16), parent: row.optionalInt(17), claimed: row.timestamp(10),
            started: row.optionalTimestamp(11), finished: row.optionalTimestamp(12),
            notBefore: row.optionalTimestamp(13), attempts: Int(row.int(14)), cuts: Int(row.int(15)))
    }

    func insertRun(_ run: Run) throws -> Run? {
        let inserted = try open.run(
            """
            INSERT INTO run (job, "trigger", fire_time, state, outcome, reason, version, settings, "grant", claimed,
                started, finished, not_before, attempts, cuts, header, parent)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (job, fire_time) WHERE "trigger" = 'schedule' DO NOTHING
            """, try runValues(run))
        if inserted == 0 { return nil }
        var claimed = run
        claimed.id = try open.lastInsertID
        return claimed
    }

    func updateRun(_ run: Run) throws {
        let updated = try open.run(
            """
            UPDATE run SET job = ?, "trigger" = ?, fire_time = ?, state = ?, outcome = ?, reason = ?, version = ?,
                settings = ?, "grant" = ?, claimed = ?, started = ?, finished = ?, not_before = ?, attempts = ?,
                cuts = ?, header = ?, parent = ?
            WHERE id = ?
            """, try runValues(run) + [.int(run.id)])
        if updated == 0 { throw StoreFailure.noRun(run.id) }
    }

    func updateCourse(of run: Run) throws {
        let updated = try open.run(
            """
            UPDATE run SET state = ?, outcome = ?, reason = ?, started = ?, finished = ?, not_before = ?, attempts = ?,
                cuts = ?
            WHERE id = ?
            """,
            [
                .init(run.state), .init(run.outcome), .init(run.reason), .init(run.started), .init(run.finished),
                .init(run.notBefore), .init(run.attempts), .init(run.cuts), .int(run.id),
            ])
        if updated == 0 { throw StoreFailure.noRun(run.id) }
    }

    func moveRun(_ run: Run) throws -> Bool {
        let taken = try open.row(
            #"SELECT 1 FROM run WHERE job = ? AND fire_time = ? AND "trigger" = 'schedule' AND id <> ?"#,
            [.text(run.job), .init(run.fireTime), .int(run.id)]
        ) { _ in true }
        if taken == true { return false }
        try updateRun(run)
        return true
    }

    func run(_ id: Int64) throws -> Run? {
        try open.row("SELECT \(Self.runColumns) FROM run WHERE id = ?", [.int(id)], Self.run)
    }

    func runs(_ query: RunQuery) throws -> [Run] {
        var conditions: [String] = []
        var values: [SQLValue] = []
        if let job = query.job {
            conditions.append("job = ?")
            values.append(.text(job))
        }
        if let outcome = query.outcome {
            conditions.append("outcome = ?")
            values.append(.init(outcome))
        }
        if let parent = query.parent {
            conditions.append("parent = ?")
            values.append(.int(parent))
        }
        if let before = query.before {
            conditions.append("id < ?")
            values.append(.int(before))
        }
        let filter = conditions.isEmpty ? "" : "WHERE " + conditions.joined(separator: " AND ")
        return try open.rows(
            "SELECT \(Self.runColumns) FROM run \(filter) ORDER BY id DESC LIMIT ?",
            values + [.init(max(0, query.limit))], Self.run)
    }

    func openRuns() throws -> [Run] {
        try open.rows("SELECT \(Self.runColumns) FROM run WHERE state <> 'ended' ORDER BY id", [], Self.run)
    }

    func lastRun(job: String, outcome: Outcome?) throws -> Run? {
        let condition = outcome == nil ? "outcome IS NOT NULL AND outcome <> 'skipped'" : "outcome = ?"
        return try open.row(
            "SELECT \(Self.runColumns) FROM run WHERE job = ? AND \(condition) ORDER BY id DESC LIMIT 1",
            [.text(job)] + (outcome.map { [.init($0)] } ?? []), Self.run)
    }

    // MARK: Attempts

    private func attemptValues(_ attempt: Attempt) throws(Failure) -> [SQLValue] {
        [
            .init(attempt.started), .init(attempt.finished), .init(attempt.outcome), .init(attempt.reason),
            .init(attempt.error), .text(try JSON.text(attempt.result)), .text(try JSON.text(.texts(attempt.warnings))),
            .real(attempt.cpuSeconds), .int(attempt.maxRSSBytes), .text(attempt.user), .text(attempt.sandbox),
            .text(try JSON.text(.texts(attempt.limitsHit))), .text(try JSON.text(.texts(attempt.refusals))),
            .init(attempt.pid), .init(attempt.pidStart.map(Int64.init(bitPattern:))), .init(attempt.unkillable),
            .int(attempt.run), .init(attempt.number),
        ]
    }

    func insertAttempt(_ attempt: Attempt) throws {
        let known = try open.row("SELECT 1 FROM run WHERE id = ?", [.int(attempt.run)]) { _ in true }
        guard known != nil else { throw StoreFailure.noRun(attempt.run) }
        let inserted = try open.run(
            """
            INSERT INTO attempt (started, finished, outcome, reason, error, result, warnings, cpu_seconds,
                max_rss_bytes, user, sandbox, limits_hit, refusals, pid, pid_start, unkillable, run, number)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (run, number) DO NOTHING
            """, try attemptValues(attempt))
        if inserted == 0 { throw StoreFailure.attemptExists(attempt) }
    }

    func updateAttempt(_ attempt: Attempt) throws {
        let updated = try open.run(
            """
            UPDATE attempt SET started = ?, finished = ?, outcome = ?, reason = ?, error = ?, result = ?,
                warnings = ?, cpu_seconds = ?, max_rss_bytes = ?, user = ?, sandbox = ?, limits_hit = ?, refusals = ?,
                pid = ?, pid_start = ?, unkillable = ?
            WHERE run = ? AND number = ?
            """, try attemptValues(attempt))
        if updated == 0 { throw StoreFailure.noAttempt(attempt) }
    }

    func attempts(run: Int64) throws -> [Attempt] {
        try open.rows(
            """
            SELECT number, started, finished, outcome, reason, error, result, warnings, cpu_seconds, max_rss_bytes,
                user, sandbox, limits_hit, refusals, pid, pid_start, unkillable
            FROM attempt WHERE run = ? ORDER BY number
            """, [.int(run)]
        ) { (row) throws(Failure) in
            var attempt = Attempt(run: run, number: Int(row.int(0)), started: row.timestamp(1))
            attempt.finished = row.optionalTimestamp(2)
            attempt.outcome = row.isNull(3) ? nil : try row.word(3, Outcome.self)
            attempt.reason = row.optionalText(4)
            attempt.error = row.optionalText(5)
            attempt.result = try row.json(6)
            attempt.warnings = try row.json(7).texts
            attempt.cpuSeconds = row.real(8)
            attempt.maxRSSBytes = row.int(9)
            attempt.user = row.text(10)
            attempt.sandbox = row.text(11)
            attempt.limitsHit = try row.json(12).texts
            attempt.refusals = try row.json(13).texts
            attempt.pid = row.optionalInt(14).map(Int32.init(truncatingIfNeeded:))
            attempt.pidStart = row.optionalInt(15).map(UInt64.init(bitPattern:))
            attempt.unkillable = row.optionalInt(16).map(Int32.init(truncatingIfNeeded:))
            return attempt
        }
    }
}
