import CSlowDisk
import Synchronization
import Testing

@testable import Scriptron

/// What the store makes of a disk that takes its time. In a process of its own, for it is slow for all that write there.
@Suite("The store on a slow disk") struct SlowDiskTests {
    @Test("What waits while a commit takes its time shares the next: few syncs, and each answer is durable")
    func shared() async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path.text
        await #expect(processExitsWith: .success) { [path = path as String] in
            slow_disk_set(5000)
            let store = try SQLiteStore(directory: Path(path))
            _ = slow_disk_syncs()
            let (mayBegin, done) = (Semaphore(), Semaphore())
            let answered = Mutex(0)
            store.submit({ _ in mayBegin.wait() }, completion: { _ in })
            for number in Int64(0)..<6000 {
                store.submit { session in
                    try session.setState(job: "j", key: "\(number % 100)", value: .int(number))
                } completion: { result in
                    precondition((try? result.get()) != nil)
                    let all = answered.withLock { count in
                        count += 1
                        return count
                    }
                    if all == 6000 { done.signal() }
                }
            }
            mayBegin.signal()
            done.wait()
            // 500 at once at most, were it not for the time that a commit takes.
            precondition(slow_disk_syncs() <= 12)
            store.close()
            let again = try SQLiteStore(directory: Path(path))
            let last = try again.read { try $0.state(job: "j", key: "99") }
            precondition(last == 5999)
        }
        withExtendedLifetime(directory) {}
    }
}
