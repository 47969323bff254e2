import Glibc

@testable import Scriptron

/// A TCP server on 127.0.0.1 that takes connections and says nothing, until the test lets go of it.
final class TCPListener {
    let port: UInt16
    private let descriptor: Descriptor

    init() throws {
        (descriptor, port) = try LoopbackSocket.listening()
    }
}
