import Glibc

@testable import Scriptron

/// A TCP server on 127.0.0.1 that takes connections and says nothing, until the test lets go of it.
final class TCPListener {
    let port: UInt16
    private let descriptor: Descriptor

    init() throws {
        let number = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if number < 0 { throw SystemError.current("socket") }
        descriptor = Descriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(number, generic, length) == 0 && listen(number, 16) == 0
                    && getsockname(number, generic, &length) == 0
            }
        }
        guard done else { throw SystemError.current("bind") }
        port = UInt16(bigEndian: address.sin_port)
    }
}
