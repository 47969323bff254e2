import Synchronization

/// One worker as its host sees it: its channel, its deadline, its kill, its end.
///
/// Its methods but `begin` run on the loop's thread, so that events keep their order; the lock only makes that visible
/// to the compiler. The worker's words are not trusted: what is no message ends it.
final class WorkerSession: Sendable {
    /// The largest message that a worker may send: a long plan.
    fileprivate static let messageCap = 64 << 20
    /// How many requests a worker may have open at once; it waits for each answer, so that more is an attack.
    private static let openRequests = 64
    /// How many packets are taken before other workers get their turn.
    private static let packetsPerTurn = 64

    fileprivate struct State {
        var workerEnd: PacketSocket?
        var watch: EventLoop.Token?
        var timers: [EventLoop.Token] = []
        var assembler = MessageFraming.Assembler(cap: WorkerSession.messageCap)
        /// The order, ready to be sent.
        var order: [[UInt8]] = []
        /// Packets that the socket had no room for.
        var pending: [[UInt8]] = []
        var requests = 0
        var process: ProcessHandle?
        var result: WorkerResult?
        var expired = false
        var cancelled = false
        var killed = false
        /// Why its words were not accepted.
        var violation: String?
        var ended = false
        var zygoteDied = false
    }

    let id: Int64
    private let loop: EventLoop
    private let channel: PacketSocket
    private let deadline: Double
    private let grace: Double
    private let order: WorkerOrder
    private let handler: @Sendable (WorkerEvent) -> Void
    private let state: Mutex<State>

    init(
        id: Int64, loop: EventLoop, channel: PacketSocket, workerEnd: PacketSocket, order: WorkerOrder,
        handler: @escaping @Sendable (WorkerEvent) -> Void
    ) {
        self.id = id
        self.loop = loop
        self.channel = channel
        self.deadline = order.deadline
        self.grace = order.grace
        self.order = order
        self.handler = handler
        state = Mutex(State(workerEnd: workerEnd))
    }

    /// Listens, and makes the order ready, which follows when the process is known.
    func begin() throws(SystemError) {
        if let bytes = try? ValueCodec.encode(order.value) {
            state.withLock { $0.order = MessageFraming.packets(bytes) }
        }
        let token = try loop.watch(channel.descriptor) { [weak self] in self?.receive() }
        state.withLock { $0.watch = token }
        after(deadline - Monotonic.now) { $0.deadlineCame() }
        after(deadline + grace - Monotonic.now) { $0.kill() }
    }

    /// The worker's end of the channel, once.
    func takeWorkerEnd() -> PacketSocket? {
        state.withLock { state in
            defer { state.workerEnd = nil }
            return state.workerEnd
        }
    }

    private func after(_ seconds: Double, _ action: @escaping @Sendable (WorkerSession) -> Void) {
        let token = loop.after(seconds) { [weak self] in if let self { action(self) } }
        state.withLock { $0.timers.append(token) }
    }

    // The process.

    func spawned(pid: Int32, pidfd: Descriptor?) {
        let handle = pidfd.map { ProcessHandle(pid: pid, owning: $0) } ?? (try? ProcessHandle(pid: pid))
        let killed = state.withLock { state in
            state.process = handle
            return state.killed
        }
        handler(.spawned(pid: pid, started: ProcessHandle.startTime(pid: pid) ?? 0))
        if killed { handle?.kill() }
        // Only now, when its pid is leased: no script runs in a process that a next host could not find and kill.
        state.withLock { state in
            state.pending += state.order
            state.order = []
        }
        flush()
    }

    private func deadlineCame() {
        state.withLock { state in
            if state.result == nil { state.expired = true }
        }
    }

    /// Kills the process; the exit that follows ends the session.
    func kill() {
        let process = state.withLock { state -> ProcessHandle? in
            if state.ended || state.killed { return nil }
            state.killed = true
            return state.process
        }
        process?.kill()
        after(Workers.killPatience) { session in
            let stuck = session.state.withLock { $0.ended ? nil : $0.process }
            if let stuck { session.handler(.unkillable(pid: stuck.pid)) }
        }
    }

    func cancel() {
        state.withLock { state in
            if state.result == nil { state.cancelled = true }
        }
        kill()
    }

    func exited(_ exit: ProcessExit) {
        while receiveOnce() {}
        let verdict = state.withLock { $0.verdict(exit) }
        finish(verdict, exit: exit)
    }

    /// Kills what can be reached, and ends when it is gone.
    func zygoteDied() {
        let process = state.withLock { state in
            state.zygoteDied = true
            return state.process
        }
        // One that is not known has no order yet, and ends when its channel does.
        guard let process else { return finish(state.withLock { $0.verdict(nil) }, exit: nil) }
        process.kill()
        // Its parent is dead, so that nobody reports its exit: the pidfd does.
        let token = try? loop.watch(process.descriptor) { [weak self] in
            guard let self else { return }
            while self.receiveOnce() {}
            self.finish(self.state.withLock { $0.verdict(nil) }, exit: nil)
        }
        if let token { state.withLock { $0.timers.append(token) } } else { finish(.lost, exit: nil) }
    }

