import Synchronization
import Testing

@testable import Scriptron

/// Answers that a function takes piece by piece, and requests that say how far they are.
struct HTTPStreamingTests {
    private let fixture: APIFixture

    init() throws { fixture = try APIFixture() }

    @Test func `a function takes the body piece by piece, of an answer that is expected`() throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 5_000_000)
        let server = try fixture.server { $0.target == "/no" ? .text("gone", status: 410) : .answer(200, [:], body) }
        let result = try fixture.run(
            """
            local size, pieces, largest = 0, 0, 0
            local function sink(piece) size, pieces, largest = size + #piece, pieces + 1, math.max(largest, #piece) end
            local answer = http.get("\(server.url())", { sink = sink })
            local _, no = pcall(http.get, "\(server.url("/no"))", { sink = sink })
            return { size, pieces > 1, largest < 2000000, answer.body, answer.bytes, no.code, no.body }
            """)
        #expect(result == [5_000_000, true, true, "", 5_000_000, "EHTTP", "gone"])
    }

    @Test func `a server waits for a function that takes its time`() throws {
        let server = try fixture.server { _ in
            .stream(
                Array("HTTP/1.1 200 OK\r\n\r\n".utf8), endlessly: [UInt8](repeating: 65, count: 65536), pause: 0)
        }
        // What the kernel and the client hold is far less than what such a server sends in that time.
        let result = try fixture.run(
            """
            local size, first = 0, true
            local _, problem = pcall(http.get, "\(server.url())", { sink = function(piece)
              if first then first = false time.sleep(1) end
              size = size + #piece
              if size > 1000000 then error("enough", 0) end
            end })
            return { problem, size < 4000000 }
            """)
        #expect(result == ["enough", true])
    }

    @Test func `more than max is an error, and what it has got is not asked for again`() throws {
        let count = Mutex(0)
        let server = try fixture.server { _ in
            count.withLock { $0 += 1 }
            return .reset(Array("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nhalf".utf8))
        }
        let large = try fixture.server { _ in .answer(200, [:], [UInt8](repeating: 65, count: 100_000)) }
        let result = try fixture.run(
            """
            local got = ""
            local function sink(piece) got = got .. piece end
            local _, broken = pcall(http.get, "\(server.url())", { sink = sink, retry = { times = 3, delay = 0.01 } })
            local _, big = pcall(http.get, "\(large.url())", { sink = function() end, max = 50000 })
            local _, wrong = pcall(http.get, "\(large.url())", { sink = "file" })
            local _, both = pcall(http.download, "\(large.url())", "file", { sink = sink })
            return { broken.code, got, big.code, wrong.code, both.code }
            """)
        #expect(result == ["ECONNRESET", "half", "EFBIG", "EARGUMENT", "EARGUMENT"])
        #expect(count.withLock { $0 } == 1)
    }

    @Test func `progress is told of what comes and of what goes, and at the end`() throws {
        let server = try fixture.server { request in
            request.method == "PUT"
                ? .text("\(request.body.count)") : .answer(200, [:], [UInt8](repeating: 66, count: 3_000_000))
        }
        let result = try fixture.run(
            """
            local down, up
            http.download("\(server.url())", "file", { progress = function(now) down = now end })
            local answer = http.upload("\(server.url())", "file", { progress = function(now) up = now end })
            return { down.received, down.received_total, up.sent, up.sent_total, answer.body, fs.stat("file").size }
            """)
        #expect(result == [3_000_000, 3_000_000, 3_000_000, 3_000_000, "3000000", 3_000_000])
    }

    @Test func `what progress raises ends a request that goes on, at once, and leaves no file`() throws {
        let server = try fixture.server { _ in
            .stream(Array("HTTP/1.1 200 OK\r\n\r\n".utf8), endlessly: [65], pause: 10_000)
        }
        let result = try fixture.run(
            """
            local from = time.steady()
            local _, problem = pcall(http.download, "\(server.url())", "file", { progress = function(now)
              if now.received > 20 then error({ code = "EENOUGH", message = "enough" }) end
            end })
            return { problem.code, time.steady() - from < 10, #fs.list(".") }
            """)
        #expect(result == ["EENOUGH", true, 0])
    }

    @Test func `requests with functions go on beside one another`() throws {
        let server = try fixture.server { request in
            .answer(200, [:], [UInt8](repeating: 67, count: 1000 * (Int(request.target.dropFirst()) ?? 0)))
        }
        let result = try fixture.run(
            """
            return parallel({ 1, 2, 3, 4 }, function(number)
              local size = 0
              http.get("\(server.url("/"))" .. number, { sink = function(piece) size = size + #piece end })
              return size
            end)
            """)
        #expect(result == [1000, 2000, 3000, 4000])
    }

    @Test func `in a dry run the function gets what dry says`() throws {
        fixture.grant.connect.append("inside.test:443")
        fixture.isDry = true
        let result = try fixture.run(
            """
            local got = {}
            local answer = http.get("https://inside.test/", {
              dry = "planned", sink = function(piece) got[#got + 1] = piece end, progress = function() end,
            })
            http.get("https://inside.test/", { sink = function(piece) got[#got + 1] = piece end })
            return { got, answer.body, answer.assumed }
            """)
        #expect(result == [["planned"], "", true])
    }

    @Test func `an archive is sent while it is made, and breaks off with the server`() throws {
        let server = try fixture.server { request in
            request.target == "/busy"
                ? .text("no room", status: 507)
                : .text("\(request.headers["transfer-encoding"] ?? "") \(request.body.count)")
        }
        let broken = try fixture.server { _ in .reset([]) }
        let result = try fixture.run(
            """
            fs.mkdir("tree")
            for number = 1, 50 do fs.write("tree/" .. number, ("some text "):rep(1000) .. number) end
            local answer = http.upload("\(server.url())", { archive = "tree", format = "gzip" })
            local _, busy = pcall(http.upload, "\(server.url("/busy"))", { archive = "tree" })
            local _, gone = pcall(http.upload, "\(broken.url())", { archive = "tree" }, { retry = 3 })
            local _, none = pcall(http.upload, "\(server.url())", { archive = "nothing" })
            return { answer.body:match("^chunked %d+$") ~= nil, answer.archive.files, busy.status, gone.code, none.code,
              #fs.list(".") }
            """)
        #expect(result == [true, 50, 507, "ECONNRESET", "ENOENT", 1])
        #expect(broken.requests.count <= 1)
    }
}
