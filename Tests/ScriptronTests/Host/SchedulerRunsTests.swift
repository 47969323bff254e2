import Synchronization
import Testing

@testable import Scriptron

@Suite("Scheduler: what becomes of fire times", .timeLimit(.minutes(15))) struct SchedulerRunsTests {
    private func runs(_ bench: SchedulerBench) throws -> [Run] {
        try bench.store.read { try $0.runs(RunQuery(limit: 10_000)) }.reversed()
    }

    @Test("queue: the run that waits takes the newest fire time, and those that it leaves are one range") func queue()
        throws
    {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"]) { $0.overlap = .queue }])
        try bench.move(to: 1010)
        bench.occupy("j", begun: 1)
        try bench.move(to: 1020)
        #expect(bench.fireTimes == [1010, 1020])
        var waiting = try #require(try runs(bench).last)
        for seconds: Int64 in [1030, 1040, 1050] {
            bench.occupancy.withLock { all in
                all["j"]?.waiting = 1
                all["j"]?.firstWaiting = waiting.id
                let left = seconds == 1030 ? nil : Timestamp(seconds: seconds - 20)
                all["j"]?.movable = .init(run: waiting.id, fireTime: waiting.fireTime, left: left)
            }
            try bench.move(to: seconds)
            waiting = try #require(bench.moved.withLock { $0.last?.run })
            #expect(waiting.fireTime.seconds == seconds)
        }
        #expect(try runs(bench).map(\.fireTime.seconds) == [1010, 1050], "no row for each of them")
        #expect(try bench.missed == ["skipped 1020 1040 3"])
        #expect(bench.fireTimes == [1010, 1020] && bench.ways.withLock { $0.isEmpty })
    }

    @Test("queue: one that begins in this moment keeps its fire time, and another waits behind it") func queueBegun()
        throws
    {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"]) { $0.overlap = .queue }])
        try bench.move(to: 1010)
        bench.occupy("j", begun: nil, waiting: try runs(bench).last)
        bench.begun.withLock { $0 = [1] }
        try bench.move(to: 1020)
        #expect(try runs(bench).map(\.fireTime.seconds) == [1010, 1020])
        #expect(try bench.missed.isEmpty)
    }

    @Test("queue: one that was cancelled meanwhile keeps its end, and the fire time gets a run of its own")
    func queueCancelled() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"]) { $0.overlap = .queue }])
        try bench.move(to: 1010)
        var run = try #require(try runs(bench).last)
        bench.occupy("j", begun: nil, waiting: run)
        run.state = .ended
        run.outcome = .cancelled
        try bench.store.write { [run] in try $0.updateRun(run) }
        try bench.move(to: 1020)
        #expect(try runs(bench).map(\.fireTime.seconds) == [1010, 1020])
        #expect(try runs(bench).first?.outcome == .cancelled)
        #expect(try bench.missed.isEmpty)
        #expect(bench.unlocked.withLock { $0 } == [run.id])
    }

    @Test("cancel: what goes on makes way for the new run, once that is durable") func cancel() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"]) { $0.overlap = .cancel }])
        try bench.move(to: 1010)
        #expect(bench.ways.withLock { $0.isEmpty })
        bench.occupy("j", begun: 1)
        try bench.move(to: 1020)
        #expect(bench.fireTimes == [1010, 1020])
        #expect(bench.ways.withLock { $0 } == [2])
    }

    @Test("allow: fire times start beside what goes on") func allow() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"]) { $0.overlap = .allow }])
        bench.occupy("j", begun: 7)
        for seconds: Int64 in [1010, 1020, 1030] { try bench.move(to: seconds) }
        #expect(bench.fireTimes == [1010, 1020, 1030])
        #expect(try bench.missed.isEmpty)
    }

    @Test("Catch-up of all: each one is a run, a thousand at most, by two transactions") func catchUpAll() throws {
        let store = MemoryStore()
        let first = SchedulerBench(at: 1000, store: store)
        try first.start([try SchedulerBench.job(["every 10s"], catchUp: .all)])
        let second = SchedulerBench(at: 13_000, store: store)
        try second.start([try SchedulerBench.job(["every 10s"], catchUp: .all)])
        try second.settle()
        #expect(second.fireTimes == Array(stride(from: 3010, through: 13_000, by: 10)), "the oldest first")
        #expect(try second.missed == ["missed 1010 3000 200"])
        #expect(try store.read { try $0.cursors()["j"]?.accountedUntil.seconds } == 13_000)
        // A host that starts again finds nothing to do.
        let third = SchedulerBench(at: 13_001, store: store)
        try third.start([try SchedulerBench.job(["every 10s"], catchUp: .all)])
        #expect(third.fireTimes.isEmpty)
    }

    @Test("A host that ends between the transactions of one account leaves the rest to the next, and doubles nothing")
    func catchUpInterrupted() throws {
        let store = MemoryStore()
        let job = try SchedulerBench.job(["every 10s"], catchUp: .all) { $0.except = ["01:00-01:10"] }
        try SchedulerBench(at: 1000, store: store).start([job])
        let account = FireAccount(
            job: "j", schedule: job.schedule, after: Timestamp(seconds: 1000),
            FireAccount.Circumstances(
                now: Timestamp(seconds: 11_000), catchUp: .all, catchUpWindow: 86400, missedReason: "down"))
        #expect(account.pieces(of: Scheduler.batch).count == 2)
        // The first piece alone is durable.
        var circumstances = FireAccount.Circumstances(
            now: Timestamp(seconds: 11_000), catchUp: .all, catchUpWindow: 86400, missedReason: "down")
        circumstances.exclusions.blackouts = job.blackouts
        let whole = FireAccount(
            job: "j", schedule: job.schedule, after: Timestamp(seconds: 1000), circumstances)
        let piece = try #require(whole.pieces(of: Scheduler.batch).first)
        try store.write { session in
            for range in piece.ranges { try session.addMissed(range, merge: false) }
            for time in piece.runs {
                _ = try session.insertRun(
                    job.newRun(trigger: .schedule, fireTime: time, now: Timestamp(seconds: 11_000)))
            }
            try session.setCursor(job.cursor(piece.until))
        }
        let next = SchedulerBench(at: 11_005, store: store)
        try next.start([job])
        try next.settle()
        let runs = try runs(next).map(\.fireTime.seconds)
        let ranges = try store.read { try $0.missed(job: nil, limit: 100) }
        #expect(Set(runs).count == runs.count)
        #expect(runs.count + Int(ranges.reduce(0) { $0 + $1.count }) == 1000)
        #expect(runs == whole.runs.map(\.seconds))
    }

    @Test("Jitter delays the start, and no fire time that follows") func jitter() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([try SchedulerBench.job(["every 10s"]) { $0.jitter = 300 }])
        for seconds in stride(from: Int64(1010), through: 1200, by: 10) { try bench.move(to: seconds) }
        let claimed = bench.claimed.withLock { $0.map(\.run) }
        #expect(claimed.map(\.fireTime.seconds) == Array(stride(from: 1010, through: 1200, by: 10)))
        let delays = claimed.map { ($0.notBefore ?? $0.fireTime) - $0.fireTime }
        #expect(delays.allSatisfy { $0 >= 0 && $0 < 300 })
        #expect(Set(delays).count > 10, "drawn anew each time")
        #expect(bench.armed.withLock { $0?.seconds } == 1210)
        // Over a restart neither.
        let next = SchedulerBench(at: 1205, store: bench.store)
        try next.start([try SchedulerBench.job(["every 10s"]) { $0.jitter = 300 }])
        #expect(next.armed.withLock { $0?.seconds } == 1210)
    }

    @Test("Fire times in a window of except are one range, and next passes over them") func except() throws {
        let bench = SchedulerBench(at: 3595)
        let job = try SchedulerBench.job(["every 10s"]) { $0.except = ["01:00-01:01"] }
        try bench.start([job])
        try bench.move(to: 3595)
        #expect(bench.scheduler.next("j")?.seconds == 3660)
        for seconds in stride(from: Int64(3600), through: 3670, by: 10) { try bench.move(to: seconds) }
        #expect(bench.fireTimes == [3660, 3670])
        #expect(try bench.missed == ["skipped 3600 3650 6"])
    }

    @Test("Fire times in a pause are one range, also over a restart and for a month of seconds") func paused() throws {
        let bench = SchedulerBench(at: 1000)
        let pause = Pause(job: "j", kind: .pause, since: Timestamp(seconds: 1005), by: "anna")
        bench.pauses.withLock { $0 = [pause] }
        try bench.start([try SchedulerBench.job(["* * * * * *"], catchUp: .all)])
        for seconds: Int64 in [1004, 1005, 1006, 1007] { try bench.move(to: seconds) }
        #expect(bench.fireTimes == [1001, 1002, 1003, 1004])
        #expect(try bench.missed == ["skipped 1005 1007 3"])
        #expect(bench.scheduler.next("j") == nil)
        let next = SchedulerBench(at: 1007 + 30 * 86400, store: bench.store)
        var over = pause
        over.until = Timestamp(seconds: 1007 + 30 * 86400)
        next.pauses.withLock { $0 = [over] }
        try next.start([try SchedulerBench.job(["* * * * * *"], catchUp: .all)])
        #expect(next.fireTimes == [1007 + 30 * 86400], "its end is not within it")
        #expect(try next.missed == ["skipped 1005 2593006 2592002"])
    }

    @Test("A run keeps the header of its claim, whatever the job says later") func header() throws {
        let bench = SchedulerBench(at: 1000)
        try bench.start([
            try SchedulerBench.job(["every 10s"]) {
                $0.timeout = 60
                $0.retry = Retry(attempts: 2)
            }
        ])
        try bench.move(to: 1010)
        bench.scheduler.update(try SchedulerBench.job(["every 10s"]) { $0.timeout = 5 })
        try bench.move(to: 1020)
        let headers = try runs(bench).map { JobHeader($0.header) }
        #expect(headers.map(\.timeout) == [60, 5] && headers.map { $0.retry?.attempts } == [2, nil])
    }

    @Test("At the host's start a job that may not run is on record as skipped", arguments: ["window", "pause", "busy"])
    func atStart(_ why: String) throws {
        let bench = SchedulerBench(at: 3600)
        let job = try SchedulerBench.job(["@start"]) { if why == "window" { $0.except = ["01:00-02:00"] } }
        if why == "pause" {
            bench.pauses.withLock {
                $0 = [Pause(job: Pause.everything, kind: .drain, since: Timestamp(seconds: 1), by: "x")]
            }
        }
        if why == "busy" { bench.occupy("j", begun: 7) }
        try bench.start([job])
        #expect(bench.fireTimes.isEmpty)
        let run = try #require(try runs(bench).first)
        #expect(run.trigger == .start && run.outcome == .skipped && run.state == .ended && run.attempts == 0)
        #expect(run.reason?.isEmpty == false && run.finished != nil)
    }
}
