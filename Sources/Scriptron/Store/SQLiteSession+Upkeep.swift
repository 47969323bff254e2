/// Missed ranges, and what retention removes.
extension SQLiteSession {
    private static let missedColumns = #"id, job, "from", "to", kind, count, reason"#

    private static func missed(_ row: SQLiteStatement) throws(Failure) -> MissedRange {
        MissedRange(
            id: row.int(0), job: row.text(1), from: row.timestamp(2), to: row.timestamp(3),
            kind: try row.word(4, MissedRange.Kind.self), count: row.int(5), reason: row.text(6))
    }

    func addMissed(_ range: MissedRange, merge: Bool) throws {
        if merge, let last = try missed(job: range.job, limit: 1).first, last.isContinued(by: range) {
            try open.run(
                #"UPDATE missed SET "to" = ?, count = count + ?, heard = 0 WHERE id = ?"#,
                [.init(range.to), .int(range.count), .int(last.id)])
        } else {
            try open.run(
                #"INSERT INTO missed (job, "from", "to", kind, count, reason) VALUES (?, ?, ?, ?, ?, ?)"#,
                [
                    .text(range.job), .init(range.from), .init(range.to), .init(range.kind), .int(range.count),
                    .text(range.reason),
                ])
        }
    }

    func missed(job: String?, limit: Int) throws -> [MissedRange] {
        try open.rows(
            """
            SELECT \(Self.missedColumns) FROM missed \(job == nil ? "" : "WHERE job = ?")
            ORDER BY "to" DESC, id DESC LIMIT ?
            """, (job.map { [.text($0)] } ?? []) + [.init(max(0, limit))], Self.missed)
    }

    func takeBackMissed(
        after instant: Timestamp, cut: (MissedRange) throws -> MissedRange?
    ) throws -> [MissedRange] {
        let later = try open.rows(
            #"SELECT \#(Self.missedColumns) FROM missed WHERE "to" > ? ORDER BY "to" DESC, id DESC"#,
            [.init(instant)], Self.missed)
        for range in later {
            if range.from <= instant, let left = try cut(range) {
                try open.run(
                    #"UPDATE missed SET "to" = ?, count = ? WHERE id = ?"#,
                    [.init(left.to), .int(left.count), .int(range.id)])
            } else {
                try open.run("DELETE FROM missed WHERE id = ?", [.int(range.id)])
            }
        }
        return later
    }

    func fireTimesRun(job: String, from: Timestamp, through: Timestamp) throws -> [Timestamp] {
        try open.rows(
            """
            SELECT fire_time FROM run
            WHERE job = ? AND "trigger" = 'schedule' AND fire_time BETWEEN ? AND ? ORDER BY fire_time
            """, [.text(job), .init(from), .init(through)]
        ) { $0.timestamp(0) }
    }

    func prune(_ retention: Retention, now: Timestamp, limit: Int) throws -> [String: [Int64]] {
        var removed = try remove(tooOld(retention, now: now, limit: limit))
        let full = try open.rows(
            "SELECT job FROM run GROUP BY job HAVING count(*) > ?", [.init(retention.runsPerJob)]
        ) { $0.text(0) }
        var left = limit - removed.values.reduce(0) { $0 + $1.count }
        for job in full where left > 0 {
            let more = try remove(tooMany(job, retention, now: now, limit: left))
            removed.merge(more) { $0 + $1 }
            left -= more.values.reduce(0) { $0 + $1.count }
        }
        if left > 0 {
            try open.run(
                #"DELETE FROM missed WHERE id IN (SELECT id FROM missed WHERE "to" < ? ORDER BY "to" LIMIT ?)"#,
                [.init(now - retention.history), .init(left)])
        }
        return removed
    }

    private struct Removable {
        let id: Int64
        let job: String
        let version: String
    }

    /// Holds for runs that are always kept: those that have not ended, a job's newest and its newest success; and
    /// for failures that are kept longer (one parameter: since when).
    private static let mayGo = """
        state = 'ended'
        AND id <> (SELECT max(id) FROM run AS newest WHERE newest.job = run.job)
        AND id IS NOT (SELECT max(id) FROM run AS newest WHERE newest.job = run.job AND outcome = 'succeeded')
        AND NOT (outcome IN ('failed', 'timed_out', 'lost') AND finished >= ?)
        """

    private func tooOld(_ retention: Retention, now: Timestamp, limit: Int) throws(Failure) -> [Removable] {
        try open.rows(
            """
            SELECT id, job, version FROM run WHERE finished < ? AND \(Self.mayGo) ORDER BY finished, id LIMIT ?
            """,
            [.init(now - retention.history), .init(now - retention.failures), .init(limit)]
        ) { Removable(id: $0.int(0), job: $0.text(1), version: $0.text(2)) }
    }

    private func tooMany(
        _ job: String, _ retention: Retention, now: Timestamp, limit: Int
    ) throws(Failure) -> [Removable] {
        try open.rows(
            """
            SELECT id, job, version FROM run
            WHERE job = ? AND id <= (SELECT id FROM run WHERE job = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
                AND \(Self.mayGo)
            ORDER BY id LIMIT ?
            """,
            [
                .text(job), .text(job), .init(retention.runsPerJob), .init(now - retention.failures), .init(limit),
            ]
        ) { Removable(id: $0.int(0), job: $0.text(1), version: $0.text(2)) }
    }

    /// Removes runs with their attempts, and versions that no run names any more.
    private func remove(_ runs: [Removable]) throws(Failure) -> [String: [Int64]] {
        for run in runs { try open.run("DELETE FROM run WHERE id = ?", [.int(run.id)]) }
        for version in Set(runs.map(\.version)) {
            try open.run(
                "DELETE FROM version WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM run WHERE run.version = hash)",
                [.text(version)])
        }
        return Dictionary(grouping: runs, by: \.job).mapValues { $0.map(\.id) }
    }
}
