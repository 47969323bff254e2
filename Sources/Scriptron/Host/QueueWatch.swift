import Synchronization

/// Notices queues that nobody works off: their tasks would wait for ever, and their dead ones be forgotten. The job
/// that works a queue off alerts of its dead tasks itself.
package final class QueueWatch: Sendable {
    /// Seconds for which tasks may wait in a queue that no job ever asked for any, and in one that some job did: it may
    /// be a daily one.
    static let patience = (never: 3600.0, since: 25 * 3600.0)
    /// Seconds after the host's start in which jobs come to ask.
    private static let startPatience = 600.0
    /// Seconds between two looks at the store: a look counts all tasks.
    private static let period = 30.0

    private struct State {
        var looked: Double?
        var findings: [AlertBook.Finding] = []
    }

    private let store: any Store
    private let clock: any WallClock
    private let began: Double
    private let state = Mutex(State())

    package init(store: any Store, clock: any WallClock) {
        self.store = store
        self.clock = clock
        began = clock.monotonic
    }

    /// What is wrong; at most half a minute old. What cannot be read stays as it was found last: the store's own
    /// trouble is told elsewhere.
    package func findings() -> [AlertBook.Finding] {
        let monotonic = clock.monotonic
        if monotonic - began < Self.startPatience { return [] }
        let known = state.withLock { state -> [AlertBook.Finding]? in
            if let looked = state.looked, monotonic - looked < Self.period { return state.findings }
            state.looked = monotonic
            return nil
        }
        if let known { return known }
        let now = clock.now()
        guard let figures = try? store.read({ try $0.queueFigures(now: now) }) else {
            return state.withLock { $0.findings }
        }
        let found = figures.compactMap { Self.finding($0, now: now) }
        state.withLock { $0.findings = found }
        return found
    }

    /// What is wrong with a queue; nil: nothing.
    static func finding(_ queue: QueueFigures, now: Timestamp) -> AlertBook.Finding? {
        if let claimed = queue.claimed, now - claimed < patience.since { return nil }
        let waits = queue.oldest.map { now - $0 >= patience.never } ?? false
        guard queue.dead > 0 || (waits && !queue.isPaused) else { return nil }
        let tasks = [
            waits ? "\(queue.ready) waiting" : nil, queue.dead > 0 ? "\(queue.dead) dead" : nil,
        ].compactMap(\.self).joined(separator: " and ")
        return AlertBook.Finding(
            job: Alert.host, key: "queue \(queue.name)", severity: .warning,
            summary:
                "no job asks for tasks of the queue \(queue.name), and it has \(tasks): name it in the setting queues "
                + "of a job such as retry, or see to them by scriptron queue list \(queue.name)")
    }
}
