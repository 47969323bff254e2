import Glibc
import Testing

@testable import Scriptron

/// The real binary backs up a real PostgreSQL that is being written, as its owner, by peer authentication.
@Suite(
    "End to end: backups of PostgreSQL",
    .enabled(
        if: getuid() == 0 && PostgresCluster.programs != nil && BrokerReach.probe() == .any, "needs root and postgresql"),
    .timeLimit(.minutes(5)))
struct EndToEndBackupPostgresTests {
    private func host(_ cluster: PostgresCluster) throws -> EndToEndHost {
        let common = #"user = "postgres", min = "1KiB", connect = "unix:\#(cluster.socket)""#
        let dump = #""pg_dump", "-h", "\#(cluster.directoryOfSocket)""#
        let host = try EndToEndHost(
            """
            return {
              ceiling = {
                read = { "." }, write = { "target", "out" }, run = { "pg_dump", "/usr/lib/postgresql/*/bin/*" },
                user = { "postgres" }, connect = { "unix:\(cluster.socket)" },
              },
              jobs = {
                backup = {
                  settings = {
                    targets = { "target" }, prove = "always",
                    commands = {
                      { name = "shop.sql", run = { \(dump), "shop" }, ends_with = "dump complete", \(common) },
                      { name = "shop.dump", run = { \(dump), "-Fc", "shop" }, \(common) },
                    },
                  },
                },
                restore = { settings = { targets = { "target" } } },
              },
            }
            """, shipped: ["backup", "restore"])
        try host.directory("target")
        try host.directory("out")
        host.mode(".", 0o755)
        return host
    }

    /// What must be the same in any consistent copy, however much is being written.
    private func sums(_ cluster: PostgresCluster, _ database: String) -> [String] {
        ["sum(abalance) FROM pgbench_accounts", "sum(bbalance) FROM pgbench_branches", "sum(tbalance) FROM pgbench_tellers"]
            .map { cluster.query("SELECT \($0)", in: database) }
            + [cluster.query("SELECT coalesce(sum(delta), 0) FROM pgbench_history", in: database)]
    }

    /// A dump of all rows, in an order of its own.
    private func content(_ cluster: PostgresCluster, _ database: String) -> String {
        ["pgbench_accounts", "pgbench_branches", "pgbench_tellers", "pgbench_history", "precious"]
            .map { cluster.query("SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM \($0) t", in: database) }
            .joined(separator: " ")
    }

    @Test func `a database is dumped under load, restored into a second one, and compared`() async throws {
        let cluster = try PostgresCluster()
        #expect(cluster.query("CREATE DATABASE shop").isEmpty)
        #expect(cluster.run("pgbench", "-i -q -s 2 shop").contains("done in"))
        #expect(
            cluster.query("CREATE TABLE precious AS SELECT i, md5(i::text) AS word FROM generate_series(1, 20000) i", in: "shop")
                .isEmpty)
        let host = try host(cluster)
        let load = Shared("")
        let isOver = try Pipe()
        try PlainThread.start(name: "test-load") { [cluster] in
            let said = cluster.run("pgbench", "-n -c 4 -T 12 shop")
            load.value.withLock { $0 = said }
            try? isOver.write.write([1])
        }
        try await host.eventually("the load is there") { () -> Bool? in
            (Int(cluster.query("SELECT count(*) FROM pgbench_history", in: "shop").prefix { $0.isNumber }) ?? 0) > 100 ? true : nil
        }
        let row = try await host.run("backup")
        #expect(row["outcome"]?.text == "succeeded", "\(row)")
        #expect(row["result"]?["proven"] == true)
        let during = cluster.query("SELECT count(*) FROM pgbench_history", in: "shop")
        _ = try isOver.read.read(1)
        let transactions = load.value.withLock { $0 }
        #expect(transactions.contains("number of failed transactions: 0"), "\(transactions)")
        // The load went on all the while.
        #expect(cluster.query("SELECT count(*) FROM pgbench_history", in: "shop") != during)

        let restored = try await host.run("restore", "--set", "from=backup", "--set", "into=out")
        #expect(restored["outcome"]?.text == "succeeded", "\(restored)")
        for (name, program, rest) in [("plain", "psql -X -q -v ON_ERROR_STOP=1", "-f"), ("custom", "pg_restore", "--dbname")] {
            #expect(cluster.query("CREATE DATABASE \(name)").isEmpty)
            // Its owner may read what root restored.
            _ = try await host.shell("chmod -R a+rX '\(host.at("out"))'")
            let words = program.split(separator: " ", maxSplits: 1).map(String.init)
            let file = host.at("out/commands/shop." + (name == "plain" ? "sql" : "dump"))
            let said = cluster.run(
                words[0], (words.count > 1 ? words[1] : "") + (rest == "-f" ? " -f \(file) \(name)" : " --dbname \(name) \(file)"))
            #expect(!said.contains("ERROR"), "\(said)")
            let sums = sums(cluster, name)
            #expect(Set(sums).count == 1, "\(sums)")
            #expect(cluster.query("SELECT count(*) FROM pgbench_accounts", in: name) == "200000\n")
            #expect(
                cluster.query("SELECT md5(string_agg(word, '' ORDER BY i)) FROM precious", in: name)
                    == cluster.query("SELECT md5(string_agg(word, '' ORDER BY i)) FROM precious", in: "shop"))
        }
        // When nobody writes any more, the copy is the same row by row.
        #expect(try await host.run("backup")["outcome"]?.text == "succeeded")
        _ = try await host.shell("rm -rf '\(host.at("out"))'/*")
        #expect(try await host.run("restore", "--set", "from=backup", "--set", "into=out")["outcome"]?.text == "succeeded")
        _ = try await host.shell("chmod -R a+rX '\(host.at("out"))'")
        #expect(cluster.query("CREATE DATABASE whole").isEmpty)
        let said = cluster.run("pg_restore", "--dbname whole \(host.at("out/commands/shop.dump"))")
        #expect(said.isEmpty, "\(said)")
        #expect(content(cluster, "whole") == content(cluster, "shop"))
    }

    @Test func `a server that is away, or dies at half, publishes nothing and removes nothing`() async throws {
        let cluster = try PostgresCluster()
        #expect(cluster.query("CREATE DATABASE shop").isEmpty)
        #expect(cluster.query("CREATE TABLE big AS SELECT i, repeat(md5(i::text), 20) AS w FROM generate_series(1, 300000) i", in: "shop").isEmpty)
        let host = try host(cluster)
        #expect(try await host.run("backup", "--set", "keep.last=1")["outcome"]?.text == "succeeded")
        let before = try await host.shell("ls '\(host.at("target"))'").output
        // Ended while it sends.
        let ending = Shared(false)
        try PlainThread.start(name: "test-ending") { [cluster] in
            while !ending.value.withLock({ $0 }) {
                let said = cluster.query(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'pg_dump'")
                if said.hasPrefix("1") { return }
            }
        }
        let cut = try await host.run("backup", "--set", "keep.last=1")
        ending.value.withLock { $0 = true }
        #expect(cut["outcome"]?.text == "failed", "\(cut)")
        #expect(cut["error"]?.text?.contains("pg_dump") == true, "\(cut)")
        cluster.stop()
        let away = try await host.run("backup", "--set", "keep.last=1")
        #expect(away["outcome"]?.text == "failed", "\(away)")
        #expect(try await host.shell("ls -A '\(host.at("target"))'").output == before)
    }
}
