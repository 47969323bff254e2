/// What an address is for (the registries of RFC 6890). All but `everywhere` lead to this machine or its neighbours.
package enum AddressKind: Sendable, Hashable {
    /// Of the internet at large.
    case everywhere
    /// This machine itself.
    case loopback
    /// Private networks.
    case local
    /// A single link, and the metadata services of clouds, which hand out credentials.
    case link
    /// Several receivers, or nothing that may be connected to.
    case other

    /// The kinds of networks that are not everywhere.
    private static let special: [(String, Int, AddressKind)] = [
        ("0.0.0.0", 8, .loopback), ("127.0.0.0", 8, .loopback), ("10.0.0.0", 8, .local), ("172.16.0.0", 12, .local),
        ("192.168.0.0", 16, .local), ("100.64.0.0", 10, .local), ("198.18.0.0", 15, .local),
        ("169.254.0.0", 16, .link), ("192.0.0.0", 24, .other), ("192.0.2.0", 24, .other), ("198.51.100.0", 24, .other),
        ("203.0.113.0", 24, .other), ("224.0.0.0", 3, .other), ("fd00:ec2::254", 128, .link), ("fe80::", 10, .link),
        ("fec0::", 10, .local), ("fc00::", 7, .local), ("ff00::", 8, .other), ("100::", 64, .other),
        ("2001:db8::", 32, .other), ("64:ff9b:1::", 48, .local),
    ]

    private static let networks = special.compactMap { text, bits, kind in
        IPAddress(text).map { (IPNetwork($0, bits: bits), kind) }
    }

    package init(_ address: IPAddress) {
        self = Self.networks.first { $0.0.contains(address) }?.1 ?? Self.carried(by: address)
    }

    /// Of an address of IPv6 that carries one of IPv4: the kind of that one (`::/96`, RFC 6052, RFC 3056).
    private static func carried(by address: IPAddress) -> AddressKind {
        if address.isFour { return .everywhere }
        let bits = address.bits
        // `::` and `::1` among them.
        if bits >> 32 == 0 { return bits <= 1 ? .loopback : AddressKind(four(bits)) }
        if bits >> 32 == 0x64_FF9B << 64 { return AddressKind(four(bits)) }
        if bits >> 112 == 0x2002 { return AddressKind(four(bits >> 80)) }
        return .everywhere
    }

    private static func four(_ bits: UInt128) -> IPAddress { IPAddress(four: UInt32(truncatingIfNeeded: bits)) }

    /// For people: `a private address`.
    package var text: String {
        switch self {
        case .everywhere: "a public address"
        case .loopback: "an address of this machine"
        case .local: "a private address"
        case .link: "a link-local or metadata address"
        case .other: "an address that is no server's"
        }
    }
}
