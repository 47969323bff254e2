import Glibc
import Testing

@testable import Scriptron

@Suite("jobs/backup.lua into buckets of S3", .enabled(if: RcloneServer.isThere, "needs rclone: make rclone"))
struct BackupBucketTests {
    /// A box, and the bucket of a server as the settings name it.
    private func api(_ server: RcloneServer) throws -> (api: APIFixture, bucket: Value) {
        let api = try APIFixture.backups()
        api.grant.connect = ["127.0.0.1:\(server.port)"]
        api.grant.ports = [server.port]
        api.grant.secrets = ["KEY", "SECRET", "WRONG"]
        let known = ["KEY": "the-key", "SECRET": "the secret", "WRONG": "no"]
        api.services.answer = { service, arguments in
            service == .secret ? arguments["name"]?.text.flatMap { known[$0] }.map { .bytes(Array($0.utf8)) } : nil
        }
        return (
            api,
            [
                "endpoint": .text("http://127.0.0.1:\(server.port)"), "bucket": "bucket", "prefix": "web 1/",
                "key": .secret("KEY"), "secret": .secret("SECRET"),
            ]
        )
    }

    /// The names in the bucket, without the times in them.
    private func published(_ server: RcloneServer) throws -> [String] {
        try names(server).map { name in "test." + name.split(separator: ".", maxSplits: 1)[1] }
    }

