import Glibc

@testable import Scriptron

/// A TCP socket of 127.0.0.1 that takes connections, says nothing, and knows how many came.
final class CountingListener: Sendable {
    let port: UInt16
    private let descriptor: Descriptor

    init() throws {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = Glibc.socket(AF_INET, kind, 0)
        if number < 0 { throw SystemError.current("socket") }
        descriptor = Descriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(number, generic, length) == 0 && listen(number, 64) == 0
                    && getsockname(number, generic, &length) == 0
            }
        }
        guard done else { throw SystemError.current("listen") }
        port = UInt16(bigEndian: address.sin_port)
    }

    /// How many connections came since the last look: the kernel has made them whether somebody accepts or not.
    func take() -> Int {
        var count = 0
        while case let client = accept(descriptor.number, nil, nil), client >= 0 {
            close(client)
            count += 1
        }
        return count
    }
}
