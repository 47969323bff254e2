import Glibc

@testable import Scriptron

/// A TCP socket of 127.0.0.1 that takes connections, says nothing, and knows how many came.
final class CountingListener: Sendable {
    let port: UInt16
    private let descriptor: Descriptor

    init() throws {
        (descriptor, port) = try LoopbackSocket.listening(waits: false)
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
