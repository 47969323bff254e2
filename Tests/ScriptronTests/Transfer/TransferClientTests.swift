import Glibc
import Testing

@testable import Scriptron

struct TransferClientTests {
    private let client: TransferClient

    init() throws { client = try TransferClient() }

    /// The failure that a request ends with.
    private func failure(_ request: TransferRequest) throws -> Failure {
        do throws(Failure) {
            let response = try client.perform(request)
            Issue.record("it was answered with \(response.status)")
            return Failure(code: "", "")
        } catch {
            return error
        }
    }

    @Test func `sends a request and takes the answer`() throws {
        let server = try HTTPTestServer { .text("made \($0.text)", status: 201, ["X-Thing": "one", "x-Thing": "two"]) }
        var request = TransferRequest(try TransferURL(server.url("/a?b=c")))
        request.method = "POST"
        request.headers = [.init("X-Sent", "yes"), .init("X-Empty", "")]
        request.body = .bytes(Array("hello".utf8))
        request.login = TransferRequest.Login(user: Array("joe".utf8), password: Array("s3cret".utf8))
        let response = try client.perform(request)
        #expect(response.status == 201)
        #expect(response.body == Array("made hello".utf8))
        #expect(response.bytes == 10)
        #expect(response.headers.filter { $0.name.lowercased() == "x-thing" }.count == 2)
        #expect(response.address == "127.0.0.1")
        let seen = try #require(server.requests.first)
        #expect(seen.method == "POST")
        #expect(seen.target == "/a?b=c")
        #expect(seen.headers["x-sent"] == "yes")
        #expect(seen.headers["x-empty"] == "")
        #expect(seen.headers["expect"] == nil)
        #expect(seen.headers["authorization"] == "Basic " + Digest.base64(Array("joe:s3cret".utf8)))
    }

    @Test(arguments: ["GET", "HEAD", "DELETE", "OPTIONS", "POST", "PUT", "PATCH"])
    func `sends any method without a body`(method: String) throws {
        let server = try HTTPTestServer { _ in .text("body") }
        var request = TransferRequest(try TransferURL(server.url()))
        request.method = method
        let response = try client.perform(request)
        #expect(response.status == 200)
        #expect(response.body == (method == "HEAD" ? [] : Array("body".utf8)))
        let seen = try #require(server.requests.first)
        #expect(seen.method == method)
        #expect(seen.headers["content-length"] == (["POST", "PUT", "PATCH"].contains(method) ? "0" : nil))
    }

    @Test func `follows no redirect by itself`() throws {
        let server = try HTTPTestServer { _ in .answer(302, ["Location": "/elsewhere"]) }
        let response = try client.perform(TransferRequest(try TransferURL(server.url("/x"))))
        #expect(response.status == 302)
        #expect(response.redirect?.text == server.url("/elsewhere"))
        #expect(server.requests.count == 1)
    }

