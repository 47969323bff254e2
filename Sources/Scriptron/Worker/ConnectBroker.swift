import Synchronization

/// Answers the connections of one run: it sees where each goes, asks the grant, and connects the run's own socket itself
/// to the address that it looked at, so that nothing can be swapped in between.
///
/// It has a thread and a loop of its own: a run that makes it wait makes itself wait alone.
final class ConnectBroker: Sendable {
    /// How many connections wait at once, for a name or for a server.
    private static let mostWaiting = 512
    /// How many refusals are told.
    private static let mostRefusals = 100
    /// Seconds between two looks for callers that wait no more.
    private static let lookPeriod = 1.0

    struct State {
        var waiting: [ObjectIdentifier: any BrokeredCall] = [:]
        /// Names that the host resolved for this run.
        var seen: Set<String> = []
        /// Refusals that were told.
        var told: Set<String> = []
        /// What callers did not hear, because a signal came: they ask again at once.
        var unheard: [Unheard] = []
        var looks = false
        var ended = false
        /// What it hears at: the worker's listener and those of programs of other users beside it.
        var watches: [ObjectIdentifier: EventLoop.Token] = [:]
    }

    /// An answer that a caller was not there to take.
    struct Unheard {
        let thread: Int32
        let socket: UInt64
        let kind: HeldCall.Kind
        let answer: Answer
        let at: Double
    }

    /// What a call comes to.
    enum Answer: Sendable, Hashable {
        case value(Int64)
        case errno(Int32)

        /// Whether it says that something was done: done again it would be another thing.
        var isDone: Bool { if case .errno(let number) = self { number == ErrorNumber.inProgress } else { true } }
    }

    let rules: ConnectRules
    let names: NameDirectory
    let job: String
    /// The operator's bound, so that a refusal can name it.
    private let ceiling: Ceiling?
    let loop: EventLoop
    /// Whether sockets are connected as the caller's user: only a host that may become anybody must.
    let actsAsCaller: Bool
    let threads: WorkQueue
    /// A run looks up few names at once, and follows one path: what hangs must leave room for other runs.
    let lookUps = Gate(width: 4)
    let paths = Gate(width: 1)
    let state = Mutex(State())
    private let refused: @Sendable (String) -> Void
    /// Looks at the files that programs open; nil: nobody wants to know.
    private let watch: CallWatch?
    /// Hears of what connections were allowed by.
    private let uses: @Sendable (Use) -> Void

    /// Starts to answer the worker and its programs.
    ///
    /// - Parameters:
    ///   - threads: Where paths are followed, which may take as long as a disk does.
    ///   - watch: Looks at the files that programs open.
    ///   - uses: Hears of each connection that is allowed, on any thread.
    ///   - refused: Hears the text of each refusal, once, on any thread.
    init(
        _ listener: CallListener, rules: ConnectRules, names: NameDirectory, job: String, ceiling: Ceiling?,
        threads: WorkQueue, watch: CallWatch? = nil, uses: @escaping @Sendable (Use) -> Void = { _ in },
        refused: @escaping @Sendable (String) -> Void
    ) throws(SystemError) {
        self.rules = rules
        self.names = names
        self.job = job
        self.ceiling = ceiling
        self.threads = threads
        self.refused = refused
        self.watch = watch
        self.uses = uses
        actsAsCaller = Users.isRoot
        loop = try EventLoop()
        try hear(listener, user: nil)
        // The thread has the loop, and the loop's handlers know of the broker only as long as somebody has it.
        try PlainThread.start(name: "connects") { [loop] in loop.run() }
    }

    deinit { loop.stop() }

    /// The host resolves this name for the run: the grant's patterns may be about it.
    func resolves(_ name: String) {
        let name = name.lowercased()
        guard rules.isPattern(name) else { return }
        state.withLock { if $0.seen.count < 256 { $0.seen.insert(name) } }
    }

    /// Whether an address is a name server that the run may ask.
    func asksNames(_ address: SocketAddress) -> Bool {
        guard rules.dns, case .server(let server, port: 53) = address else { return false }
        return names.servers.contains(server)
    }

