/// Messages of any size over a socket of small packets: a message is cut into packets, each led by one byte that says
/// whether more of the same message follows.
enum MessageFraming {
    private static let last: UInt8 = 0
    private static let more: UInt8 = 1

    /// The packets of one message, in order.
    static func packets(_ message: [UInt8]) -> [[UInt8]] {
        let room = PacketSocket.maxPacket - 1
        if message.count <= room { return [[last] + message] }
        return stride(from: 0, to: message.count, by: room).map { start in
            let end = min(start + room, message.count)
            return [end == message.count ? last : more] + message[start..<end]
        }
    }

    /// Puts packets together again. The other end is not trusted: a message beyond the cap, an empty packet or an
    /// unknown lead byte is an error.
    struct Assembler {
        /// The largest message that is taken, in bytes.
        let cap: Int
        private var parts: [UInt8] = []

        init(cap: Int) { self.cap = cap }

        /// Takes one packet; returns the message that it completes.
        mutating func take(_ packet: [UInt8]) throws(Failure) -> [UInt8]? {
            guard let lead = packet.first, lead == last || lead == more else {
                throw Failure(code: "EFRAME", "a packet that is not part of a message came")
            }
            if parts.count + packet.count - 1 > cap {
                throw Failure(code: "EFRAME", "a message is larger than \(Quantity.describe(bytes: Int64(cap)))")
            }
            if lead == last && parts.isEmpty { return Array(packet.dropFirst()) }
            parts += packet.dropFirst()
            if lead == more { return nil }
            defer { parts = [] }
            return parts
        }
    }
}
