import Synchronization

/// One sendto(2), sendmsg(2) or sendmmsg(2) of a run that may ask name servers: calls that can name a receiver. What is
/// sent is copied first, and sent from here: to the peer, which was judged when it was connected to, or to a name server.
final class BrokeredSend: BrokeredCall {
    /// The most bytes of one call; of a stream the rest is left to the caller's next.
    private static let mostBytes = 1 << 20
    /// The most messages and pieces of a message that the kernel takes (UIO_MAXIOV).
    private static let mostPieces = 1024

    private struct Message {
        var receiver: [UInt8]?
        var bytes: [UInt8]
        /// Where its length is wanted once it is sent.
        var lengthAt: UInt64?
    }

    private struct State {
        var messages: [Message]
        /// Messages that were sent whole.
        var count = 0
        /// Bytes of the message that was begun.
        var sent = 0
        var token: EventLoop.Token?
    }

    let call: HeldCall
    let socket: BrokeredSocket
    private let flags: Int32
    private let broker: ConnectBroker
    private let state: Mutex<State>

    /// Copies what is to be sent out of the caller's memory.
    init(_ call: HeldCall, _ socket: BrokeredSocket, broker: ConnectBroker) throws(SystemError) {
        self.call = call
        self.socket = socket
        self.broker = broker
        var messages: [Message] = []
        switch call.kind {
        case .sendTo:
            flags = call.number(3)
            let receiver = try Self.receiver(call, call.argument(4), call.number(5))
            let bytes = try call.read(call.argument(1), count: Self.size(call.argument(2), socket))
            messages = [Message(receiver: receiver, bytes: bytes)]
        case .sendMessage:
            flags = call.number(2)
            messages = [try Self.message(call, call.argument(1), socket)]
        default:
            flags = call.number(3)
            var left = Self.mostBytes
            for index in 0..<UInt64(min(Int(UInt32(bitPattern: call.number(2))), Self.mostPieces)) {
                // struct mmsghdr: a message's header, and how much of it was sent.
                let address = call.argument(1) &+ index &* 64
                var message = try Self.message(call, address, socket)
                message.lengthAt = address &+ 56
                left -= message.bytes.count
                if left < 0, index > 0 { break }
                messages.append(message)
            }
        }
        state = Mutex(State(messages: messages))
    }

    /// A size that the caller claims, within what one call may take.
    private static func size(_ claimed: UInt64, _ socket: BrokeredSocket) throws(SystemError) -> Int {
        let size = Int(min(claimed, UInt64(mostBytes)))
        if socket.kind == .udp, size > 65_535 { throw SystemError(ErrorNumber.tooLong, call: "sendmsg") }
        return size
    }

    private static func receiver(_ call: HeldCall, _ address: UInt64, _ length: Int32) throws(SystemError) -> [UInt8]? {
        if address == 0 || length == 0 { return nil }
        guard length > 0, length <= SocketAddress.maxBytes else {
            throw SystemError(ErrorNumber.invalid, call: "sendmsg")
        }
        return try call.read(address, count: Int(length))
    }

    /// A message by its header in the caller's memory (struct msghdr of a 64-bit ABI).
    private static func message(
        _ call: HeldCall, _ address: UInt64, _ socket: BrokeredSocket
    ) throws(SystemError) -> Message {
        let header = try call.read(address, count: 56)
        func word(_ offset: Int, in bytes: [UInt8]) -> UInt64 {
            bytes[offset..<offset + 8].withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        }
        // Descriptors among them, which cannot be handed on from here. Of a datagram it is only how it is to travel.
        if word(40, in: header) > 0, word(32, in: header) != 0, socket.kind != .udp {
            throw SystemError(ErrorNumber.notSupported, call: "sendmsg with control data")
        }
        let pieces = word(24, in: header)
        guard pieces <= UInt64(mostPieces) else { throw SystemError(ErrorNumber.tooLong, call: "sendmsg") }
        let table = try call.read(word(16, in: header), count: Int(pieces) * 16)
        var bytes: [UInt8] = []
        for piece in 0..<Int(pieces) {
            let room = mostBytes - bytes.count
            let length = Int(min(word(piece * 16 + 8, in: table), UInt64(room)))
            bytes += try call.read(word(piece * 16, in: table), count: length)
        }
        _ = try size(UInt64(bytes.count), socket)
        let length = Int32(truncatingIfNeeded: word(8, in: header))
        return Message(receiver: try receiver(call, word(0, in: header), length), bytes: bytes)
    }

    var done: ConnectBroker.Answer? {
        state.withLock { state in
            if state.count > 0 { return .value(call.kind == .sendMessages ? Int64(state.count) : Int64(state.sent)) }
            return state.sent > 0 ? .value(Int64(state.sent)) : nil
        }
    }

    func begin() { send() }

    func abandon() {
        let token = state.withLock { state in
            defer { state.token = nil }
            return state.token
        }
        if let token { broker.loop.cancel(token) }
    }

    /// Sends until all is sent, or the socket has no room.
    private func send() {
        while true {
            let (next, sent) = state.withLock { state in
                (state.count < state.messages.count ? state.messages[state.count] : nil, state.sent)
            }
            guard let next else { return finish(done ?? .value(0)) }
            var receiver: [UInt8]?
            // A stream has no receivers; of a datagram each is judged.
            if socket.kind == .udp, let named = next.receiver {
                guard let address = SocketAddress(named), broker.asksNames(address) else {
                    return refuse(SocketAddress(named))
                }
                receiver = named
            }
            let result = socket.send(next.bytes[sent...], flags: flags, to: receiver)
            if result == -Int(ErrorNumber.again), socket.waits, !BrokeredSocket.doesNotWait(flags) { return wait() }
            if result < 0 { return finish(done ?? .errno(Int32(-result))) }
            if !advance(by: result, next) { return finish(done ?? .value(0)) }
        }
    }

    /// Counts what was sent; false where the caller's memory is gone.
    private func advance(by count: Int, _ message: Message) -> Bool {
        let whole = state.withLock { state in
            state.sent += count
            guard state.sent >= message.bytes.count else { return nil as Int? }
            defer {
                state.count += 1
                // The length of a single message is its answer.
                if call.kind == .sendMessages { state.sent = 0 }
            }
            return state.sent
        }
        guard let whole, let address = message.lengthAt else { return true }
        guard call.isWaiting else { return false }
        let bytes = withUnsafeBytes(of: UInt32(whole)) { Array($0) }
        return (try? call.write(bytes, at: address)) != nil
    }

    private func wait() {
        if state.withLock({ $0.token != nil }) { return }
        let token = try? broker.loop.watch(socket.descriptor, .writable) { [weak self] in self?.send() }
        guard let token else { return finish(.errno(ErrorNumber.noBuffers)) }
        state.withLock { $0.token = token }
    }

    private func finish(_ answer: ConnectBroker.Answer) {
        abandon()
        broker.finish(self, answer)
    }

    private func refuse(_ address: SocketAddress?) {
        let name = call.callerName
        if call.isWaiting, case .server(let server, let port)? = address {
            broker.refuse(
                name, "\(server) port \(port) by UDP", need: nil,
                why: "datagrams go to the machine's name servers alone")
        }
        finish(done ?? .errno(ErrorNumber.accessDenied))
    }
}
