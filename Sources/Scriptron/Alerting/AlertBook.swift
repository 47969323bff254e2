import Synchronization

/// Keeps the states of alerts: takes what is said about them, and puts the messages that follow into the outbox, in
/// the same transaction. It sends nothing.
package final class AlertBook: Sendable {
    /// The most keys that a job may have open, and changes that one run may make.
    static let openKeys = 1000
    static let changesPerRun = 2000
    /// How many alerts a job may begin within an hour.
    static let newKeysPerHour = 2000
    /// A key that people were told of so often within so many seconds waits until it is calm.
    static let flaps = 3
    static let flapSpan = 3600.0
    /// Runs and ranges that one transaction hears of.
    private static let batch = 200

    /// What the book is connected to.
    package struct Connections: Sendable {
        package var store: any Store
        package var now: @Sendable () -> Timestamp
        package var routing: @Sendable () -> AlertRouting
        /// After how many bad runs in a row the job's runs alert; nil: there is no such job.
        package var alertAfter: @Sendable (String) -> Int64?
        /// There may be something to send.
        package var wake: @Sendable () -> Void

        package init(
            store: any Store, now: @escaping @Sendable () -> Timestamp,
            routing: @escaping @Sendable () -> AlertRouting, alertAfter: @escaping @Sendable (String) -> Int64?,
            wake: @escaping @Sendable () -> Void
        ) {
            self.store = store
            self.now = now
            self.routing = routing
            self.alertAfter = alertAfter
            self.wake = wake
        }

        /// For looks at a store: nobody is told.
        package static func looking(_ store: any Store) -> Connections {
            Connections(
                store: store, now: { SystemClock().now() }, routing: { AlertRouting() }, alertAfter: { _ in nil },
                wake: {})
        }
    }

    /// Something that the host finds wrong whenever it looks.
    package struct Finding: Sendable, Hashable {
        package var job: String
        package var key: String
        package var severity: Severity
        package var summary: String

        package init(job: String, key: String, severity: Severity, summary: String) {
            self.job = job
            self.key = key
            self.severity = severity
            self.summary = AlertRules.line(summary)
        }
    }

    private let connections: Connections
    /// Changes that runs have made.
    private let changes = Mutex<[Int64: Int]>([:])
    /// When the alerts of each job's scripts of the last hour began, the oldest first.
    private let begun = Mutex<[String: [Timestamp]]>([:])

    package init(_ connections: Connections) { self.connections = connections }

    // What scripts say.

    /// Takes a report of a run; `reply` gets `{state}` when it is durable.
    package func report(
        _ report: AlertReport, job: String, run: Int64,
        _ reply: @escaping @Sendable (Result<Value, Failure>) -> Void
    ) {
        let count = changes.withLock { changes in
            changes[run, default: 0] += 1
            return changes[run] ?? 0
        }
        guard count <= Self.changesPerRun else {
            return reply(
                .failure(
                    Failure(
                        code: "EALERTS", "a run may report \(Self.changesPerRun) times about alerts",
                        cure: "report each key once a run")))
        }
        let (now, routing) = (connections.now(), connections.routing())
        let isFull = isFull(job, now)
        connections.store.submit { session -> (word: String, isNew: Bool) in
            let isNew = try report.isBad == true && session.openAlert(job: job, key: report.key) == nil
            let writer = AlertWriter(session: session, routing: routing, now: now, isFull: isFull)
            return (try writer.take(report, job: job, run: run), isNew)
        } completion: { [self] result in
            if case .success((_, true)) = result { begun.withLock { $0[job, default: []].append(now) } }
            connections.wake()
            reply(result.map { ["state": .text($0.word)] }.mapError { Failure.wrapping($0) })
        }
    }

    /// Whether a job has begun as many alerts as it may within an hour.
    private func isFull(_ job: String, _ now: Timestamp) -> Bool {
        begun.withLock { begun in
            // One that lies ahead was noted by a clock that was set back.
            begun[job]?.removeAll { !(0...3600).contains(now - $0) }
            return begun[job, default: []].count >= Self.newKeysPerHour
        }
    }

    /// Whether a report says that all is well where nothing else was known: then there is nothing to write down.
    package func isQuiet(_ report: AlertReport, job: String) throws(Failure) -> Bool {
        guard report.isBad == false else { return false }
        do {
            return try connections.store.read { session in
                try session.openAlert(job: job, key: report.key) == nil
                    && session.openAlert(job: job, key: report.aboutKnowing.key) == nil
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    /// What the report would come to.
    package func look(_ report: AlertReport, job: String, run: Int64) throws(Failure) -> Value {
        let now = connections.now()
        do {
            let known = try connections.store.read { try $0.openAlert(job: job, key: report.key) }
            let step = AlertRules.step(known, report, job: job, run: run, now: now)
            return ["state": .text(step.alert.word)]
        } catch {
            throw Failure.wrapping(error)
        }
    }

    /// A run has ended: what it counted is forgotten.
    package func release(run: Int64) { changes.withLock { _ = $0.removeValue(forKey: run) } }

    // What the host hears.

    /// Hears of runs that ended and of fire times that were missed since it last listened, once each; of jobs that are
    /// gone; and of what the host finds wrong now. Then reminds of what goes on.
    ///
    /// - Parameters:
    ///   - jobs: All that there are.
    ///   - findings: All of them: one that is no longer among them is over.
    package func hear(jobs: Set<String>, findings: [Finding]) throws(Failure) {
        do {
            let routing = connections.routing()
            var isLeft = true
            while isLeft {
                let now = connections.now()
                isLeft = try connections.store.write { [connections] session in
                    let writer = AlertWriter(session: session, routing: routing, now: now)
                    let ranges = try session.unheardMissed(limit: Self.batch)
                    for range in ranges {
                        if jobs.contains(range.job), let report = AlertRules.report(range) {
                            _ = try writer.take(report, job: range.job, run: 0)
                        }
                        try session.setHeard(missed: range.id)
                    }
                    let runs = try session.unheardRuns(limit: Self.batch)
                    for run in runs {
                        if let after = connections.alertAfter(run.job) { try writer.hear(run, alertAfter: after) }
                        try session.setHeard(run: run.id)
                    }
                    return max(ranges.count, runs.count) == Self.batch
                }
            }
            let now = connections.now()
            try connections.store.write { session in
                let writer = AlertWriter(session: session, routing: routing, now: now)
                try writer.reconcile(jobs: jobs, findings: findings)
                try writer.remind()
            }
            connections.wake()
        } catch {
            throw Failure.wrapping(error)
        }
    }

    // Operators.

    /// The open alerts, or those that are over.
    package func rows(isOpen: Bool, limit: Int) throws(Failure) -> [Value] {
        let now = connections.now()
        do {
            return try connections.store.read { session in
                let silences = try session.silences(at: now)
                return try session.alerts(AlertQuery(isOpen: isOpen, limit: limit)).map { alert in
                    let silence = silences.filter { $0.covers(alert.name, at: now) }.map(\.until).max()
                    return AlertRow.value(alert, silencedUntil: isOpen ? silence : nil)
                }
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    /// Nobody is reminded of it any more, until it is over.
    package func acknowledge(_ name: String, by person: String) throws(Failure) -> Value {
        let now = connections.now()
        do {
            return try connections.store.write { session in
                let open = try session.alerts(AlertQuery(isOpen: true))
                guard var alert = open.first(where: { $0.name == name }) else {
                    let near = Nearest.names(to: name, among: open.map(\.name), limit: 1).first
                    throw Failure(
                        code: "ENOALERT", "there is no open alert \(name)",
                        cure: near.map { "did you mean \($0)?" } ?? "scriptron alerts lists them")
                }
                alert.acknowledged = now
                alert.acknowledgedBy = person
                try session.updateAlert(alert)
                return AlertRow.value(alert)
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    /// Nobody hears of alerts of this name until then; an instant that is over ends a silence.
    package func silence(_ silence: Silence) throws(Failure) {
        let now = connections.now()
        do {
            try connections.store.write { try $0.setSilence(silence, now: now) }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    /// The silences that are in force: `name until by`.
    package func silences() throws(Failure) -> [Value] {
        let now = connections.now()
        do {
            return try connections.store.read { session in
                try session.silences(at: now).map { silence in
                    [
                        "name": .text(silence.name), "until": .number(silence.until.epoch), "by": .text(silence.by),
                    ]
                }
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }
}

extension Alert? {
    /// What a script is told.
    var word: String { self.map(\.state.rawValue).map { $0 == Alert.State.resolved.rawValue ? "ok" : $0 } ?? "ok" }
}
