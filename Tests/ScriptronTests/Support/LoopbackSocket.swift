import Glibc

@testable import Scriptron

/// Sockets of 127.0.0.1 that listen, for the servers of the tests.
enum LoopbackSocket {
    /// One at a free port. With `waits` false, who accepts is told at once that nobody came.
    static func listening(waits: Bool = true) throws -> (descriptor: Descriptor, port: UInt16) {
        let flags = Int32(SOCK_CLOEXEC.rawValue) | (waits ? 0 : Int32(SOCK_NONBLOCK.rawValue))
        let number = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | flags, 0)
        if number < 0 { throw SystemError.current("socket") }
        let descriptor = Descriptor(owning: number)
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
        return (descriptor, UInt16(bigEndian: address.sin_port))
    }
}
