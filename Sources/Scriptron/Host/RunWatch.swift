import Synchronization

/// Wakes threads that wait for news of a run: a line of its log, its progress, its end.
package final class RunWatch: Sendable {
    /// What is waited for.
    package enum Interest: Sendable {
        case end
        case anything
    }

    /// A thread that waits. News that comes once it is made is not lost, however late it begins to wait.
    package final class Ticket: Sendable {
        fileprivate let run: Int64
        fileprivate let interest: Interest
        private let came = Semaphore()
        private let isSignalled = Mutex(false)

        fileprivate init(_ run: Int64, _ interest: Interest) {
            self.run = run
            self.interest = interest
        }

        /// Waits for news, at most until an instant of the monotonic clock.
        package func wait(until end: Double) {
            _ = came.wait(seconds: end - Monotonic.now)
            isSignalled.withLock { $0 = false }
        }

        fileprivate func signal() {
            let isFirst = isSignalled.withLock { isSignalled in
                defer { isSignalled = true }
                return !isSignalled
            }
            if isFirst { came.signal() }
        }
    }

    private let tickets = Mutex<[ObjectIdentifier: Ticket]>([:])

    package init() {}

    /// Calls `body` with a ticket for a run (nil: for every run).
    package func watch<Result>(
        _ run: Int64?, _ interest: Interest, _ body: (Ticket) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let ticket = Ticket(run ?? 0, interest)
        tickets.withLock { $0[ObjectIdentifier(ticket)] = ticket }
        defer { tickets.withLock { _ = $0.removeValue(forKey: ObjectIdentifier(ticket)) } }
        return try body(ticket)
    }

    /// There is news of a run.
    package func tell(_ run: Int64, _ news: Interest) {
        tickets.withLock { tickets in
            for ticket in tickets.values where ticket.run == run || ticket.run == 0 {
                if news == .end || ticket.interest == .anything { ticket.signal() }
            }
        }
    }

    /// Whoever waits looks again.
    package func tellAll() {
        tickets.withLock { for ticket in $0.values { ticket.signal() } }
    }
}
