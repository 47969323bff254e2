import Testing

@testable import Scriptron

struct HTTPModuleTests {
    private let fixture: APIFixture

    init() throws { fixture = try APIFixture() }

    @Test func `requests, and gives the answer`() throws {
        let server = try fixture.server { .text("got \($0.method) \($0.target) \($0.text)", ["X-A": "1"]) }
        let result = try fixture.run(
            """
            local a = http.get("\(server.url("/x"))", { query = { q = "a b", n = 2 } })
            local b = http.post("\(server.url("/y"))", { json = { list = { 1 }, t = "é" } })
            local c = http.request("\(server.url())", { method = "delete" })
            return { a.body, a.status, a.headers["x-a"], b.body, c.body }
            """)
        #expect(
            result == [
                "got GET /x?n=2&q=a%20b ", 200, "1", "got POST /y {\"list\":[1],\"t\":\"é\"}", "got DELETE / ",
            ])
        #expect(server.requests[1].headers["content-type"] == "application/json")
    }

    @Test func `raises for a status that is not expected`() throws {
        let server = try fixture.server { _ in .text("gone for good", status: 410, ["Retry-After": "7"]) }
        let result = try fixture.run(
            """
            local ok, why = pcall(http.get, "\(server.url("/thing?key=word"))")
            local other = http.get("\(server.url())", { expect = { "2xx", 410 } })
            return { ok, why.code, why.status, why.body, why.headers["retry-after"], tostring(why), other.status }
            """)
        let list = try #require(result.list)
        #expect(list.prefix(5) == [false, "EHTTP", 410, "gone for good", "7"])
        #expect(list[5].text?.contains("410: gone for good") == true)
        // A query may hold what nobody should read.
        #expect(list[5].text?.contains("word") == false)
        #expect(list[6] == 410)
    }

    @Test func `downloads whole or not at all, and uploads`() throws {
        let server = try fixture.server { request in
            switch request.target {
            case "/cut": .raw(Array("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf".utf8))
            case "/none": .text("no", status: 404)
            default: .text(request.method == "PUT" ? "took \(request.text)" : "content")
            }
        }
        let result = try fixture.run(
            """
            fs.write("kept", "before")
            local cut = pcall(http.download, "\(server.url("/cut"))", "kept")
            local none = pcall(http.download, "\(server.url("/none"))", "kept")
            local before = fs.read("kept")
            local got = http.download("\(server.url("/f"))", "kept")
            local put = http.upload("\(server.url("/f"))", "kept")
            return { cut, none, before, fs.read("kept"), got.bytes, put.body, #fs.list(".") }
            """)
        #expect(result == [false, false, "before", "content", 7, "took content", 1])
    }

    @Test func `a redirect that is not followed says where it leads, an archive's too`() throws {
        let server = try fixture.server { _ in .answer(302, ["Location": "/new?key=word"]) }
        let said = try fixture.failure("return http.get('\(server.url("/old"))')").description
        #expect(said.contains("302; it leads to \(server.url("/new")); redirects = 1 follows it"), "\(said)")
        let sent = try fixture.failure(
            """
            fs.write("a", "text")
            return http.upload("\(server.url("/old"))", { archive = "a" }, { redirects = 2 })
            """
        ).description
        #expect(sent.contains("an archive does not follow"), "\(sent)")
        #expect(!(said + sent).contains("word"))
    }

    @Test func `what a call does not take is not said to be taken`() throws {
        let server = try fixture.server { _ in .text(String(repeating: "x", count: 5000)) }
        for (call, option) in [("download", "body"), ("upload", "json"), ("upload", "file")] {
            let failure = try fixture.failure("return http.\(call)('\(server.url())', 'a', { \(option) = 'x' })")
            #expect(failure.description.contains("unknown option \(option)"), "\(failure.description)")
        }
        let large = try fixture.failure("return http.download('\(server.url())', 'a', { max = '1KiB' })").description
        #expect(large.contains("raise max") && !large.contains("download it to a file"), "\(large)")
        let body = try fixture.failure("return http.get('\(server.url())', { max = '1KiB' })").description
        #expect(body.contains("or download it to a file"), "\(body)")
    }

    @Test func `a secret is no argument of a program`() throws {
        let body = "return select(2, pcall(process.run, { 'cat', settings.key })).message"
        let said = try fixture.run(body, settings: ["key": .secret("KEY")]).text ?? ""
        #expect(said.contains("argv[2] is secret:KEY") && said.contains("by stdin"), "\(said)")
    }

    @Test(arguments: [
        "http://169.254.169.254/latest/meta-data/", "http://127.0.0.1:PORT/", "http://[::ffff:127.0.0.1]:PORT/",
        "http://2130706433:PORT/", "http://0x7f.1:PORT/", "http://localhost:PORT/", "http://0:PORT/",
    ])
    func `follows no redirect out of the grant (attack 74)`(place: String) throws {
        let inside = try HTTPTestServer { _ in .text("inner secret") }
        let place = place.replacing("PORT", with: "\(inside.port)")
        let server = try fixture.server { _ in .answer(302, ["Location": place]) }
        let failure = try fixture.failure("return http.get('\(server.url())', { redirects = 5 }).body")
        #expect(failure.failure.code == "EGRANT")
        #expect(inside.requests.isEmpty)
        #expect(fixture.services.refusals.count == 1)
        // And none at all unasked.
        #expect(try fixture.failure("return http.get('\(server.url())')").failure.code == "EHTTP")
        #expect(inside.requests.isEmpty)
    }

    @Test func `follows redirects within the grant, as many as were asked for`() throws {
        let other = try fixture.server { .text("there: \($0.headers["authorization"] ?? "no login") \($0.method)") }
        let server = try fixture.server { request in
            switch request.target {
            case "/away": .answer(303, ["Location": other.url("/")])
            case "/loop": .answer(302, ["Location": "/loop"])
            case "/near": .answer(307, ["Location": "/end"])
            default: .text("here: \(request.headers["authorization"] ?? "no login") \(request.method)")
            }
        }
        let result = try fixture.run(
            """
            local o = { redirects = 3, auth = { user = "u", password = "p" } }
            return { http.post("\(server.url("/away"))", o).body, http.post("\(server.url("/near"))", o).body,
              select(2, pcall(http.get, "\(server.url("/loop"))", o)).status }
            """)
        #expect(result == ["there: no login GET", "here: Basic dTpw POST", 302])
        #expect(server.requests.filter { $0.target == "/loop" }.count == 4)
    }

    @Test func `an answer over max is an error, cut only where that is asked for (attack 75)`() throws {
        let endless = Array("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".utf8)
        let server = try fixture.server { request in
            switch request.target {
            case "/huge": .answer(200, ["Content-Length": "10737418240"])
            case "/endless": .stream(endless, endlessly: [UInt8](repeating: 65, count: 65536), pause: 0)
            default: .stream(endless, endlessly: [65], pause: 20_000)
            }
        }
        let result = try fixture.run(
            """
            local codes = {}
            for _, path in ipairs { "/huge", "/endless" } do
              codes[#codes + 1] = select(2, pcall(http.get, "\(server.url())":sub(1, -2) .. path)).code
            end
            codes[3] = select(2, pcall(http.get, "\(server.url("/drip"))", { timeout = 0.5 })).code
            codes[4] = select(2, pcall(http.download, "\(server.url("/endless"))", "file", { max = "1MiB" })).code
            codes[5] = #fs.list(".")
            local cut = http.get("\(server.url("/endless"))", { max = 5, cut = true })
            codes[6] = cut.status .. " " .. cut.body
            return codes
            """.replacing("\"\(server.url())\":sub", with: "(\"\(server.url())\"):sub"))
        #expect(result == ["EFBIG", "EFBIG", "ETIMEDOUT", "EFBIG", 0, "200 AAAAA"])
    }

    @Test func `nothing ends its line (attack 76)`() throws {
        let server = try fixture.server { _ in .text("") }
        for options in [
            "headers = { ['X-A'] = 'a\\r\\nX-B: b' }", "headers = { ['X-A\\r\\nX-B'] = 'b' }",
            "method = 'GET\\r\\nX: y'",
            "bearer = 'a\\nb'", "auth = { user = 'a\\r\\nX: y', password = 'b' }",
        ] {
            let failure = try fixture.failure("return http.get('\(server.url())', { \(options) })")
            #expect(failure.failure.code == "EARGUMENT")
        }
        #expect(try fixture.failure("return http.get('\(server.url("/a"))\\r\\nX: y')").failure.code == "EURL")
        #expect(server.requests.allSatisfy { $0.headers["x"] == nil && $0.headers["x-b"] == nil })
    }

    @Test func `a name is the host's to resolve, and only that address is asked`() throws {
        let server = try fixture.server { .text($0.headers["host"] ?? "") }
        fixture.grant.connect.append("service.test:\(server.port)")
        fixture.services.answers[.resolve] = ["127.0.0.1"]
        let result = try fixture.run("return http.get('http://service.test:\(server.port)/').body")
        #expect(result.text == "service.test:\(server.port)")
        fixture.services.answers[.resolve] = []
        #expect(
            try fixture.failure("return http.get('http://service.test:\(server.port)/')").failure.code == "ERESOLVE")
    }

    @Test func `speaks to granted Unix sockets alone`() throws {
        let path = fixture.directory.at("socket")
        let server = try HTTPTestServer(at: path) { .text($0.target) }
        let call = "return http.get('http://local/v1', { unix = '\(path.text)' }).body"
        #expect(try fixture.failure(call).failure.code == "EGRANT")
        fixture.grant.sockets = [Grant.UnixSocket(path: path, real: path)]
        #expect(try fixture.run(call) == "/v1")
        #expect(server.requests.count == 1)
    }

    @Test func `is planned, not sent, in a dry run`() throws {
        let server = try fixture.server { _ in .text("real") }
        fixture.isDry = true
        let result = try fixture.run(
            """
            local a = http.get("\(server.url("/x?key=1"))")
            local b = http.post("\(server.url())", { body = "x", dry = { status = 202, body = "as if" } })
            http.download("\(server.url())", "file")
            return { a.status, a.body, a.assumed, b.status, b.body, fs.stat("file") ~= nil }
            """)
        #expect(result == [200, "", true, 202, "as if", true])
        #expect(server.requests.isEmpty)
        #expect(fixture.steps.count == 3)
        #expect(fixture.planned?.plan.steps.first?.arguments["url"]?.text == server.url("/x"))
        #expect(try fixture.failure("return http.get('http://elsewhere.example/')").failure.code == "EGRANT")
    }

    // Secrets.

    @Test func `takes secrets, and gives none to the script`() throws {
        fixture.grant.secrets = ["KEY", "URL"]
        let server = try fixture.server { request in
            .text("\(request.headers["authorization"] ?? "") \(request.headers["x-key"] ?? "") \(request.text)")
        }
        fixture.services.answer = { service, arguments in
            guard service == .secret else { return nil }
            return arguments["name"]?.text == "KEY" ? "c4nary" : .text(server.url("/hidden"))
        }
        let marker = "settings.key"
        let settings: [String: Value] = ["key": .secret("KEY"), "url": .secret("URL"), "other": .secret("OTHER")]
        let result = try fixture.run(
            """
            local a = http.post("\(server.url())", { bearer = \(marker), headers = { ["X-Key"] = { "v=", \(marker) } },
              json = { password = \(marker) } })
            local b = http.get(settings.url, { expect = "any" })
            local failed = select(2, pcall(http.get, settings.url, { expect = 500 }))
            local refused = select(2, pcall(http.get, "\(server.url())", { bearer = settings.other }))
            return { a.body, b.status, tostring(failed), refused.code, tostring(settings.key), json.encode(settings.key),
              hash.hmac(settings.key, "text"), process.run({ "cat" }, { stdin = { settings.key, "\\n" } }).stdout,
              select(2, pcall(process.run, { "cat", settings.key })).code,
              select(2, pcall(fs.write, "file", settings.key)) ~= nil }
            """, settings: settings)
        let list = try #require(result.list)
        #expect(list[0] == "Bearer c4nary v=c4nary {\"password\":\"c4nary\"}")
        #expect(list[1] == 200)
        #expect(list[2].text?.contains("secret:URL") == true)
        #expect(list[2].text?.contains("hidden") == false)
        #expect(list[3] == "EGRANT")
        #expect(list[4] == "secret:KEY")
        #expect(list[5] == "\"secret:KEY\"")
        #expect(
            list[6]
                == .text(Digest.hexadecimal(try Digest.hmac(.sha256, key: Array("c4nary".utf8), Array("text".utf8)))))
        #expect(list[7] == "c4nary\n")
        #expect(list[8] == "EARGUMENT")
        #expect(list[9] == true)
    }
}
