import Synchronization
import Testing

@testable import Scriptron

/// What is accounted for around the end of a host and around edits, by a scheduler over a store in memory and a clock
/// that stands still.
@Suite("The account around a crash") struct CrashAccountTests {
    private static let start = Timestamp(seconds: 1_800_000_000)

    /// What a scheduler handed over, and whether it finds its job busy.
    private final class Seen: Sendable {
        let claimed = Mutex<[ClaimedRun]>([])
        let busy = Mutex<Int64?>(nil)
    }

    private let store = MemoryStore()
    private let clock = ManualClock(start)
    private let seen = Seen()

    private func job(_ schedule: String, text: String = "") throws -> LoadedJob {
        var header = JobHeader()
        header.schedules = [schedule]
        return LoadedJob(
            name: "a", path: "/jobs/a.lua", script: "jobs/a.lua", header: header,
            schedule: try JobSchedule([schedule], zone: .utc),
            version: try JobVersion(files: ["jobs/a.lua": Array(text.utf8)], settings: [:]), settings: [:],
            needs: Needs(), grant: .nothing, zone: .utc)
    }

    /// A scheduler as a host that starts has it, on what the store holds.
    private func scheduler(_ jobs: [LoadedJob]) throws -> Scheduler {
        let scheduler = Scheduler(
            Scheduler.Connections(
                clock: clock, store: store, arm: { _ in }, soon: { $0() }, later: { _, _ in },
                occupancy: { [seen] _ in
                    var occupancy = Occupancy()
                    occupancy.begun = seen.busy.withLock { $0 }
                    return occupancy
                }, lock: { _ in true }, unlock: { _ in }, pauses: { _ in [] }, mayClaim: { _ in true },
                claimed: { [seen] runs in seen.claimed.withLock { $0 += runs } }, moved: { _ in }, makeWay: { _ in },
                trouble: { _ in }))
        try scheduler.start(jobs, cursors: try store.read { try $0.cursors() })
        wait()
        return scheduler
    }

    /// Waits for what the store's thread has to do. A claim that is durable may lead to another.
    private func wait() { for _ in 0..<4 { _ = try? store.write { _ in } } }

    /// Lets time pass, and wakes the scheduler.
    private func advance(_ scheduler: Scheduler, _ seconds: Double) {
        clock.advance(by: seconds)
        scheduler.tick()
        wait()
    }

    /// Seconds since the start: the runs', and the ranges' with their count.
    private func account() throws -> (runs: [Int64], ranges: [String]) {
        func second(_ instant: Timestamp) -> Int64 { (instant.microseconds - Self.start.microseconds) / 1_000_000 }
        return try store.read { session in
            let runs = try session.runs(RunQuery()).map { second($0.fireTime) }
            let ranges = try session.missed(job: nil, limit: 100).map {
                "\($0.kind) \(second($0.from))-\(second($0.to)) (\($0.count))"
            }
            return (runs.reversed(), ranges.reversed())
        }
    }

    @Test("A range that was missed after a run is one of its own, with no run inside") func rangesAroundARun() throws {
        let job = try job("* * * * * *")
        _ = try scheduler([job])
        clock.advance(by: 4)
        _ = try scheduler([job])
        clock.advance(by: 3)
        _ = try scheduler([job])
        #expect(try account() == ([4, 7], ["missed 1-3 (3)", "missed 5-6 (2)"]))
    }

    @Test("Fire times that are passed over one after the other are one range") func mergedRange() throws {
        let scheduler = try scheduler([job("* * * * * *")])
        advance(scheduler, 1)
        seen.busy.withLock { $0 = 1 }
        for _ in 0..<3 { advance(scheduler, 1) }
        seen.busy.withLock { $0 = nil }
        advance(scheduler, 1)
        seen.busy.withLock { $0 = 1 }
        advance(scheduler, 1)
        #expect(try account() == ([1, 5], ["skipped 2-4 (3)", "skipped 6-6 (1)"]))
    }

    @Test("A schedule that changes while a claim is on its way loses no fire time of the old one")
    func changedWhileClaiming() throws {
        let scheduler = try scheduler([job("* * * * * *")])
        let (claiming, mayClaim) = (Semaphore(), Semaphore())
        store.submit { _ in
            claiming.signal()
            mayClaim.wait()
        } completion: { _ in
        }
        claiming.wait()
        clock.advance(by: 1)
        scheduler.tick()
        // The claim waits for the store, and meanwhile a further fire time of the old schedule comes.
        clock.advance(by: 1)
        scheduler.update(try job("0 0 * * * *", text: "changed"))
        clock.advance(by: 1)
        mayClaim.signal()
        wait()
        #expect(try account() == ([1, 2], []))
        let cursor = try #require(try store.read { try $0.cursors() }["a"])
        #expect(cursor.schedules == ["0 0 * * * *"])
        #expect(cursor.accountedUntil == Self.start + 2)
        advance(scheduler, 3600 - 3)
        #expect(try account().runs == [1, 2, 3600])
    }
}
