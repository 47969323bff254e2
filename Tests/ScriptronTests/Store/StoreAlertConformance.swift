import Testing

@testable import Scriptron

/// What every store does with alerts, their messages, and what jobs measure.
@Suite("Store, alerts and metrics") struct StoreAlertConformance {
    private static let start = Timestamp(seconds: 1_700_000_000)

    private static func alert(_ key: String, job: String = "health", at seconds: Double = 0) -> Alert {
        Alert(
            job: job, key: key, origin: .script, state: .pending, severity: .warning, summary: "it is \(key)",
            since: start + seconds)
    }

    private static func message(_ channel: String, at seconds: Double = 0) -> OutboxEntry {
        OutboxEntry(
            channel: channel, event: .fired, alert: ["key": "x", "n": .number(seconds)], created: start + seconds)
    }

    @Test("An alert comes back as it was written; a key has one open episode", arguments: StoreKind.allCases)
    func episodes(_ kind: StoreKind) throws {
        let opened = try kind.open()
        var alert = try opened.store.write { try $0.insertAlert(Self.alert("disk /é")) }
        #expect(alert.id > 0)
        #expect(throws: Failure.self) { try opened.store.write { try $0.insertAlert(Self.alert("disk /é")) } }
        alert.state = .firing
        alert.severity = .critical
        alert.fields = ["value": 1.5, "path": "/\u{0}"]
        alert.fired = Self.start + 1
        alert.reason = "because"
        alert.runs = 7
        alert.earlierRuns = 6
        alert.lastRun = 12
        alert.silentRuns = 1
        alert.notified = Self.start + 2
        alert.acknowledged = Self.start + 3
        alert.acknowledgedBy = "anna"
        try opened.store.write { [alert] in try $0.updateAlert(alert) }
        let known = try opened.store.read { try $0.openAlert(job: "health", key: "disk /é") }
        #expect(known == alert)
        #expect(try opened.store.read { try $0.openAlert(job: "other", key: "disk /é") } == nil)
        alert.state = .resolved
        alert.resolved = Self.start + 9
        try opened.store.write { [alert] in try $0.updateAlert(alert) }
        #expect(try opened.store.read { try $0.openAlert(job: "health", key: "disk /é") } == nil)
        let closed = try opened.store.read { [alert] in try $0.alert(alert.id) }
        #expect(closed == alert)
        func told(_ seconds: Double) throws -> Int {
            try opened.store.read {
                try $0.toldEpisodes(job: "health", key: "disk /é", since: Self.start + seconds)
            }
        }
        #expect(try [told(1), told(3)] == [1, 0])
        let next = try opened.store.write { try $0.insertAlert(Self.alert("disk /é", at: 10)) }
        #expect(next.id > alert.id)
        alert.id = 999
        #expect(throws: Failure.self) { try opened.store.write { [alert] in try $0.updateAlert(alert) } }
    }

    @Test("Open alerts of a job are counted", arguments: StoreKind.allCases) func count(_ kind: StoreKind) throws {
        let opened = try kind.open()
        try opened.store.write { session in
            for key in ["a", "b", "c"] { _ = try session.insertAlert(Self.alert(key)) }
            _ = try session.insertAlert(Self.alert("a", job: "other"))
            var closed = try #require(try session.openAlert(job: "health", key: "b"))
            closed.state = .resolved
            closed.resolved = Self.start
            try session.updateAlert(closed)
        }
        #expect(try opened.store.read { try $0.openAlertCount(job: "health") } == 2)
        #expect(try opened.store.read { try $0.openAlertCount(job: "none") } == 0)
    }

    @Test("Open alerts are listed by name, closed ones the last first", arguments: StoreKind.allCases)
    func lists(_ kind: StoreKind) throws {
        let opened = try kind.open()
        try opened.store.write { session in
            for (index, key) in ["b", "a", "c", "d"].enumerated() {
                var alert = try session.insertAlert(Self.alert(key, job: key == "d" ? "backup" : "health"))
                guard index > 1 else { continue }
                alert.state = .resolved
                alert.resolved = Self.start + Double(index)
                try session.updateAlert(alert)
            }
            _ = try session.insertAlert(Self.alert("z", job: "backup"))
        }
        func names(_ query: AlertQuery) throws -> [String] {
            try opened.store.read { try $0.alerts(query).map(\.name) }
        }
        #expect(try names(AlertQuery(isOpen: true)) == ["backup.z", "health.a", "health.b"])
        #expect(try names(AlertQuery(isOpen: true, job: "health", limit: 1)) == ["health.a"])
        #expect(try names(AlertQuery(isOpen: false)) == ["backup.d", "health.c"])
    }

