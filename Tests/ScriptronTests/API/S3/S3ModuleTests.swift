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
            if request.method == "GET" { return .answer(404) }
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
        // It was tried again, and when it was removed, what is left was looked at.
        #expect(asked.count { $0.contains("partNumber=2") } == 3)
        #expect(asked.suffix(2) == ["DELETE /bucket/k?uploadId=u1", "GET /bucket/k?uploadId=u1"])
        #expect(!asked.contains("POST /bucket/k?uploadId=u1"))
    }

    @Test func `an answer without a text has no code, and an address that is none is told with its option`() throws {
        let server = try HTTPTestServer { _ in .answer(403) }
        let result = try fixture.run(
            script(
                server.port,
                """
                local _, problem = pcall(b.head, b, "k")
                local _, wrong = pcall(s3.open, { endpoint = "127.0.0.1:1", bucket = "b", key = "k", secret = "s" })
                return { problem.status, problem.s3_code == nil, problem.message, wrong.code, wrong.message }
                """))
        #expect(result.list?.prefix(4) == [403, true, "s3:head bucket/k: the server says 403", "EURL"])
        #expect(result.list?.last?.text?.hasPrefix("s3.open: endpoint: ") == true, "\(result)")
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

    @Test func `what may pass is tried again, what may not is an error at once`() throws {
        let hash = try Digest.sha256(Array("good".utf8))
        let asked = Mutex(0)
        let server = try HTTPTestServer { request in
            if request.method == "HEAD" { return .answer(200, ["Content-Length": "4", "x-amz-meta-sha256": hash]) }
            let count = asked.withLock { count in
                count += 1
                return count
            }
            switch count {
            case 1: return .text("<Error><Code>SlowDown</Code></Error>", status: 503)
            case 2: return .raw([])
            case 3: return .text("")
            default: return .text("<Error><Code>AccessDenied</Code></Error>", status: 403)
            }
        }
        let put = script(server.port, "fs.write('f', 'good') return b:put('k', 'f').size")
        #expect(try fixture.run(put) == 4)
        #expect(asked.withLock { $0 } == 3)
        let failure = try fixture.failure(put)
        #expect(failure.description.contains("AccessDenied"))
        #expect(asked.withLock { $0 } == 4)
    }

    /// The last word of an upload is lost on its way: whether it was heard is to be seen.
    @Test func `an upload whose last answer is lost is there, or is an error`() throws {
        let hash = try Digest.sha256([UInt8](repeating: UInt8(ascii: "x"), count: 6_000_000))
        let isThere = Mutex(true)
        let server = try HTTPTestServer { request in
            if request.method == "HEAD" {
                return isThere.withLock { $0 }
                    ? .answer(200, ["Content-Length": "6000000", "x-amz-meta-sha256": hash]) : .answer(404)
            }
            if request.target.hasSuffix("?uploads=") { return .text("<R><UploadId>u1</UploadId></R>") }
            if request.method == "POST" { return .text("<Error><Code>NoSuchUpload</Code></Error>", status: 404) }
            return request.method == "GET" ? .answer(404) : .text("")
        }
        let put = script(
            server.port,
            """
            fs.write("big", ("x"):rep(6000000))
            return b:put("k", "big", { part_size = "5MiB" }).size
            """)
        #expect(try fixture.run(put) == 6_000_000)
        isThere.withLock { $0 = false }
        #expect(try fixture.failure(put).description.contains("NoSuchUpload"))
    }

    @Test func `an object that is there is not replaced where that is said`() throws {
        let conditions = Mutex<[String?]>([])
        let server = try HTTPTestServer { request in
            if request.method == "HEAD" { return .answer(request.target.contains("taken") ? 200 : 404) }
            conditions.withLock { $0.append(request.headers["if-none-match"]) }
            // Between the look and the word somebody else was faster; the other server knows no conditions.
            if request.target.contains("raced") { return .text("<Error/>", status: 412) }
            return .text("<Error/>", status: request.headers["if-none-match"] == nil ? 403 : 501)
        }
        func put(_ key: String) -> String {
            script(server.port, "fs.write('f', 'x') b:put('\(key)', 'f', { replace = false })")
        }
        #expect(try fixture.failure(put("taken")).failure.code == "EEXIST")
        #expect(conditions.withLock { $0 }.isEmpty)
        #expect(try fixture.failure(put("raced")).failure.code == "EEXIST")
        #expect(try fixture.failure(put("old")).failure.code == "ES3")
        #expect(conditions.withLock { $0 } == ["*", "*", nil])
    }

    @Test func `verify reads an object through`() throws {
        let good = try Digest.sha256(Array("good".utf8))
        let server = try HTTPTestServer { request in
            if request.method == "HEAD" {
                return request.target.hasSuffix("none")
                    ? .answer(404)
                    : .answer(200, ["Content-Length": "4", "x-amz-meta-sha256": good], Array("good".utf8))
            }
            return .text(request.target.hasSuffix("flipped") ? "goof" : "good")
        }
        let result = try fixture.run(
            script(
                server.port,
                """
                local function code(key, sum) return select(2, pcall(b.verify, b, key, { checksum = sum })).code end
                return { b:verify("k").size, b:verify("k", { checksum = "\(good)" }).sha256, code("flipped"), code("none"),
                  code("k", ("0"):rep(64)) }
                """))
        #expect(result == [4, .text(good), "EDAMAGED", "ENOENT", "EDAMAGED"])
    }

    @Test func `unfinished uploads of a key are removed until nothing is left`() throws {
        let left = Mutex(["u1": 2, "u2": 1, "other": 1])
        let server = try HTTPTestServer { request in
            let upload = request.target.split(separator: "uploadId=").last.map(String.init) ?? ""
            if request.method == "DELETE" {
                left.withLock { $0[upload]? -= 1 }
                return .answer(204)
            }
            if request.target.contains("uploadId=") {
                return left.withLock { $0[upload] ?? 0 } > 0
                    ? .text("<L><Part><PartNumber>1</PartNumber></Part></L>") : .answer(404)
            }
            func item(_ key: String, _ upload: String) -> String {
                "<Upload><Key>\(key)</Key><UploadId>\(upload)</UploadId></Upload>"
            }
            return request.target.contains("key-marker=")
                ? .text("<R><IsTruncated>false</IsTruncated>\(item("a%20k", "u2"))</R>")
                : .text(
                    "<R><IsTruncated>true</IsTruncated>\(item("a%20k", "u1"))\(item("a%20k2", "other"))"
                        + "<NextKeyMarker>a%20k</NextKeyMarker><NextUploadIdMarker>u1</NextUploadIdMarker></R>")
        }
        #expect(try fixture.run(script(server.port, "return b:abort('a k')")) == 2)
        #expect(left.withLock { $0 } == ["u1": 0, "u2": 0, "other": 1])
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
            assert(b:verify("dir/big").size == 12000000)
            assert(select(2, pcall(b.put, b, "empty", "small", { replace = false })).code == "EEXIST")
            assert(b:abort("dir/big") == 0)
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

    @Test func `a server that stands still costs the bucket's timeout, or what the attempt has left`() throws {
        let silent = try TCPListener()
        let fixture = try APIFixture()
        fixture.grant.connect = ["127.0.0.1:\(silent.port)"]
        let open = #"s3.open { endpoint = "http://127.0.0.1:\#(silent.port)", bucket = "b", key = "k", secret = "s" "#
        let stalled = try fixture.run(
            """
            local bucket <close> = \(open), timeout = "1s" }
            local _, problem = pcall(bucket.list, bucket)
            return problem.code
            """)
        #expect(stalled == "ETIMEDOUT")
        fixture.timeout = 1
        // The script's own time ends with the call's here; a worker leaves it some.
        let late = try fixture.failure("local bucket <close> = \(open) }\nbucket:list()")
        #expect(late.kind == .timeout || late.failure.code == "EDEADLINE")
    }
}
