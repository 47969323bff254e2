import Glibc
import Synchronization
import Testing

@testable import Scriptron

struct S3ModuleTests {
    private let fixture: APIFixture

    init() throws { fixture = try APIFixture() }

    /// A script with `b`, a bucket of a server on this port.
    private func script(_ port: UInt16, _ body: String, secret: String = "the secret", bucket: String = "bucket")
        -> String
    {
        fixture.grant.connect = ["127.0.0.1:\(port)"]
        fixture.grant.ports = [port]
        return """
            local b <close> = s3.open { endpoint = "http://127.0.0.1:\(port)", bucket = "\(bucket)", key = "the-key",
              secret = "\(secret)" }
            \(body)
            """
    }

    @Test func `a part that fails is an error, and the upload is aborted`() throws {
        let server = try HTTPTestServer { request in
            if request.method == "POST" { return .text("<R><UploadId>u1</UploadId></R>") }
            if request.method == "DELETE" { return .answer(204) }
            return request.target.contains("partNumber=2")
                ? .text("<Error><Code>InternalError</Code></Error>", status: 500) : .text("", ["ETag": "\"x\""])
        }
        let failure = try fixture.failure(
            script(
                server.port,
                """
                fs.write("big", ("x"):rep(6000000))
                b:put("k", "big", { part_size = "5MiB" })
                """))
        #expect(failure.failure.code == "ES3")
        #expect(failure.description.contains("InternalError"))
        let asked = server.requests.map { "\($0.method) \($0.target)" }
        #expect(asked.last == "DELETE /bucket/k?uploadId=u1")
        #expect(!asked.contains("POST /bucket/k?uploadId=u1"))
    }

    @Test func `what arrived otherwise than it was sent is an error, either way`() throws {
        let hash = try Digest.sha256(Array("good".utf8))
        let server = try HTTPTestServer { request in
            switch request.method {
            case "PUT": .text("", ["ETag": "\"\(String(repeating: "0", count: 32))\""])
            case "HEAD": .answer(200, ["Content-Length": "4", "x-amz-meta-sha256": hash], Array("bxxd".utf8))
            default: .text("baad")
            }
        }
        let result = try fixture.run(
            script(
                server.port,
                """
                fs.write("file", "good")
                fs.write("kept", "before")
                local put = select(2, pcall(b.put, b, "k", "file"))
                local sum = select(2, pcall(b.put, b, "k", "file", { checksum = ("0"):rep(64) }))
                local get = select(2, pcall(b.get, b, "k", "kept"))
                return { put.code, sum.code, get.code, fs.read("kept") }
                """))
        #expect(result == ["EDAMAGED", "EDAMAGED", "EDAMAGED", "before"])
    }

    @Test func `lists page by page`() throws {
        let server = try HTTPTestServer { request in
            let item =
                "<Contents><Key>a%2Fb%20%26</Key><LastModified>2026-01-02T03:04:05.678Z</LastModified>"
                + "<ETag>&quot;e&quot;</ETag><Size>5</Size></Contents>"
            return request.target.contains("continuation-token=t%2B1")
                ? .text("<L><IsTruncated>false</IsTruncated>\(item)</L>")
                : .text(
                    "<L><IsTruncated>true</IsTruncated>\(item)<NextContinuationToken>t+1</NextContinuationToken></L>")
        }
        let result = try fixture.run(script(server.port, "return b:list('a/')"))
        let item: Value = ["key": "a/b &", "size": 5, "modified": 1_767_323_045, "etag": "e"]
        #expect(result.list?.count == 2)
        #expect(result.list?.first?["key"] == item["key"])
        #expect(result.list?.first?["modified"]?.double == 1_767_323_045)
        #expect(result.list?.first?["etag"] == "e")
    }

    @Test func `sends nothing in a dry run, and nowhere that is not granted`() throws {
        let server = try HTTPTestServer { _ in .text("") }
        let text = script(
            server.port, "fs.write('f', 'x') b:put('k', 'f') b:get('k', 'g') b:delete('k') return b:list()")
        fixture.isDry = true
        #expect(try fixture.run(text).list?.isEmpty == true)
        fixture.isDry = false
        fixture.grant.connect = []
        #expect(try fixture.failure(text).failure.code == "EGRANT")
        #expect(server.requests.isEmpty)
    }

    @Test(.enabled(if: RcloneServer.isThere)) func `works with a real server`() async throws {
        let server = try await RcloneServer()
        let body = """
            fs.write("small", "hello")
            fs.write("big", ("0123456789"):rep(1200000))
            fs.write("empty", "")
            local put = b:put("dir/small é&.txt", "small")
            b:put("dir/big", "big", { part_size = "5MiB" })
            b:put("empty", "empty")
            b:get("dir/small é&.txt", "small2")
            b:get("dir/big", "big2")
            local names = {}
            for _, o in ipairs(b:list("dir/")) do names[#names + 1] = o.key .. " " .. o.size end
            table.sort(names)
            local same = hash.file("big") == hash.file("big2")
            b:delete("dir/big")
            return { put.size, fs.read("small2"), same, names, b:head("dir/big") == nil, b:head("empty").size }
            """
        let result = try fixture.run(script(server.port, body))
        #expect(result == [5, "hello", true, ["dir/big 12000000", "dir/small é&.txt 5"], true, 0])
        let wrong = try fixture.failure(script(server.port, "return b:list()", secret: "another"))
        #expect(wrong.failure.code == "ES3")
        let missing = try fixture.failure(
            script(server.port, "fs.write('f', 'x') b:put('k', 'f')", bucket: "no-such-bucket"))
        #expect(missing.failure.code == "ES3")
    }
}

/// rclone's server of S3, where `make rclone` has installed it.
final class RcloneServer: Sendable {
    static let program = Path(#filePath).parent.parent.parent.parent.parent.appending(".build/rclone/bin/rclone")
    static var isThere: Bool { access(program.text, X_OK) == 0 }

    let port: UInt16
    // Used by nobody but its own deinit.
    nonisolated(unsafe) private let directory: TemporaryDirectory
    private let process: ProcessHandle

    init() async throws {
        directory = try TemporaryDirectory()
        try directory.directory("data/bucket")
        // Free now, and of a range from which the kernel hands it out to nobody else so soon.
        port = try HTTPTestServer { _ in .silence }.port
        let command =
            "\(Self.program.text) serve s3 --config /dev/null --auth-key the-key,'the secret' "
            + "--addr 127.0.0.1:\(port) \(directory.path.text)/data </dev/null >\(directory.path.text)/log 2>&1 & echo $!"
        let ran = try RanProgram.run("/bin/sh", ["-c", command])
        let pid = try #require(ran.lines.first.flatMap { Int32($0) })
        process = try ProcessHandle(pid: pid)
        let until = Monotonic.now + 60
        while Monotonic.now < until {
            if (try? ConnectProbe.connect("127.0.0.1", port: port, until: Monotonic.now + 1)) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure(code: "ETEST", "rclone does not answer")
    }

    deinit { process.kill() }
}