    private func names(_ server: RcloneServer) throws -> [String] {
        try StateFiles.names(in: server.bucket.appending("web 1")).map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    private func object(_ server: RcloneServer, _ suffix: String) throws -> Path {
        let name = try #require(try names(server).last { $0.hasSuffix(suffix) })
        return server.bucket.appending("web 1").appending(Path(name))
    }

    /// Changes the middle of a file, as a disk may; its size stays.
    private func flip(_ path: Path) throws {
        var bytes = try Files.readSmall(path)
        bytes[bytes.count / 2] ^= 4
        let number = path.withCString { open($0, O_WRONLY | O_TRUNC | O_CLOEXEC) }
        try #require(number >= 0)
        try Descriptor(owning: number).write(bytes)
    }

    @Test("It is put, proven from the bucket, expired by the policy, and restored from it")
    func roundTrip() async throws {
        let server = try await RcloneServer()
        let (api, bucket) = try api(server)
        let settings: [String: Value] = ["targets": [], "buckets": [bucket]]
        let first = try api.backup(settings)
        #expect(first["proven"] == true && first["unchanged"] == false)
        #expect(try published(server) == ["test.json", "test.manifest", "test.tar.zst"])
        #expect(api.services.lines.contains { $0.contains("restored from s3://bucket/web 1/") })
        #expect(try api.backup(settings)["unchanged"] == true)
        for round in 0..<3 {
            APIFixture.nextSecond()
            try api.directory.file("box/data/a.txt", "round \(round)")
            try api.backup(settings, keep: ["last": 2])
        }
        #expect(try published(server).count == 6)
        #expect(try api.restore(["targets": [], "buckets": [bucket]])["from"] == "s3://bucket/web 1/")
        let stored = "box/out/files" + api.at("data").text
        #expect(try RandomTree.facts(api.directory.at(stored)) == RandomTree.facts(api.at("data")))
        #expect(try api.directory.names("box/out") == ["files"])
    }

    @Test("A server that is away is named, and the directory keeps its copy; it is caught up with")
    func away() async throws {
        let server = try await RcloneServer()
        let (api, bucket) = try api(server)
        let settings: [String: Value] = ["buckets": [bucket]]
        server.stop()
        let said = api.backupFailure(settings)
        #expect(said.contains("1 of 2 targets failed") && said.contains("s3://bucket/web 1/: "), "\(said)")
        #expect(try api.published().count == 3)
        #expect(try api.restore()["files"] == 2)
        try await server.start()
        #expect(try api.backup(settings)["unchanged"] == true)
        #expect(try names(server) == api.directory.names("box/to"))
        // The other way round.
        _ = try api.run("for _, entry in ipairs(fs.list('to')) do fs.remove(entry) end")
        #expect(try api.backup(settings)["unchanged"] == true)
        #expect(try names(server) == api.directory.names("box/to"))
        var wrong = try #require(bucket.map)
        wrong["secret"] = .secret("WRONG")
        let refused = api.backupFailure(["buckets": [.map(wrong)]])
        #expect(refused.contains("1 of 2 targets failed") && refused.contains("s3:list"), "\(refused)")
    }

    @Test(
        "A flipped byte, a cut object and a missing part are found", arguments: ["flip", "cut", "archive", "manifest"])
    func damage(what: String) async throws {
        let server = try await RcloneServer()
        let (api, bucket) = try api(server)
        let settings: [String: Value] = ["targets": [], "buckets": [bucket]]
        try api.backup(settings)
        let archive = try object(server, ".tar.zst")
        switch what {
        case "flip": try flip(archive)
        case "cut": _ = archive.withCString { truncate($0, 30) }
        case "archive": _ = archive.withCString { unlink($0) }
        default: _ = try object(server, ".manifest").withCString { unlink($0) }
        }
        #expect(throws: LuaError.self) { try api.restore(["targets": [], "buckets": [bucket]]) }
        #expect(try api.directory.status("box/out") == nil || api.directory.names("box/out").isEmpty)
        APIFixture.nextSecond()
        if what == "flip" {
            // Its size says nothing: the weekly proof does.
            api.services.state["proven"] = 0
            let info = try object(server, ".json")
            let text = String(decoding: try Files.readSmall(info), as: UTF8.self)
            let number = info.withCString { open($0, O_WRONLY | O_TRUNC | O_CLOEXEC) }
            try Descriptor(owning: number).write(Array(text.replacing("proven", with: "p").utf8))
            let said = api.backupFailure(settings.merging(["prove": "weekly"]) { $1 })
            #expect(said.contains("does not have the SHA-256"), "\(said)")
        }
        #expect(try api.backup(settings, keep: ["last": 1])["unchanged"] == false)
        #expect(try api.restore(["targets": [], "buckets": [bucket]])["files"] == 2)
        // What is damaged is never removed by itself.
        if what == "flip" { #expect(try names(server).count == 6) }
    }

    @Test("A run that was killed while it put leaves nothing that counts, and its objects go")
    func leftovers() async throws {
        let server = try await RcloneServer()
        let (api, bucket) = try api(server)
        try api.directory.file("box/half", "half")
        let put = """
            local b <close> = s3.open { endpoint = "http://127.0.0.1:\(server.port)", bucket = "bucket", key = "the-key",
              secret = "the secret" }
            b:put("web 1/test-20200101T000000Z.tar.zst", "half")
            b:put("web 1/test-20200101T000000Z.manifest", "half")
            b:put("web 1/test-20200102T000000Z.tar.zst", "half")
            """
        try api.run(put)
        api.services.state["publishing"] = "test-20200101T000000Z"
        #expect(throws: LuaError.self) { try api.restore(["targets": [], "buckets": [bucket]]) }
        try api.backup(["targets": [], "buckets": [bucket]])
        // The other was nobody's of whom this job knows.
        #expect(try names(server).count == 4)
        #expect(try names(server).contains("test-20200102T000000Z.tar.zst"))
    }

    @Test("A copy whose time is of its writer's choice pushes no other out") func times() async throws {
        let server = try await RcloneServer()
        let (api, bucket) = try api(server)
        let settings: [String: Value] = ["targets": [], "buckets": [bucket]]
        for age in [2, 1, 0] {
            try api.directory.file("box/data/a.txt", "\(age) days ago")
            try api.backup(settings, keep: ["daily": 3])
            let day = SystemClock().now().seconds - Int64(age) * 86400
            // As the server would say who keeps its own time.
            for name in try names(server) {
                let path = server.bucket.appending("web 1").appending(Path(name))
                guard age > 0, try FileStatus.of(path, follow: false)?.modified ?? 0 > (day + 3600) * 1_000_000_000
                else {
                    continue
                }
                var times = [timeval(tv_sec: Int(day), tv_usec: 0), timeval(tv_sec: Int(day), tv_usec: 0)]
                _ = path.withCString { utimes($0, &times) }
            }
            APIFixture.nextSecond()
        }
        // All three say that they are of today: by that alone one would stay.
        #expect(try published(server).count == 9)
    }

    @Test(
        "Buckets that make no sense are refused before anything is touched",
        arguments: [
            ["endpoint": nil], ["endpoint": "ftp://x"], ["endpoint": "https://x/path"], ["bukket": "x"],
            ["key": "plain text"], ["secret": nil], ["prefix": "/x"], ["read_back": "yes"],
        ] as [[String: Value?]])
    func refused(change: [String: Value?]) async throws {
        let server = try await RcloneServer()
        let (api, bucket) = try api(server)
        var wrong = try #require(bucket.map)
        for (key, value) in change { wrong[key] = value }
        let said = api.backupFailure(["buckets": [.map(wrong)]])
        #expect(said.contains("buckets: number 1"), "\(said)")
        #expect(try api.published().isEmpty)
    }
}
