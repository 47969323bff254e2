import Synchronization
import Testing

@testable import Scriptron

/// The stores that the conformance suite is run against.
enum StoreKind: String, CaseIterable, CustomTestStringConvertible {
    case memory
    case sqlite

    var testDescription: String { rawValue }

    /// An empty store; its directory, where it has one, lives as long as what is returned.
    func open() throws -> OpenedStore {
        switch self {
        case .memory: return OpenedStore(store: MemoryStore(), directory: nil)
        case .sqlite:
            let directory = try TemporaryDirectory()
            return OpenedStore(store: try SQLiteStore(directory: directory.path), directory: directory)
        }
    }
}

/// A store under test; closed and removed in the end.
final class OpenedStore {
    let store: any Store
    let directory: TemporaryDirectory?

    init(store: any Store, directory: TemporaryDirectory?) {
        self.store = store
        self.directory = directory
    }

    deinit { store.close() }
}

/// What every store does. A new store passes by joining `StoreKind`. What retention and the missed ranges do is in
/// `StoreUpkeepConformance`.
@Suite("Store") struct StoreConformance {
    private static let start = Timestamp(seconds: 1_700_000_000)

    private static func run(_ job: String = "backup", at fireTime: Double = 0, trigger: Trigger = .schedule) -> Run {
        Run(id: 0, job: job, trigger: trigger, fireTime: start + fireTime, version: "v1", claimed: start + fireTime)
    }

    @Test("A fire time is claimed once, other triggers as often as asked", arguments: StoreKind.allCases)
    func uniqueness(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let ids = try opened.store.write { session in
            [
                try session.insertRun(Self.run())?.id, try session.insertRun(Self.run())?.id,
                try session.insertRun(Self.run(trigger: .manual))?.id,
                try session.insertRun(Self.run(trigger: .manual))?.id, try session.insertRun(Self.run("other"))?.id,
                try session.insertRun(Self.run(at: 0.000001))?.id,
            ]
        }
        #expect(ids.map { $0 == nil } == [false, true, false, false, false, false])
        let given = ids.compactMap { $0 }
        #expect(given == given.sorted() && Set(given).count == 5, "numbers rise")
        let again = try opened.store.write { try $0.insertRun(Self.run()) }
        #expect(again == nil, "in a later transaction too")
    }

    @Test("A run comes back as it was written", arguments: StoreKind.allCases)
    func runRoundTrip(_ kind: StoreKind) throws {
        let opened = try kind.open()
        var run = Self.run(at: 0.123456, trigger: .after)
        run.settings = ["paths": ["/tmp/\u{0}x", .bytes([0x2F, 0xFF, 0xFE])], "n": 1, "x": 1.0, "none": nil]
        run.grant = ["read": []]
        run.header = ["timeout": 5.0, "retry": ["attempts": 2]]
        run.parent = 7
        run.reason = "because\nof é"
        run.notBefore = Self.start + 5
        let inserted = try opened.store.write { [run] in try $0.insertRun(run) }
        run.id = try #require(inserted).id
        #expect(try opened.store.read { try $0.run(run.id) } == run)
        run.state = .ended
        run.outcome = .timedOut
        run.started = Self.start + 1
        run.finished = Timestamp(microseconds: -1)
        run.notBefore = nil
        run.attempts = 3
        run.cuts = 2
        try opened.store.write { [run] in try $0.updateRun(run) }
        #expect(try opened.store.read { try $0.run(run.id) } == run)
        #expect(try opened.store.read { try $0.run(999) } == nil)
        let ended = run
        (run.state, run.outcome, run.reason, run.finished) = (.waiting, nil, nil, nil)
        (run.started, run.notBefore) = (Self.start + 2, Self.start + 9)
        (run.attempts, run.cuts) = (4, 3)
        let course = run
        (run.job, run.version, run.settings, run.grant, run.header) = ("other", "w", [:], [:], nil)
        (run.fireTime, run.claimed, run.trigger, run.parent) = (Self.start + 3, Self.start + 3, .manual, nil)
        try opened.store.write { [run] in try $0.updateCourse(of: run) }
        #expect(try opened.store.read { try $0.run(run.id) } == course, "what was claimed stays")
        try opened.store.write { try $0.updateCourse(of: ended) }
        #expect(try opened.store.read { try $0.run(run.id) } == ended)
        run.id = 999
        #expect(throws: Failure.self) { try opened.store.write { [run] in try $0.updateRun(run) } }
        #expect(throws: Failure.self) { try opened.store.write { [run] in try $0.updateCourse(of: run) } }
    }

