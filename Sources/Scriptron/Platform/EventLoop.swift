import CLinux
import Glibc
import Synchronization

/// One thread that waits for descriptors (epoll(7)), timers and posted work, and runs their handlers one at a time.
///
/// Handlers must not block. Everything else may be called from any thread.
package final class EventLoop: Sendable {
    /// What a watched descriptor waits for.
    package struct Interest: OptionSet, Sendable {
        package let rawValue: UInt32
        package init(rawValue: UInt32) { self.rawValue = rawValue }
        package static let readable = Interest(rawValue: EPOLLIN.rawValue)
        package static let writable = Interest(rawValue: EPOLLOUT.rawValue)
    }

    /// A watch or a timer, for its cancellation.
    package struct Token: Sendable, Hashable {
        fileprivate let id: UInt64
    }

    fileprivate struct Watch {
        let descriptor: Descriptor
        var interest: Interest
        let handler: @Sendable () -> Void
    }

    fileprivate struct Timer {
        let due: Double
        let handler: @Sendable () -> Void
    }

    /// A timer's place in the queue.
    fileprivate struct Due: Comparable, Sendable {
        let instant: Double
        let id: UInt64
        static func < (left: Due, right: Due) -> Bool { left.instant < right.instant }
    }

    fileprivate struct State {
        var nextID: UInt64 = 1
        var watches: [UInt64: Watch] = [:]
        var timers: [UInt64: Timer] = [:]
        /// Timers by their due instant; cancelled ones are left behind and passed over.
        var queue = Heap<Due>()
        var posted: [@Sendable () -> Void] = []
        var awake = false
        var stopping = false
    }

    private let state = Mutex(State())
    private let epoll: Descriptor
    private let wake: Descriptor

    /// A loop that is not running yet.
    package init() throws(SystemError) {
        epoll = Descriptor(owning: try retrying("epoll_create1") { epoll_create1(Int32(EPOLL_CLOEXEC)) })
        wake = Descriptor(
            owning: try retrying("eventfd") {
                eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
            })
        try control(EPOLL_CTL_ADD, wake, interest: .readable, id: 0)
    }

    private func control(
        _ operation: Int32, _ descriptor: Descriptor, interest: Interest, id: UInt64
    ) throws(SystemError) {
        var event = epoll_event()
        event.events = interest.rawValue
        event.data.u64 = id
        try retrying("epoll_ctl") { epoll_ctl(epoll.number, operation, descriptor.number, &event) }
    }

    /// Calls `handler` whenever the descriptor is ready (level-triggered), until cancelled. The loop keeps the
    /// descriptor open meanwhile.
    package func watch(
        _ descriptor: Descriptor, _ interest: Interest = .readable, handler: @escaping @Sendable () -> Void
    ) throws(SystemError) -> Token {
        let id = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.watches[id] = Watch(descriptor: descriptor, interest: interest, handler: handler)
            return id
        }
        do throws(SystemError) {
            try control(EPOLL_CTL_ADD, descriptor, interest: interest, id: id)
        } catch {
            state.withLock { _ = $0.watches.removeValue(forKey: id) }
            throw error
        }
        return Token(id: id)
    }

    /// Changes what a watch waits for; one that is cancelled already stays so.
    package func change(_ token: Token, to interest: Interest) {
        state.withLock { state in
            guard let watch = state.watches[token.id], watch.interest != interest else { return }
            state.watches[token.id]?.interest = interest
            // What waits for nothing is taken out: an end (EPOLLHUP) and an error are told unasked (epoll_ctl(2)), again and
            // again.
            let operation =
                interest.isEmpty ? EPOLL_CTL_DEL : watch.interest.isEmpty ? EPOLL_CTL_ADD : EPOLL_CTL_MOD
            // The descriptor is open, so that this cannot fail but for lack of memory, where it stays as it is.
            try? control(operation, watch.descriptor, interest: interest, id: token.id)
        }
    }

    /// Ends a watch or a timer. A handler that runs right now on the loop's thread still ends.
    package func cancel(_ token: Token) {
        let watch = state.withLock { state in
            state.timers.removeValue(forKey: token.id)
            return state.watches.removeValue(forKey: token.id)
        }
        guard let watch, !watch.interest.isEmpty else { return }
        try? control(EPOLL_CTL_DEL, watch.descriptor, interest: [], id: token.id)
    }

    /// Calls `handler` once, `seconds` from now on the monotonic clock.
    @discardableResult
    package func after(_ seconds: Double, handler: @escaping @Sendable () -> Void) -> Token {
        let due = Monotonic.now + max(0, seconds)
        let (id, signal) = state.withLock { state in
            let id = state.nextID
            state.nextID += 1
            state.timers[id] = Timer(due: due, handler: handler)
            state.queue.insert(Due(instant: due, id: id))
            return (id, state.claimWake())
        }
        if signal { ring() }
        return Token(id: id)
    }

    /// Calls `handler` soon, on the loop's thread.
    package func post(_ handler: @escaping @Sendable () -> Void) {
        let signal = state.withLock { state in
            state.posted.append(handler)
            return state.claimWake()
        }
        if signal { ring() }
    }

    /// Makes `run` return after the handlers that are due now.
    package func stop() {
        let signal = state.withLock { state in
            state.stopping = true
            return state.claimWake()
        }
        if signal { ring() }
    }

    private func ring() {
        var one: UInt64 = 1
        _ = Glibc.write(wake.number, &one, 8)
    }

    /// Runs handlers on the calling thread until `stop`.
    package func run() {
        var events = [epoll_event](repeating: epoll_event(), count: 128)
        while true {
            let (posted, stopping) = state.withLock { state in
                state.awake = false
                defer { state.posted.removeAll() }
                return (state.posted, state.stopping)
            }
            for handler in posted { handler() }
            runTimers()
            if stopping { return }
            let count = epoll_wait(epoll.number, &events, Int32(events.count), waitMilliseconds())
            if count < 0 { continue }
            for event in events.prefix(Int(count)) {
                let id = event.data.u64
                if id == 0 {
                    var value: UInt64 = 0
                    _ = Glibc.read(wake.number, &value, 8)
                } else if let watch = state.withLock({ $0.watches[id] }) {
                    watch.handler()
                }
            }
        }
    }

    private func runTimers() {
        let now = Monotonic.now
        while let timer = state.withLock({ $0.popDue(now) }) { timer() }
    }

    private func waitMilliseconds() -> Int32 {
        let due: Double? = state.withLock { state in
            if !state.posted.isEmpty || state.stopping { return 0 }
            state.dropCancelled()
            return state.queue.first?.instant
        }
        guard let due else { return -1 }
        let left = due - Monotonic.now
        // Rounded up, or the loop would spin through the last millisecond.
        return left <= 0 ? 0 : Int32(min(left * 1000 + 1, 60_000))
    }
}

extension EventLoop.State {
    /// Whether the caller must ring: the loop may sleep, and nobody rang yet.
    fileprivate mutating func claimWake() -> Bool {
        defer { awake = true }
        return !awake
    }

    fileprivate mutating func dropCancelled() {
        while let first = queue.first, timers[first.id] == nil { queue.popFirst() }
    }

    fileprivate mutating func popDue(_ now: Double) -> (@Sendable () -> Void)? {
        dropCancelled()
        guard let first = queue.first, first.instant <= now else { return nil }
        queue.popFirst()
        return timers.removeValue(forKey: first.id)?.handler
    }
}
