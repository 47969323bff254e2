/// Alerts, silences, and the messages that wait for their channels.
extension SQLiteSession {
    private static let alertColumns = """
        id, job, key, origin, state, severity, summary, fields, since, fired, resolved, reason, runs, earlier_runs, \
        last_run, silent_runs, notified, acknowledged, acknowledged_by
        """

    private static func alert(_ row: SQLiteStatement) throws(Failure) -> Alert {
        var alert = Alert(
            job: row.text(1), key: row.text(2), origin: try row.word(3, Alert.Origin.self),
            state: try row.word(4, Alert.State.self), severity: try row.word(5, Severity.self), summary: row.text(6),
            since: row.timestamp(8))
        alert.id = row.int(0)
        alert.fields = try row.json(7)
        alert.fired = row.optionalTimestamp(9)
        alert.resolved = row.optionalTimestamp(10)
        alert.reason = row.optionalText(11)
        alert.runs = row.int(12)
        alert.earlierRuns = row.int(13)
        alert.lastRun = row.int(14)
        alert.silentRuns = row.int(15)
        alert.notified = row.optionalTimestamp(16)
        alert.acknowledged = row.optionalTimestamp(17)
        alert.acknowledgedBy = row.optionalText(18)
        return alert
    }

    private func values(_ alert: Alert) throws(Failure) -> [SQLValue] {
        [
            .text(alert.job), .text(alert.key), .init(alert.origin), .init(alert.state), .init(alert.severity),
            .text(alert.summary), .text(try JSON.text(alert.fields)), .init(alert.since), .init(alert.fired),
            .init(alert.resolved), .init(alert.reason), .int(alert.runs), .int(alert.earlierRuns),
            .int(alert.lastRun), .int(alert.silentRuns), .init(alert.notified), .init(alert.acknowledged),
            .init(alert.acknowledgedBy),
        ]
    }

    func openAlert(job: String, key: String) throws -> Alert? {
        try open.row(
            "SELECT \(Self.alertColumns) FROM alert WHERE job = ? AND key = ? AND state <> 'resolved'",
            [.text(job), .text(key)], Self.alert)
    }

    func alert(_ id: Int64) throws -> Alert? {
        try open.row("SELECT \(Self.alertColumns) FROM alert WHERE id = ?", [.int(id)], Self.alert)
    }

    func alerts(_ query: AlertQuery) throws -> [Alert] {
        let job = query.job == nil ? "" : "AND job = ?"
        let order =
            query.isOpen
            ? "state <> 'resolved' \(job) ORDER BY job, key"
            : "state = 'resolved' \(job) ORDER BY resolved DESC, id DESC"
        return try open.rows(
            "SELECT \(Self.alertColumns) FROM alert WHERE \(order) LIMIT ?",
            (query.job.map { [.text($0)] } ?? []) + [.init(max(0, query.limit))], Self.alert)
    }

    func openAlertCount(job: String) throws -> Int {
        try open.row("SELECT count(*) FROM alert WHERE job = ? AND state <> 'resolved'", [.text(job)]) {
            Int($0.int(0))
        } ?? 0
    }

    func insertAlert(_ alert: Alert) throws -> Alert {
        let inserted = try open.run(
            """
            INSERT INTO alert (job, key, origin, state, severity, summary, fields, since, fired, resolved, reason, runs,
                earlier_runs, last_run, silent_runs, notified, acknowledged, acknowledged_by)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (job, key) WHERE state <> 'resolved' DO NOTHING
            """, try values(alert))
        if inserted == 0 { throw StoreFailure.alertExists(alert) }
        var added = alert
        added.id = try open.lastInsertID
        return added
    }

    func updateAlert(_ alert: Alert) throws {
        let updated = try open.run(
            """
            UPDATE alert SET job = ?, key = ?, origin = ?, state = ?, severity = ?, summary = ?, fields = ?, since = ?,
                fired = ?, resolved = ?, reason = ?, runs = ?, earlier_runs = ?, last_run = ?, silent_runs = ?,
                notified = ?, acknowledged = ?, acknowledged_by = ?
            WHERE id = ?
            """, try values(alert) + [.int(alert.id)])
        if updated == 0 { throw StoreFailure.noAlert(alert.id) }
    }

    func toldEpisodes(job: String, key: String, since instant: Timestamp) throws -> Int {
        try open.row(
            "SELECT count(*) FROM alert WHERE state = 'resolved' AND resolved >= ? AND job = ? AND key = ? AND notified >= ?",
            [.init(instant), .text(job), .text(key), .init(instant)]
        ) { Int($0.int(0)) } ?? 0
    }

    func removeAlert(_ id: Int64) throws { try open.run("DELETE FROM alert WHERE id = ?", [.int(id)]) }

    // MARK: Silences

    func silences(at now: Timestamp) throws -> [Silence] {
        try open.rows("SELECT name, until, by FROM silence WHERE until > ? ORDER BY name", [.init(now)]) {
            Silence(name: $0.text(0), until: $0.timestamp(1), by: $0.text(2))
        }
    }

    func setSilence(_ silence: Silence, now: Timestamp) throws {
        try open.run("DELETE FROM silence WHERE name = ? OR until <= ?", [.text(silence.name), .init(now)])
        guard silence.until > now else { return }
        try open.run(
            "INSERT INTO silence (name, until, by, since) VALUES (?, ?, ?, ?)",
            [.text(silence.name), .init(silence.until), .text(silence.by), .init(now)])
    }

