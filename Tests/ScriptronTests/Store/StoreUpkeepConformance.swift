import Testing

@testable import Scriptron

/// What every store does with missed ranges and with retention.
@Suite("Store, upkeep") struct StoreUpkeepConformance {
    private static let now = Timestamp(seconds: 1_700_000_000)
    private static let day = 86400.0

    private static func range(
        _ from: Double, _ to: Double, _ kind: MissedRange.Kind = .missed, count: Int64,
        reason: String = "the host was down", job: String = "a"
    ) -> MissedRange {
        MissedRange(job: job, from: now + from, to: now + to, kind: kind, count: count, reason: reason)
    }

    /// What can be compared: everything but the store's own number.
    private static func plain(_ ranges: [MissedRange]) -> [MissedRange] {
        ranges.map { range in
            var range = range
            range.id = 0
            return range
        }
    }

    @Test("A range that continues the newest one is merged into it", arguments: StoreKind.allCases)
    func merge(_ kind: StoreKind) throws {
        let opened = try kind.open()
        try opened.store.write { session in
            try session.addMissed(Self.range(0, 60, count: 2), merge: true)
            try session.addMissed(Self.range(120, 180, count: 2), merge: true)
            try session.addMissed(Self.range(240, 240, count: 1), merge: false)
            try session.addMissed(Self.range(300, 300, .skipped, count: 1), merge: true)
            try session.addMissed(Self.range(360, 360, .skipped, count: 1, reason: "paused"), merge: true)
            try session.addMissed(Self.range(360, 420, .skipped, count: 2, reason: "paused"), merge: true)
            try session.addMissed(Self.range(10, 10, count: 1, job: "b"), merge: true)
        }
        let found = try opened.store.read { try $0.missed(job: "a", limit: 10) }
        #expect(
            Self.plain(found) == [
                Self.range(360, 420, .skipped, count: 2, reason: "paused"),
                Self.range(360, 360, .skipped, count: 1, reason: "paused"), Self.range(300, 300, .skipped, count: 1),
                Self.range(240, 240, count: 1), Self.range(0, 180, count: 4),
            ])
        #expect(Set(found.map(\.id)).count == 5)
        #expect(try opened.store.read { try $0.missed(job: nil, limit: 2) } == Array(found.prefix(2)))
        #expect(try opened.store.read { try $0.missed(job: nil, limit: 10) }.count == 6)
    }

    @Test("Ranges later than now are taken back, those across it cut and recounted", arguments: StoreKind.allCases)
    func takeBack(_ kind: StoreKind) throws {
        let opened = try kind.open()
        try opened.store.write { session in
            try session.addMissed(Self.range(-600, -300, count: 6), merge: false)
            try session.addMissed(Self.range(-60, 60, count: 3), merge: false)
            try session.addMissed(Self.range(-30, 90, .skipped, count: 2), merge: false)
            try session.addMissed(Self.range(-10, 10, count: 1, job: "b"), merge: false)
            try session.addMissed(Self.range(60, 600, count: 10, job: "b"), merge: false)
        }
        let taken = try opened.store.write { session in
            try session.takeBackMissed(after: Self.now) { range in
                #expect(range.from <= Self.now && range.to > Self.now)
                var left = range
                left.to = Self.now - 5
                left.count = 2
                return range.job == "a" ? left : nil
            }
        }
        #expect(
            Self.plain(taken) == [
                Self.range(60, 600, count: 10, job: "b"), Self.range(-30, 90, .skipped, count: 2),
                Self.range(-60, 60, count: 3), Self.range(-10, 10, count: 1, job: "b"),
            ])
        #expect(
            Self.plain(try opened.store.read { try $0.missed(job: nil, limit: 10) }) == [
                Self.range(-30, -5, .skipped, count: 2), Self.range(-60, -5, count: 2),
                Self.range(-600, -300, count: 6),
            ])
    }

    @Test("The fire times that ran are found by their range", arguments: StoreKind.allCases)
    func ran(_ kind: StoreKind) throws {
        let opened = try kind.open()
        try opened.store.write { session in
            for (job, trigger, offset) in [
                ("a", Trigger.schedule, 30.0), ("a", .schedule, 10), ("a", .schedule, 50), ("a", .manual, 20),
                ("b", .schedule, 40),
            ] {
                let run = Run(
                    id: 0, job: job, trigger: trigger, fireTime: Self.now + offset, version: "v", claimed: Self.now)
                _ = try session.insertRun(run)
            }
        }
        let found = try opened.store.read {
            try $0.fireTimesRun(job: "a", from: Self.now + 10, through: Self.now + 49)
        }
        #expect(found == [Self.now + 10, Self.now + 30])
    }

    /// Runs of a job, oldest first: how each ended (nil: still open) and how many days ago.
    private func insert(
        _ job: String, _ runs: [(outcome: Outcome?, age: Double)], version: String = "v", into store: any Store
    ) throws -> [Int64] {
        try store.write { session in
            try runs.compactMap { outcome, age in
                let time = Self.now - age * Self.day
                var run = Run(id: 0, job: job, trigger: .manual, fireTime: time, version: version, claimed: time)
                run.state = outcome == nil ? .waiting : .ended
                run.outcome = outcome
                run.finished = outcome == nil ? nil : time
                let id = try session.insertRun(run)?.id
                if let id { try session.insertAttempt(Attempt(run: id, number: 1, started: time)) }
                return id
            }
        }
    }

    /// Prunes until nothing is left to remove; what was removed, sorted.
    private func prune(_ store: any Store, _ retention: Retention, limit: Int = 1000) throws -> [Int64] {
        var removed: [Int64] = []
        while true {
            let batch = try store.write { try $0.prune(retention, now: Self.now, limit: limit) }
            let ids = batch.values.flatMap { $0 }
            #expect(ids.count <= limit)
            if ids.isEmpty { return removed.sorted() }
            removed += ids
        }
    }

    @Test("History goes by its age, failures later, what is needed never", arguments: StoreKind.allCases)
    func age(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let busy = try insert(
            "busy",
            [
                (.failed, 400), (.timedOut, 366), (.succeeded, 200), (.failed, 199), (.lost, 198), (.cancelled, 197),
                (.skipped, 196), (nil, 195), (.succeeded, 91), (.succeeded, 89), (.failed, 1),
            ], into: opened.store)
        let quiet = try insert("quiet", [(.succeeded, 500), (.cancelled, 450), (.failed, 400)], into: opened.store)
        let removed = try prune(opened.store, Retention())
        let expected = [0, 1, 2, 5, 6, 8].map { busy[$0] } + [quiet[1]]
        #expect(removed == expected.sorted())
        try opened.store.read { session throws in
            let left = try session.runs(RunQuery()).map(\.id)
            #expect(Set(left) == Set(busy + quiet).subtracting(removed))
            for id in removed { #expect(try session.attempts(run: id).isEmpty) }
            for id in left { #expect(try session.attempts(run: id).count == 1) }
        }
    }

    @Test("Runs beyond a job's number go, the oldest first to go", arguments: StoreKind.allCases)
    func number(_ kind: StoreKind) throws {
        let opened = try kind.open()
        var retention = Retention()
        retention.runsPerJob = 3
        let ids = try insert(
            "a",
            [
                (.succeeded, 8), (.failed, 7), (.succeeded, 6), (.cancelled, 5), (.skipped, 4), (.skipped, 3),
                (.skipped, 2),
            ], into: opened.store)
        let other = try insert("b", [(.skipped, 8), (.skipped, 7), (.skipped, 6)], into: opened.store)
        #expect(try prune(opened.store, retention) == [ids[0], ids[3]], "the failure and the newest success stay")
        #expect(try opened.store.read { try $0.runs(RunQuery(job: "b")).map(\.id) } == other.reversed())
    }

    @Test("One call removes no more than asked, and what goes does not depend on it", arguments: StoreKind.allCases)
    func limit(_ kind: StoreKind) throws {
        let opened = try kind.open()
        var retention = Retention()
        retention.runsPerJob = 4
        var ids: [Int64] = []
        for job in ["a", "b", "c"] {
            let runs = (0..<12).map { (outcome: Outcome?.some(.succeeded), age: Double(100 - $0 * 2)) }
            ids += Array(try insert(job, runs, into: opened.store).prefix(8))
        }
        #expect(try prune(opened.store, retention, limit: 5) == ids.sorted())
    }

    @Test("A version goes with the last run that names it; old missed ranges go", arguments: StoreKind.allCases)
    func rest(_ kind: StoreKind) throws {
        let opened = try kind.open()
        _ = try insert("a", [(.succeeded, 200)], version: "old", into: opened.store)
        _ = try insert("a", [(.succeeded, 199)], version: "shared", into: opened.store)
        _ = try insert("a", [(.succeeded, 1)], version: "shared", into: opened.store)
        try opened.store.write { session in
            for hash in ["old", "shared", "unused"] { try session.saveVersion(hash, files: ["a.lua": [1]]) }
            try session.addMissed(Self.range(-200 * Self.day, -100 * Self.day, count: 9), merge: false)
            try session.addMissed(Self.range(-100 * Self.day, -80 * Self.day, count: 9), merge: false)
        }
        #expect(try prune(opened.store, Retention()).count == 2)
        try opened.store.read { session throws in
            #expect(try session.version("old") == nil)
            #expect(try session.version("shared") != nil)
            #expect(try session.version("unused") != nil)
            #expect(try session.missed(job: nil, limit: 9).map(\.from) == [Self.now - 100 * Self.day])
        }
    }
}