    @Test func `streams files both ways, and keeps their positions`() throws {
        let directory = try TemporaryDirectory()
        let content = [UInt8]((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) })
        let server = try HTTPTestServer { .answer(200, [:], Array($0.body.reversed())) }
        let source = try StateFiles.open(try directory.file("from"), .write)
        try source.write(content)
        let from = try StateFiles.open(directory.path.appending("from"), .read)
        let to = try StateFiles.open(directory.path.appending("to"), .write)
        var request = TransferRequest(try TransferURL(server.url()))
        request.method = "PUT"
        request.body = .file(from, offset: 1_000_000, length: 1_000_000)
        request.sink = TransferRequest.Sink(to)
        let response = try client.perform(request)
        #expect(response.body.isEmpty)
        #expect(response.bytes == 1_000_000)
        #expect(server.requests.first?.body == Array(content[1_000_000..<2_000_000]))
        #expect(
            try Files.readSmall(directory.path.appending("to"), max: 8 << 20)
                == content[1_000_000..<2_000_000].reversed())
        #expect(try from.read(4) == Array(content[..<4]))
    }

    @Test func `keeps the text of an error out of the file`() throws {
        let directory = try TemporaryDirectory()
        let server = try HTTPTestServer { _ in .text("no such thing", status: 404) }
        let to = try StateFiles.open(directory.path.appending("to"), .write)
        var request = TransferRequest(try TransferURL(server.url()))
        request.sink = TransferRequest.Sink(to)
        let response = try client.perform(request)
        #expect(response.status == 404)
        #expect(response.body == Array("no such thing".utf8))
        #expect(try Files.readSmall(directory.path.appending("to")).isEmpty)
    }

    @Test func `ends where a file has become shorter`() throws {
        let directory = try TemporaryDirectory()
        let server = try HTTPTestServer { _ in .text("") }
        let from = try StateFiles.open(try directory.file("from", "short"), .read)
        var request = TransferRequest(try TransferURL(server.url()))
        request.method = "PUT"
        request.body = .file(from, offset: 0, length: 1000)
        #expect(try failure(request).code == "ESHRUNK")
    }

    @Test func `speaks to a Unix socket`() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path.appending("socket")
        let server = try HTTPTestServer(at: path) { .text($0.headers["host"] ?? "") }
        var request = TransferRequest(try TransferURL("http://docker/v1"))
        request.unixSocket = path
        let response = try client.perform(request)
        #expect(response.body == Array("docker".utf8))
        #expect(response.address == nil)
        #expect(server.requests.first?.target == "/v1")
    }

    @Test func `asks only the pinned addresses of a name`() throws {
        let server = try HTTPTestServer { .text($0.headers["host"] ?? "") }
        var request = TransferRequest(try TransferURL("http://service.test:\(server.port)/"))
        request.pins = [
            .init(host: "service.test", port: server.port, addresses: [try #require(IPAddress("127.0.0.1"))])
        ]
        #expect(try client.perform(request).body == Array("service.test:\(server.port)".utf8))
    }

    @Test func `a body over the most is a failure, announced or not`() throws {
        let endless = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)
        let piece = [UInt8](repeating: 65, count: 64 << 10)
        let server = try HTTPTestServer { request in
            request.target == "/announced"
                ? .answer(200, ["Content-Length": "10000000000"]) : .stream(endless, endlessly: piece, pause: 0)
        }
        for path in ["/announced", "/endless"] {
            var request = TransferRequest(try TransferURL(server.url(path)))
            request.most = 1 << 20
            #expect(try failure(request).code == "EFBIG")
            // Whoever wants the status alone may have it cut.
            request.cuts = true
            request.most = 1000
            if path == "/endless" { #expect(try client.perform(request).body == Array(piece.prefix(1000))) }
        }
        let headers = Array("HTTP/1.1 200 OK\r\n".utf8)
        let flood = try HTTPTestServer { _ in
            .stream(headers, endlessly: Array("X-Flood: \(String(repeating: "x", count: 8000))\r\n".utf8), pause: 0)
        }
        #expect(try failure(TransferRequest(try TransferURL(flood.url()))).code == "EFBIG")
    }

    @Test func `a server that drips or is silent costs the timeout, no more`() throws {
        let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n".utf8)
        let server = try HTTPTestServer {
            $0.target == "/drip" ? .stream(head, endlessly: [65], pause: 20_000) : .silence
        }
        for path in ["/drip", "/silent"] {
            var request = TransferRequest(try TransferURL(server.url(path)))
            request.timeout = 0.5
            #expect(try failure(request).code == "ETIMEDOUT")
        }
    }

    @Test func `says that nobody is there, and that an answer is cut off`() throws {
        let port = try HTTPTestServer { _ in .silence }.port
        let gone = try failure(TransferRequest(try TransferURL("http://127.0.0.1:\(port)/secret?word=1")))
        #expect(["ECONNREFUSED", "ECONNECT"].contains(gone.code))
        #expect(!gone.description.contains("secret"))
        let server = try HTTPTestServer { _ in
            .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this".utf8))
        }
        #expect(try failure(TransferRequest(try TransferURL(server.url()))).code == "ETRUNCATED")
    }

    @Test(arguments: [
        ("GET", "X-Ok", "fine\r\nX-Forged: yes"), ("GET", "X-Ok", "fine\nX: y"), ("GET", "X-Ok", "a\u{0}b"),
        ("GET", "X Bad", "v"), ("GET", "X:Bad", "v"), ("GET", "", "v"), ("GET\r\nX: y", "X-Ok", "v"),
        ("GET /x HTTP/1.1\r\nHost", "X-Ok", "v"), ("", "X-Ok", "v"),
    ])
    func `nothing ends its line (attack 76)`(method: String, name: String, value: String) throws {
        let server = try HTTPTestServer { _ in .text("") }
        var request = TransferRequest(try TransferURL(server.url()))
        request.method = method
        request.headers = [.init(name, value)]
        #expect(try failure(request).code == "EARGUMENT")
        #expect(server.requests.isEmpty)
    }

    @Test func `hands a mail to a server`() throws {
        // A server of one mail, without TLS: the words are those of RFC 5321.
        let mail = try SMTPTestServer()
        var envelope = TransferRequest.Mail(
            from: "host@example.org", recipients: ["ops@example.org", "me@example.org"])
        envelope.startsTLS = false
        var request = TransferRequest(
            try TransferURL("smtp://127.0.0.1:\(mail.port)/here.example"), kind: .mail(envelope))
        request.body = .bytes(Array("Subject: hello\r\n\r\n.a dot\r\nend\r\n".utf8))
        #expect(try client.perform(request).status == 250)
        let words = mail.words
        #expect(words.contains("EHLO here.example"))
        #expect(words.contains { $0.hasPrefix("MAIL FROM:<host@example.org>") })
        #expect(words.contains("RCPT TO:<ops@example.org>"))
        #expect(words.contains("RCPT TO:<me@example.org>"))
        #expect(words.contains("..a dot"))

        envelope.startsTLS = true
        request.kind = .mail(envelope)
        #expect(try failure(request).code == "ETLS")
        envelope.startsTLS = false
        envelope.recipients = ["refused@example.org"]
        request.kind = .mail(envelope)
        #expect(try failure(request).code == "EMAIL")
        envelope.recipients = ["a@example.org>\r\nDATA"]
        request.kind = .mail(envelope)
        #expect(try failure(request).code == "EARGUMENT")
    }
}
