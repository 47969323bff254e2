import Testing

@testable import Scriptron

/// `sql` against a real PostgreSQL by TCP: passwords, certificates, servers that do not answer.
@Suite("sql of PostgreSQL by TCP", .enabled(if: PostgresCluster.programs != nil && Users.isRoot))
struct SQLNetworkTests {
    private let api: APIFixture
    private let cluster: PostgresCluster
    private let port: UInt16

    init() throws {
        // Free now; nobody else on this machine is likely to take it before the server does.
        port = try LoopbackSocket.listening().port
        cluster = try PostgresCluster(port: port)
        _ = cluster.query("create role app login password 'open sesame'")
        api = try APIFixture()
        api.grant.connect = ["localhost:\(port)", "127.0.0.1:\(port)"]
        api.grant.read = [cluster.certificate]
        api.grant.secrets = ["WORD"]
        api.services.answers[.resolve] = ["127.0.0.1"]
        api.services.answers[.secret] = "open sesame"
    }

    @Test func `a secret is the password, and a wrong one or none is told`() throws {
        let result = try api.run(
            """
            local dsn = "postgres://app@localhost:\(port)/postgres"
            local db <close> = sql.open(dsn, { password = settings.word })
            local row = db:query("select current_user::text as name, inet_server_port() as port")[1]
            local _, wrong = pcall(sql.open, dsn, { password = "open barley" })
            local _, none = pcall(sql.open, dsn)
            return { row.name, row.port, wrong.code, tostring(wrong):match("barley") or "untold", none.code }
            """, settings: ["word": .secret("WORD")])
        #expect(result == ["app", .int(Int64(port)), "ELOGIN", "untold", "ELOGIN"])
    }

    @Test func `with verify-full a server needs a trusted certificate of its own name`() throws {
        let result = try api.run(
            """
            local function look(host, options)
              options.password = settings.word
              local dsn = "postgres://app@" .. host .. ":\(port)/postgres?sslmode=verify-full"
              local opened, db = pcall(sql.open, dsn, options)
              if not opened then return db.code end
              local ssl = db:query("select ssl from pg_stat_ssl where pid = pg_backend_pid()")[1].ssl
              db:close()
              return ssl
            end
            local ca = "\(cluster.certificate)"
            return { look("localhost", { ca = ca }), look("localhost", {}), look("127.0.0.1", { ca = ca }) }
            """, settings: ["word": .secret("WORD")])
        #expect(result == [true, "ETLS", "ETLS"])
    }

    @Test func `who names an authority has the server verified, on this machine too`() throws {
        let result = try api.run(
            """
            local function look(host)
              local opened, db = pcall(sql.open, "postgres://app@" .. host .. ":\(port)/postgres",
                { ca = "\(cluster.certificate)", password = settings.word })
              return opened and db:query("select ssl from pg_stat_ssl where pid = pg_backend_pid()")[1].ssl or db.code
            end
            return { look("localhost"), look("127.0.0.1") }
            """, settings: ["word": .secret("WORD")])
        #expect(result == [true, "ETLS"])
    }

    @Test func `require is TLS without a trusted certificate, and a server of this machine needs none either`() throws {
        let result = try api.run(
            """
            local function ssl(rest)
              local db <close> = sql.open("postgres://app@localhost:\(port)/postgres" .. rest, { password = settings.word })
              return db:query("select ssl from pg_stat_ssl where pid = pg_backend_pid()")[1].ssl
            end
            local _, none = pcall(sql.open, "postgres://app@localhost:\(port)/none", { password = settings.word })
            return { ssl("?sslmode=require"), ssl(""), ssl("?sslmode=disable"), none.code,
              select(2, tostring(none):gsub("does not exist", "")) }
            """, settings: ["word": .secret("WORD")])
        #expect(result == [true, true, false, "ECONNECT", 1])
    }

    @Test func `a server that takes the connection and says nothing costs the timeout`() throws {
        let silent = try TCPListener()
        api.grant.connect.append("127.0.0.1:\(silent.port)")
        let began = Monotonic.now
        let result = try api.run(
            """
            local _, why = pcall(sql.open, "postgres://app@127.0.0.1:\(silent.port)/x", { timeout = 0.3 })
            return why.code
            """)
        #expect(result == "ETIMEDOUT")
        #expect(Monotonic.now - began < 20)
    }

    @Test func `a connection that the server ends is told, and a new one works`() throws {
        _ = cluster.query("create role boss superuser login password 'open sesame'")
        let result = try api.run(
            """
            local dsn, options = "postgres://boss@localhost:\(port)/postgres", { password = settings.word }
            local first <close> = sql.open(dsn, options)
            local other <close> = sql.open(dsn, options)
            local pid = first:query("select pg_backend_pid() as pid")[1].pid
            other:query("select pg_terminate_backend($1)", { pid })
            local _, why = pcall(first.query, first, "select 1")
            local _, again = pcall(first.query, first, "select 1")
            return { why.code, again.code, other:query("select 1 as one")[1].one }
            """, settings: ["word": .secret("WORD")])
        #expect(result[0]?.text?.isEmpty == false)
        #expect(result[2] == 1, "\(result)")
    }
}

extension Value {
    fileprivate subscript(index: Int) -> Value? { list.flatMap { index < $0.count ? $0[index] : nil } }
}
