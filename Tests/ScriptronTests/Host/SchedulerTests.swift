import Synchronization
import Testing

@testable import Scriptron

/// A scheduler on a clock that is moved by hand, over a store in memory.
final class SchedulerBench: Sendable {
    let clock: ManualClock
    let store: MemoryStore
    let claimed = Mutex<[ClaimedRun]>([])
    /// What goes on, by the job.
    let occupancy = Mutex<[String: Occupancy]>([:])
    let pauses = Mutex<[Pause]>([])
    let moved = Mutex<[ClaimedRun]>([])
    /// The runs that others made way for, and those that were locked and not moved.
    let ways = Mutex<[Int64]>([])
    let unlocked = Mutex<[Int64]>([])
    /// Runs that have begun by the time they are to be locked.
    let begun = Mutex<Set<Int64>>([])
    /// The jobs that may not be claimed.
    let held = Mutex<Set<String>>([])
    let armed = Mutex<Timestamp?>(nil)
    private let made = Mutex<Scheduler?>(nil)

    init(at seconds: Int64, store: MemoryStore = MemoryStore()) {
        clock = ManualClock(Timestamp(seconds: seconds))
        self.store = store
    }

    var scheduler: Scheduler {
        made.withLock { made in
            if let made { return made }
            let scheduler = Scheduler(
                Scheduler.Connections(
                    clock: clock, store: store, arm: { [unowned self] instant in armed.withLock { $0 = instant } },
                    soon: { $0() }, later: { _, _ in },
                    occupancy: { [unowned self] job in occupancy.withLock { $0[job] ?? Occupancy() } },
                    lock: { [unowned self] run in
                        let isThere = begun.withLock { !$0.contains(run) }
                        if !isThere { occupancy.withLock { $0 = [:] } }
                        return isThere
                    }, unlock: { [unowned self] run in unlocked.withLock { $0.append(run) } },
                    pauses: { [unowned self] job in pauses.withLock { $0.filter { $0.isAbout(job) } } },
                    mayClaim: { [unowned self] job in !held.withLock { $0.contains(job.name) } },
                    claimed: { [unowned self] runs in claimed.withLock { $0 += runs } },
                    moved: { [unowned self] run in moved.withLock { $0.append(run) } },
                    makeWay: { [unowned self] run in ways.withLock { $0.append(run.id) } }, trouble: { _ in }))
            made = scheduler
            return scheduler
        }
    }

    func start(_ jobs: [LoadedJob]) throws {
        try scheduler.start(jobs, cursors: try store.read { try $0.cursors() })
        try settle()
    }

    /// Moves the clock, and waits until what is due is claimed.
    func move(to seconds: Int64) throws {
        clock.set(to: Timestamp(seconds: seconds))
        scheduler.tick()
        try settle()
    }

    /// A write that is answered comes after the claims before it, and a tick after their settling.
    func settle() throws {
        for _ in 0..<3 { try store.write { _ in } }
        scheduler.tick()
        for _ in 0..<3 { try store.write { _ in } }
    }

    var fireTimes: [Int64] { claimed.withLock { $0.map(\.run.fireTime.seconds) } }

    var missed: [String] {
        get throws {
            try store.read { try $0.missed(job: nil, limit: 100) }
                .map { "\($0.kind.rawValue) \($0.from.seconds) \($0.to.seconds) \($0.count)" }
        }
    }

    /// Has a run of the job go on.
    func occupy(_ job: String, begun: Int64?, waiting: Run? = nil) {
        occupancy.withLock { all in
            var occupancy = Occupancy()
            occupancy.begun = begun
            occupancy.waiting = waiting == nil ? 0 : 1
            occupancy.firstWaiting = waiting?.id
            occupancy.movable = waiting.map { Occupancy.Movable(run: $0.id, fireTime: $0.fireTime) }
            all[job] = occupancy
        }
    }

    static func job(
        _ schedules: [String], name: String = "j", catchUp: CatchUp = .once,
        _ change: (inout JobHeader) -> Void = { _ in }
    ) throws -> LoadedJob {
        var header = JobHeader()
        header.schedules = schedules
        header.catchUp = catchUp
        change(&header)
        return LoadedJob(
            name: name, path: "/jobs/j.lua", script: "jobs/j.lua", header: header,
            schedule: try JobSchedule(schedules, zone: .utc), blackouts: try Blackouts(header.except, zone: .utc),
            version: try JobVersion(files: [:], settings: [:]),
            settings: [:], declarations: nil, needs: Needs(), grant: .nothing, zone: .utc)
    }
}

