import Synchronization

/// Looks, once a minute, whether what the host believes is so: that a next fire time is ahead and waited for, that each
/// run that goes on has a worker, and each worker a run. What is not so is a mistake of the host, or of the machine; it is
/// mended, and there is a record of it: a line, and an alert.
package final class Watchdog: Sendable {
    /// Seconds between two looks; a test build's host looks as often as its environment asks (`SCRIPTRON_TEST_WATCH`).
    static var period: Double {
        #if DEBUG
            if let asked = TestEnvironment["SCRIPTRON_TEST_WATCH"].flatMap(Double.init) { return asked }
        #endif
        return 60
    }
    /// Every so many looks each job is looked at.
    private static let thorough = 15

    /// What it is connected to.
    package struct Connections: Sendable {
        package var scheduler: Scheduler
        package var supervisor: Supervisor
        package var workers: Workers
        package var store: any Store
        /// Brings runs that nobody holds to where a start of the host would bring them.
        package var recover: @Sendable ([Run]) throws -> Void
        /// Hears what was found; nothing: all was well.
        package var report: @Sendable ([String]) -> Void
    }

    private let connections: Connections
    private let looks = Mutex(0)

    package init(_ connections: Connections) { self.connections = connections }

    /// Looks, and mends. On the loop's thread; what takes the store is done on `aside`.
    package func look(aside: @Sendable (@escaping @Sendable () -> Void) -> Void) {
        let count = looks.withLock { looks in
            looks += 1
            return looks
        }
        let isThorough = count % Self.thorough == 0
        var found = connections.scheduler.mend(isThorough: isThorough)
        found += connections.supervisor.mendAttempts()
        found += connections.workers.mendStrays(known: connections.supervisor.workers)
        aside { [self, found] in
            connections.report(found + mendRuns())
        }
    }

    /// Runs that are open in the store and that nobody holds.
    private func mendRuns() -> [String] {
        do {
            let strays = connections.supervisor.strayRuns(try connections.store.read { try $0.openRuns() })
            if strays.isEmpty { return [] }
            try connections.recover(strays)
            return strays.map { "run \($0.id) of job \($0.job) was \($0.state.rawValue), and nobody held it" }
        } catch {
            // The store's own trouble is told by whoever needs it more.
            return []
        }
    }
}
