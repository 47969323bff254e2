import Testing

@testable import Scriptron

@Suite("Dry runs and the network") struct EndToEndNetworkTests {
    /// A job that may connect to a server of this machine, and does.
    private func host(_ port: UInt16, _ body: String, more: String = "") throws -> EndToEndHost {
        try EndToEndHost(jobs: [
            "ask": """
            return job {
              needs = function() return { write = "data", connect = { "127.0.0.1:\(port)" \(more) } } end,
              run = function(settings, this)
                local at, port = "http://127.0.0.1:\(port)", \(port)
                \(body)
              end,
            }
            """
        ])
    }

    private static let everything = """
        local seen = {}
        local function try(call, ...) seen[#seen + 1] = tostring(select(2, pcall(call, ...))) end
        try(http.get, at .. "/a", { timeout = 1 })
        try(http.request, at .. "/a", { method = "HEAD", timeout = 1 })
        try(http.post, at .. "/a", { body = "x", timeout = 1 })
        try(http.download, at .. "/d", "data/a", { timeout = 1 })
        try(net.tcp, "127.0.0.1", port, { timeout = 1 })
        try(net.tls, "127.0.0.1", port, { timeout = 1 })
        try(net.dns, "127.0.0.1")
        """

    @Test("Without --network nothing connects, with it what only reads does") func counts() async throws {
        let listener = try CountingListener()
        let host = try host(listener.port, Self.everything)
        try host.directory("data")
        let planned = try await host.command("test", "ask", "--json")
        #expect(planned.code == 0, "\(planned.text)")
        #expect(listener.take() == 0)
        #expect(planned.rows.first?["real"] == 0)
        let asked = try await host.command("test", "ask", "--network", "--json")
        #expect(asked.code == 0, "\(asked.text)")
        // The listener never answers: each call that reads connects once, the post not at all.
        #expect(listener.take() >= 5)
        let plan = asked.rows.first?["plan"]?.list ?? []
        #expect(plan.filter { $0["real"] != true }.map { $0["method"]?.text } == ["POST"], "\(asked.text)")
    }

    @Test("What comes is what the run works with; what would change something is planned") func answers() async throws {
        let server = try HTTPTestServer { request in
            request.method == "HEAD" ? .text("") : .text("the content of \(request.target)")
        }
        let host = try host(
            server.port,
            """
            local got = http.get(at .. "/a").body
            local put = http.put(at .. "/b", { body = "new" })
            local after = http.get(at .. "/b")
            http.download(at .. "/c?part=1", "data/c")
            return { got = got, put = put.assumed, after = after.assumed, file = fs.read("data/c") }
            """)
        try host.directory("data")
        let answer = try await host.command("test", "ask", "--network", "--json")
        let report = try #require(answer.rows.first, "\(answer.text)")
        #expect(report["result"]?["got"]?.text == "the content of /a", "\(answer.text)")
        #expect(report["result"]?["put"] == true)
        // What it would have put there nobody can get yet.
        #expect(report["result"]?["after"] == true)
        #expect(report["result"]?["file"]?.text == "the content of /c?part=1")
        #expect(server.requests.map { "\($0.method) \($0.target)" } == ["GET /a", "GET /c?part=1"])
        #expect(report["real"] == 2)
        #expect(try FileStatus.of(host.at("data/c"), follow: false) == nil)
        let text = try await host.command("test", "ask", "--network").text
        #expect(text.contains("(bytes") == false)
        #expect(text.contains("really done: 2 calls to the network, which only read (--network)"), "\(text)")
    }

    @Test("What is not granted is not asked with --network either") func ungranted() async throws {
        let listener = try CountingListener()
        let host = try host(1, "http.get('http://127.0.0.1:\(listener.port)/a')")
        try host.directory("data")
        let answer = try await host.command("test", "ask", "--network")
        #expect(answer.code == 1)
        #expect(answer.text.contains("may not connect to"))
        #expect(listener.take() == 0)
    }

    @Test(
        "A database is read in transactions that cannot write, whatever the statement",
        .enabled(if: PostgresCluster.programs != nil && Users.isRoot))
    func database() async throws {
        let cluster = try PostgresCluster()
        _ = cluster.query("create role root superuser login")
        let dsn = "postgres://root@/postgres?host=\(cluster.directoryOfSocket.text)"
        let job = """
            return job {
              needs = function() return { connect = { "unix:\(cluster.socket.text)" } } end,
              run = function()
                local db <close> = sql.open("\(dsn)", { write = true })
                local read = db:query("SELECT word FROM precious")[1]
                local function count(text) return #db:query(text) end
                local wrote = count("INSERT INTO precious VALUES ('a') RETURNING word")
                local with = count("WITH x AS (DELETE FROM precious RETURNING word) SELECT * FROM x")
                local set = pcall(db.query, db, "SELECT set_config('transaction_read_only', 'off', false)")
                pcall(db.query, db, "SELECT 1; COMMIT; DELETE FROM precious")
                pcall(db.query, db, "COMMIT")
                pcall(db.query, db, "SET default_transaction_read_only = off")
                pcall(db.query, db, "WITH x AS (DELETE FROM precious RETURNING word) SELECT * FROM x")
                db:exec("DROP TABLE precious")
                db:transaction(function() db:exec("UPDATE precious SET word = 'gone'") end)
                local again = db:query("SELECT count(*) AS n FROM precious")[1]
                return { word = read and read.word, wrote = wrote, with = with, n = again and again.n }
              end,
            }
            """
        let host = try EndToEndHost(jobs: ["ask": job])
        let planned = try await host.command("test", "ask", "--json")
        #expect(planned.rows.first?["result"]?["word"] == nil, "\(planned.text)")
        let answer = try await host.command("test", "ask", "--network", "--json")
        let report = try #require(answer.rows.first, "\(answer.text)")
        #expect(report["result"]?["word"]?.text == "a word that is kept", "\(answer.text)")
        #expect(report["result"]?["wrote"] == 0)
        #expect(report["result"]?["with"] == 0)
        #expect(report["result"]?["n"] == 1)
        #expect(cluster.query("SELECT word FROM precious").contains("a word that is kept"))
    }

    @Test(
        "What a server refuses without write is refused in the plan too",
        .enabled(if: PostgresCluster.programs != nil && Users.isRoot))
    func refusedWriting() async throws {
        let cluster = try PostgresCluster()
        _ = cluster.query("create role root superuser login")
        let job = """
            return job {
              needs = function() return { connect = { "unix:\(cluster.socket.text)" } } end,
              run = function()
                local db <close> = sql.open("postgres://root@/postgres?host=\(cluster.directoryOfSocket.text)")
                local codes = {}
                for _, text in ipairs {
                  "DELETE FROM precious", "create table x (n int)", "COMMENT ON TABLE precious IS 'x'", "TRUNCATE precious",
                  "GRANT SELECT ON precious TO public", "DROP TABLE precious", "ALTER TABLE precious ADD n int",
                } do
                  codes[#codes + 1] = select(2, pcall(db.exec, db, text)).code
                end
                codes[#codes + 1] = select(2, pcall(db.query, db, "INSERT INTO precious VALUES ('x') RETURNING word")).code
                return codes
              end,
            }
            """
        let host = try EndToEndHost(jobs: ["ask": job])
        let refused = [Value](repeating: "SQLSTATE_25006", count: 8)
        #expect(try await host.run("ask")["result"]?.list == refused)
        for options in [[], ["--network"]] {
            let answer = try await host.command(["test", "ask", "--json"] + options)
            #expect(answer.rows.first?["result"]?.list == refused, "\(answer.text)")
        }
    }
}
