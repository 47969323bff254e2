import Testing

@testable import Scriptron

@Suite("Roster") struct RosterTests {
    private static func claimed(
        _ id: Int64, _ job: String = "j", at fireTime: Int64 = 0, trigger: Trigger = .schedule, attempts: Int = 0,
        state: RunState = .waiting, _ change: (inout JobHeader) -> Void = { _ in }
    ) throws -> ClaimedRun {
        let loaded = try SchedulerBench.job([], name: job) { change(&$0) }
        var run = loaded.newRun(trigger: trigger, fireTime: Timestamp(seconds: fireTime), now: Timestamp(seconds: 0))
        (run.id, run.attempts, run.state) = (id, attempts, state)
        return ClaimedRun(run: run, job: loaded)
    }

    /// The runs that start now, one after the other, until none may.
    private static func take(_ roster: inout Roster, now: Double = 0, slots: Int = 100, groups: [String: Int] = [:])
        -> [Int64]
    {
        var taken: [Int64] = []
        while let run = roster.take(now: now, limits: Roster.Limits(slots: slots, groups: groups)) {
            taken.append(run.run.id)
        }
        return taken
    }

    @Test("Runs start by priority, then by fire time, then as they came") func order() throws {
        var roster = Roster()
        roster.add(
            [
                (try Self.claimed(1, "a", at: 30), 0), (try Self.claimed(2, "b", at: 10), 0),
                (try Self.claimed(3, "c", at: 10), 0), (try Self.claimed(4, "d", at: 50) { $0.priority = .high }, 0),
                (try Self.claimed(5, "e", at: 0) { $0.priority = .low }, 0),
                (try Self.claimed(6, "f", at: 99) { $0.priority = .rescue }, 0),
            ], now: 0)
        #expect(Self.take(&roster) == [6, 4, 2, 3, 1, 5])
        #expect(roster.runningCount == 6 && roster.waitingCount == 0)
    }

    @Test("While the disk is full rescuers start, and what an operator asks for; the others wait in their order")
    func fullDisk() throws {
        var roster = Roster()
        roster.add(
            [
                (try Self.claimed(1, "a", at: 10), 0), (try Self.claimed(2, "a", at: 20, trigger: .manual), 0),
                (try Self.claimed(3, "b", at: 30) { $0.priority = .rescue }, 0),
                (try Self.claimed(4, "c", at: 40) { $0.priority = .high }, 0),
            ], now: 0)
        var limits = Roster.Limits(slots: 100)
        limits.isDiskFull = true
        #expect(roster.take(now: 0, limits: limits)?.run.id == 3)
        #expect(roster.take(now: 0, limits: limits)?.run.id == 2)
        #expect(roster.take(now: 0, limits: limits) == nil)
        roster.finish(2)
        #expect(Self.take(&roster) == [4, 1])
    }

    @Test("No more start than there are slots; one whose process is gone gives up its slot") func slots() throws {
        var roster = Roster()
        roster.add(try (1...5).map { (try Self.claimed($0, "j\($0)"), 0) }, now: 0)
        #expect(Self.take(&roster, slots: 2) == [1, 2])
        #expect(Self.take(&roster, slots: 2).isEmpty)
        roster.freeSlot(1)
        roster.freeSlot(1)
        #expect(Self.take(&roster, slots: 2) == [3])
        roster.finish(1)
        roster.finish(2)
        #expect(Self.take(&roster, slots: 2) == [4])
    }

    @Test(
        "Runs of a job start one after the other, and only when the earlier one is on record",
        arguments: [Overlap.skip, .queue, .cancel])
    func oneAfterTheOther(overlap: Overlap) throws {
        var roster = Roster()
        roster.add(
            try [30, 10, 20].enumerated().map {
                (try Self.claimed(Int64($0.offset + 1), at: $0.element) { $0.overlap = overlap }, 0)
            },
            now: 0)
        #expect(Self.take(&roster) == [2])
        roster.freeSlot(2)
        #expect(Self.take(&roster).isEmpty, "its record is not durable yet")
        roster.finish(2)
        #expect(Self.take(&roster) == [3])
    }

    @Test("With allow they start beside each other") func allow() throws {
        var roster = Roster()
        roster.add(try (1...3).map { (try Self.claimed($0) { $0.overlap = .allow }, 0) }, now: 0)
        #expect(Self.take(&roster) == [1, 2, 3])
        #expect(roster.begun("j") == [1, 2, 3])
    }

