import Glibc

@testable import Scriptron

/// A server of this machine that takes what comes, until the test lets go of it.
final class LocalServer {
    /// What it does with a connection.
    enum Manner: Sendable {
        /// Takes and closes it.
        case takes
        /// Tells it who is at its other end, as the kernel says: the user's number.
        case namesUser
        /// Takes none: its queue has room for one, which is taken up.
        case full
    }

    private(set) var port: UInt16 = 0
    private let descriptor: Descriptor
    private var filler: [Descriptor] = []

    /// A TCP server on an address of IPv4 or IPv6.
    init(_ host: String = "127.0.0.1", _ manner: Manner = .takes, like port: UInt16 = 0) throws {
        let isSix = host.contains(":")
        descriptor = try Self.socket(isSix ? AF_INET6 : AF_INET, SOCK_STREAM)
        var on: Int32 = 1
        setsockopt(descriptor.number, SOL_SOCKET, SO_REUSEADDR, &on, 4)
        let bytes = Self.address(host, port)
        try Self.call("bind", bytes) { [descriptor] in bind(descriptor.number, $0, $1) }
        var name = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &name) { pointer in
            _ = pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                getsockname(descriptor.number, $0, &length)
            }
        }
        self.port = withUnsafeBytes(of: &name) { UInt16($0[2]) << 8 | UInt16($0[3]) }
        try serve(manner, Self.address(host, self.port), isSix ? AF_INET6 : AF_INET)
    }

    /// A server at a Unix socket that anybody may write to.
    init(_ path: Path, _ manner: Manner = .takes) throws {
        descriptor = try Self.socket(AF_UNIX, SOCK_STREAM)
        let bytes = Self.address(path)
        try Self.call("bind", bytes) { [descriptor] in bind(descriptor.number, $0, $1) }
        chmod(path.text, 0o777)
        try serve(manner, bytes, AF_UNIX)
    }

    /// A UDP server that sends back what it gets.
    init(echoing host: String, port: UInt16) throws {
        descriptor = try Self.socket(AF_INET, SOCK_DGRAM)
        try Self.call("bind", Self.address(host, port)) { [descriptor] in bind(descriptor.number, $0, $1) }
        try PlainThread.start(name: "test-echo") { [number = descriptor.number] in
            var from = sockaddr_storage()
            var bytes = [UInt8](repeating: 0, count: 2048)
            while true {
                var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
                let done = withUnsafeMutablePointer(to: &from) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { from in
                        let count = recvfrom(number, &bytes, bytes.count, 0, from, &length)
                        if count > 0 { sendto(number, &bytes, count, 0, from, length) }
                        return count
                    }
                }
                if done <= 0 { return }
            }
        }
    }

    deinit { shutdown(descriptor.number, Int32(SHUT_RDWR)) }

    private func serve(_ manner: Manner, _ bytes: [UInt8], _ family: Int32) throws {
        guard listen(descriptor.number, manner == .full ? 0 : 1024) == 0 else { throw SystemError.current("listen") }
        if manner == .full {
            for _ in 0..<3 {
                let client = try Self.socket(family, SOCK_STREAM)
                try client.setNonBlocking(true)
                _ = try? Self.call("connect", bytes) { Glibc.connect(client.number, $0, $1) }
                filler.append(client)
            }
            return
        }
        try PlainThread.start(name: "test-server") { [descriptor] in
            while case let client = accept(descriptor.number, nil, nil), client >= 0 {
                if manner == .namesUser, let peer = try? PeerCredentials(ofSocket: client) {
                    let text = Array("\(peer.uid)".utf8)
                    write(client, text, text.count)
                }
                close(client)
            }
        }
    }

    private static func socket(_ family: Int32, _ type: __socket_type) throws -> Descriptor {
        let number = Glibc.socket(family, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if number < 0 { throw SystemError.current("socket") }
        return Descriptor(owning: number)
    }

    private static func call(
        _ name: String, _ bytes: [UInt8], _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws {
        let result = bytes.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) { address in
                address.baseAddress.map { body($0, socklen_t(bytes.count)) } ?? -1
            }
        }
        if result != 0 { throw SystemError.current(name) }
    }

    /// A socket address as its bytes.
    private static func address(_ host: String, _ port: UInt16) -> [UInt8] {
        let address = IPAddress(host) ?? IPAddress(bits: 0)
        let number = [UInt8(port >> 8), UInt8(port & 0xFF)]
        if host.contains(":") {
            let bits = (0..<16).map { UInt8(truncatingIfNeeded: address.bits >> (120 - 8 * $0)) }
            return [UInt8(AF_INET6), 0] + number + [0, 0, 0, 0] + bits + [0, 0, 0, 0]
        }
        let bits = (0..<4).map { UInt8(truncatingIfNeeded: address.bits >> (24 - 8 * $0)) }
        return [UInt8(AF_INET), 0] + number + bits + [UInt8](repeating: 0, count: 8)
    }

    private static func address(_ path: Path) -> [UInt8] {
        [UInt8(AF_UNIX), 0] + path.bytes + [UInt8](repeating: 0, count: 108 - path.bytes.count)
    }
}
