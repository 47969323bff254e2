import Synchronization
import Testing

@testable import Scriptron

/// What servers and networks do wrong: an error that says which, and nothing left behind.
struct NetworkFaultTests {
    private let fixture: APIFixture

    init() throws { fixture = try APIFixture() }

    /// How a server fails.
    enum Fault: String, CaseIterable, Sendable {
        case reset, truncated, drip, silent, huge, loop, nothing, garbage

        var reply: HTTPTestServer.Reply {
            let head = Array("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n".utf8)
            return switch self {
            case .reset: .reset(head + Array("half".utf8))
            case .truncated: .raw(head + Array("half".utf8))
            case .drip: .stream(head, endlessly: [65], pause: 20_000)
            case .silent: .silence
            case .huge: .answer(200, ["Content-Length": "10737418240"])
            case .loop: .answer(302, ["Location": "/again"])
            case .nothing: .raw([])
            case .garbage: .raw(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8))
            }
        }

        /// The code, and words of the text.
        var expected: (code: String, words: String) {
            switch self {
            case .reset: ("ECONNRESET", "reset")
            case .truncated: ("ETRUNCATED", "bytes remaining")
            case .drip, .silent: ("ETIMEDOUT", "timed out")
            case .huge: ("EFBIG", "larger than 16.0 MiB")
            case .loop: ("EREDIRECT", "after 3 redirects")
            case .nothing: ("ECONNRESET", "Empty reply")
            case .garbage: ("ETRANSFER", "HTTP/0.9")
            }
        }
    }

    @Test(arguments: Fault.allCases) func `requests and downloads say what was wrong`(fault: Fault) throws {
        let server = try fixture.server { _ in fault.reply }
        let result = try fixture.run(
            """
            local o = { timeout = 0.7, redirects = 3 }
            local _, asked = pcall(http.get, "\(server.url())", o)
            o.max = "16MiB"
            local _, loaded = pcall(http.download, "\(server.url())", "file", o)
            return { asked.code, tostring(asked), loaded.code, #fs.list(".") }
            """)
        let list = try #require(result.list)
        #expect(list[0].text == fault.expected.code)
        #expect(list[1].text?.contains(fault.expected.words) == true, "\(list[1].text ?? "")")
        #expect(list[1].text?.contains("http.get") == true)
        #expect(list[2].text == fault.expected.code)
        #expect(list[3] == 0)
    }

    @Test func `nobody there, and a certificate that nobody trusts`() async throws {
        let gone = try HTTPTestServer { _ in .silence }.port
        let tls = try await TLSTestServer()
        fixture.grant.connect += ["127.0.0.1:\(gone)", "localhost:\(tls.port)"]
        fixture.services.answers[.resolve] = ["127.0.0.1"]
        let result = try fixture.run(
            """
            local _, refused = pcall(http.get, "http://127.0.0.1:\(gone)/")
            local _, wrong = pcall(http.get, "https://localhost:\(tls.port)/")
            return { refused.code, wrong.code, tostring(wrong) }
            """)
        #expect(result.list?[0] == "ECONNREFUSED")
        #expect(result.list?[1] == "ETLS")
        #expect(result.list?[2].text?.contains("certificate") == true)
    }

    @Test func `an upload that the server breaks off is an error`() throws {
        let server = try fixture.server { _ in .reset([]) }
        let result = try fixture.run(
            """
            fs.write("big", ("x"):rep(8 << 20))
            return select(2, pcall(http.upload, "\(server.url())", "big", { timeout = 20 })).code
            """)
        #expect(result == "ECONNRESET")
    }

    // Again.

    @Test func `a request is made again as often as asked, as long as the server wants to be left alone`() throws {
        let count = Mutex(0)
        let server = try fixture.server { request in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return switch number {
            case 1: .text("busy", status: 503, ["Retry-After": "0"])
            case 2: .reset([])
            case 3: .text("slower", status: 429, ["Retry-After": "Mon, 02 Jan 2006 15:04:05 GMT"])
            default: .text("done \(request.text)")
            }
        }
        let result = try fixture.run(
            """
            return http.post("\(server.url())", { body = "b", retry = { times = 3, delay = 0.01 } }).body
            """)
        #expect(result == "done b")
        #expect(count.withLock { $0 } == 4)
    }

    @Test func `not again without being told to, not for other errors, and not when the server wants too much`() throws
    {
        let server = try fixture.server { request in
            request.target == "/later"
                ? .text("", status: 503, ["Retry-After": "3600"])
                : .text("", status: request.target == "/no" ? 404 : 500)
        }
        let result = try fixture.run(
            """
            local function code(path, retry)
              return select(2, pcall(http.get, "\(server.url("/"))" .. path, { retry = retry })).status
            end
            return { code("plain"), code("no", 5), code("later", 5), code("twice", { times = 1, delay = 0.01 }) }
            """)
        #expect(result == [500, 404, 503, 500])
        #expect(server.requests.map(\.target) == ["/plain", "/no", "/later", "/twice", "/twice"])
        let wrong = try fixture.failure("return http.get('\(server.url())', { retry = 'often' })")
        #expect(wrong.failure.code == "EARGUMENT")
    }

    // By a proxy.

    @Test func `goes by a proxy that is granted, to a server that is`() throws {
        let proxy = try fixture.server { .text("by proxy: \($0.target)") }
        fixture.grant.connect.append("inside.test:80")
        let result = try fixture.run(
            "return http.get('http://inside.test/x?q=1', { proxy = '\(proxy.url())' }).body")
        #expect(result == "by proxy: http://inside.test/x?q=1")
        for (url, by) in [
            ("http://elsewhere.test/", proxy.url()), ("http://inside.test/", "http://127.0.0.1:9/"),
        ] {
            #expect(try fixture.failure("return http.get('\(url)', { proxy = '\(by)' })").failure.code == "EGRANT")
        }
        #expect(
            try fixture.failure("return http.get('http://inside.test/', { proxy = 'ftp://127.0.0.1:9/' })").failure.code
                == "EURL")
        #expect(proxy.requests.count == 1)
    }
}