    @Test("A run's fire time is moved, but not to one that is claimed", arguments: StoreKind.allCases)
    func moves(_ kind: StoreKind) throws {
        let opened = try kind.open()
        var (first, second) = try opened.store.write { session in
            (try session.insertRun(Self.run()), try session.insertRun(Self.run(at: 10)))
        }
        first?.fireTime = Self.start + 10
        second?.fireTime = Self.start + 20
        let (waits, moved) = (try #require(first), try #require(second))
        #expect(try opened.store.write { try $0.moveRun(waits) } == false)
        #expect(try opened.store.read { try $0.run(waits.id)?.fireTime } == Self.start)
        #expect(try opened.store.write { try $0.moveRun(moved) })
        #expect(try opened.store.write { try $0.moveRun(moved) }, "again: it is its own fire time")
        #expect(try opened.store.write { try $0.moveRun(waits) })
        #expect(
            try opened.store.read { try $0.runs(RunQuery()).map(\.fireTime) } == [Self.start + 20, Self.start + 10])
        #expect(try opened.store.write { try $0.insertRun(Self.run(at: 20)) } == nil)
        #expect(try opened.store.write { try $0.insertRun(Self.run()) } != nil, "what it left is free")
        var stray = moved
        (stray.id, stray.fireTime) = (999, Self.start + 99)
        #expect(throws: Failure.self) { try opened.store.write { [stray] in _ = try $0.moveRun(stray) } }
    }

    @Test("Pauses come back as they were written, those that are over apart", arguments: StoreKind.allCases)
    func pauses(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let pauses = try opened.store.write { session in
            [
                try session.insertPause(Pause(job: "a", kind: .pause, since: Self.start, by: "anna")),
                try session.insertPause(
                    Pause(job: "b", kind: .pause, since: Self.start + 1, until: Self.start + 9, by: "é\u{0}")),
                try session.insertPause(
                    Pause(job: Pause.everything, kind: .drain, since: Self.start + 20, until: Self.start + 30, by: "x")),
            ]
        }
        #expect(pauses.map(\.id) == pauses.map(\.id).sorted() && Set(pauses.map(\.id)).count == 3)
        try opened.store.read { session throws in
            #expect(try session.pauses(at: Self.start) == pauses)
            #expect(try session.pauses(at: Self.start + 9) == [pauses[0], pauses[2]], "its end is not within it")
            #expect(try session.pauses(since: Self.start + 15) == [pauses[0], pauses[2]])
            #expect(try session.pauses(since: Self.start + 30) == [pauses[0]])
        }
        var over = pauses[0]
        over.until = Self.start + 10
        try opened.store.write { [over] in try $0.updatePause(over) }
        #expect(try opened.store.write { try $0.prunePauses(before: Self.start + 10) } == 1)
        #expect(try opened.store.read { try $0.pauses(since: Self.start - 9) } == [over, pauses[2]])
        over.id = 999
        #expect(throws: Failure.self) { try opened.store.write { [over] in try $0.updatePause(over) } }
    }

    @Test("Attempts come back as they were written, the first first", arguments: StoreKind.allCases)
    func attempts(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let inserted = try opened.store.write { try $0.insertRun(Self.run()) }
        let id = try #require(inserted).id
        let second = Attempt(run: id, number: 2, started: Self.start + 9)
        var first = Attempt(run: id, number: 1, started: Self.start)
        first.finished = Self.start + 1.5
        first.outcome = .failed
        first.reason = "crashed: SIGSEGV"
        first.error = "jobs/x.lua:1: no"
        first.result = ["table": [1, 2.5, "ü", .bytes([0xC3]), nil, true], "empty": [:]]
        first.warnings = ["one", ""]
        first.cpuSeconds = 0.1
        first.maxRSSBytes = 1 << 40
        first.user = "nobody"
        first.sandbox = "landlock 4, seccomp"
        first.limitsHit = ["memory"]
        first.refusals = ["write /etc/shadow: not in needs.write"]
        first.pid = 4711
        first.pidStart = .max
        first.unkillable = 4712
        try opened.store.write { [first] session in
            try session.insertAttempt(second)
            try session.insertAttempt(first)
        }
        #expect(try opened.store.read { try $0.attempts(run: id) } == [first, second])
        first.outcome = .lost
        first.pid = nil
        try opened.store.write { [first] in try $0.updateAttempt(first) }
        #expect(try opened.store.read { try $0.attempts(run: id) } == [first, second])
        #expect(throws: Failure.self) { try opened.store.write { try $0.insertAttempt(second) } }
        let stray = Attempt(run: 999, number: 1, started: Self.start)
        #expect(throws: Failure.self) { try opened.store.write { try $0.insertAttempt(stray) } }
        #expect(throws: Failure.self) { try opened.store.write { try $0.updateAttempt(stray) } }
        var odd = second
        odd.result = .number(.nan)
        #expect(throws: Failure.self) { try opened.store.write { [odd] in try $0.updateAttempt(odd) } }
    }

