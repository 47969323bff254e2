import Synchronization

/// Empties the outbox: a queue and a thread for each channel, so that a dead one holds up no other.
///
/// What waits is durable before it is sent, and counts as delivered only when the channel took it: each message comes
/// once or more. A channel that fails is tried again, later and later; what it does not take for long is given up, and
/// that is an alert itself.
package final class Outbox: Sendable {
    /// The most alerts that one message carries, and about how many bytes of them.
    static let batch = 1000
    static let batchBytes = 1 << 20
    /// Seconds before the first further try, doubled for each next, and the most of them.
    static let firstDelay = 5.0
    static let longestDelay = 900.0
    /// Seconds for which a channel fails before that is an alert.
    static let failingAfter = 900.0

    /// What it is connected to.
    package struct Connections: Sendable {
        package var store: any Store
        package var now: @Sendable () -> Timestamp
        /// Calls back after some seconds on the monotonic clock.
        package var later: @Sendable (Double, @escaping @Sendable () -> Void) -> Void
        package var channels: @Sendable () -> [String: ChannelConfiguration]
        /// The machine's name.
        package var machine: String
        /// Sends, and returns when the channel has taken it.
        package var send: @Sendable (AlertMessage, ChannelConfiguration) throws(Failure) -> Void
        /// Hears of trouble with the store; nil when it is over.
        package var trouble: @Sendable (Failure?) -> Void

        package init(
            store: any Store, now: @escaping @Sendable () -> Timestamp,
            later: @escaping @Sendable (Double, @escaping @Sendable () -> Void) -> Void,
            channels: @escaping @Sendable () -> [String: ChannelConfiguration], machine: String,
            send: @escaping @Sendable (AlertMessage, ChannelConfiguration) throws(Failure) -> Void,
            trouble: @escaping @Sendable (Failure?) -> Void
        ) {
            self.store = store
            self.now = now
            self.later = later
            self.channels = channels
            self.machine = machine
            self.send = send
            self.trouble = trouble
        }
    }

    /// A channel as its queue sees it.
    private struct Channel {
        let queue: WorkQueue
        /// A try is on its way: its timer runs, or it is being made.
        var isBusy = false
        /// Tries in a row that failed.
        var failures = 0
        var failingSince: Timestamp?
        var error: String?
    }

    private struct State {
        var isOpen = false
        var isAsked = false
        var channels: [String: Channel] = [:]
    }

    private let connections: Connections
    private let state = Mutex(State())
    /// Looks at what waits; never on the thread that woke it.
    private let desk = WorkQueue(name: "outbox", width: 1)

    package init(_ connections: Connections) { self.connections = connections }

    /// Begins, with what an earlier host left.
    package func start() {
        state.withLock { $0.isOpen = true }
        wake()
    }

    /// Begins no further try.
    package func stop() { state.withLock { $0.isOpen = false } }

    /// There may be something to send.
    package func wake() {
        let isFirst = state.withLock { state in
            guard state.isOpen, !state.isAsked else { return false }
            state.isAsked = true
            return true
        }
        guard isFirst else { return }
        desk.submit { [self] in
            state.withLock { $0.isAsked = false }
            guard let waiting = told({ try connections.store.read { try $0.outboxCounts(.waiting) } }) else { return }
            let known = connections.channels()
            for name in waiting.keys { schedule(name, after: known[name]?.wait ?? 0) }
        }
    }

    /// Sends a test, at once; returns when the channel took it.
    package func test(_ channel: ChannelConfiguration) throws(Failure) {
        let message = AlertMessage(machine: connections.machine, entries: [], isTest: true)
        try connections.send(message, channel)
    }

    /// How each channel does: `name type waiting given_up failing_since error`.
    package func rows() throws(Failure) -> [Value] {
        let known = connections.channels()
        let failing = state.withLock { $0.channels.mapValues { ($0.failingSince, $0.error) } }
        do {
            let (waiting, expired) = try connections.store.read {
                (try $0.outboxCounts(.waiting), try $0.outboxCounts(.expired))
            }
            return known.sorted { $0.key < $1.key }.map { name, channel in
                let (since, error) = failing[name] ?? (nil, nil)
                return [
                    "name": .text(name), "type": .text(channel.type), "waiting": .int(Int64(waiting[name] ?? 0)),
                    "given_up": .int(Int64(expired[name] ?? 0)),
                    "failing_since": since.map { .number($0.epoch) } ?? .null,
                    "error": error.map { .text($0) } ?? .null,
                ]
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    /// What is wrong with channels: those that fail for long, and alerts that were given up within a week.
    package func findings() -> [AlertBook.Finding] {
        let now = connections.now()
        let failing = state.withLock { state in
            state.channels.compactMapValues { channel -> String? in
                guard let since = channel.failingSince, now - since >= Self.failingAfter else { return nil }
                return "has taken nothing for \(Quantity.describe(seconds: (now - since).rounded())): "
                    + (channel.error ?? "")
            }
        }
        let lost = told { try connections.store.read { try $0.outbox(channel: nil, state: .expired, limit: 10_000) } }
        let recent = Dictionary(
            grouping: (lost ?? []).filter { $0.finished.map { now - $0 < 7 * 86400 } ?? false }, by: \.channel)
        return Set(failing.keys).union(recent.keys).sorted().map { name in
            var texts = failing[name].map { ["it \($0)"] } ?? []
            if let given = recent[name], let last = given.last {
                texts.append(
                    "\(given.count) \(given.count == 1 ? "alert was" : "alerts were") given up, the last "
                        + (last.alert["name"]?.text ?? "?"))
            }
            return AlertBook.Finding(
                job: Alert.host, key: "channel \(name)", severity: .critical,
                summary: "channel \(name): " + texts.joined(separator: "; "))
        }
    }

    // One channel.

    private func schedule(_ name: String, after seconds: Double) {
        let mayBegin = state.withLock { state in
            guard state.isOpen else { return false }
            var channel = state.channels[name] ?? Channel(queue: WorkQueue(name: "channel", width: 1))
            let isFree = !channel.isBusy
            channel.isBusy = true
            state.channels[name] = channel
            return isFree
        }
        guard mayBegin else { return }
        connections.later(seconds) { [weak self] in
            guard let self else { return }
            let queue = state.withLock { $0.isOpen ? $0.channels[name]?.queue : nil }
            queue?.submit { self.deliver(name) }
        }
    }

    /// Sends what waits for a channel, and arranges for the next try.
    private func deliver(_ name: String) {
        guard state.withLock({ $0.isOpen }) else { return }
        let now = connections.now()
        guard
            let all = told({
                try connections.store.read { try $0.outbox(channel: name, state: .waiting, limit: Self.batch) }
            })
        else { return settle(name, again: Self.firstDelay) }
        let waiting = Self.fitting(all)
        guard let channel = connections.channels()[name] else {
            write(waiting.map { $0.ended(.expired, now, "there is no channel \(name) any more") })
            return settle(name, again: waiting.count < all.count || all.count == Self.batch ? 0 : nil)
        }
        if waiting.isEmpty { return settle(name, again: nil) }
        do throws(Failure) {
            try connections.send(AlertMessage(machine: connections.machine, entries: waiting), channel)
            state.withLock { state in
                state.channels[name]?.failures = 0
                state.channels[name]?.failingSince = nil
                state.channels[name]?.error = nil
            }
            let done = connections.now()
            let isNoted = write(waiting.map { $0.ended(.delivered, done, nil) })
            // Where that cannot be noted they come again, but not without a pause.
            settle(name, again: isNoted ? 0 : Self.longestDelay / 15)
        } catch {
            let failed = connections.now()
            let failures = state.withLock { state in
                guard var channel = state.channels[name] else { return 1 }
                channel.failures += 1
                channel.failingSince = channel.failingSince ?? failed
                channel.error = error.description
                state.channels[name] = channel
                return channel.failures
            }
            write(
                waiting.map { entry in
                    var entry = entry
                    entry.attempts += 1
                    entry.error = error.description
                    let isOver = failed - entry.created >= channel.expire
                    return isOver ? entry.ended(.expired, failed, error.description) : entry
                })
            settle(name, again: Self.delay(failures, random: Double.random(in: 0..<1)))
        }
    }

    /// The first of them, as many as one message takes; one at least.
    private static func fitting(_ entries: [OutboxEntry]) -> [OutboxEntry] {
        var bytes = 0
        return Array(
            entries.prefix { entry in
                let isFirst = bytes == 0
                bytes += (try? JSON.encode(entry.alert).count) ?? 0
                return isFirst || bytes <= batchBytes
            })
    }

    /// Seconds before the next try, with so much jitter that channels of one server do not come together.
    static func delay(_ failures: Int, random: Double) -> Double {
        min(firstDelay * Double(1 << min(failures - 1, 20)), longestDelay) * (0.5 + random / 2)
    }

    private func settle(_ name: String, again seconds: Double?) {
        state.withLock { $0.channels[name]?.isBusy = false }
        if let seconds, seconds > 0 { return schedule(name, after: seconds) }
        // More may have come meanwhile.
        if seconds != nil { wake() }
    }

    /// Writes down what became of messages. Where that fails they wait on, and come once more.
    @discardableResult
    private func write(_ entries: [OutboxEntry]) -> Bool {
        let noted: Void? = told {
            try connections.store.write { session in for entry in entries { try session.updateOutbox(entry) } }
        }
        return noted != nil
    }

    private func told<Result>(_ body: () throws -> Result) -> Result? {
        do {
            let result = try body()
            connections.trouble(nil)
            return result
        } catch {
            if state.withLock({ $0.isOpen }) { connections.trouble(Failure.wrapping(error)) }
            return nil
        }
    }
}

extension OutboxEntry {
    fileprivate func ended(_ state: State, _ now: Timestamp, _ error: String?) -> OutboxEntry {
        var entry = self
        entry.state = state
        entry.finished = now
        entry.error = error ?? entry.error
        return entry
    }
}