    // MARK: Messages

    func addOutbox(_ entry: OutboxEntry) throws -> OutboxEntry {
        try open.run(
            """
            INSERT INTO outbox (channel, event, alert, created, state, attempts, error, finished)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """, try values(entry))
        var added = entry
        added.id = try open.lastInsertID
        return added
    }

    private func values(_ entry: OutboxEntry) throws(Failure) -> [SQLValue] {
        [
            .text(entry.channel), .init(entry.event), .text(try JSON.text(entry.alert)), .init(entry.created),
            .init(entry.state), .int(entry.attempts), .init(entry.error), .init(entry.finished),
        ]
    }

    func updateOutbox(_ entry: OutboxEntry) throws {
        let updated = try open.run(
            """
            UPDATE outbox SET channel = ?, event = ?, alert = ?, created = ?, state = ?, attempts = ?, error = ?,
                finished = ?
            WHERE id = ?
            """, try values(entry) + [.int(entry.id)])
        if updated == 0 { throw StoreFailure.noMessage(entry.id) }
    }

    func outbox(channel: String?, state: OutboxEntry.State, limit: Int) throws -> [OutboxEntry] {
        // The state is spelt out, so that the partial indexes serve.
        try open.rows(
            """
            SELECT id, channel, event, alert, created, attempts, error, finished FROM outbox
            WHERE state = '\(state.rawValue)' \(channel == nil ? "" : "AND channel = ?") ORDER BY id LIMIT ?
            """, (channel.map { [.text($0)] } ?? []) + [.init(max(0, limit))]
        ) { (row) throws(Failure) in
            var entry = OutboxEntry(
                channel: row.text(1), event: try row.word(2, OutboxEntry.Event.self), alert: try row.json(3),
                created: row.timestamp(4))
            entry.id = row.int(0)
            entry.state = state
            entry.attempts = row.int(5)
            entry.error = row.optionalText(6)
            entry.finished = row.optionalTimestamp(7)
            return entry
        }
    }

    func outboxCounts(_ state: OutboxEntry.State) throws -> [String: Int] {
        let rows = try open.rows(
            "SELECT channel, count(*) FROM outbox WHERE state = '\(state.rawValue)' GROUP BY channel"
        ) { ($0.text(0), Int($0.int(1))) }
        return Dictionary(rows, uniquingKeysWith: { _, last in last })
    }

    func setBackAlerts(to now: Timestamp) throws {
        let now = SQLValue(now)
        try open.run("UPDATE silence SET until = ?1 + (until - since), since = ?1 WHERE since > ?1", [now])
        // min() of a null is null.
        try open.run(
            """
            UPDATE alert SET since = min(since, ?1), fired = min(fired, ?1), resolved = min(resolved, ?1),
                notified = min(notified, ?1), acknowledged = min(acknowledged, ?1)
            WHERE max(since, ifnull(fired, 0), ifnull(resolved, 0), ifnull(notified, 0), ifnull(acknowledged, 0)) > ?1
            """, [now])
        try open.run("UPDATE outbox SET created = ?1 WHERE created > ?1", [now])
    }

    func postponeOutbox(by seconds: Double) throws {
        try open.run(
            "UPDATE outbox SET created = created + ? WHERE state = 'waiting'", [.int(Int64(seconds * 1_000_000))])
    }

    // MARK: What was heard

    func unheardRuns(limit: Int) throws -> [EndedRun] {
        try open.rows(
            """
            SELECT id, job, outcome, reason, finished FROM run WHERE state = 'ended' AND heard = 0 ORDER BY id LIMIT ?
            """, [.init(max(0, limit))]
        ) { (row) throws(Failure) in
            EndedRun(
                id: row.int(0), job: row.text(1), outcome: row.isNull(2) ? nil : try row.word(2, Outcome.self),
                reason: row.optionalText(3), finished: row.optionalTimestamp(4))
        }
    }

    func setHeard(run: Int64) throws { try open.run("UPDATE run SET heard = 1 WHERE id = ?", [.int(run)]) }

    func unheardMissed(limit: Int) throws -> [MissedRange] {
        try open.rows(
            #"SELECT id, job, "from", "to", kind, count, reason FROM missed WHERE heard = 0 ORDER BY id LIMIT ?"#,
            [.init(max(0, limit))]
        ) { (row) throws(Failure) in
            MissedRange(
                id: row.int(0), job: row.text(1), from: row.timestamp(2), to: row.timestamp(3),
                kind: try row.word(4, MissedRange.Kind.self), count: row.int(5), reason: row.text(6))
        }
    }

    func setHeard(missed: Int64) throws { try open.run("UPDATE missed SET heard = 1 WHERE id = ?", [.int(missed)]) }

    func pruneAlerts(before instant: Timestamp, limit: Int) throws -> Int {
        let alerts = try open.run(
            """
            DELETE FROM alert WHERE id IN
                (SELECT id FROM alert WHERE state = 'resolved' AND resolved < ? ORDER BY resolved LIMIT ?)
            """, [.init(instant), .init(max(0, limit))])
        let messages = try open.run(
            """
            DELETE FROM outbox WHERE id IN
                (SELECT id FROM outbox WHERE state <> 'waiting' AND finished < ? ORDER BY finished LIMIT ?)
            """, [.init(instant), .init(max(0, limit))])
        return alerts + messages
    }
}