    /// The run has ended: nobody is answered any more.
    func close() {
        let waiting = state.withLock { state in
            state.ended = true
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        // A socket that the host's thread is stuck with, by a trick, is let go.
        for brokered in waiting { brokered.socket.shutDown() }
        loop.stop()
    }

    /// Answers at a listener from now on, until nobody is left who could call.
    ///
    /// - Parameters:
    ///   - user: Whose program it is of; nil: the job's own user.
    func hear(_ listener: CallListener, user: String?) throws(SystemError) {
        let token = try loop.watch(listener.descriptor) { [weak self] in self?.receive(listener, user) }
        state.withLock { $0.watches[ObjectIdentifier(listener)] = token }
    }

    private func receive(_ listener: CallListener, _ user: String?) {
        switch listener.receive() {
        case .nothing: break
        case .end:
            if let token = state.withLock({ $0.watches.removeValue(forKey: ObjectIdentifier(listener)) }) {
                loop.cancel(token)
            }
        case .call(let call) where call.kind == .other && watch?.see(call, user: user) == true: break
        case .call(let call):
            do throws(SystemError) {
                try take(call)
            } catch {
                // A caller that cannot be looked into (it said so to the kernel) cannot connect.
                let isHidden = error.number == ErrorNumber.notPermitted || error.number == ErrorNumber.accessDenied
                if isHidden {
                    tell(
                        "\(call.callerName) hides from the host (\(error.call)), which cannot see where it connects to")
                }
                call.fail(isHidden ? ErrorNumber.accessDenied : error.number)
            }
        }
    }

    private func take(_ call: HeldCall) throws(SystemError) {
        // A thread makes one call at a time: an earlier one was given up for a signal.
        let stale = state.withLock { state in state.waiting.values.filter { $0.call.thread == call.thread } }
        for call in stale { giveUp(call) }
        let socket = try call.socket(call.number(0))
        if let answer = heardLate(call, socket) { return void(give(answer, to: call)) }
        let brokered: any BrokeredCall
        switch call.kind {
        case .connect:
            let length = call.number(2)
            guard length >= 0, length <= SocketAddress.maxBytes else { return void(call.fail(ErrorNumber.invalid)) }
            let bytes = try call.read(call.argument(1), count: Int(length))
            guard let address = SocketAddress(bytes) else { return void(call.fail(ErrorNumber.invalid)) }
            brokered = BrokeredConnect(call, socket, address: address, bytes: bytes, broker: self)
        case .sendTo, .sendMessage, .sendMessages: brokered = try BrokeredSend(call, socket, broker: self)
        case .other: return void(call.fail(ErrorNumber.noSuchCall))
        }
        // Asked after the look, or it may have been at another process.
        guard call.isWaiting else { return }
        let isTooMany = state.withLock { state in
            if state.waiting.count >= Self.mostWaiting || state.ended { return true }
            state.waiting[ObjectIdentifier(brokered)] = brokered
            return false
        }
        if isTooMany { return void(call.fail(ErrorNumber.noBuffers)) }
        brokered.begin()
        lookNow()
    }

    // Answers.

    /// A call is over.
    func finish(_ brokered: any BrokeredCall, _ answer: Answer) {
        let isOurs = state.withLock { $0.waiting.removeValue(forKey: ObjectIdentifier(brokered)) != nil }
        guard isOurs, !give(answer, to: brokered.call), answer.isDone else { return }
        keep(answer, for: brokered)
    }

    /// A call that nobody waits for any more is over.
    func giveUp(_ brokered: any BrokeredCall) {
        let isOurs = state.withLock { $0.waiting.removeValue(forKey: ObjectIdentifier(brokered)) != nil }
        brokered.abandon()
        if isOurs, let answer = brokered.done { keep(answer, for: brokered) }
    }

    private func give(_ answer: Answer, to call: HeldCall) -> Bool {
        switch answer {
        case .value(let value): call.answer(value)
        case .errno(let number): call.fail(number)
        }
    }

    /// A signal took the caller away, and its call is made again: the same question gets the same answer.
    private func keep(_ answer: Answer, for brokered: any BrokeredCall) {
        let now = Monotonic.now
        let unheard = Unheard(
            thread: brokered.call.thread, socket: brokered.socket.inode, kind: brokered.call.kind, answer: answer,
            at: now)
        state.withLock { state in
            state.unheard = state.unheard.filter { now - $0.at < 10 }.suffix(63) + [unheard]
        }
    }

    private func heardLate(_ call: HeldCall, _ socket: BrokeredSocket) -> Answer? {
        state.withLock { state in
            let index = state.unheard.firstIndex {
                $0.thread == call.thread && $0.socket == socket.inode && $0.kind == call.kind
            }
            return index.map { state.unheard.remove(at: $0).answer }
        }
    }

    /// Lets go of callers that wait no more: killed, or called away by a signal.
    private func lookNow() {
        let starts = state.withLock { state in
            if state.looks || state.waiting.isEmpty { return false }
            state.looks = true
            return true
        }
        guard starts else { return }
        loop.after(Self.lookPeriod) { [weak self] in
            guard let self else { return }
            let waiting = state.withLock { state in
                state.looks = false
                return Array(state.waiting.values)
            }
            for brokered in waiting where !brokered.call.isWaiting { giveUp(brokered) }
            lookNow()
        }
    }

    /// A connection is allowed, by this need.
    func allow(_ need: String) { uses(.connect(need)) }

    // Refusals.

    /// Records that the grant does not allow something, with the need that would; nil: none would.
    func refuse(_ caller: String, _ what: String, need: String?, why: String? = nil) {
        let what = "\(caller) may not connect to \(what)" + (why.map { ": " + $0 } ?? "")
        guard let need else { return tell("job \(job): \(what)") }
        let isForbidden = ceiling.map { !$0.allowsConnect(need) } ?? false
        tell(GrantRefusal.failure(job: job, what, "connect", need, isForbidden: isForbidden).description)
    }

    func tell(_ text: String) {
        let isNew = state.withLock { $0.told.count < Self.mostRefusals && $0.told.insert(text).inserted }
        if isNew { refused(text) }
    }

    private func void(_ heard: Bool) {}
}

/// One call of a run, from its question to its answer. Its steps run on its broker's loop.
protocol BrokeredCall: AnyObject, Sendable {
    var call: HeldCall { get }
    var socket: BrokeredSocket { get }
    /// What it has done by now; nil: nothing.
    var done: ConnectBroker.Answer? { get }

    /// Judges it; acts, waits, or refuses.
    func begin()

    /// Lets go of what it waits for.
    func abandon()
}
