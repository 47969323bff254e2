import Glibc

/// Carries what one descriptor gives to another, a piece at a time, without waiting.
struct DescriptorPump {
    private static let piece = 64 << 10

    private let from: Descriptor
    private var to: Descriptor?
    private var rest: ArraySlice<UInt8> = []
    /// Whether all is carried, or nobody reads any more.
    var isClosed: Bool { to == nil }

    init(from: Descriptor, to: Descriptor) throws(SystemError) {
        self.from = from
        self.to = to
        try from.setNonBlocking(true)
        try to.setNonBlocking(true)
    }

    /// What it waits for.
    var polled: pollfd {
        rest.isEmpty
            ? pollfd(fd: from.number, events: Int16(POLLIN), revents: 0)
            : pollfd(fd: to?.number ?? -1, events: Int16(POLLOUT), revents: 0)
    }

    /// Carries what there is now. A reader that is gone ends it; any other error of writing is thrown.
    mutating func move() throws(SystemError) {
        while let to {
            if rest.isEmpty {
                do throws(SystemError) {
                    rest = try from.read(Self.piece)[...]
                } catch {
                    if error.number != EAGAIN { self.to = nil }
                    return
                }
                if rest.isEmpty { self.to = nil }
                continue
            }
            let count = rest.withUnsafeBytes { write(to.number, $0.baseAddress, $0.count) }
            if count >= 0 {
                rest = rest.dropFirst(count)
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN: return
            case EPIPE: self.to = nil
            default: throw SystemError.current("write")
            }
        }
    }
}