    @Test("A group has as many runs as its limit, over all its jobs, and each of several groups counts") func groups()
        throws
    {
        var roster = Roster()
        roster.add(
            [
                (try Self.claimed(1, "a", at: 1) { $0.groups = ["db"] }, 0),
                (try Self.claimed(2, "b", at: 2) { $0.groups = ["db"] }, 0),
                (try Self.claimed(3, "c", at: 3) { $0.groups = ["disk", "db"] }, 0),
                (try Self.claimed(4, "d", at: 4) { $0.groups = ["disk"] }, 0), (try Self.claimed(5, "e", at: 5), 0),
                (try Self.claimed(6, "f", at: 6) { $0.groups = ["disk"] }, 0),
            ], now: 0)
        let limits = ["db": 1, "disk": 1]
        #expect(Self.take(&roster, groups: limits) == [1, 4, 5])
        roster.freeSlot(1)
        #expect(Self.take(&roster, groups: limits) == [2])
        roster.finish(2)
        #expect(Self.take(&roster, groups: limits).isEmpty, "disk is taken, so the run in both waits")
        roster.finish(4)
        #expect(Self.take(&roster, groups: limits) == [3])
        #expect(Self.take(&roster, groups: ["db": 1, "disk": 2]) == [6], "a limit that is raised counts at once")
    }

    @Test("A run that waits for its time holds up those behind it of its job, and nobody else") func delays() throws {
        var roster = Roster()
        roster.add([(try Self.claimed(1, at: 1, attempts: 1), 60)], now: 100)
        roster.add([(try Self.claimed(2, at: 2), 0), (try Self.claimed(3, "k", at: 3), 0)], now: 100)
        let ready = roster.nextReady()
        #expect(ready == 160)
        #expect(Self.take(&roster, now: 159) == [3])
        #expect(Self.take(&roster, now: 160) == [1])
        roster.finish(1)
        #expect(Self.take(&roster, now: 160) == [2])
        let none = roster.nextReady()
        #expect(none == nil)
    }

    @Test("A removed run is nowhere any more, delayed or not") func remove() throws {
        var roster = Roster()
        roster.add([(try Self.claimed(1), 10), (try Self.claimed(2, "k"), 0)], now: 0)
        let removed = [1, 2, 2].map { roster.remove($0)?.run.id }
        #expect(removed == [1, 2, nil])
        let ready = roster.nextReady()
        #expect(ready == nil && Self.take(&roster, now: 99).isEmpty && roster.occupancy("j").isIdle)
    }

    @Test("What goes on of a job is told apart: begun, waiting, and the one whose fire time may change")
    func occupancy() throws {
        var roster = Roster()
        #expect(roster.occupancy("j") == Occupancy() && Occupancy().reason == nil)
        roster.add(
            [
                (try Self.claimed(1, at: 1), 0), (try Self.claimed(4, at: 4, trigger: .manual), 0),
                (try Self.claimed(2, at: 2), 0), (try Self.claimed(3, at: 3, attempts: 2), 50),
            ], now: 0)
        var expected = Occupancy()
        (expected.begun, expected.waiting, expected.firstWaiting) = (3, 3, 1)
        expected.movable = .init(run: 2, fireTime: Timestamp(seconds: 2))
        #expect(roster.occupancy("j") == expected)
        #expect(roster.occupancy("j").reason == "overlap: run 3 still runs")
        #expect(Self.take(&roster) == [1])
        #expect(roster.occupancy("j").begun == 1 && roster.begun("j") == [1, 3])
    }

