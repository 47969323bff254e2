import Glibc
import Testing

@testable import Scriptron

/// The real binary backs up a real PostgreSQL that is being written, as its owner, by peer authentication.
@Suite(
    "End to end: backups of PostgreSQL",
    .enabled(
        if: getuid() == 0 && PostgresCluster.programs != nil && BrokerReach.probe() == .any,
        "needs root and postgresql"),
    .timeLimit(.minutes(15)))
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
        [
            "sum(abalance) FROM pgbench_accounts", "sum(bbalance) FROM pgbench_branches",
            "sum(tbalance) FROM pgbench_tellers", "coalesce(sum(delta), 0) FROM pgbench_history",
        ]
        .map { cluster.query("SELECT \($0)", in: database) }
    }

    /// A digest of all rows, in an order of its own.
    private func content(_ cluster: PostgresCluster, _ database: String) -> String {
        ["pgbench_accounts", "pgbench_branches", "pgbench_tellers", "pgbench_history", "precious"].map { table in
            cluster.query("SELECT md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM \(table) t", in: database)
        }
        .joined(separator: " ")
    }

    /// The words of the precious table, as one digest.
    private static let words = "SELECT md5(string_agg(word, '' ORDER BY i)) FROM precious"

    private func transactions(_ cluster: PostgresCluster, _ database: String) -> Int {
        Int(cluster.query("SELECT count(*) FROM pgbench_history", in: database).prefix { $0.isNumber }) ?? 0
    }

    /// Brings the backup into `out`, where the databases' owner may read it.
    private func restore(_ host: EndToEndHost) async throws {
        _ = try await host.shell("rm -rf '\(host.at("out"))'/*")
        let row = try await host.run("restore", "--set", "from=backup", "--set", "into=out")
        #expect(row["outcome"]?.text == "succeeded", "\(row)")
        _ = try await host.shell("chmod -R a+rX '\(host.at("out"))'")
    }

    @Test func `a database is dumped under load, restored into a second one, and compared`() async throws {
        let cluster = try PostgresCluster()
        #expect(cluster.query("CREATE DATABASE shop").isEmpty)
        #expect(cluster.run("pgbench", "-i -q -s 2 shop").contains("done in"))
        let precious = "CREATE TABLE precious AS SELECT i, md5(i::text) AS word FROM generate_series(1, 20000) i"
        #expect(cluster.query(precious, in: "shop").isEmpty)
        let host = try host(cluster)
        let wanted = Shared(true)
        let failures = Shared<[String]>([])
        let isOver = try Pipe()
        try PlainThread.start(name: "test-load") { [cluster] in
            while wanted.value.withLock({ $0 }) {
                let said = cluster.run("pgbench", "-n -c 4 -T 1 shop")
                if !said.contains("number of failed transactions: 0") { failures.value.withLock { $0.append(said) } }
            }
            try? isOver.write.write([1])
        }
        try await host.eventually("the load is there") { () -> Bool? in
            transactions(cluster, "shop") > 100 ? true : nil
        }
        let row = try await host.run("backup")
        #expect(row["outcome"]?.text == "succeeded", "\(row)")
        #expect(row["result"]?["proven"] == true)
        wanted.value.withLock { $0 = false }
        _ = try isOver.read.read(1)
        #expect(failures.value.withLock { $0 }.isEmpty)

        try await restore(host)
        let dumps = host.at("out/commands")
        for (database, program, arguments) in [
            ("plain", "psql", "-X -q -v ON_ERROR_STOP=1 -f \(dumps)/shop.sql plain"),
            ("custom", "pg_restore", "--dbname custom \(dumps)/shop.dump"),
        ] {
            #expect(cluster.query("CREATE DATABASE \(database)").isEmpty)
            let said = cluster.run(program, arguments)
            #expect(!said.contains("ERROR"), "\(said)")
            let sums = sums(cluster, database)
            #expect(Set(sums).count == 1, "\(sums)")
            #expect(cluster.query("SELECT count(*) FROM pgbench_accounts", in: database) == "200000\n")
            #expect(cluster.query(Self.words, in: database) == cluster.query(Self.words, in: "shop"))
            // The load was there before the dump began, and went on after it.
            let counts = [transactions(cluster, database), transactions(cluster, "shop")]
            #expect(counts[0] > 100 && counts[0] < counts[1], "\(counts)")
        }
        // When nobody writes any more, the copy is the same row by row.
        #expect(try await host.run("backup")["outcome"]?.text == "succeeded")
        try await restore(host)
        #expect(cluster.query("CREATE DATABASE whole").isEmpty)
        let said = cluster.run("pg_restore", "--dbname whole \(dumps)/shop.dump")
        #expect(said.isEmpty, "\(said)")
        #expect(content(cluster, "whole") == content(cluster, "shop"))
    }

    @Test func `a server that is away, or dies at half, publishes nothing and removes nothing`() async throws {
        let cluster = try PostgresCluster()
        #expect(cluster.query("CREATE DATABASE shop").isEmpty)
        let big = "CREATE TABLE big AS SELECT i, repeat(md5(i::text), 20) AS w FROM generate_series(1, 300000) i"
        #expect(cluster.query(big, in: "shop").isEmpty)
        let host = try host(cluster)
        #expect(try await host.run("backup", "--set", "keep.last=1")["outcome"]?.text == "succeeded")
        let before = try await host.shell("ls '\(host.at("target"))'").output
        // Ended while it sends.
        let ending = Shared(false)
        try PlainThread.start(name: "test-ending") { [cluster] in
            while !ending.value.withLock({ $0 }) {
                let said = cluster.query(
                    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = 'pg_dump'"
                )
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
