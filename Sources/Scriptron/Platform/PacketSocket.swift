import CLinux
import Glibc

/// One end of a pair of connected Unix sockets that keep packets apart (SOCK_SEQPACKET, unix(7)) and can carry
/// descriptors.
package final class PacketSocket: Sendable {
    /// One packet as it came.
    package struct Packet: Sendable {
        package let bytes: [UInt8]
        package let descriptors: [Descriptor]
    }

    /// The largest packet that is sent or taken, in bytes.
    package static let maxPacket = 64 << 10

    package let descriptor: Descriptor

    package init(owning number: Int32) { descriptor = Descriptor(owning: number) }

    /// An end that came as a descriptor.
    package init(_ descriptor: Descriptor) { self.descriptor = descriptor }

    /// A connected pair.
    package static func pair() throws(SystemError) -> (PacketSocket, PacketSocket) {
        var numbers: (Int32, Int32) = (-1, -1)
        let result = withUnsafeMutablePointer(to: &numbers) {
            $0.withMemoryRebound(to: Int32.self, capacity: 2) { scriptron_packet_pair($0) }
        }
        try checked("socketpair", result: result)
        return (PacketSocket(owning: numbers.0), PacketSocket(owning: numbers.1))
    }

    /// Sends one packet; false where it would block and `wait` is false.
    @discardableResult
    package func send(
        _ bytes: [UInt8], descriptors: [Int32] = [], wait: Bool = true
    ) throws(SystemError) -> Bool {
        let result = scriptron_packet_send(
            descriptor.number, bytes, bytes.count, descriptors, descriptors.count, wait ? 1 : 0)
        if result == -Int(EAGAIN) { return false }
        try checked("sendmsg", result: result)
        return true
    }

    /// The outcome of looking for a packet.
    package enum Received: Sendable {
        case packet(Packet)
        /// The other end is closed.
        case end
        /// There is none now (only without `wait`).
        case nothing
    }

    /// Takes one packet, with at most `descriptors` descriptors in it. More of them, or a packet larger than
    /// `maxPacket`, is the error EMSGSIZE.
    package func receive(descriptors: Int = 0, wait: Bool = true) throws(SystemError) -> Received {
        // Asked for first: a buffer for the largest packet costs more than the call.
        var result = scriptron_packet_size(descriptor.number, wait ? 1 : 0)
        var count = min(descriptors, Int(SCRIPTRON_PACKET_DESCRIPTORS))
        var numbers = [Int32](repeating: -1, count: count)
        let room = min(max(0, result), Self.maxPacket)
        let bytes = [UInt8](unsafeUninitializedCapacity: room) { buffer, filled in
            if room > 0 {
                result = scriptron_packet_receive(
                    descriptor.number, buffer.baseAddress, room, &numbers, &count, wait ? 1 : 0)
            }
            filled = max(0, result)
        }
        if result == -Int(EAGAIN) { return .nothing }
        if result == -Int(ECONNRESET) { return .end }
        try checked("recvmsg", result: result)
        if result == 0 { return .end }
        return .packet(Packet(bytes: bytes, descriptors: numbers.prefix(count).map(Descriptor.init(owning:))))
    }

    /// Takes one packet, waiting at most `patience` seconds; `nothing` where none came.
    package func receive(descriptors: Int = 0, wait: Bool = true, patience: Double) throws(SystemError) -> Received {
        var waiting = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        let ready = try retrying("poll") { poll(&waiting, 1, Int32(patience * 1000)) }
        return ready == 0 ? .nothing : try receive(descriptors: descriptors, wait: wait)
    }

    /// Ends both directions (shutdown(2)): the other end reads its end.
    package func shutDown() { shutdown(descriptor.number, Int32(SHUT_RDWR)) }
}