    @Test("A body that throws undoes itself and nobody else", arguments: StoreKind.allCases)
    func savepoints(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let results = Mutex<[Int: Bool]>([:])
        let done = Semaphore()
        let gate = Semaphore()
        // The first body holds the thread until all wait, so that the rest shares one transaction.
        opened.store.submit({ _ in gate.wait() }, completion: { _ in done.signal() })
        for number in 0..<20 {
            opened.store.submit({ session in
                _ = try session.insertRun(Self.run("job\(number)"))
                try session.setState(job: "j", key: "last", value: .int(Int64(number)))
                if number % 3 == 0 { throw Failure(code: "ETEST", "no") }
            }) { result in
                results.withLock { $0[number] = (try? result.get()) != nil }
                done.signal()
            }
        }
        gate.signal()
        for _ in 0...20 { done.wait() }
        let expected = (0..<20).filter { $0 % 3 != 0 }
        #expect(results.withLock { $0.filter(\.value).keys.sorted() } == expected)
        let jobs = try opened.store.read { try $0.runs(RunQuery()).map(\.job) }
        #expect(jobs == expected.reversed().map { "job\($0)" }, "in the order they came")
        #expect(try opened.store.read { try $0.state(job: "j", key: "last") } == 19)
    }

    @Test("Bodies are completed in the order they came, and see what came before", arguments: StoreKind.allCases)
    func order(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let seen = Mutex<[Int64]>([])
        let done = Semaphore()
        for _ in 0..<700 {
            opened.store.submit({ session in
                let next = (try session.state(job: "j", key: "n")?.integer ?? 0) + 1
                try session.setState(job: "j", key: "n", value: .int(next))
                return next
            }) { result in
                seen.withLock { $0.append((try? result.get()) ?? -1) }
                done.signal()
            }
        }
        for _ in 0..<700 { done.wait() }
        #expect(seen.withLock { $0 } == Array(1...700))
    }

    @Test("What was written is read by every reader at once, and a view stays as it was", arguments: StoreKind.allCases)
    func readsWrites(_ kind: StoreKind) throws {
        let opened = try kind.open()
        for number in Int64(0)..<50 {
            try opened.store.write { try $0.setState(job: "j", key: "n", value: .int(number)) }
            #expect(try opened.store.read { try $0.state(job: "j", key: "n") } == .int(number))
        }
        try opened.store.read { outer throws in
            #expect(try outer.state(job: "j", key: "n") == 49)
            try opened.store.write { try $0.setState(job: "j", key: "n", value: 50) }
            #expect(try outer.state(job: "j", key: "n") == 49)
        }
    }