    func finish(_ verdict: WorkerEnd.Verdict, exit: ProcessExit?) {
        if release() { handler(.ended(WorkerEnd(verdict: verdict, exit: exit))) }
    }

    /// Lets go of everything without an event.
    func abandon() { _ = release() }

    private func release() -> Bool {
        let (first, tokens) = state.withLock { state in
            let first = !state.ended
            state.ended = true
            defer {
                state.timers = []
                state.watch = nil
            }
            return (first, state.timers + (state.watch.map { [$0] } ?? []))
        }
        for token in tokens { loop.cancel(token) }
        return first
    }

    // The channel.

    func send(_ message: HostMessage) {
        if case .answer = message { state.withLock { $0.requests -= 1 } }
        if case .refused = message { state.withLock { $0.requests -= 1 } }
        send(message.value)
    }

    private func send(_ value: Value) {
        guard let bytes = try? ValueCodec.encode(value) else { return }
        state.withLock { $0.pending += MessageFraming.packets(bytes) }
        flush()
    }

    /// Sends what the socket has room for; the rest goes when it has room again.
    private func flush() {
        let watch = state.withLock { state -> (EventLoop.Token, EventLoop.Interest)? in
            var sent = 0
            while sent < state.pending.count, (try? channel.send(state.pending[sent], wait: false)) == true {
                sent += 1
            }
            state.pending.removeFirst(sent)
            guard let watch = state.watch else { return nil }
            return (watch, state.pending.isEmpty ? .readable : [.readable, .writable])
        }
        if let watch { loop.change(watch.0, to: watch.1) }
    }

    private func receive() {
        if !state.withLock({ $0.pending.isEmpty }) { flush() }
        for _ in 0..<Self.packetsPerTurn where !receiveOnce() { return }
    }

    /// Takes one packet; false where there is none now or ever.
    private func receiveOnce() -> Bool {
        let bytes: [UInt8]
        switch try? channel.receive(wait: false) {
        case .packet(let packet): bytes = packet.bytes
        case .nothing: return false
        case .end:
            // Level-triggered: a watch on an ended channel would spin until the exit is reported.
            if let watch = state.withLock({ $0.watch }) { loop.change(watch, to: []) }
            return false
        case nil:
            violate("a packet that could not be taken")
            return false
        }
        do throws(Failure) {
            guard let message = try state.withLock({ state throws(Failure) in try state.assembler.take(bytes) }) else {
                return true
            }
            guard let known = WorkerMessage(try ValueCodec.decode(message)) else {
                throw Failure(code: "EFRAME", "a message that is none came")
            }
            return take(known)
        } catch {
            violate(error.message)
            return false
        }
    }

    private func take(_ message: WorkerMessage) -> Bool {
        if state.withLock({ $0.result != nil || $0.ended || $0.violation != nil }) { return true }
        switch message {
        case .note(let note): handler(.note(note))
        case .confined(let report): handler(.confined(report))
        case .header(let header): handler(.header(header))
        case .request(let id, let name, let arguments):
            let open = state.withLock { state in
                state.requests += 1
                return state.requests
            }
            if open > Self.openRequests {
                violate("more than \(Self.openRequests) requests at once")
                return false
            }
            guard let service = HostService(rawValue: name) else {
                send(.refused(id: id, Failure(code: "ESERVICE", "the host has no service \(name)")))
                return true
            }
            handler(.request(id: id, service: service, arguments: arguments))
        case .end(let result):
            state.withLock { state in
                // The loop may see these words before its own timer.
                if Monotonic.now >= deadline { state.expired = true }
                state.result = result
            }
            after(Workers.exitGrace) { $0.kill() }
        }
        return true
    }

    private func violate(_ why: String) {
        state.withLock { if $0.violation == nil { $0.violation = why } }
        if let watch = state.withLock({ $0.watch }) { loop.change(watch, to: []) }
        kill()
    }
}

extension WorkerSession.State {
    /// The host's own knowledge comes before the worker's words.
    fileprivate func verdict(_ exit: ProcessExit?) -> WorkerEnd.Verdict {
        if expired { return .timedOut }
        if cancelled { return .cancelled }
        if let violation { return .crashed(violation) }
        if let result { return .finished(result) }
        guard let exit, !zygoteDied else { return .lost }
        if let signal = exit.signal { return .crashed(ProcessExit.signalName(signal)) }
        return .crashed("exit code \(exit.code ?? -1)")
    }
}
