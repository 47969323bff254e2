/// The worker's end of its channel: messages to the host, answers from it, one thread, blocking.
final class HostLink: HostServices {
    /// The largest message that the host sends.
    private static let messageCap = 64 << 20

    private let channel: PacketSocket
    private var assembler = MessageFraming.Assembler(cap: HostLink.messageCap)
    private var nextRequest: Int64 = 1

    init(channel: PacketSocket) { self.channel = channel }

    /// The next message; fails where the host is gone.
    private func receive() throws(Failure) -> Value {
        while case .packet(let packet)? = try? channel.receive() {
            if let message = try assembler.take(packet.bytes) { return try ValueCodec.decode(message) }
        }
        throw Failure(code: "EHOST", "the host is gone")
    }

    /// What the worker is asked to do: the first message.
    func order() throws(Failure) -> WorkerOrder {
        guard let order = WorkerOrder(try receive()) else {
            throw Failure(code: "EFRAME", "the host sent an order that is none")
        }
        return order
    }

    /// The settings, in answer to a header; nil where nothing more is wanted.
    func settings() throws(Failure) -> Value? {
        switch HostMessage(try receive()) {
        case .settings(let settings): return settings
        default: return nil
        }
    }

    /// Sends a message; a host that is gone is noticed at the next answer.
    func send(_ message: WorkerMessage) {
        guard let bytes = try? ValueCodec.encode(message.value) else { return }
        for packet in MessageFraming.packets(bytes) { _ = try? channel.send(packet) }
    }

    func request(_ service: HostService, _ arguments: [String: Value]) throws(Failure) -> Value {
        let id = nextRequest
        nextRequest += 1
        send(.request(id: id, service: service.rawValue, arguments: arguments))
        while true {
            switch HostMessage(try receive()) {
            case .answer(id, let value): return value
            case .refused(id, let failure): throw failure
            default: continue
            }
        }
    }

    func post(_ note: WorkerNote) { send(.note(note)) }
}
