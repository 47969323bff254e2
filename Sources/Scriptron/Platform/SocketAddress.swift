import Glibc

/// Where a connection is to go, as connect(2) is told it: read exactly as the kernel reads the same bytes.
package enum SocketAddress: Sendable, Hashable {
    case server(IPAddress, port: UInt16)
    /// A Unix socket by its path, which may be relative.
    case path(Path)
    /// A Unix socket by an abstract name.
    case abstract
    /// No address: an earlier one is given up.
    case none
    /// A family that is not known here.
    case other(UInt16)

    /// The most bytes that the kernel takes (sockaddr_storage).
    package static let maxBytes = 128

    /// Out of the bytes of a socket address; nil where they are too few for their family.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count >= 2 else { return nil }
        let family = UInt16(bytes[1]) << 8 | UInt16(bytes[0])
        // Of all families on all the machines that this runs on, only the address's port is big-endian.
        let number = bytes.count >= 4 ? UInt16(bytes[2]) << 8 | UInt16(bytes[3]) : 0
        switch Int32(UInt16(littleEndian: family)) {
        case AF_UNSPEC: self = .none
        case AF_INET:
            guard bytes.count >= 16 else { return nil }
            self = .server(IPAddress(four: bytes[4..<8].reduce(0) { $0 << 8 | UInt32($1) }), port: number)
        case AF_INET6:
            guard bytes.count >= 24 else { return nil }
            self = .server(IPAddress(bits: bytes[8..<24].reduce(0) { $0 << 8 | UInt128($1) }), port: number)
        case AF_UNIX:
            guard bytes.count > 2 else { return nil }
            let name = Array(bytes[2...].prefix(108).prefix { $0 != 0 })
            self = name.isEmpty ? .abstract : .path(Path(bytes: name))
        default: self = .other(family)
        }
    }
}
