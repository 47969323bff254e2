import Glibc
import Synchronization

@testable import Scriptron

/// A mail server of this machine for one test: without TLS; it refuses the mailbox `refused`.
final class SMTPTestServer: Sendable {
    let port: UInt16
    private let descriptor: Descriptor
    private let heard = Mutex<[String]>([])

    init() throws {
        (descriptor, port) = try LoopbackSocket.listening()
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
