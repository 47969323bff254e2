import Glibc
import Testing

@testable import Scriptron
@testable import scriptron

/// `run --learn` hears of what programs of other users open, execute and connect to.
@Suite(
    "End to end: a run learns the needs of programs of other users",
    .enabled(if: getuid() == 0 && BrokerReach.probe() == .any, "needs root, and connections that can be answered"),
    .timeLimit(.minutes(15)))
struct EndToEndLearnForeignTests {
    private func configuration(_ connect: String, _ needs: Value? = nil) -> String {
        let job = needs.map { "jobs = { learns = { \(NeedsText.lines($0).joined(separator: "\n")) } }" } ?? ""
        return """
            return {
              ceiling = {
                read = { ".", "/etc", "/proc" }, write = { "out", "var" }, run = { "/usr/bin/*" },
                connect = { "\(connect)" }, user = { "nobody", "postgres" },
              },
              \(job)
            }
            """
    }

    private func host(_ body: String, connect: String = "127.0.0.1:1") throws -> EndToEndHost {
        let host = try EndToEndHost(configuration(connect))
        let job = "return job { timeout = \"60s\", run = function() \(body) end }"
        try host.job("learns", job.replacing("FOLDER", with: host.at(".").normalized.text))
        host.mode(".", 0o755)
        for name in ["data", "out"] { try host.directory(name) }
        host.mode("out", 0o777)
        try host.write("data/a", "a word\n")
        return host
    }

    /// What a run learns serves it, and with any of it taken away the run fails.
    private func check(_ host: EndToEndHost, connect: String? = nil, run: Value) async throws {
        let learned = try await host.run("learns", "--learn")
        #expect(learned["outcome"]?.text == "succeeded", "\(learned["error"]?.text ?? "")")
        let needs = try #require(learned["learned"]?.map, "\(learned)")
        #expect(needs["run"] == run)
        #expect(needs["connect"] == connect.map { [.text($0)] })
        let connect = connect ?? "127.0.0.1:1"
        try host.write("scriptron.lua", configuration(connect, .map(needs)))
        let served = try await host.run("learns")
        #expect(
            served["outcome"]?.text == "succeeded",
            "with \(NeedsText.lines(.map(needs))): \(served["error"]?.text ?? "")")
        for (key, value) in needs {
            for index in (value.list ?? []).indices {
                var fewer = needs
                var list = value.list ?? []
                let taken = list.remove(at: index)
                fewer[key] = list.isEmpty ? nil : .list(list)
                try host.write("scriptron.lua", configuration(connect, .map(fewer)))
                let answer = try await host.command("run", "learns", "--json")
                #expect(
                    answer.rows.last?["outcome"]?.text != "succeeded", "without \(key) \(taken): \(answer.text)")
            }
        }
    }

    @Test(
        "A dump of PostgreSQL by its owner needs that program as that user, and its socket",
        .enabled(if: PostgresCluster.programs != nil, "needs postgresql"))
    func dump() async throws {
        let cluster = try PostgresCluster()
        let connect = "unix:\(cluster.socket)"
        let host = try host(
            """
            local text = process.output({ "pg_dump", "-h", "\(cluster.directoryOfSocket)", "postgres" },
              { user = "postgres" })
            assert(text:find("a word that is kept", 1, true))
            """, connect: connect)
        try await check(host, connect: connect, run: [["1": "pg_dump", "user": "postgres"]])
    }

    @Test("What the script runs is needed by its name and user, though another program brings it along")
    func helpers() async throws {
        let host = try host(
            """
            process.run { "tar", "-czf", "out/data.tgz", "data" }
            process.run { "gzip", "-kf", "out/data.tgz" }
            process.run({ "gzip", "--version" }, { user = "nobody" })
            process.run({ "sh", "-c", "exec gzip --version" }, { user = "nobody" })
            """)
        try await check(
            host, run: ["gzip", ["1": "gzip", "user": "nobody"], ["1": "sh", "user": "nobody"], "tar"])
    }

    @Test("Files, programs and servers of another user's program are among the needs") func everything() async throws {
        let server = try LocalServer()
        let connect = "127.0.0.1:\(server.port)"
        let host = try host(
            """
            local text = "set -e; head -n 1 FOLDER/data/a > FOLDER/out/b; exec 3<>/dev/tcp/127.0.0.1/\(server.port)"
            process.run({ "bash", "-c", text }, { user = "nobody" })
            """, connect: connect)
        try await check(
            host, connect: connect,
            run: [["1": "bash", "user": "nobody"], ["1": "head", "user": "nobody"]])
        withExtendedLifetime(server) {}
    }
}
