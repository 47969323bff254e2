import Synchronization

/// One worker as its host sees it: its channel, its deadline, its kill, its end.
///
/// Its methods but `begin` run on the loop's thread, so that events keep their order; the lock only makes that visible
/// to the compiler. The worker's words are not trusted: what is no message ends it.
final class WorkerSession: Sendable {
    /// The largest message that a worker may send: a long plan.
    fileprivate static let messageCap = 64 << 20
    /// What a message of it may take of the host's memory.
    private static let messageLimits = ValueCodec.Limits(bytes: messageCap, memory: 512 << 20)
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
        /// Packets that the socket had no room for, with their descriptors.
        var pending: [(bytes: [UInt8], descriptors: [Descriptor])] = []
        var requests = 0
        /// Hides the secrets that it was given.
        var redactor = Redactor()
        var process: ProcessHandle?
        /// The number of its listener, until the host has taken it.
        var listener: Int32?
        var broker: ConnectBroker?
        /// What it refused, until that is told.
        var notes: [WorkerNote] = []
        var result: WorkerResult?
        /// Whether a packet of it came.
        var spoke = false
        var expired = false
        var cancelled = false
        var killed = false
        /// The limit for which it was killed.
        var exceeded: (LimitName, Failure)?
        var limitsHit: [LimitName] = []
        /// What programs of other users took, that ran beside it.
        var cpuSeconds = 0.0
        var maxRSSBytes: Int64 = 0
        /// SIGKILL did not end it, or something that it started.
        var unkillable = false
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
    private let grant: Grant
    private let handler: @Sendable (WorkerEvent) -> Void
    /// Hears that the worker had to prepare its own confinement.
    private let onAnew: @Sendable () -> Void
    /// Makes the broker of its connections; nil: its grant has none.
    private let makeBroker: Broker?
    /// Starts another worker in its place; nil: it is no spare worker, and must not be replaced.
    private let replace: (@Sendable () -> Void)?
    private let state: Mutex<State>

    /// Starts to answer the connections heard of at a listener; the other function hears of refusals and uses.
    typealias Broker =
        @Sendable (CallListener, @escaping @Sendable (WorkerNote) -> Void) throws(SystemError) -> ConnectBroker

    init(
        id: Int64, loop: EventLoop, channel: PacketSocket, workerEnd: PacketSocket?, order: WorkerOrder, grant: Grant,
        broker: Broker?, replace: (@Sendable () -> Void)?, handler: @escaping @Sendable (WorkerEvent) -> Void,
        onAnew: @escaping @Sendable () -> Void
    ) {
        self.id = id
        self.loop = loop
        self.channel = channel
        self.deadline = order.deadline
        self.grace = order.grace
        self.order = order
        self.grant = grant
        self.handler = handler
        self.onAnew = onAnew
        makeBroker = broker
        self.replace = replace
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

    /// Whether it runs an attempt, and of which job.
    var isRun: Bool { order.task == .run }
    var job: String { order.job }

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

    /// Its process is known; `started` is its start time where that was read before.
    func spawned(_ handle: ProcessHandle, started: UInt64? = nil) {
        let killed = state.withLock { state in
            state.process = handle
            return state.killed
        }
        handler(.spawned(pid: handle.pid, started: started ?? ProcessHandle.startTime(pid: handle.pid) ?? 0))
        if killed { handle.kill() }
        // Only now, when its pid is leased: no script runs in a process that a next host could not find and kill.
        if makeBroker == nil { sendOrder() } else { takeListener() }
    }

    private func sendOrder() {
        state.withLock { state in
            state.pending += state.order.map { ($0, []) }
            state.order = []
        }
        flush()
    }

    /// Takes the listener out of the worker when both are known, and has the broker answer: only then the order follows,
    /// and with it a script.
    private func takeListener() {
        let known = state.withLock { state -> (ProcessHandle, Int32)? in
            guard let process = state.process, let number = state.listener, !state.ended else { return nil }
            state.listener = nil
            return (process, number)
        }
        guard let (process, number) = known, let makeBroker else { return }
        do throws(SystemError) {
            let broker = try makeBroker(try CallListener(of: process, number: number)) { [weak self] note in
                guard let self else { return }
                state.withLock { $0.notes.append(note) }
                loop.post { self.tellNotes() }
            }
            state.withLock { $0.broker = broker }
            sendOrder()
        } catch {
            violate("the host cannot answer for its connections: \(error)")
        }
    }

    /// Has its broker answer the calls of a program of another user that runs beside it.
    func answer(_ listener: CallListener, user: String) throws {
        guard let broker = state.withLock({ $0.broker }) else {
            throw Failure(code: "ESRCH", "the run has no broker any more")
        }
        try broker.hear(listener, user: user)
    }

    /// A program of another user ended that ran beside it.
    func used(_ exit: ProcessExit) {
        state.withLock { state in
            state.cpuSeconds += exit.cpuSeconds
            state.maxRSSBytes = max(state.maxRSSBytes, exit.maxRSSBytes)
        }
    }

    /// Tells what the broker refused and saw; before the end too, for the loop may hear of that first.
    private func tellNotes() {
        let notes = state.withLock { state in
            defer { state.notes = [] }
            return state.ended ? [] : state.notes
        }
        for note in notes { handler(.note(note)) }
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
            let process = session.state.withLock { $0.ended ? nil : $0.process }
            // Where the worker itself is gone, the zygote tells what is left of it.
            if let pid = process.flatMap({ ProcessDescendants.stuck($0.pid) }) { session.stuck(pid) }
        }
    }

    /// SIGKILL did not end this process of it: it keeps its place until it ends.
    func stuck(_ pid: Int32) {
        let isNews = state.withLock { state in
            if state.ended || state.unkillable { return false }
            state.unkillable = true
            return true
        }
        if isNews { handler(.unkillable(pid: pid)) }
    }

