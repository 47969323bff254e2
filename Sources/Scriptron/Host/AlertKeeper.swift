import Synchronization

/// The host's alerting: listens to recorded outcomes, keeps the book, and has the outbox emptied.
package final class AlertKeeper: Sendable {
    /// Seconds between two looks at what goes on.
    static let period = 60.0

    /// What it is connected to.
    package struct Connections: Sendable {
        package var loop: EventLoop
        /// The jobs that there are, and what the host finds wrong.
        package var look: @Sendable () -> (jobs: Set<String>, findings: [AlertBook.Finding])
        /// Hears of trouble; nil when it is over.
        package var trouble: @Sendable (Failure?) -> Void
    }

    private struct State {
        var isOpen = false
        var isAsked = false
    }

    package let book: AlertBook
    package let outbox: Outbox
    private let connections: Connections
    private let state = Mutex(State())
    private let queue = WorkQueue(name: "alerting", width: 1)

    package init(_ connections: Connections, book: AlertBook, outbox: Outbox) {
        self.connections = connections
        self.book = book
        self.outbox = outbox
    }

    /// Begins to listen: first to what was not heard before the last host ended.
    package func start() {
        state.withLock { $0.isOpen = true }
        outbox.start()
        hear()
        hearLater()
    }

    /// Listens no more.
    package func stop() {
        state.withLock { $0.isOpen = false }
        outbox.stop()
    }

    /// Something was recorded, or has changed: listens, soon.
    package func hear() {
        let isFirst = state.withLock { state in
            guard state.isOpen, !state.isAsked else { return false }
            state.isAsked = true
            return true
        }
        guard isFirst else { return }
        queue.submit { [self] in
            let isOpen = state.withLock { state in
                state.isAsked = false
                return state.isOpen
            }
            guard isOpen else { return }
            let (jobs, findings) = connections.look()
            do throws(Failure) {
                try book.hear(jobs: jobs, findings: findings + outbox.findings())
                connections.trouble(nil)
            } catch {
                if state.withLock({ $0.isOpen }) { connections.trouble(error) }
            }
        }
    }

    private func hearLater() {
        connections.loop.after(Self.period) { [self] in
            guard state.withLock({ $0.isOpen }) else { return }
            hear()
            hearLater()
        }
    }
}
