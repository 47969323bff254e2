import Synchronization
import Testing

@testable import Scriptron

/// An alert book over a store in memory, whose clock the test sets.
private final class BookFixture: Sendable {
    let store = MemoryStore()
    let book: AlertBook

    init(_ routing: AlertRouting = AlertRouting(routes: [.init(to: ["ops"])])) {
        let held = Shared(routing)
        let time = Shared(Timestamp(seconds: 1_700_000_000))
        shared = (held, time)
        book = AlertBook(
            AlertBook.Connections(
                store: store, now: { time.value.withLock { $0 } }, routing: { held.value.withLock { $0 } },
                alertAfter: { $0 == "gone" ? nil : $0 == "patient" ? 3 : 1 }, wake: {}))
    }

    private let shared: (Shared<AlertRouting>, Shared<Timestamp>)

    func set(_ routing: AlertRouting) { shared.0.value.withLock { $0 = routing } }

    func pass(_ seconds: Double) { shared.1.value.withLock { $0 = $0 + seconds } }

    var time: Timestamp { shared.1.value.withLock { $0 } }

    /// A run of a job that ends so.
    @discardableResult
    func run(_ job: String, _ outcome: Outcome, reporting reports: [AlertReport] = []) throws -> Int64 {
        let id = try store.write { [time] session in
            let run = Run(
                id: 0, job: job, trigger: .manual, fireTime: time, version: "v", claimed: time)
            return try #require(try session.insertRun(run)).id
        }
        for report in reports { try self.report(report, job: job, run: id) }
        try store.write { [time] session in
            var run = try #require(try session.run(id))
            run.state = .ended
            run.outcome = outcome
            run.reason = "the reason"
            run.finished = time
            try session.updateRun(run)
        }
        try hear()
        return id
    }

    @discardableResult
    func report(_ report: AlertReport, job: String, run: Int64) throws -> Value {
        try Waiting.answer { reply in book.report(report, job: job, run: run, reply) }.get()
    }

    func hear(_ findings: [AlertBook.Finding] = []) throws {
        try book.hear(jobs: ["backup", "patient", "health"], findings: findings)
    }

    /// What waits in the outbox, as `channel event name`, and forgets it.
    func told() throws -> [String] {
        try store.write { session in
            try session.outbox(channel: nil, state: .waiting, limit: 10_000).map { entry in
                var done = entry
                done.state = .delivered
                done.finished = entry.created
                try session.updateOutbox(done)
                return "\(entry.channel) \(entry.event.rawValue) \(entry.alert["name"]?.text ?? "?")"
            }
        }
    }

    var open: [String] {
        get throws {
            try store.read { try $0.alerts(AlertQuery(isOpen: true)).map { "\($0.name) \($0.state.rawValue)" } }
        }
    }
}

@Suite("The book of alerts") struct AlertBookTests {
    private static func bad(_ key: String, _ severity: Severity = .warning, forRuns: Int64 = 1) -> AlertReport {
        var report = AlertReport(key: key, isBad: true)
        report.severity = severity
        report.forRuns = forRuns
        report.summary = key
        return report
    }

    private static func good(_ key: String) -> AlertReport { AlertReport(key: key, isBad: false) }

    @Test("A run that failed is told once, and its recovery; each run is heard of once") func runs() throws {
        let fixture = BookFixture()
        try fixture.run("backup", .failed)
        try fixture.hear()
        try fixture.run("backup", .timedOut)
        #expect(try fixture.told() == ["ops fired backup.run"])
        try fixture.run("backup", .skipped)
        #expect(try fixture.open == ["backup.run firing"])
        try fixture.run("backup", .succeeded)
        #expect(try fixture.told() == ["ops resolved backup.run"])
        #expect(try fixture.open.isEmpty)
    }

    @Test("alert_after waits for so many in a row; a removed job's runs tell nothing") func alertAfter() throws {
        let fixture = BookFixture()
        for outcome in [Outcome.failed, .failed, .succeeded, .failed, .lost] { try fixture.run("patient", outcome) }
        #expect(try fixture.told().isEmpty)
        try fixture.run("patient", .failed)
        #expect(try fixture.told() == ["ops fired patient.run"])
        try fixture.run("gone", .failed)
        #expect(try fixture.told().isEmpty)
    }

