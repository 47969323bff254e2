import Glibc
import Synchronization

@testable import Scriptron

/// An HTTP/1.1 server of this machine for one test: it answers as the test says, and keeps what it was asked.
final class HTTPTestServer: Sendable {
    struct Request: Sendable {
        var method: String
        var target: String
        var headers: [String: String]
        var body: [UInt8]

        var text: String { String(decoding: body, as: UTF8.self) }
    }

    enum Reply: Sendable {
        case answer(Int, [String: String] = [:], [UInt8] = [])
        /// These bytes as they are, then these without end, every so many microseconds.
        case stream([UInt8], endlessly: [UInt8], pause: UInt32)
        /// These bytes as they are, and the end.
        case raw([UInt8])
        /// These bytes as they are, and a reset of the connection.
        case reset([UInt8])
        /// Never a word.
        case silence

        static func text(_ text: String, status: Int = 200, _ headers: [String: String] = [:]) -> Reply {
            .answer(status, headers, Array(text.utf8))
        }
    }

    let port: UInt16
    private let descriptor: Descriptor
    private let seen = Mutex<[Request]>([])
    private let handler: @Sendable (Request) -> Reply

    /// On a port of 127.0.0.1, or at a Unix socket.
    init(at path: Path? = nil, _ handler: @escaping @Sendable (Request) -> Reply) throws {
        self.handler = handler
        if let path {
            let number = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            if number < 0 { throw SystemError.current("socket") }
            descriptor = Descriptor(owning: number)
            let address = try UnixAddress(path)
            try address.withSocketAddress { (address, length) throws(SystemError) in
                if bind(number, address, length) != 0 { throw SystemError.current("bind") }
            }
            chmod(path.text, 0o777)
            port = 0
            guard listen(number, 64) == 0 else { throw SystemError.current("listen") }
        } else {
            (descriptor, port) = try LoopbackSocket.listening()
        }
        try PlainThread.start(name: "test-http") { [weak self, descriptor] in
            // The thread keeps the descriptor: its number is nobody else's as long as it looks there.
            while case let client = accept(descriptor.number, nil, nil), client >= 0 {
                guard let self else {
                    close(client)
                    return
                }
                let connection = Descriptor(owning: client)
                try? connection.setCloseOnExec()
                try? PlainThread.start(name: "test-client") { self.serve(connection) }
            }
        }
    }

    deinit { shutdown(descriptor.number, Int32(SHUT_RDWR)) }

    /// What was asked so far.
    var requests: [Request] { seen.withLock { $0 } }

    func url(_ path: String = "/") -> String { "http://127.0.0.1:\(port)\(path)" }

    /// One request a connection.
    private func serve(_ connection: Descriptor) {
        guard let request = Self.request(from: connection) else { return }
        seen.withLock { $0.append(request) }
        switch handler(request) {
        case .answer(let status, let headers, let body):
            var head = "HTTP/1.1 \(status) Said\r\nConnection: close\r\n"
            if !headers.keys.contains("Content-Length") { head += "Content-Length: \(body.count)\r\n" }
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            send(Array((head + "\r\n").utf8) + (request.method == "HEAD" ? [] : body), to: connection)
        case .raw(let bytes): send(bytes, to: connection)
        case .reset(let bytes):
            send(bytes, to: connection)
            // Closed at once, and what was not taken is thrown away: the other end is told RST.
            var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
            setsockopt(
                connection.number, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        case .stream(let bytes, let rest, let pause):
            var isThere = send(bytes, to: connection)
            while isThere {
                usleep(pause)
                isThere = send(rest, to: connection)
            }
        case .silence: while let piece = try? connection.read(1), !piece.isEmpty {}
        }
    }

    @discardableResult
    private func send(_ bytes: [UInt8], to connection: Descriptor) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes {
                Glibc.send(connection.number, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { return false }
            done += count
        }
        return true
    }

    private static func request(from connection: Descriptor) -> Request? {
        var bytes: [UInt8] = []
        let gap = Array("\r\n\r\n".utf8)
        var end: Int?
        while end == nil {
            guard let piece = try? connection.read(64 << 10), !piece.isEmpty else { return nil }
            bytes += piece
            end = bytes.indices.dropLast(3).first { bytes[$0..<($0 + 4)].elementsEqual(gap) }
        }
        let lines = String(decoding: bytes[..<(end ?? 0)], as: UTF8.self).split(separator: "\r\n").map(String.init)
        let words = (lines.first ?? "").split(separator: " ").map(String.init)
        guard words.count >= 2 else { return nil }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        var body = Array(bytes[((end ?? 0) + 4)...])
        let length = Int(headers["content-length"] ?? "0") ?? 0
        while body.count < length {
            guard let piece = try? connection.read(64 << 10), !piece.isEmpty else { break }
            body += piece
        }
        if headers["transfer-encoding"] == "chunked" {
            while !body.suffix(5).elementsEqual("0\r\n\r\n".utf8) {
                guard let piece = try? connection.read(64 << 10), !piece.isEmpty else { break }
                body += piece
            }
            body = joined(chunks: body)
        }
        return Request(method: words[0], target: words[1], headers: headers, body: body)
    }

    /// What the chunks of a body hold; what is no chunk any more ends it.
    private static func joined(chunks: [UInt8]) -> [UInt8] {
        var body: [UInt8] = []
        var rest = chunks[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\r")),
            let size = Int(String(decoding: rest[..<end], as: UTF8.self), radix: 16), size > 0,
            rest.endIndex - end >= size + 4
        {
            body += rest[(end + 2)..<(end + 2 + size)]
            rest = rest[(end + 4 + size)...]
        }
        return body
    }
}