    @Test("A body that reads cannot write, and a session ends with its body", arguments: StoreKind.allCases)
    func sessions(_ kind: StoreKind) throws {
        let opened = try kind.open()
        #expect(throws: Failure.self) {
            try opened.store.read { try $0.setState(job: "j", key: "k", value: 1) }
        }
        var kept: (any StoreSession)?
        try opened.store.read { kept = $0 }
        #expect(throws: Failure.self) { try kept?.openRuns() }
        #expect(try opened.store.read { try $0.state(job: "j", key: "k") } == nil)
    }

    @Test("Runs are paged by number, and filtered", arguments: StoreKind.allCases)
    func paging(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let ids = try opened.store.write { session in
            try (0..<9).compactMap { index in
                var run = Self.run(index % 3 == 0 ? "a" : "b", at: Double(index))
                run.state = index < 7 ? .ended : .waiting
                run.outcome = index < 7 ? (index % 2 == 0 ? .succeeded : .skipped) : nil
                return try session.insertRun(run)?.id
            }
        }
        func page(_ query: RunQuery) throws -> [Int64] { try opened.store.read { try $0.runs(query).map(\.id) } }
        #expect(try page(RunQuery()) == ids.reversed())
        #expect(try page(RunQuery(limit: 2)) == [ids[8], ids[7]])
        #expect(try page(RunQuery(before: ids[7], limit: 2)) == [ids[6], ids[5]])
        #expect(try page(RunQuery(job: "a")) == [ids[6], ids[3], ids[0]])
        #expect(try page(RunQuery(job: "a", outcome: .succeeded, before: ids[6])) == [ids[0]])
        #expect(try page(RunQuery(outcome: .skipped)) == [ids[5], ids[3], ids[1]])
        let followers = try opened.store.write { session in
            try (0..<2).compactMap { index in
                var run = Self.run("c", at: 0, trigger: .after)
                run.parent = ids[4]
                return try session.insertRun(run)?.id
            }
        }
        #expect(try page(RunQuery(parent: ids[4])) == followers.reversed())
        #expect(try page(RunQuery(parent: ids[3])).isEmpty)
        #expect(try page(RunQuery(limit: 0)).isEmpty)
        #expect(try page(RunQuery(job: "none")).isEmpty)
        try opened.store.read { session throws in
            #expect(try session.openRuns().map(\.id) == [ids[7], ids[8]] + followers)
            #expect(try session.lastRun(job: "a", outcome: nil)?.id == ids[6])
            #expect(try session.lastRun(job: "b", outcome: nil)?.id == ids[4], "neither open nor skipped")
            #expect(try session.lastRun(job: "b", outcome: .skipped)?.id == ids[5])
            #expect(try session.lastRun(job: "b", outcome: .failed) == nil)
        }
    }

    @Test("Cursors are kept a job", arguments: StoreKind.allCases)
    func cursors(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let cursor = JobCursor(
            job: "a", accountedUntil: Self.start, schedules: ["0 3 * * *", "every 90s"], timezone: "Europe/Berlin")
        var other = JobCursor(job: "b", accountedUntil: Self.start, schedules: [], timezone: nil)
        try opened.store.write { [other] session in
            try session.setCursor(cursor)
            try session.setCursor(other)
        }
        other.accountedUntil = Self.start + 60
        try opened.store.write { [other] in try $0.setCursor(other) }
        #expect(try opened.store.read { try $0.cursors() } == ["a": cursor, "b": other])
        try opened.store.write { session in
            try session.removeCursor(job: "a")
            try session.removeCursor(job: "never")
        }
        #expect(try opened.store.read { try $0.cursors() } == ["b": other])
    }

    @Test("Versions are stored once", arguments: StoreKind.allCases)
    func versions(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let files = ["jobs/a.lua": Array("return 1".utf8), "lib/é.lua": [0xFF, 0x00], "empty": []]
        try opened.store.write { session in
            try session.saveVersion("h1", files: files)
            try session.saveVersion("h1", files: ["jobs/a.lua": []])
        }
        #expect(try opened.store.read { try $0.version("h1") } == files)
        #expect(try opened.store.read { try $0.version("h2") } == nil)
    }

    @Test("State comes back exactly, under keys told apart by their bytes", arguments: StoreKind.allCases)
    func state(_ kind: StoreKind) throws {
        let opened = try kind.open()
        let pairs: [(key: String, value: Value)] = [
            ("", "empty key"), ("bytes", .bytes([0, 0xFF, 0xC3, 0x28])), ("e\u{301}", "two scalars"), ("int", 1),
            ("nul\u{0}key", 1), ("null", nil), ("number", 1.0), ("table", ["list": [1, [:], []], "": nil]),
            ("\u{E9}", "one scalar"),
        ]
        try opened.store.write { session in
            for pair in pairs.reversed() { try session.setState(job: "j", key: pair.key, value: pair.value) }
            try session.setState(job: "j", key: "int", value: 2)
            try session.setState(job: "j", key: "int", value: 1)
        }
        try opened.store.read { session throws in
            for pair in pairs { #expect(try session.state(job: "j", key: pair.key) == pair.value, "\(pair.key)") }
            #expect(try session.state(job: "other", key: "int") == nil)
            #expect(try session.stateKeys(job: "j").map { Array($0.utf8) } == pairs.map { Array($0.key.utf8) })
        }
        let removed = try opened.store.write { session in
            [try session.removeState(job: "j", key: "int"), try session.removeState(job: "j", key: "int")]
        }
        #expect(removed == [true, false])
        #expect(throws: Failure.self) {
            try opened.store.write { try $0.setState(job: "j", key: "k", value: .handle(kind: "lock", id: 1)) }
        }
    }

    @Test("A closed store says so", arguments: StoreKind.allCases)
    func closed(_ kind: StoreKind) throws {
        let opened = try kind.open()
        try opened.store.write { try $0.setState(job: "j", key: "k", value: 1) }
        opened.store.close()
        opened.store.close()
        #expect(throws: Failure.self) { try opened.store.write { try $0.setState(job: "j", key: "k", value: 1) } }
        #expect(throws: Failure.self) { try opened.store.read { try $0.openRuns() } }
    }
}