    @Test("Missed fire times are told, and are over with the next success") func missed() throws {
        let fixture = BookFixture()
        let range = MissedRange(
            job: "backup", from: fixture.time, to: fixture.time, kind: .missed, count: 2, reason: "the host was down")
        try fixture.store.write { try $0.addMissed(range, merge: false) }
        try fixture.hear()
        #expect(try fixture.told() == ["ops fired backup.missed"])
        try fixture.run("backup", .failed)
        #expect(try fixture.open == ["backup.missed firing", "backup.run firing"])
        try fixture.run("backup", .succeeded)
        #expect(try fixture.open.isEmpty)
    }

    @Test("A key that two succeeded runs do not report is resolved; failed ones do not count") func noLonger() throws {
        let fixture = BookFixture()
        try fixture.run("health", .succeeded, reporting: [Self.bad("a"), Self.bad("b", forRuns: 2)])
        try fixture.run("health", .succeeded, reporting: [Self.bad("a")])
        try fixture.run("health", .failed)
        #expect(try fixture.open == ["health.a firing", "health.b pending", "health.run firing"])
        try fixture.run("health", .succeeded)
        #expect(try fixture.open == ["health.a firing"])
        _ = try fixture.told()
        try fixture.run("health", .succeeded)
        #expect(try fixture.told() == ["ops resolved health.a"])
        let closed = try fixture.store.read { try $0.alerts(AlertQuery(isOpen: false)) }
        #expect(closed.first { $0.key == "a" }?.reason == "no longer reported")
    }

