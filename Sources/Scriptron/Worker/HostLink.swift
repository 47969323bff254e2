/// The worker's end of its channel: messages to the host, answers from it, one thread, blocking.
final class HostLink: HostServices {
    /// The largest message that the host sends.
    private static let messageCap = 64 << 20

    private let channel: PacketSocket
    private var assembler = MessageFraming.Assembler(cap: HostLink.messageCap)
    private var nextRequest: Int64 = 1
    /// The lines of the log that may be sent now: the host need not read those that it would drop.
    private var lines: LineRate
    private var toldLineRate = false
    /// The most descriptors that an answer carries.
    private static let descriptorCap = 4
    /// How many descriptors are taken now: none but where an answer may carry them.
    private var takes = 0
    private var arrived: [Descriptor] = []

    init(channel: PacketSocket) {
        self.channel = channel
        lines = LineRate(JobLimits().logRate, now: 0)
    }

    /// Takes the limits of the run, before its script.
    func limit(_ limits: JobLimits) { lines = LineRate(limits.logRate, now: Monotonic.now) }

    /// The next message; fails where the host is gone.
    private func receive() throws(Failure) -> Value {
        while case .packet(let packet)? = try? channel.receive(descriptors: takes) {
            arrived += packet.descriptors
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

    func requestDescriptors(
        _ service: HostService, _ arguments: [String: Value]
    ) throws(Failure) -> (Value, [Descriptor]) {
        arrived = []
        takes = Self.descriptorCap
        defer {
            arrived = []
            takes = 0
        }
        let answer = try request(service, arguments)
        return (answer, arrived)
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

    func post(_ note: WorkerNote) {
        if case .log = note {
            guard lines.take(now: Monotonic.now) else {
                if !toldLineRate { send(.note(.limit(LimitName.logRate.rawValue))) }
                toldLineRate = true
                return
            }
            tellDropped()
        }
        send(.note(note))
    }

    /// Says how the work ended: the last message.
    func end(_ result: WorkerResult) {
        tellDropped()
        send(.end(result))
    }

    private func tellDropped() {
        let dropped = lines.takeDropped()
        if dropped > 0 { send(.note(.dropped(Int64(dropped)))) }
    }
}