@Suite("Scheduler", .timeLimit(.minutes(15))) struct SchedulerTests {
    @Test("A new job fires at its next fire time, not at once") func newJob() throws {
        let bench = SchedulerBench(at: 1005)
        try bench.start([try SchedulerBench.job(["every 10s"])])
        #expect(bench.fireTimes.isEmpty)
        #expect(bench.armed.withLock { $0?.seconds } == 1010)
        try bench.move(to: 1010)
        #expect(bench.fireTimes == [1010])
        #expect(bench.armed.withLock { $0?.seconds } == 1020)
    }

    @Test("A wake-up that comes twice claims once") func twice() throws {
        let bench = SchedulerBench(at: 1005)
        try bench.start([try SchedulerBench.job(["every 10s"])])
        try bench.move(to: 1010)
        bench.scheduler.tick()
        try bench.settle()
        #expect(bench.fireTimes == [1010])
    }

    @Test("What was due while the host was down is missed, and the newest caught up") func down() throws {
        let store = MemoryStore()
        let first = SchedulerBench(at: 1000, store: store)
        try first.start([try SchedulerBench.job(["every 10s"])])
        try first.move(to: 1010)
        let second = SchedulerBench(at: 1047, store: store)
        try second.start([try SchedulerBench.job(["every 10s"])])
        #expect(second.fireTimes == [1040])
        #expect(try second.missed == ["missed 1020 1030 2"])
    }

    @Test("A job that still runs skips its fire times, in one range") func overlap() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"])])
        bench.occupy("j", begun: 7)
        for seconds in stride(from: Int64(1010), through: 1050, by: 10) { try bench.move(to: seconds) }
        #expect(bench.fireTimes.isEmpty)
        #expect(try bench.missed == ["skipped 1010 1050 5"])
    }

    @Test("A schedule that was edited does not fire because it was edited") func edited() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 600s"])])
        try bench.move(to: 1100)
        bench.scheduler.update(try SchedulerBench.job(["every 50s"]))
        try bench.settle()
        #expect(bench.fireTimes.isEmpty)
        try bench.move(to: 1150)
        #expect(bench.fireTimes == [1150])
    }

    @Test("A schedule that was edited while the host was down leaves the old one's fire times as missed")
    func editedWhileDown() throws {
        let store = MemoryStore()
        let first = SchedulerBench(at: 1000, store: store)
        try first.start([try SchedulerBench.job(["every 10s"])])
        let second = SchedulerBench(at: 1035, store: store)
        try second.start([try SchedulerBench.job(["every 7s"])])
        #expect(second.fireTimes.isEmpty)
        #expect(try second.missed.reduce(0) { $0 + (Int($1.split(separator: " ")[3]) ?? 0) } == 3)
    }

    @Test("A boot in 2099 that is then corrected silences nobody, and nothing runs twice") func steppedBack() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"])])
        try bench.move(to: 1010)
        try bench.move(to: 4_070_908_805)
        #expect(bench.fireTimes == [1010, 4_070_908_800])
        try bench.move(to: 1015)
        #expect(try bench.missed.isEmpty || bench.missed.allSatisfy { !$0.contains("4070") })
        try bench.move(to: 1020)
        try bench.move(to: 1030)
        #expect(bench.fireTimes == [1010, 4_070_908_800, 1020, 1030])
    }

    @Test("What ran before the clock was set back is in no range, whatever the clock does next")
    func backAndForth() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"])])
        for seconds in [Int64(1010), 1020, 1030, 1040] { try bench.move(to: seconds) }
        bench.occupy("j", begun: 99)
        try bench.move(to: 1050)
        bench.occupy("j", begun: nil)
        try bench.move(to: 1060)
        #expect(bench.fireTimes == [1010, 1020, 1030, 1040, 1060])
        // Back before all of it: what was passed over is due again, what ran is not.
        try bench.move(to: 1015)
        #expect(try bench.missed.isEmpty)
        try bench.move(to: 1020)
        // And forward over it and beyond.
        try bench.move(to: 1085)
        #expect(bench.fireTimes == [1010, 1020, 1030, 1040, 1060, 1080])
        #expect(try bench.missed == ["missed 1070 1070 1", "missed 1050 1050 1"])
        // A step across a range cuts it at its last fire time.
        try bench.move(to: 1200)
        try bench.move(to: 1133)
        #expect(
            try bench.missed == ["missed 1090 1130 5", "missed 1070 1070 1", "missed 1050 1050 1"])
        try bench.move(to: 1140)
        #expect(bench.fireTimes.suffix(2) == [1200, 1140])
    }

    @Test("Fire times that are skipped one by one are one range, but never across one that ran before")
    func noMergeAcrossRuns() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"])])
        for seconds in [Int64(1010), 1020, 1030] { try bench.move(to: seconds) }
        try bench.move(to: 1005)
        bench.occupy("j", begun: 99)
        for seconds in [Int64(1010), 1020, 1030, 1040, 1050] { try bench.move(to: seconds) }
        #expect(try bench.missed == ["skipped 1040 1050 2"])
    }

    @Test("Thirty days down with a job a second are one range, not millions of rows") func longDown() throws {
        let store = MemoryStore()
        let first = SchedulerBench(at: 1_000_000, store: store)
        try first.start([try SchedulerBench.job(["* * * * * *"])])
        try first.move(to: 1_000_001)
        let second = SchedulerBench(at: 1_000_001 + 30 * 86400, store: store)
        try second.start([try SchedulerBench.job(["* * * * * *"])])
        #expect(second.fireTimes == [1_000_001 + 30 * 86400])
        #expect(try second.missed == ["missed 1000002 3592000 2591999"])
    }

    @Test("Fire times of a job that may not be claimed wait without an alarm, and are accounted for when it may")
    func held() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"]), try SchedulerBench.job(["every 10s"], name: "rescue")])
        bench.held.withLock { $0 = ["j"] }
        for seconds in [Int64(1010), 1020, 1030] { try bench.move(to: seconds) }
        #expect(bench.claimed.withLock { $0.map(\.run.job) } == ["rescue", "rescue", "rescue"])
        #expect(bench.armed.withLock { $0?.seconds } == 1040)
        bench.held.withLock { $0 = [] }
        bench.scheduler.resume()
        try bench.settle()
        #expect(bench.claimed.withLock { $0.last.map { "\($0.run.job) \($0.run.fireTime.seconds)" } } == "j 1030")
        #expect(try bench.missed == ["missed 1010 1020 2"])
        #expect(try bench.store.read { try $0.missed(job: "j", limit: 1).first?.reason }?.contains("full") == true)
        try bench.move(to: 1040)
        #expect(bench.claimed.withLock { $0.suffix(2).map(\.run.fireTime.seconds) } == [1040, 1040])
    }

    @Test("What another has accounted for meanwhile is not accounted for twice") func compared() throws {
        let bench = SchedulerBench(at: 1000)
        let job = try SchedulerBench.job(["every 10s"])
        try bench.start([job])
        try bench.store.write { try $0.setCursor(job.cursor(Timestamp(seconds: 1030))) }
        try bench.move(to: 1045)
        #expect(bench.fireTimes == [1040])
        #expect(try bench.missed.isEmpty)
    }

    @Test("The watch finds a fire time that nothing had claimed, and has it claimed") func watch() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"])])
        #expect(bench.scheduler.mend(isThorough: true).isEmpty)
        bench.clock.advance(by: 12)
        #expect(bench.scheduler.mend(isThorough: true).isEmpty, "the alarm may be on its way")
        bench.clock.advance(by: 3)
        let found = bench.scheduler.mend(isThorough: false)
        #expect(found.count == 1 && found[0].contains("5 s in the past"))
        try bench.settle()
        #expect(bench.fireTimes == [1010])
        #expect(bench.scheduler.mend(isThorough: true).isEmpty)
    }

    @Test("Of two threads that set the alarm at once the later one has the last word") func alarms() throws {
        let clock = ManualClock(Timestamp(seconds: 1000))
        let armed = Mutex<Timestamp?>(nil)
        let isSlow = Mutex(false)
        let isPassed = Shared(false)
        let (isIn, isDone) = (Semaphore(), Semaphore())
        let scheduler = Scheduler(
            Scheduler.Connections(
                clock: clock, store: MemoryStore(),
                arm: { instant in
                    let waits = isSlow.withLock { isSlow in
                        defer { isSlow = false }
                        return isSlow
                    }
                    if waits {
                        isIn.signal()
                        // What it is told it sets late: time for the other one to come before it, if that can.
                        let end = Monotonic.now + 0.3
                        while !isPassed.value.withLock({ $0 }), Monotonic.now < end {
                            Monotonic.sleep(until: Monotonic.now + 0.002)
                        }
                    }
                    armed.withLock { $0 = instant }
                }, soon: { $0() }, later: { _, _ in }, occupancy: { _ in Occupancy() }, lock: { _ in true },
                unlock: { _ in }, pauses: { _ in [] }, mayClaim: { _ in true }, claimed: { _ in }, moved: { _ in },
                makeWay: { _ in }, trouble: { _ in }))
        try scheduler.start([try SchedulerBench.job(["every 1h"])], cursors: [:])
        isSlow.withLock { $0 = true }
        try PlainThread.start(name: "slow") {
            scheduler.tick()
            isDone.signal()
        }
        isIn.wait()
        scheduler.update(try SchedulerBench.job(["every 10s"]))
        isPassed.value.withLock { $0 = true }
        isDone.wait()
        #expect(armed.withLock { $0 } == Timestamp(seconds: 1010))
    }

    @Test("The watch makes a claim again that the store never answered, and nothing is doubled by it")
    func watchClaims() throws {
        let store = DeafStore()
        let clock = ManualClock(Timestamp(seconds: 1000))
        let claimed = Mutex<[Int64]>([])
        let scheduler = Scheduler(
            Scheduler.Connections(
                clock: clock, store: store, arm: { _ in }, soon: { $0() }, later: { _, _ in },
                occupancy: { _ in Occupancy() },
                lock: { _ in true }, unlock: { _ in }, pauses: { _ in [] }, mayClaim: { _ in true },
                claimed: { runs in claimed.withLock { $0 += runs.map(\.run.fireTime.seconds) } }, moved: { _ in },
                makeWay: { _ in }, trouble: { _ in }))
        try scheduler.start([try SchedulerBench.job(["every 10s"])], cursors: [:])
        store.isDeaf.withLock { $0 = true }
        clock.advance(by: 10)
        scheduler.tick()
        store.isDeaf.withLock { $0 = false }
        clock.advance(by: 119)
        #expect(scheduler.mend(isThorough: true).isEmpty)
        clock.advance(by: 1)
        let found = scheduler.mend(isThorough: true)
        #expect(found.count == 1 && found[0].contains("claim of job j"))
        for _ in 0..<4 { try store.write { _ in } }
        // The first claim was in the store all the same: what it accounted for stays as it is.
        #expect(try store.read { try $0.runs(RunQuery()).map(\.fireTime.seconds) } == [1130, 1010])
        #expect(try store.read { try $0.missed(job: nil, limit: 9).map(\.count) } == [11])
    }

    @Test("A timer that wakes early claims nothing, and nothing twice when the time comes") func earlyTimer() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"])])
        bench.clock.advance(by: 9.994)
        bench.scheduler.tick()
        try bench.settle()
        #expect(bench.fireTimes.isEmpty)
        #expect(bench.armed.withLock { $0?.seconds } == 1010)
        bench.clock.advance(by: 0.006)
        bench.scheduler.tick()
        bench.scheduler.tick()
        try bench.settle()
        #expect(bench.fireTimes == [1010])
        // A second that is smeared, or repeated by a step of less than one second back.
        bench.clock.set(to: Timestamp(1010 - 0.4))
        bench.scheduler.tick()
        bench.clock.advance(by: 0.5)
        bench.scheduler.tick()
        try bench.settle()
        #expect(bench.fireTimes == [1010])
    }

    @Test("A job that could not be loaded at the start owns the fire times that passed, once it can") func mended()
        throws
    {
        let store = MemoryStore()
        let first = SchedulerBench(at: 1000, store: store)
        try first.start([try SchedulerBench.job(["every 10s"])])
        let second = SchedulerBench(at: 1035, store: store)
        try second.start([])
        second.scheduler.update(try SchedulerBench.job(["every 10s"]))
        try second.settle()
        #expect(second.fireTimes.isEmpty)
        #expect(try second.missed == ["missed 1010 1030 3"])
    }

    @Test("A job at the host's start runs once, with its trigger") func atStart() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["@start"])])
        #expect(bench.claimed.withLock { $0.map(\.run.trigger) } == [.start])
    }

    @Test("Hundreds of jobs that are due at once are all claimed, and each once") func many() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start(try (0..<1200).map { try SchedulerBench.job(["every 10s"], name: "j\($0)") })
        try bench.move(to: 1010)
        #expect(bench.fireTimes.count == 1200)
        #expect(Set(bench.claimed.withLock { $0.map(\.run.job) }).count == 1200)
    }

    @Test("Of many that are due the oldest are claimed first; no other claim stands before their starts") func batches()
        throws
    {
        let store = DeafStore()
        let clock = ManualClock(Timestamp(seconds: 1000))
        let claimed = Mutex(0)
        let scheduler = Scheduler(
            Scheduler.Connections(
                clock: clock, store: store, arm: { _ in }, soon: { $0() }, later: { _, _ in },
                occupancy: { _ in Occupancy() },
                lock: { _ in true }, unlock: { _ in }, pauses: { _ in [] }, mayClaim: { _ in true },
                claimed: { runs in claimed.withLock { $0 += runs.count } }, moved: { _ in }, makeWay: { _ in },
                trouble: { _ in }))
        try scheduler.start(try (0..<1000).map { try SchedulerBench.job(["every 10s"], name: "j\($0)") }, cursors: [:])
        store.isDeaf.withLock { $0 = true }
        clock.advance(by: 10)
        scheduler.tick()
        try store.write { _ in }
        let count = try store.read { try $0.runs(RunQuery(limit: 2000)).count }
        #expect(count > 0 && count <= 32)
        #expect(claimed.withLock { $0 } == 0)
        // The next claims are twice as many, and come when somebody asks: here the tick, else what was claimed.
        store.isDeaf.withLock { $0 = false }
        scheduler.tick()
        for _ in 0..<9 { try store.write { _ in } }
        #expect(claimed.withLock { $0 } == 1000 - count)
    }
}