    /// Kills it for a limit.
    func stop(_ limit: LimitName, _ failure: Failure) {
        state.withLock { state in
            if state.result == nil, state.exceeded == nil { state.exceeded = (limit, failure) }
        }
        kill()
    }

    func cancel() {
        state.withLock { state in
            if state.result == nil { state.cancelled = true }
        }
        kill()
    }

    func exited(_ exit: ProcessExit, _ limitsHit: [LimitName]) {
        while receiveOnce() {}
        if let replace, state.withLock({ $0.isStillborn }) {
            let how = exit.signal.map(ProcessExit.signalName) ?? "exit code \(exit.code ?? -1)"
            handler(
                .note(.warning("its first worker ended (\(how)) before anything of the script ran: a second was made")))
            if release() { replace() }
            return
        }
        var exit = exit
        let verdict = state.withLock { state in
            exit.cpuSeconds += state.cpuSeconds
            exit.maxRSSBytes = max(exit.maxRSSBytes, state.maxRSSBytes)
            state.limitsHit += limitsHit
            if exit.signal == ProcessExit.killSignal, !state.killed, let limit = limitsHit.first {
                state.exceeded = (limit, exceeded(limit))
            }
            return state.verdict(exit)
        }
        finish(verdict, exit: exit)
    }

    /// Why the zygote or the kernel killed it.
    private func exceeded(_ limit: LimitName) -> Failure {
        let limits = grant.limits
        switch limit {
        case .programMemory:
            return Failure(
                code: "EMEMORY",
                "it used more memory than limits.program_memory (\(Quantity.describe(bytes: limits.programMemory ?? 0)))",
                cure: "raise limits.program_memory")
        default:
            return Failure(
                code: "ELIMIT", "it had more processes than limits.processes (\(limits.processes))",
                cure: "let fewer run at once, or raise limits.processes")
        }
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
        tellNotes()
        if release() {
            let limitsHit = state.withLock { $0.limitsHit }
            handler(.ended(WorkerEnd(verdict: verdict, limitsHit: limitsHit, exit: exit)))
        }
    }

    /// Lets go of everything without an event; false where it ended already.
    @discardableResult
    func abandon() -> Bool { release() }

    private func release() -> Bool {
        let (first, tokens, broker) = state.withLock { state in
            let first = !state.ended
            state.ended = true
            defer {
                state.timers = []
                state.watch = nil
                state.broker = nil
            }
            return (first, state.timers + (state.watch.map { [$0] } ?? []), state.broker)
        }
        broker?.close()
        for token in tokens { loop.cancel(token) }
        return first
    }

    // The channel.

    /// The worker's pid, once it is known.
    var pid: Int32? { state.withLock { $0.process?.pid } }

    /// Hides a secret in all that the worker says from now on.
    func hide(_ secret: [UInt8], name: String) { state.withLock { $0.redactor.hide(secret, name: name) } }

    /// Sends a message; descriptors go with its last packet.
    func send(_ message: HostMessage, descriptors: [Descriptor] = []) {
        if case .answer = message { state.withLock { $0.requests -= 1 } }
        if case .refused = message { state.withLock { $0.requests -= 1 } }
        guard let bytes = try? ValueCodec.encode(message.value) else { return }
        state.withLock { state in
            let packets = MessageFraming.packets(bytes)
            state.pending += packets.dropLast().map { ($0, []) } + packets.suffix(1).map { ($0, descriptors) }
        }
        flush()
    }

    /// Sends what the socket has room for; the rest goes when it has room again.
    private func flush() {
        let watch = state.withLock { state -> (EventLoop.Token, EventLoop.Interest)? in
            var sent = 0
            while sent < state.pending.count {
                let (bytes, descriptors) = state.pending[sent]
                guard (try? channel.send(bytes, descriptors: descriptors.map(\.number), wait: false)) == true else {
                    break
                }
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
        case .packet(let packet):
            bytes = packet.bytes
            state.withLock { $0.spoke = true }
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
            let value = try ValueCodec.decode(message, limits: Self.messageLimits)
            guard let known = WorkerMessage(state.withLock { $0.redactor }.redacted(value)) else {
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
        case .confined(let report, let anew, let listener):
            if anew { onAnew() }
            handler(.confined(report))
            guard makeBroker != nil, state.withLock({ $0.broker }) == nil else { break }
            guard let listener else {
                violate("it is not confined as its grant says: its connections are not held up")
                return false
            }
            state.withLock { $0.listener = listener }
            takeListener()
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
            if service == .resolve, let name = arguments["host"]?.text {
                state.withLock { $0.broker }?.resolves(name)
            }
            handler(.request(id: id, service: service, arguments: arguments))
        case .end(let result):
            state.withLock { state in
                // The loop may see these words before its own timer; and calls end a little before the deadline.
                if Monotonic.now >= deadline || result.code == "EDEADLINE" { state.expired = true }
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
    /// Whether it ended by itself before its first word, which comes before any script is loaded.
    fileprivate var isStillborn: Bool { !spoke && !killed && !expired && violation == nil }

    /// The host's own knowledge comes before the worker's words.
    fileprivate func verdict(_ exit: ProcessExit?) -> WorkerEnd.Verdict {
        if expired || unkillable { return .timedOut }
        if cancelled { return .cancelled }
        if let exceeded { return .exceeded(exceeded.0, exceeded.1) }
        if let violation { return .crashed(violation) }
        if let result { return .finished(result) }
        guard let exit, !zygoteDied else { return .lost }
        if let signal = exit.signal { return .crashed(ProcessExit.signalName(signal)) }
        return .crashed("exit code \(exit.code ?? -1)")
    }
}
