import Synchronization

/// One connect(2) of a run.
final class BrokeredConnect: BrokeredCall {
    /// Seconds for which a name is waited for.
    private static let namePatience = 10.0
    /// Seconds until a Unix socket whose server has no room is tried again.
    private static let roomPeriod = 0.02

    private struct State {
        var tokens: [EventLoop.Token] = []
        /// Names whose answers are still to come.
        var names = 0
        /// Why names did not help.
        var reasons: [String] = []
        var isDecided = false
        var isExpiring = false
    }

    let call: HeldCall
    let socket: BrokeredSocket
    private let address: SocketAddress
    private let bytes: [UInt8]
    private let broker: ConnectBroker
    private let state = Mutex(State())

    init(_ call: HeldCall, _ socket: BrokeredSocket, address: SocketAddress, bytes: [UInt8], broker: ConnectBroker) {
        self.call = call
        self.socket = socket
        self.address = address
        self.bytes = bytes
        self.broker = broker
    }

    var done: ConnectBroker.Answer? { nil }

    func begin() {
        switch (address, socket.kind) {
        case (.none, .tcp), (.none, .udp): finish(socket.connect(bytes))
        case (.server(let server, let port), .tcp): judge(server, port)
        case (.server(let server, let port), .udp): judgeDatagrams(server, port)
        case (.path(let path), .unixStream): judge(path)
        case (.abstract, .unixStream):
            refuse("an abstract Unix socket", need: nil, why: "only sockets with a path can be granted")
        case (.other, _), (.none, _): finish(ErrorNumber.wrongFamily)
        default:
            // The kernel's own answer where address and socket do not fit.
            finish(socket.kind == .other ? ErrorNumber.accessDenied : ErrorNumber.wrongFamily)
        }
    }

    // Servers.

    private func judge(_ server: IPAddress, _ port: UInt16) {
        if broker.rules.allows(server, port: port) {
            broker.allow(Self.text(server, port))
            return connect()
        }
        if asksNames(server, port) { return connect() }
        let names = broker.rules.candidates(port: port, seen: broker.state.withLock { $0.seen })
        if names.isEmpty { return refuse(server, port) }
        // What is known already decides at once, or else a name that is slow would hold up those that are not.
        let known = names.compactMap { name in broker.names.known(name).map { (name, $0) } }
        for (name, result) in known where leads(name, result, server) {
            broker.allow("\(name):\(port)")
            return connect()
        }
        let asked = names.filter { name in !known.contains { $0.0 == name } }
        if asked.isEmpty { return refuse(server, port) }
        state.withLock { $0.names = asked.count }
        for name in asked {
            broker.lookUps.enter { [self] leave in
                guard isUndecided else { return leave() }
                broker.names.find(name) { [self] result in
                    leave()
                    broker.loop.post { [self] in take(name, result, server, port) }
                }
            }
        }
        after(Self.namePatience) { connect in
            connect.state.withLock { $0.reasons.append("its name could not be resolved in time") }
            connect.refuse(server, port)
        }
    }

    private func take(
        _ name: String, _ result: Result<NameDirectory.Answer, Failure>, _ server: IPAddress, _ port: UInt16
    ) {
        guard isUndecided else { return }
        if leads(name, result, server) {
            broker.allow("\(name):\(port)")
            return connect()
        }
        let isLast = state.withLock { state in
            state.names -= 1
            return state.names == 0
        }
        if isLast { refuse(server, port) }
    }

    /// Whether a name leads to the server; notes why it does not where that helps.
    private func leads(
        _ name: String, _ result: Result<NameDirectory.Answer, Failure>, _ server: IPAddress
    ) -> Bool {
        switch result {
        case .success(let answer):
            if broker.rules.mayLead(name, to: server, answer) { return true }
            if answer.addresses.contains(server) {
                let kind = AddressKind(server).text
                state.withLock {
                    $0.reasons.append("\(name) leads to it, and it is \(kind), which a name does not grant")
                }
            }
        case .failure(let failure): state.withLock { $0.reasons.append(failure.message) }
        }
        return false
    }

    private func asksNames(_ server: IPAddress, _ port: UInt16) -> Bool {
        broker.asksNames(.server(server, port: port))
    }

    private func judgeDatagrams(_ server: IPAddress, _ port: UInt16) {
        if asksNames(server, port) { return connect() }
        // The C library asks for its own address by such a socket before it connects another one: not worth a word.
        if broker.rules.has(port: port) || port == 0 { return finish(ErrorNumber.accessDenied) }
        refuse("\(server) port \(port) by UDP", need: nil, why: "datagrams go to the machine's name servers alone")
    }

    // Unix sockets.

