import Glibc
import Testing

@testable import Scriptron

/// The real binary backs up into a real server of S3, in its sandbox, and restores from it.
@Suite(
    "End to end: backups in buckets", .enabled(if: RcloneServer.isThere, "needs rclone: make rclone"),
    .timeLimit(.minutes(15)))
struct EndToEndBackupBucketTests {
    private let canary = "the secret"

    private func host(_ server: RcloneServer, connect: String) throws -> EndToEndHost {
        let host = try EndToEndHost(
            """
            local buckets = {
              { endpoint = "http://127.0.0.1:\(server.port)", bucket = "bucket", prefix = "web1/", key = secret "S3_KEY",
                secret = secret "S3_SECRET" },
            }
            return {
              ceiling = {
                read = { "." }, write = { "target", "out" }, run = {}, connect = { \(connect) },
                secrets = { "S3_KEY", "S3_SECRET" },
              },
              jobs = {
                backup = {
                  settings = { paths = { "data" }, targets = { "target" }, buckets = buckets, prove = "always" },
                },
                restore = { settings = { targets = {}, buckets = buckets } },
              },
            }
            """, shipped: ["backup", "restore"])
        for name in ["data", "target", "out", "secrets"] { try host.directory(name) }
        try host.write("data/a.txt", "what must not be lost")
        try host.write("secrets/S3_KEY", "the-key\n")
        try host.write("secrets/S3_SECRET", canary + "\n")
        for name in ["S3_KEY", "S3_SECRET"] { host.mode("secrets/" + name, 0o600) }
        return host
    }

    private func names(_ server: RcloneServer) throws -> [String] {
        try StateFiles.names(in: server.bucket.appending("web1")).map { String(decoding: $0, as: UTF8.self) }.sorted()
    }

    @Test func `put, proven, and restored by a machine that has the configuration and nothing else`() async throws {
        let server = try await RcloneServer()
        let host = try host(server, connect: "\"127.0.0.1:\(server.port)\"")
        let row = try await host.run("backup")
        #expect(row["outcome"]?.text == "succeeded", "\(row)")
        #expect(row["result"]?["proven"] == true)
        #expect(try names(server).count == 3)
        _ = try await host.shell("cd '\(host.at("."))' && rm -rf var target data && mkdir elsewhere")
        let answer = try await host.command(
            "run", "restore", "--set", "from=backup", "--set", "into=elsewhere", "--grant", "write=elsewhere")
        #expect(answer.code == 0, "\(answer.text)")
        let found = try await host.shell("cat '\(host.at("elsewhere/files"))\(host.at("data"))/a.txt'")
        #expect(found.output == "what must not be lost")
        let kept = try RanProgram.run(
            "/bin/grep", ["-rlaF", "-e", canary, "-e", Digest.base64(Array(canary.utf8)), host.at("var").text])
        #expect(kept.lines.isEmpty, "\(kept.output)")
    }

    @Test func `a server that is away or not granted is named; the directory keeps its copy`() async throws {
        let server = try await RcloneServer()
        let host = try host(server, connect: "\"127.0.0.1:\(server.port)\"")
        server.stop()
        let away = try await host.run("backup")
        #expect(away["outcome"]?.text == "failed")
        let said = away["error"]?.text ?? ""
        #expect(said.contains("1 of 2 targets failed") && said.contains("s3://bucket/web1/: "), "\(said)")
        #expect(try await host.shell("ls '\(host.at("target"))'").output.split(separator: "\n").count == 3)
        try await server.start()
        let back = try await host.run("backup")
        #expect(back["result"]?["unchanged"] == true, "\(back)")
        #expect(try names(server).count == 3)

        let refused = try self.host(server, connect: "\"127.0.0.1:1\"")
        let answer = try await refused.command("run", "backup")
        #expect(answer.code != 0)
        #expect(answer.text.contains("127.0.0.1:\(server.port)") && answer.text.contains("ceiling"), "\(answer.text)")
    }

    @Test func `a dry run sends nothing`() async throws {
        let server = try await RcloneServer()
        let host = try host(server, connect: "\"127.0.0.1:\(server.port)\"")
        let answer = try await host.command("test", "jobs/backup.lua")
        #expect(answer.code == 0, "\(answer.text)")
        let put = "method PUT, url http://127.0.0.1:\(server.port)/bucket/web1/backup-"
        #expect(answer.text.contains(put), "\(answer.text)")
        #expect(try StateFiles.names(in: server.bucket).isEmpty)
    }
}