    @Test("A run whose fire time changes does not start meanwhile, and stands where it belongs afterwards")
    func moving() throws {
        var roster = Roster()
        roster.add([(try Self.claimed(1, at: 10), 0), (try Self.claimed(2, "k", at: 20), 0)], now: 0)
        let locked = [1, 1, 99].map { roster.lock($0) }
        #expect(locked == [true, false, false])
        #expect(Self.take(&roster) == [2])
        #expect(roster.occupancy("j").movable == nil && roster.occupancy("j").waiting == 1)
        let isMoved = roster.move(try Self.claimed(1, at: 30), delay: 0, now: 0)
        #expect(isMoved)
        #expect(
            roster.occupancy("j").movable
                == .init(run: 1, fireTime: Timestamp(seconds: 30), left: Timestamp(seconds: 10)))
        #expect(Self.take(&roster) == [1])
        let begun = (roster.lock(1), roster.move(try Self.claimed(1, at: 40), delay: 0, now: 0))
        #expect(begun == (false, false), "it has begun")
        roster.add([(try Self.claimed(3, "l"), 0)], now: 0)
        _ = roster.lock(3)
        roster.unlock(3)
        #expect(Self.take(&roster) == [3])
        roster.add(
            [(try Self.claimed(4, "m", attempts: 1), 0), (try Self.claimed(5, "n", trigger: .manual), 0)], now: 0)
        let others = [4, 5].map { roster.lock($0) }
        #expect(others == [false, false], "it has begun once, or has no fire time of the schedule")
    }

    @Test("Held runs stay, those behind them pass, and they go on when they are let go") func held() throws {
        var roster = Roster()
        roster.add(
            [
                (try Self.claimed(1, at: 1), 0), (try Self.claimed(2, at: 2, trigger: .manual), 0),
                (try Self.claimed(3, "k", at: 3), 0),
            ], now: 0)
        let changed = roster.hold { $0.job == "j" && $0.trigger != .manual }
        #expect(changed.map(\.id) == [1] && changed.map(\.state) == [.held])
        let again = roster.hold { $0.job == "j" && $0.trigger != .manual }
        #expect(again.isEmpty)
        #expect(Self.take(&roster) == [2, 3])
        let free = roster.hold { _ in false }
        #expect(free.map(\.state) == [.waiting])
        #expect(Self.take(&roster).isEmpty)
        roster.finish(2)
        #expect(Self.take(&roster) == [1])
    }

    @Test("However runs come and go, no rule is broken and none is forgotten", arguments: [UInt64(1), 2, 3])
    func random(seed: UInt64) throws {
        var random = RandomValues(seed: seed)
        var roster = Roster()
        let jobs = try (0..<12).map { number in
            try SchedulerBench.job([], name: "j\(number)") {
                $0.overlap = Overlap.allCases[number % 4]
                $0.groups = number % 3 == 0 ? ["g"] : []
                $0.priority = Priority.allCases[number % 3]
            }
        }
        let limits = Roster.Limits(slots: 6, groups: ["g": 2])
        var (now, next) = (0.0, Int64(1))
        var running: [Int64: (job: LoadedJob, hasSlot: Bool)] = [:]
        var waiting: Set<Int64> = []
        func check() {
            #expect(running.values.count { $0.hasSlot } <= limits.slots)
            #expect(running.values.count { $0.hasSlot && !$0.job.header.groups.isEmpty } <= 2)
            for job in jobs where job.header.overlap != .allow {
                #expect(running.values.count { $0.job.name == job.name } <= 1)
            }
            #expect(roster.waitingCount == waiting.count && roster.runningCount == running.count)
        }
        for _ in 0..<4000 {
            now += Double.random(in: 0..<1, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1:
                let job = jobs[Int.random(in: 0..<jobs.count, using: &random)]
                var run = job.newRun(trigger: .schedule, fireTime: Timestamp(now), now: Timestamp(now))
                run.id = next
                run.attempts = Int.random(in: 0...1, using: &random)
                roster.add([(ClaimedRun(run: run, job: job), Double.random(in: -2..<4, using: &random))], now: now)
                waiting.insert(next)
                next += 1
            case 2:
                if let id = running.keys.sorted().randomElement(using: &random) {
                    roster.freeSlot(id)
                    running[id]?.hasSlot = false
                }
            case 3:
                if let id = running.keys.sorted().randomElement(using: &random) {
                    roster.finish(id)
                    running[id] = nil
                }
            case 4:
                if let id = waiting.sorted().randomElement(using: &random) {
                    let removed = roster.remove(id)?.run.id
                    #expect(removed == id)
                    waiting.remove(id)
                }
            default:
                if let taken = roster.take(now: now, limits: limits) {
                    #expect(waiting.remove(taken.run.id) != nil)
                    running[taken.run.id] = (taken.job, true)
                }
            }
            check()
        }
        // All of them get their turn in the end.
        now += 100
        while !waiting.isEmpty {
            for id in running.keys { roster.finish(id) }
            running = [:]
            let taken = Self.takeAll(&roster, now, limits)
            #expect(!taken.isEmpty)
            if taken.isEmpty { break }
            for run in taken {
                waiting.remove(run.run.id)
                running[run.run.id] = (run.job, true)
            }
            check()
        }
    }

    private static func takeAll(_ roster: inout Roster, _ now: Double, _ limits: Roster.Limits) -> [ClaimedRun] {
        var taken: [ClaimedRun] = []
        while let run = roster.take(now: now, limits: limits) { taken.append(run) }
        return taken
    }

    @Test("How long a run still waits does not depend on a clock that was set meanwhile") func clampedDelay() throws {
        func delay(_ notBefore: Double, attempts: Int = 0, _ change: (inout JobHeader) -> Void) throws -> Double {
            var claimed = try Self.claimed(1, attempts: attempts, change)
            claimed.run.notBefore = Timestamp(notBefore)
            return claimed.delay(now: Timestamp(seconds: 1000))
        }
        #expect(try delay(1020) { $0.jitter = 60 } == 20)
        #expect(try delay(900) { $0.jitter = 60 } == 0)
        #expect(try delay(4_000_000_000) { $0.jitter = 60 } == 60)
        #expect(try delay(4_000_000_000, attempts: 1) { $0.retry = Retry(attempts: 1, delay: 5, maxDelay: 40) } == 40)
        #expect(try delay(4_000_000_000, attempts: 1) { $0.jitter = 60 } == 0)
        #expect(try delay(1500) { $0.except = ["00:00-00:20"] } == 200, "until the window is over")
    }
}
