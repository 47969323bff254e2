/// What the seccomp filters deny of sockets. Ports are Landlock's; the family, the kind and the protocol are decided
/// here, because Landlock does not see what is not TCP.
extension FilterRules {
    private static let familyCount: UInt64 = 64
    private static let unix: UInt64 = 1
    private static let internet: [UInt64] = [2, 10]
    private static let stream: UInt64 = 1
    private static let sequencedPackets: UInt64 = 5
    private static let tcp: UInt64 = 6

    /// No socket at all.
    static func denySockets(_ builder: FilterBuilder) throws(Failure) {
        try builder.deny("socket", with: ErrorNumber.accessDenied)
    }

    /// Of sockets only those of TCP over IPv4 and IPv6, and no data with the first packet: MSG_FASTOPEN connects
    /// where no rule looks, and so does multipath TCP (protocol 262).
    static func denyAllButTCP(_ builder: FilterBuilder) throws(Failure) {
        let denied = ErrorNumber.accessDenied
        for family in 0..<familyCount where !internet.contains(family) {
            try builder.deny("socket", [.equals(0, family)], with: denied)
        }
        try builder.deny("socket", [.greater(0, than: familyCount - 1)], with: denied)
        try denyKinds(builder, "socket", but: [stream])
        for number in 1..<tcp { try builder.deny("socket", [.equals(2, number)], with: denied) }
        try builder.deny("socket", [.greater(2, than: tcp)], with: denied)
        let fastOpen: UInt64 = 0x2000_0000
        for (call, flags): (String, UInt32) in [("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)] {
            try builder.deny(call, [.flag(flags, fastOpen)])
        }
        // TCP_FASTOPEN, TCP_FASTOPEN_CONNECT.
        for option: UInt64 in [23, 30] {
            try builder.deny("setsockopt", [.equals(1, tcp), .equals(2, option)])
        }
        try builder.deny("listen")
    }

    /// Pairs only of connected Unix sockets: a datagram one could still be sent to any path.
    static func denyNamedSocketPairs(_ builder: FilterBuilder) throws(Failure) {
        for family in 0..<familyCount where family != unix {
            try builder.deny("socketpair", [.equals(0, family)], with: ErrorNumber.accessDenied)
        }
        try builder.deny("socketpair", [.greater(0, than: familyCount - 1)], with: ErrorNumber.accessDenied)
        try denyKinds(builder, "socketpair", but: [stream, sequencedPackets])
    }

    /// The kind is in the lower four bits, flags are above.
    private static func denyKinds(_ builder: FilterBuilder, _ call: String, but allowed: [UInt64]) throws(Failure) {
        for kind: UInt64 in 0..<16 where !allowed.contains(kind) {
            try builder.deny(call, [.masked(1, mask: 0xF, equals: kind)], with: ErrorNumber.accessDenied)
        }
    }
}