    @Test("A silence ends by itself, or when it is taken back", arguments: StoreKind.allCases)
    func silences(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let now = Self.start
        try opened.store.write { session in
            try session.setSilence(Silence(name: "b.x", until: now + 10, by: "anna"), now: now)
            try session.setSilence(Silence(name: "a.*", until: now + 20, by: "anna"), now: now)
            try session.setSilence(Silence(name: "b.x", until: now + 30, by: "berta"), now: now)
        }
        func names(_ seconds: Double) throws -> [String] {
            try opened.store.read { try $0.silences(at: now + seconds).map { "\($0.name) \($0.by)" } }
        }
        #expect(try names(5) == ["a.* anna", "b.x berta"])
        #expect(try names(25) == ["b.x berta"])
        try opened.store.write { try $0.setSilence(Silence(name: "b.x", until: now, by: "anna"), now: now + 5) }
        #expect(try names(5) == ["a.* anna"])
    }

    @Test("A clock that is set leaves silences their length, and nothing in the future", arguments: StoreKind.allCases)
    func clock(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let (now, wrong) = (Self.start, Self.start + 73 * 365 * 86400)
        try opened.store.write { session in
            try session.setSilence(Silence(name: "a.*", until: wrong + 60, by: "anna"), now: wrong)
            try session.setSilence(Silence(name: "b.*", until: wrong + 60, by: "anna"), now: now)
            var alert = Self.alert("a", job: "health")
            (alert.since, alert.fired, alert.notified) = (wrong, wrong + 1, nil)
            _ = try session.insertAlert(alert)
            _ = try session.addOutbox(
                OutboxEntry(channel: "ops", event: .fired, alert: ["name": "a"], created: now))
            _ = try session.addOutbox(
                OutboxEntry(channel: "ops", event: .fired, alert: ["name": "b"], created: wrong))
            try session.setBackAlerts(to: now + 1)
        }
        func silenced(_ seconds: Double) throws -> [String] {
            try opened.store.read { try $0.silences(at: now + seconds).map(\.name) }
        }
        // One that was asked for at the right time lasts as long as it was to.
        #expect(try silenced(60) == ["a.*", "b.*"])
        #expect(try silenced(62) == ["b.*"])
        let alert = try opened.store.read { try $0.openAlert(job: "health", key: "a") }
        #expect(alert?.since == now + 1 && alert?.fired == now + 1 && alert?.notified == nil)
        #expect(
            try opened.store.read { try $0.outbox(channel: "ops", state: .waiting, limit: 9) }.map(\.created) == [
                now, now + 1,
            ])
        try opened.store.write { try $0.postponeOutbox(by: 100) }
        #expect(
            try opened.store.read { try $0.outbox(channel: "ops", state: .waiting, limit: 9) }.map(\.created) == [
                now + 100, now + 101,
            ])
    }

    @Test("Messages wait for their channels in order, and are counted", arguments: StoreKind.allCases)
    func outbox(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let ids = try opened.store.write { session in
            try [Self.message("ops"), Self.message("mail", at: 1), Self.message("ops", at: 2)].map {
                try session.addOutbox($0).id
            }
        }
        #expect(ids == ids.sorted() && Set(ids).count == 3)
        var first = try #require(
            try opened.store.read { try $0.outbox(channel: "ops", state: .waiting, limit: 1) }.first)
        #expect(first.id == ids[0] && first.alert["key"] == "x")
        first.state = .expired
        first.attempts = 4
        first.error = "it is down"
        first.finished = Self.start + 50
        try opened.store.write { [first] in try $0.updateOutbox(first) }
        let waiting = try opened.store.read { try $0.outbox(channel: nil, state: .waiting, limit: 10) }
        #expect(waiting.map(\.id) == [ids[1], ids[2]])
        #expect(try opened.store.read { try $0.outbox(channel: "ops", state: .expired, limit: 10) } == [first])
        #expect(try opened.store.read { try $0.outboxCounts(.waiting) } == ["ops": 1, "mail": 1])
        #expect(try opened.store.read { try $0.outboxCounts(.expired) } == ["ops": 1])
    }

    @Test("What ended is heard of once; a range that grows again", arguments: StoreKind.allCases)
    func heard(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let range = MissedRange(
            job: "a", from: Self.start, to: Self.start + 60, kind: .missed, count: 2, reason: "the host was down")
        let ids = try opened.store.write { session in
            try (0..<3).map { index -> Int64 in
                var run = Run(
                    id: 0, job: "a", trigger: .manual, fireTime: Self.start, version: "v", claimed: Self.start)
                if index > 0 { (run.state, run.outcome, run.finished) = (.ended, .failed, Self.start + 1) }
                return try #require(try session.insertRun(run)).id
            }
        }
        try opened.store.write { try $0.addMissed(range, merge: false) }
        #expect(try opened.store.read { try $0.unheardRuns(limit: 10).map(\.id) } == [ids[1], ids[2]])
        let missed = try opened.store.read { try $0.unheardMissed(limit: 10) }
        #expect(missed.map(\.count) == [2])
        try opened.store.write { session in
            try session.setHeard(run: ids[1])
            try session.setHeard(missed: missed[0].id)
        }
        #expect(try opened.store.read { try $0.unheardRuns(limit: 10).map(\.id) } == [ids[2]])
        #expect(try opened.store.read { try $0.unheardMissed(limit: 10) }.isEmpty)
        let more = MissedRange(
            job: "a", from: Self.start + 120, to: Self.start + 180, kind: .missed, count: 2,
            reason: "the host was down")
        try opened.store.write { try $0.addMissed(more, merge: true) }
        #expect(try opened.store.read { try $0.unheardMissed(limit: 10).map(\.count) } == [4])
    }

    @Test("Closed alerts and finished messages go by their age, open ones never", arguments: StoreKind.allCases)
    func prune(_ kind: StoreKind) throws {
        let opened = try kind.open()
        try opened.store.write { session in
            for seconds in [0.0, 10, 20] {
                var alert = try session.insertAlert(Self.alert("x", at: seconds))
                alert.state = .resolved
                alert.resolved = Self.start + seconds
                try session.updateAlert(alert)
                var message = try session.addOutbox(Self.message("ops", at: seconds))
                message.state = .delivered
                message.finished = Self.start + seconds
                try session.updateOutbox(message)
            }
            _ = try session.insertAlert(Self.alert("x"))
            _ = try session.addOutbox(Self.message("ops"))
        }
        #expect(try opened.store.write { try $0.pruneAlerts(before: Self.start + 15, limit: 1) } == 2)
        #expect(try opened.store.write { try $0.pruneAlerts(before: Self.start + 15, limit: 9) } == 2)
        #expect(try opened.store.write { try $0.pruneAlerts(before: Self.start + 15, limit: 9) } == 0)
        #expect(try opened.store.read { try $0.alerts(AlertQuery(isOpen: false)).count } == 1)
        #expect(try opened.store.read { try $0.alerts(AlertQuery(isOpen: true)).count } == 1)
        #expect(try opened.store.read { try $0.outboxCounts(.waiting) } == ["ops": 1])
    }

    @Test("Samples of a minute are one; minutes become hours, and go", arguments: StoreKind.allCases)
    func samples(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let hour = MetricSample.start(Self.start, span: MetricSample.hour)
        let gauge = MetricSeries(job: "health", name: "disk", labels: ["path": "/", "a": "b"], kind: .gauge)
        let other = MetricSeries(job: "health", name: "disk", labels: ["path": "/srv", "a": "b"], kind: .gauge)
        try opened.store.write { session in
            for (seconds, value) in [(0.0, 5.0), (30, 1), (61, 9), (3600, 2), (7300, 4)] {
                try session.addSample(MetricSample(value, at: hour + seconds), to: gauge)
            }
            try session.addSample(MetricSample(-1, at: hour), to: other)
            try session.addSample(
                MetricSample(1, at: hour), to: MetricSeries(job: "x", name: "n", kind: .count))
        }
        #expect(try opened.store.read { try $0.series(job: "health") } == [gauge, other])
        #expect(try opened.store.read { try $0.series(job: nil).count } == 3)
        let all = try opened.store.read { try $0.samples(of: gauge, since: hour, limit: 100) }
        #expect(all.map(\.last) == [1, 9, 2, 4])
        #expect(all[0].count == 2 && all[0].sum == 6 && all[0].least == 1 && all[0].greatest == 5)
        let newest = try opened.store.read { try $0.samples(of: gauge, since: hour + 60, limit: 2) }
        #expect(newest.map(\.last) == [2, 4])
        let trend = try opened.store.read { try $0.trend(of: gauge, since: hour + 60) }
        var expected = MetricTrend()
        for (end, value) in [(60.0, 9.0), (3600, 2), (7260, 4)] {
            expected.add(MetricSample(value, at: hour), at: end)
        }
        #expect(trend.count == 3 && trend.first == 60 && trend.newest == 7260 && trend.last == 4)
        #expect(abs(trend.rate - expected.rate) < 1e-12)
        #expect(try opened.store.read { try $0.trend(of: gauge, since: hour + 9999) } == MetricTrend())
        #expect(
            try opened.store.read { try $0.trend(of: MetricSeries(job: "x", name: "y", kind: .gauge), since: hour) }
                == MetricTrend())
        var compacted = 0
        while case let count = try opened.store.write({ try $0.compactSamples(before: hour + 3600, limit: 1) }),
            count > 0
        {
            compacted += count
        }
        #expect(compacted == 4)
        let mixed = try opened.store.read { try $0.samples(of: gauge, since: hour, limit: 100) }
        #expect(mixed.map(\.span) == [3600, 60, 60])
        #expect(mixed[0] == MetricSample(time: hour, span: 3600, count: 3, sum: 15, least: 1, greatest: 9, last: 9))
        #expect(try opened.store.write { try $0.pruneSamples(before: hour + 3600, limit: 100) } == 3)
        #expect(try opened.store.read { try $0.series(job: nil) } == [gauge])
    }
}
