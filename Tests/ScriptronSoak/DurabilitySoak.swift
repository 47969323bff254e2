import CSlowDisk
import Glibc
import Synchronization
import Testing

@testable import Scriptron

/// How many claims and outcomes the store makes durable, on this disk and on one whose every sync takes 5 ms longer.
@Suite("Durability, at length", .serialized) struct DurabilitySoak {
    @Test("Five milliseconds more a sync leave four fifths of the rate") func rates() async throws {
        await #expect(processExitsWith: .success) {
            var rates: [UInt32: [Double]] = [:]
            for _ in 0..<3 {
                for delay in [UInt32(0), 5000] {
                    slow_disk_set(delay)
                    let directory = try TemporaryDirectory()
                    let store = try SQLiteStore(directory: directory.path)
                    rates[delay, default: []].append(try Self.rate(store))
                    store.close()
                }
            }
            let (fast, slow) = (rates[0]?.max() ?? 0, rates[5000]?.max() ?? 0)
            print(
                "durability: \(Int(fast)) runs a second, \(Int(slow)) with 5 ms more a sync: \(Int(100 * slow / fast)) %"
            )
            exit(slow >= 0.8 * fast ? 0 : 1)
        }
    }

    /// Runs a second that are claimed, begun and ended on record, 1,000 of them at the same time at most.
    private static func rate(_ store: SQLiteStore) throws -> Double {
        let count = 20_000
        let (room, done) = (Semaphore(), Semaphore())
        for _ in 0..<1000 { room.signal() }
        let left = Mutex(count)
        let began = Monotonic.now
        for number in 0..<count {
            room.wait()
            let time = Timestamp(seconds: 1_800_000_000 + Int64(number))
            let run = Run(
                id: 0, job: "j\(number % 100)", trigger: .schedule, fireTime: time, version: "v", claimed: time)
            store.submit {
                try $0.insertRun(run)
            } completion: { claimed in
                guard let claimed = try? claimed.get() else { fatalError("a claim failed") }
                let (attempt, running) = begun(claimed, at: time)
                store.submit {
                    try $0.insertAttempt(attempt)
                    try $0.updateRun(running)
                } completion: { _ in
                    let (attempt, ended) = ended(running, attempt)
                    store.submit {
                        try $0.updateAttempt(attempt)
                        try $0.updateRun(ended)
                    } completion: { _ in
                        room.signal()
                        let isLast = left.withLock { left in
                            left -= 1
                            return left == 0
                        }
                        if isLast { done.signal() }
                    }
                }
            }
        }
        done.wait()
        return Double(count) / (Monotonic.now - began)
    }

    private static func begun(_ run: Run, at time: Timestamp) -> (Attempt, Run) {
        var run = run
        run.state = .running
        run.attempts = 1
        return (Attempt(run: run.id, number: 1, started: time), run)
    }

    private static func ended(_ run: Run, _ attempt: Attempt) -> (Attempt, Run) {
        var (run, attempt) = (run, attempt)
        (attempt.outcome, run.outcome, run.state) = (.succeeded, .succeeded, .ended)
        return (attempt, run)
    }
}
