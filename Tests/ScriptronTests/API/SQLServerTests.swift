import Testing

@testable import Scriptron

/// `sql` against a real PostgreSQL.
@Suite("sql of PostgreSQL", .enabled(if: PostgresCluster.programs != nil && Users.isRoot))
struct SQLServerTests {
    private let api: APIFixture
    private let cluster: PostgresCluster
    private let open: String
    private let address: String

    init() throws {
        api = try APIFixture()
        cluster = try PostgresCluster()
        _ = cluster.query("create role root superuser login")
        api.grant.sockets = [Grant.UnixSocket(path: cluster.socket, real: cluster.socket)]
        address = "postgres://root@/postgres?host=\(cluster.directoryOfSocket.text)"
        open = "local db <close> = sql.open('\(address)', { write = true })\n"
    }

    @Test func `values come and go as what they are`() throws {
        let result = try api.run(
            open + """
                db:exec("create table t (id bigint, name text, data bytea, x float8, yes boolean, n numeric, at date)")
                local bytes = "a\\0\\xFF\\\\x00"
                local changed = db:exec("insert into t values ($1, $2, $3, $4, $5, $6, $7), (2, null, null, null, null, null, null)",
                  { 1, "é'; --", bytes, 1.5, true, "1.10", "2026-02-03" })
                db:exec("update t set data = $1 where id = 2", { { blob = "plain" } })
                local all = db:query("select * from t order by id")
                local one = all[1]
                return { changed, one.id, one.name, one.data == bytes, one.x, one.yes, one.n, one.at, all[2].name == nil,
                  all[2].data, db:query("select $1::bigint + 1 as next", { 41 })[1].next }
                """)
        #expect(result == [2, 1, "é'; --", true, 1.5, true, "1.10", "2026-02-03", true, "plain", 42])
    }

    @Test func `rows come one by one, and a reading may end early`() throws {
        let result = try api.run(
            open + """
                local sum, seen = 0, 0
                for row in db:rows("select n from generate_series(1, 100000) n") do sum = sum + row.n end
                for row in db:rows("select generate_series(1, 10000000000) as n") do
                  seen = seen + 1
                  if seen == 300 then break end
                end
                local ok, why = pcall(db.query, db, "select n from generate_series(1, 50) n", {}, { max = 49 })
                local busy
                for row in db:rows("select generate_series(1, 100000) as n") do
                  busy = select(2, pcall(db.exec, db, "select 1")).code
                  break
                end
                return { sum, seen, why.code, busy, db:query("select 'still' as there")[1].there }
                """)
        #expect(result == [5_000_050_000, 300, "ETOOMANY", "EBUSY", "still"])
    }

    @Test func `a transaction is undone where its function fails`() throws {
        let result = try api.run(
            open + """
                db:exec("create table t (id int primary key)")
                local kept = db:transaction(function(db)
                  db:exec("insert into t values (1)")
                  return "kept"
                end)
                local ok, why = pcall(db.transaction, db, function(db)
                  db:exec("insert into t values (2)")
                  db:exec("insert into t values (1)")
                end)
                return { kept, ok, why.code, why.message:match("duplicate key") ~= nil, #db:query("select * from t") }
                """)
        #expect(result == ["kept", false, "SQLSTATE_23505", true, 1])
        #expect(cluster.query("select count(*) from t") == "1\n")
    }

    @Test func `the server ends a statement at its timeout, and the connection stays`() throws {
        let result = try api.run(
            """
            local db <close> = sql.open('\(address)', { timeout = 0.2 })
            local ok, why = pcall(db.query, db, "select pg_sleep(60)")
            local refused, problem = pcall(db.exec, db, "create table no (id int)")
            return { ok, why.code, refused, problem.code, db:query("select 1 as one")[1].one }
            """)
        #expect(result == [false, "ETIMEDOUT", false, "SQLSTATE_25006", 1])
    }

    @Test func `copy_out writes a file, whole or not at all`() throws {
        let result = try api.run(
            open + """
                local count = db:copy_out("select n, case when n > 1 then 'a,\\"b\\"' end as t, n = 2 as yes from generate_series(1, 2) n", "out.csv")
                local ok = pcall(db.copy_out, db, "select 1 / (3 - n) as x from generate_series(1, 3) n", "bad.csv")
                return { count, fs.read("out.csv"), ok, fs.stat("bad.csv") == nil }
                """)
        #expect(result == [2, "n,t,yes\r\n1,,f\r\n2,\"a,\"\"b\"\"\",t\r\n", false, true])
    }

    @Test func `queries of several connections go on at once`() throws {
        let result = try api.run(
            """
            do
              local db <close> = sql.open('\(address)', { write = true })
              db:exec("create table came (n int)")
            end
            local got = parallel({ 1, 2, 3 }, function(number)
              local db <close> = sql.open('\(address)', { write = true })
              db:exec("insert into came values ($1)", { number })
              -- Each goes on only when all have come.
              while db:query("select count(*) as n from came")[1].n < 3 do time.sleep(0.001) end
              return db:query("select $1::int as n", { number })[1].n
            end)
            return got
            """)
        #expect(result == [1, 2, 3])
    }