    @Test("A removed job's alerts end, and so does what the host finds no more") func removed() throws {
        let fixture = BookFixture()
        try fixture.run("gone", .succeeded, reporting: [Self.bad("a")])
        let finding = AlertBook.Finding(job: "backup", key: "load", severity: .warning, summary: "broken\nx")
        try fixture.hear([finding])
        try fixture.hear([finding])
        let host = AlertBook.Finding(job: Alert.host, key: "store", severity: .critical, summary: "full")
        try fixture.hear([finding, host])
        #expect(try fixture.open == ["@host.store firing", "backup.load firing"])
        try fixture.hear()
        #expect(try fixture.open.isEmpty)
        #expect(
            try fixture.told() == [
                "ops fired gone.a", "ops resolved gone.a", "ops fired backup.load", "ops fired @host.store",
                "ops resolved @host.store", "ops resolved backup.load",
            ])
    }

    @Test("What is not known alerts after a while, and the state stays") func unknown() throws {
        let fixture = BookFixture()
        try fixture.run("health", .succeeded, reporting: [Self.bad("disk")])
        for _ in 0..<20 {
            fixture.pass(60)
            try fixture.run("health", .succeeded, reporting: [AlertReport(key: "disk", isBad: nil)])
        }
        #expect(try fixture.open == ["health.disk firing", "health.disk (unknown) firing"])
        #expect(try fixture.told() == ["ops fired health.disk", "ops fired health.disk (unknown)"])
        try fixture.run("health", .succeeded, reporting: [Self.bad("disk")])
        #expect(try fixture.told() == ["ops resolved health.disk (unknown)"])
        #expect(try fixture.open == ["health.disk firing"])
    }

    @Test("The first route that fits decides; without a route nobody is told, and later somebody is") func routes()
        throws
    {
        let fixture = BookFixture(AlertRouting())
        try fixture.run("health", .succeeded, reporting: [Self.bad("a"), Self.bad("b", .critical)])
        #expect(try fixture.told().isEmpty)
        var critical = AlertRouting.Route(to: ["pager", "ops"])
        critical.severities = [.critical]
        var backup = AlertRouting.Route(to: [])
        backup.jobs = ["back*"]
        fixture.set(AlertRouting(routes: [critical, backup, .init(to: ["mail"])]))
        try fixture.run("backup", .failed)
        #expect(
            try fixture.told() == ["mail fired health.a", "pager fired health.b", "ops fired health.b"])
    }

    @Test("People are reminded, unless somebody acknowledged it; the end is told all the same") func reminders() throws
    {
        let fixture = BookFixture()
        try fixture.run("backup", .failed)
        _ = try fixture.told()
        fixture.pass(AlertRouting.usualReminder - 1)
        try fixture.hear()
        #expect(try fixture.told().isEmpty)
        fixture.pass(1)
        try fixture.hear()
        try fixture.hear()
        #expect(try fixture.told() == ["ops reminder backup.run"])
        let error = #expect(throws: Failure.self) { try fixture.book.acknowledge("backup.rum", by: "anna") }
        #expect(error?.cure == "did you mean backup.run?")
        #expect(try fixture.book.acknowledge("backup.run", by: "anna")["acknowledged_by"] == "anna")
        fixture.pass(10 * AlertRouting.usualReminder)
        try fixture.hear()
        #expect(try fixture.told().isEmpty)
        try fixture.run("backup", .succeeded)
        #expect(try fixture.told() == ["ops resolved backup.run"])
    }

    @Test("A silence holds messages back; what still goes on afterwards is told") func silence() throws {
        let fixture = BookFixture()
        try fixture.book.silence(Silence(name: "health.*", until: fixture.time + 3600, by: "anna"))
        try fixture.run("health", .succeeded, reporting: [Self.bad("a"), Self.bad("b")])
        try fixture.run("health", .succeeded, reporting: [Self.good("a"), Self.bad("b")])
        try fixture.hear()
        #expect(try fixture.told().isEmpty)
        #expect(try fixture.book.rows(isOpen: true, limit: 10).first?["silenced_until"]?.double != nil)
        fixture.pass(3600)
        try fixture.hear()
        #expect(try fixture.told() == ["ops fired health.b"])
    }

    @Test("A key that comes and goes is told a few times an hour, and then again when it stays") func flapping() throws
    {
        let fixture = BookFixture()
        for _ in 0..<10 {
            fixture.pass(60)
            try fixture.run("health", .succeeded, reporting: [Self.bad("a")])
            fixture.pass(60)
            try fixture.run("health", .succeeded, reporting: [Self.good("a")])
        }
        #expect(try fixture.told().count == 2 * AlertBook.flaps)
        try fixture.run("health", .succeeded, reporting: [Self.bad("a")])
        #expect(try fixture.told().isEmpty)
        fixture.pass(AlertBook.flapSpan)
        try fixture.run("health", .succeeded, reporting: [Self.bad("a")])
        #expect(try fixture.told() == ["ops fired health.a"])
    }

    @Test("Keys that come and go without end, and severities that sway, are bounded (attack 77)") func flood() throws {
        let fixture = BookFixture()
        var (refused, run) = (0, Int64(0))
        // Each run fires what it may, and resolves it all.
        for key in 0..<5 * AlertBook.newKeysPerHour {
            if key % 900 == 0 { run += 1 }
            do {
                try fixture.report(Self.bad("k\(key)"), job: "health", run: run)
            } catch let failure as Failure {
                #expect(failure.code == "EALERTS")
                #expect(failure.message.contains("within an hour"))
                refused += 1
            }
            try fixture.report(Self.good("k\(key)"), job: "health", run: run)
        }
        #expect(refused == 4 * AlertBook.newKeysPerHour)
        #expect(try fixture.told().count == 2 * AlertBook.newKeysPerHour)
        // The host's own word, other jobs and the next hour are not touched.
        try fixture.run("health", .failed)
        #expect(try fixture.told() == ["ops fired health.run"])
        try fixture.report(Self.bad("x"), job: "backup", run: 1)
        fixture.pass(3601)
        try fixture.report(Self.bad("x"), job: "health", run: run + 1)
        #expect(try fixture.told() == ["ops fired backup.x", "ops fired health.x"])
        for _ in 0..<500 {
            for severity in Severity.allCases {
                try fixture.report(Self.bad("sway", severity), job: "backup", run: run + 2)
            }
        }
        #expect(try fixture.told().count == Severity.allCases.count)
    }

    @Test("A job has so many keys open, and a run changes so much") func limits() throws {
        let fixture = BookFixture()
        for index in 0..<AlertBook.openKeys { try fixture.report(Self.bad("k\(index)"), job: "health", run: 1) }
        let error = #expect(throws: Failure.self) { try fixture.report(Self.bad("more"), job: "health", run: 1) }
        #expect(error?.code == "EALERTS")
        try fixture.report(Self.bad("k1"), job: "health", run: 1)
        for _ in 0..<AlertBook.changesPerRun { _ = try? fixture.report(Self.good("x"), job: "backup", run: 2) }
        #expect(throws: Failure.self) { try fixture.report(Self.good("x"), job: "backup", run: 2) }
        fixture.book.release(run: 2)
        try fixture.report(Self.good("x"), job: "backup", run: 2)
    }
}
