import Glibc
import Synchronization

@testable import Scriptron

/// A mail server of this machine for one test: without TLS; it refuses the mailbox `refused`.
final class SMTPTestServer: Sendable {
    let port: UInt16
    private let descriptor: Descriptor
    private let heard = Mutex<[String]>([])

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
        try PlainThread.start(name: "test-smtp") { [weak self, descriptor] in
            // The thread keeps the descriptor: its number is nobody else's as long as it looks there.
            while case let client = accept(descriptor.number, nil, nil), client >= 0 {
                let connection = Descriptor(owning: client)
                guard let self else { return }
                self.serve(connection)
            }
        }
    }

    deinit { shutdown(descriptor.number, Int32(SHUT_RDWR)) }

    /// The lines of all clients.
    var words: [String] { heard.withLock { $0 } }

    private func serve(_ connection: Descriptor) {
        var waiting: [UInt8] = []
        func line() -> String? {
            while true {
                if let end = waiting.firstIndex(of: 10) {
                    let line = waiting[..<end].filter { $0 != 13 }
                    waiting.removeSubrange(...end)
                    return String(decoding: line, as: UTF8.self)
                }
                guard let piece = try? connection.read(4096), !piece.isEmpty else { return nil }
                waiting += piece
            }
        }
        func say(_ text: String) { try? connection.write(Array((text + "\r\n").utf8)) }
        say("220 test")
        var isData = false
        while let line = line() {
            heard.withLock { $0.append(line) }
            if isData {
                if line == "." {
                    isData = false
                    say("250 taken")
                }
                continue
            }
            switch line.prefix(4).uppercased() {
            case "DATA":
                isData = true
                say("354 go on")
            case "QUIT":
                say("221 bye")
                return
            case "RCPT" where line.contains("refused"): say("550 no such mailbox")
            case "EHLO", "MAIL", "RCPT", "RSET": say("250 fine")
            default: say("502 what?")
            }
        }
    }
}