    @Test(arguments: [
        ("postgres://u:word@127.0.0.1/x", "EURL", "holds a password"),
        ("postgres://127.0.0.1:1/x", "EGRANT", "connect = { \"127.0.0.1:1\" }"),
        ("postgres:///x?host=/somewhere", "EGRANT", "unix:/somewhere/.s.PGSQL.5432"),
        ("postgres://a,b/x", "EURL", "several hosts"),
        ("postgres://h/x?service=s", "EURL", "the part service"),
        ("postgres://h:99999/x", "EURL", "a port that is none"),
        ("postgres://h/x?sslmode=yes", "EURL", "sslmode yes; it is one of disable"),
        ("host=127.0.0.1 dbname=x", "EURL", "write postgres://"),
        ("mysql://h/x", "ENOTSUP", "only SQLite files and PostgreSQL servers"),
    ])
    func `refuses other addresses`(text: String, code: String, words: String) throws {
        let failure = try api.failure("return sql.open('\(text)')").failure
        #expect(failure.code == code)
        #expect(failure.description.contains(words))
        #expect(!failure.description.contains("word@"))
    }

    @Test func `a server that is not there, or that refuses, is told`() throws {
        api.grant.connect.append("127.0.0.1:1")
        let result = try api.run(
            """
            local _, refused = pcall(sql.open, "postgres://u@127.0.0.1:1/x")
            local _, other = pcall(sql.open, "postgres://nobody@/postgres?host=\(cluster.directoryOfSocket.text)")
            local _, none = pcall(sql.open, "\(address)" .. "&dbname=none")
            return { refused.code, other.code, none.code }
            """)
        #expect(result == ["ECONNREFUSED", "ELOGIN", "ECONNECT"])
    }

    @Test func `there is one transaction at a time, and what one does stays in it`() throws {
        let result = try api.run(
            open + """
                db:exec("create table nest (n int)")
                local function rows() return #db:query("select n from nest") end
                local _, outer = pcall(db.transaction, db, function()
                  db:exec("insert into nest values (1)")
                  local _, inner = pcall(db.transaction, db, function() db:exec("insert into nest values (2)") end)
                  db:exec("insert into nest values (3)")
                  error({ code = inner.code, message = "outer" })
                end)
                local after = rows()
                -- Items of parallel: the second comes while the first is within its own.
                local _, errors = parallel({ 11, 12 }, function(n)
                  if n == 12 then time.sleep(0.2) end
                  db:transaction(function()
                    db:exec("insert into nest values ($1)", { n })
                    if n == 11 then
                      time.sleep(0.6)
                      error("no 11")
                    end
                  end)
                end, { on_error = "collect" })
                return { outer.code, after, errors[2].error.code, rows() }
                """)
        #expect(result == ["EBUSY", 0, "EBUSY", 0])
    }

    @Test func `what parallel breaks off leaves no transaction open`() throws {
        let result = try api.run(
            open + """
                db:exec("create table broken (n int)")
                pcall(parallel, { 1, 2 }, function(n)
                  if n == 2 then
                    time.sleep(0.2)
                    error("the other one")
                  end
                  db:transaction(function()
                    db:exec("insert into broken values (1)")
                    time.sleep(30)
                  end)
                end)
                -- Either it is closed, or nothing is open on it any more.
                local good, why = pcall(db.exec, db, "insert into broken values (2)")
                return good or why.code
                """)
        #expect(result == true || result == "EBADF")
        let kept = cluster.query("select coalesce(sum(n), 0) from broken")
        #expect(kept == (result == true ? "2\n" : "0\n"), "\(result)")
    }

    @Test func `nil and NULL`() throws {
        let result = try api.run(
            open + """
                db:exec("create table nulls (a int, b text, c int)")
                local b
                db:exec("insert into nulls values ($1, $2, $3), (4, $2, 6)", { 1, sql.null(), sql.null })
                db:exec("insert into nulls values ($1, $2, $3)", table.pack(7, b, nil))
                local _, hole = pcall(db.exec, db, "insert into nulls values ($1, $2, $3)", { 1, nil, 3 })
                local _, few = pcall(db.exec, db, "insert into nulls values ($1, $2, $3)", { 1, 2 })
                local _, mark = pcall(db.exec, db, "insert into nulls values (?)", { 1 })
                return { db:query("select count(*) as n from nulls where b is null")[1].n, hole.code,
                  hole.message:match("value 2 is nil"), tostring(few):match("sql.null"), tostring(mark):match("$1") }
                """)
        #expect(result == [3, "EARGUMENT", "value 2 is nil", "sql.null", "$1"])
    }

    @Test func `copy_out writes bytes as PostgreSQL reads them`() throws {
        let result = try api.run(
            open + """
                db:copy_out("select 'plain'::bytea as b, '\\\\x000102'::bytea as c, null::bytea as d", "bytes.csv")
                return fs.read("bytes.csv")
                """)
        #expect(result == "b,c,d\r\n\\x706c61696e,\\x000102,\r\n")
    }

    @Test func `no secret is a value, and a dry run only plans`() throws {
        api.grant.secrets = ["KEY"]
        let refused = try api.run(
            open + "return select(2, pcall(db.query, db, 'select $1', { settings.key })).code",
            settings: ["key": .secret("KEY")])
        #expect(refused == "EARGUMENT")
        api.isDry = true
        let result = try api.run(open + "return { db:exec('create table dry (id int)'), #db:query('select 1') }")
        #expect(result == [0, 0])
        #expect(cluster.query("select count(*) from pg_class where relname = 'dry'") == "0\n")
        #expect(api.steps.count == 2)
    }
}
