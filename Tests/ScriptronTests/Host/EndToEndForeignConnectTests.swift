import Glibc
import Testing

@testable import Scriptron

/// Programs of other users that connect, by the real binary, and PostgreSQL's own clients among them.
@Suite(
    "End to end: programs of other users connect",
    .enabled(if: getuid() == 0 && BrokerReach.probe() == .any, "needs root, and connections that can be answered"),
    .timeLimit(.minutes(15)))
struct EndToEndForeignConnectTests {
    private static let hasPostgres: Bool = PostgresCluster.programs != nil

    private func host(_ jobs: [String: String], connect: String, _ rest: String = "") throws -> EndToEndHost {
        let configuration = """
            return {
              ceiling = {
                run = { "*", "/usr/lib/postgresql/*/bin/*" }, user = { "postgres", "nobody" }, connect = { \(connect) },
              },
              \(rest)
            }
            """
        let host = try EndToEndHost(configuration, jobs: jobs)
        host.mode(".", 0o755)
        return host
    }

    /// A job that dumps a database as the server's owner.
    private func dump(_ program: String, _ cluster: PostgresCluster, connect: String?) -> String {
        """
        return job {
          needs = function()
            return { run = { { "\(program)", user = "postgres" } }, connect = { \(connect ?? "") } }
          end,
          run = function()
            local text = process.output { "\(program)", "-h", "\(cluster.directoryOfSocket)", "postgres" }
            return text:match("COPY public.precious") and text:match("a word that is kept")
          end,
        }
        """
    }

    @Test(
        "pg_dump as PostgreSQL's owner gets in by the socket that is granted, and not without",
        .enabled(if: hasPostgres, "needs postgresql"))
    func dumps() async throws {
        let cluster = try PostgresCluster()
        let granted = "\"unix:\(cluster.socket)\""
        let real = try #require(PostgresCluster.programs).appending("pg_dump").text
        let host = try host(
            [
                "wrapped": dump("pg_dump", cluster, connect: granted),
                "plain": dump(real, cluster, connect: granted),
                "elsewhere": dump("pg_dump", cluster, connect: "\"unix:\(cluster.directoryOfSocket)/other\""),
                "without": dump("pg_dump", cluster, connect: nil),
                "nobodys": dump("pg_dump", cluster, connect: granted).replacing("\"postgres\" }", with: "\"nobody\" }"),
            ], connect: "\(granted), \"unix:\(cluster.directoryOfSocket)/other\"",
            "jobs = { plain = { user = \"nobody\" } }")
        try await host.start()
        for name in ["wrapped", "plain"] {
            let row = try await host.run(name)
            #expect(row["result"]?.text == "a word that is kept", "\(name): \(row)")
        }
        let elsewhere = try await host.run("elsewhere")
        #expect(elsewhere["outcome"]?.text == "failed")
        #expect(elsewhere["error"]?.text?.contains("Permission denied") == true, "\(elsewhere)")
        let details = try await host.command("show", "--json", "\(elsewhere["id"]?.integer ?? 0)").rows.first
        let refusals = details?["refusals"]?.list?.compactMap(\.text) ?? []
        #expect(
            refusals.contains {
                $0.contains("pg_dump may not connect to the Unix socket \(cluster.socket)") && $0.contains(granted)
            }, "\(refusals)")
        let without = try await host.run("without")
        #expect(without["outcome"]?.text == "failed")
        #expect(without["error"]?.text?.contains("Permission denied") == true, "\(without)")
        // The host may write to that socket; this user may not.
        let nobodys = try await host.run("nobodys")
        #expect(nobodys["outcome"]?.text == "failed")
        #expect(nobodys["error"]?.text?.contains("Permission denied") == true, "\(nobodys)")
        try await host.stop()
    }

    @Test(arguments: ["deadline", "host"])
    func `A connection of another user's program that hangs ends with its run, and with its host`(end: String)
        async throws
    {
        let full = try LocalServer("127.0.0.1", .full)
        let script = """
            return job {
              timeout = "\(end == "deadline" ? "3s" : "10m")",
              needs = function()
                return { run = { { "bash", user = "nobody" } }, connect = { "127.0.0.1:\(full.port)" } }
              end,
              run = function() process.run { "bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/\(full.port)" } end,
            }
            """
        let host = try host(["hangs": script], connect: "\"127.0.0.1:\(full.port)\"")
        let marker = "/dev/tcp/127.0.0.1/\(full.port)"
        if end == "deadline" {
            let row = try await host.run("hangs")
            #expect(row["outcome"]?.text == "timed_out", "\(row)")
            #expect(EndToEndHost.processes(with: marker).isEmpty)
        } else {
            try await host.start()
            async let ended = host.command("run", "hangs")
            try await host.eventually("the program runs") {
                EndToEndHost.processes(with: "-c\0exec 3<>" + marker).isEmpty ? nil : true
            }
            kill(host.pid, SIGKILL)
            _ = try await ended
            try await host.eventually("the program is gone with its host") {
                EndToEndHost.processes(with: marker).isEmpty ? true : nil
            }
        }
        withExtendedLifetime(full) {}
    }
}
