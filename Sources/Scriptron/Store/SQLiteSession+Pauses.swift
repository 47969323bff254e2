/// The rows of pauses.
extension SQLiteSession {
    private static let pauseColumns = "id, job, kind, since, until, by"

    private static func pause(_ row: SQLiteStatement) throws(Failure) -> Pause {
        Pause(
            id: row.int(0), job: row.text(1), kind: try row.word(2, Pause.Kind.self), since: row.timestamp(3),
            until: row.optionalTimestamp(4), by: row.text(5))
    }

    private func values(_ pause: Pause) -> [SQLValue] {
        [.text(pause.job), .init(pause.kind), .init(pause.since), .init(pause.until), .text(pause.by)]
    }

    func pauses(at instant: Timestamp) throws -> [Pause] {
        try open.rows(
            "SELECT \(Self.pauseColumns) FROM pause WHERE until IS NULL OR until > ? ORDER BY id", [.init(instant)],
            Self.pause)
    }

    func pauses(since instant: Timestamp) throws -> [Pause] {
        try open.rows(
            "SELECT \(Self.pauseColumns) FROM pause WHERE until IS NULL OR until > ? OR since > ? ORDER BY id",
            [.init(instant), .init(instant)], Self.pause)
    }

    func insertPause(_ pause: Pause) throws -> Pause {
        try open.run("INSERT INTO pause (job, kind, since, until, by) VALUES (?, ?, ?, ?, ?)", values(pause))
        var inserted = pause
        inserted.id = try open.lastInsertID
        return inserted
    }

    func updatePause(_ pause: Pause) throws {
        let updated = try open.run(
            "UPDATE pause SET job = ?, kind = ?, since = ?, until = ?, by = ? WHERE id = ?",
            values(pause) + [.int(pause.id)])
        if updated == 0 { throw StoreFailure.noPause(pause.id) }
    }

    func prunePauses(before instant: Timestamp) throws -> Int {
        try open.run("DELETE FROM pause WHERE until < ?", [.init(instant)])
    }
}
