import Glibc
import Synchronization

@testable import Scriptron

/// A TCP server of 127.0.0.1 that hands everything on to another one, and resets a connection when the client has sent so
/// many bytes by it.
final class BreakingProxy: Sendable {
    let port: UInt16
    private let descriptor: Descriptor
    private let target: UInt16
    private let limits = Mutex<[Int]>([])
    private let usual: Mutex<Int>
    private let passed = Mutex(0)

    /// - Parameters:
    ///   - target: The port that it hands on to.
    ///   - limit: The bytes that a client may send by one connection.
    init(to target: UInt16, limit: Int) throws {
        self.target = target
        usual = Mutex(limit)
        (descriptor, port) = try LoopbackSocket.listening()
        try PlainThread.start(name: "test-proxy") { [weak self, descriptor] in
            while case let client = accept(descriptor.number, nil, nil), client >= 0 {
                let connection = Descriptor(owning: client)
                guard let self else { return }
                try? connection.setCloseOnExec()
                try? PlainThread.start(name: "test-pass") { self.pass(connection) }
            }
        }
    }

    deinit { shutdown(descriptor.number, Int32(SHUT_RDWR)) }

    /// What the next connections may send, one after the other, and then all others.
    func limit(next: [Int] = [], then limit: Int) {
        limits.withLock { $0 = next }
        usual.withLock { $0 = limit }
    }

    /// The bytes that clients have sent since the last look.
    func take() -> Int {
        passed.withLock { passed in
            defer { passed = 0 }
            return passed
        }
    }

    private func pass(_ client: Descriptor) {
        let limit = limits.withLock { $0.isEmpty ? nil : $0.removeFirst() } ?? usual.withLock { $0 }
        guard let server = connect() else { return }
        var left = limit
        while true {
            var polled = [client, server].map { pollfd(fd: $0.number, events: Int16(POLLIN), revents: 0) }
            guard poll(&polled, 2, 60_000) > 0 else { return }
            if polled[1].revents != 0 {
                guard let bytes = try? server.read(64 << 10), !bytes.isEmpty else { return }
                guard (try? client.write(bytes)) != nil else { return }
            }
            if polled[0].revents != 0 {
                guard let bytes = try? client.read(64 << 10), !bytes.isEmpty else { return }
                left -= bytes.count
                passed.withLock { $0 += bytes.count }
                if left < 0 { return reset(client) }
                guard (try? server.write(bytes)) != nil else { return }
            }
        }
    }

    /// Closing with what was not read, or without lingering, is a reset.
    private func reset(_ client: Descriptor) {
        var atOnce = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(client.number, SOL_SOCKET, SO_LINGER, &atOnce, socklen_t(MemoryLayout<Glibc.linger>.size))
    }

    private func connect() -> Descriptor? {
        let number = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if number < 0 { return nil }
        let server = Descriptor(owning: number)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = target.bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let done = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                Glibc.connect(number, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        return done ? server : nil
    }
}
