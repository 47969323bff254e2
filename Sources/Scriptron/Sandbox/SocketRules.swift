/// What the seccomp filters deny of sockets. Ports are Landlock's; the family, the kind and the protocol are decided
/// here, because Landlock does not see what is not TCP.
extension FilterRules {
    private static let familyCount: UInt64 = 64
    private static let unix: UInt64 = 1
    private static let internet: [UInt64] = [2, 10]
    private static let stream: UInt64 = 1
    private static let datagram: UInt64 = 2
    private static let sequencedPackets: UInt64 = 5
    private static let tcp: UInt64 = 6
    private static let udp: UInt64 = 17
    private static let fastOpen: UInt64 = 0x2000_0000

    /// No socket at all.
    static func denySockets(_ builder: FilterBuilder) throws(Failure) {
        try builder.deny("socket", with: ErrorNumber.accessDenied)
    }

    /// Of sockets only those of TCP over IPv4 and IPv6, and where they say so those of Unix streams and of UDP; and no
    /// way to connect but connect(2): MSG_FASTOPEN connects where no rule looks, and so does multipath TCP (protocol
    /// 262). None is a server.
    static func denySockets(_ builder: FilterBuilder, butUnix: Bool, butDatagrams: Bool) throws(Failure) {
        let denied = ErrorNumber.accessDenied
        let families = internet + (butUnix ? [unix] : [])
        for family in 0..<familyCount where !families.contains(family) {
            try builder.deny("socket", [.equals(0, family)], with: denied)
        }
        try builder.deny("socket", [.greater(0, than: familyCount - 1)], with: denied)
        try denyKinds(builder, "socket", but: butDatagrams ? [stream, datagram] : [stream])
        if butUnix {
            try builder.deny("socket", [.equals(0, unix), .masked(1, mask: 0xF, equals: datagram)], with: denied)
        }
        for (kind, protocolNumber) in [(stream, tcp), (datagram, udp)] {
            let isKind = FilterBuilder.Condition.masked(1, mask: 0xF, equals: kind)
            for number in 1..<protocolNumber {
                try builder.deny("socket", [isKind, .equals(2, number)], with: denied)
            }
            try builder.deny("socket", [isKind, .greater(2, than: protocolNumber)], with: denied)
        }
        for (call, flags): (String, UInt32) in [("sendto", 3), ("sendmsg", 2), ("sendmmsg", 3)] {
            try builder.deny(call, [.flag(flags, fastOpen)])
        }
        // TCP_FASTOPEN, TCP_FASTOPEN_CONNECT; IP_OPTIONS, IPV6_2292PKTOPTIONS, IPV6_2292RTHDR and IPV6_RTHDR, which
        // name hops before the address that is connected to.
        for (level, option): (UInt64, UInt64) in [(tcp, 23), (tcp, 30), (0, 4), (41, 6), (41, 5), (41, 57)] {
            try builder.deny("setsockopt", [.equals(1, level), .equals(2, option)])
        }
        try builder.deny("listen")
    }

    /// connect(2) waits for the broker, which connects itself. With datagrams so do the calls that can name a receiver.
    static func holdConnections(_ builder: FilterBuilder, sends: Bool) throws(Failure) {
        try builder.hold("connect")
        try builder.deny("bind", with: ErrorNumber.accessDenied)
        guard sends else { return }
        // Not with MSG_FASTOPEN, which is denied: of two rules for one call the wider would swallow the other.
        for (call, flags): (String, UInt32) in [("sendmsg", 2), ("sendmmsg", 3)] {
            try builder.hold(call, [.masked(flags, mask: fastOpen, equals: 0)])
        }
        try builder.hold("sendto", [.masked(3, mask: fastOpen, equals: 0), .not(4, 0)])
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