    private func judge(_ path: Path) {
        if path.isAbsolute, let real = broker.rules.socket(written: path.normalized) { return connect(to: real) }
        // Asked for by every program that looks up a user: as if there were no such service.
        if ["/var/run/nscd/socket", "/run/nscd/socket"].contains(path.text) { return finish(ErrorNumber.notFound) }
        guard broker.rules.hasSockets else { return refuse(path) }
        let base = path.isAbsolute ? Path("/") : call.workingDirectory
        guard call.isWaiting else { return broker.giveUp(self) }
        guard let base else { return refuse(path) }
        broker.paths.enter { [self] leave in
            guard isUndecided else { return leave() }
            broker.threads.submit { [self] in
                let real = try? base.appending(path).resolvingExistingLinks()
                leave()
                broker.loop.post { [self] in judge(real: real, path) }
            }
        }
    }

    private func judge(real: Path?, _ path: Path) {
        guard isUndecided else { return }
        guard let real = real.flatMap({ broker.rules.socket(real: $0) }) else { return refuse(path) }
        connect(to: real)
    }

    private func connect(to real: Path) {
        let caller = broker.actsAsCaller ? call.credentials : nil
        // Asked after the look, or it may have been at another process.
        guard call.isWaiting else { return broker.giveUp(self) }
        if broker.actsAsCaller, caller == nil { return finish(ErrorNumber.accessDenied) }
        // The host's own user need not be switched to, which takes capabilities.
        let isOwn = caller.map { $0.uid == Users.ownID && $0.gid == Users.ownGroup } ?? true
        broker.allow("unix:\(real.text)")
        let errno = socket.connect(to: real, as: isOwn ? nil : caller)
        // A link that took the granted socket's place since the grant was made.
        if errno == ErrorNumber.tooManyLinks { return refuse(real) }
        guard errno == ErrorNumber.again, socket.waits else { return finish(errno) }
        after(Self.roomPeriod) { $0.connect(to: real) }
        expire(ErrorNumber.again)
    }

    // Connecting.

    private func connect() {
        guard decide() else { return }
        let errno = socket.connect(bytes)
        guard [ErrorNumber.inProgress, ErrorNumber.already].contains(errno), socket.waits else { return finish(errno) }
        wait()
    }

    /// Waits until the kernel knows.
    private func wait() {
        do throws(SystemError) {
            let token = try broker.loop.watch(socket.descriptor, .writable) { [weak self] in self?.conclude() }
            state.withLock { $0.tokens.append(token) }
            expire(ErrorNumber.inProgress)
        } catch {
            finish(error.number)
        }
    }

    /// Takes the outcome as the caller would have: by asking once more.
    private func conclude() {
        guard call.isWaiting else { return broker.giveUp(self) }
        let errno = socket.connect(bytes)
        if [ErrorNumber.inProgress, ErrorNumber.already].contains(errno) { return }
        finish(errno == ErrorNumber.isConnected ? 0 : errno)
    }

    /// The socket's own patience (SO_SNDTIMEO), once.
    private func expire(_ errno: Int32) {
        let isFirst = state.withLock { state in
            defer { state.isExpiring = true }
            return !state.isExpiring
        }
        if isFirst, let patience = socket.patience { after(patience) { $0.finish(errno) } }
    }

    private func after(_ seconds: Double, _ body: @escaping @Sendable (BrokeredConnect) -> Void) {
        let token = broker.loop.after(seconds) { [weak self] in if let self { body(self) } }
        state.withLock { $0.tokens.append(token) }
    }

    // Ends.

    private var isUndecided: Bool { state.withLock { !$0.isDecided } }

    /// Whether this is the first decision; ends the wait for names.
    private func decide() -> Bool {
        let tokens = state.withLock { state -> [EventLoop.Token]? in
            if state.isDecided { return nil }
            state.isDecided = true
            defer { state.tokens = [] }
            return state.tokens
        }
        for token in tokens ?? [] { broker.loop.cancel(token) }
        return tokens != nil
    }

    private func finish(_ errno: Int32) {
        abandon()
        broker.finish(self, errno == 0 ? .value(0) : .errno(errno))
    }

    func abandon() {
        let tokens = state.withLock { state in
            state.isDecided = true
            defer { state.tokens = [] }
            return state.tokens
        }
        for token in tokens { broker.loop.cancel(token) }
    }

    private static func text(_ server: IPAddress, _ port: UInt16) -> String {
        server.isFour ? "\(server):\(port)" : "[\(server)]:\(port)"
    }

    private func refuse(_ server: IPAddress, _ port: UInt16) {
        let text = Self.text(server, port)
        let reasons = state.withLock { $0.reasons }
        refuse(text, need: text, why: reasons.isEmpty ? nil : reasons.joined(separator: "; "))
    }

    private func refuse(_ path: Path) {
        refuse("the Unix socket \(path.text)", need: "unix:\(path.text)", why: nil)
    }

    private func refuse(_ what: String, need: String?, why: String?) {
        let name = call.callerName
        // The name is only the caller's while it waits.
        if call.isWaiting { broker.refuse(name, what, need: need, why: why) }
        finish(ErrorNumber.accessDenied)
    }
}
