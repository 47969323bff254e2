import Glibc
import Testing

@testable import Scriptron

/// What a run would be refused, its plan refuses with the same words.
@Suite("A plan refuses what the run would be refused") struct PlannedRefusalsTests {
    private let api: APIFixture

    init() throws {
        api = try APIFixture()
        // Nobody is there: what is refused is refused before anybody is asked.
        api.grant.connect = ["127.0.0.1:1"]
        api.grant.ports = [1]
        try api.directory.file("box/file", "text")
        try api.directory.directory("box/dir")
        try api.run(
            """
            local db <close> = sql.open("a.db", { create = true })
            db:exec("CREATE TABLE t (n INTEGER)")
            """)
    }

    @Test(
        "With the same code and the same text",
        arguments: [
            (#"http.upload(url, "none")"#, "ENOENT"), (#"http.upload(url, "dir")"#, "EISDIR"),
            (#"http.post(url, { file = "none" })"#, "ENOENT"),
            (#"b:put("k", "none")"#, "ENOENT"), (#"b:put("k", "dir")"#, "EISDIR"),
            (#"b:put("k", "file", { checksum = ("0"):rep(64) })"#, "EDAMAGED"),
            (#"b:put("k", "dir", { checksum = ("0"):rep(64) })"#, "EISDIR"),
            (#"sql.open("a.db"):exec("DELETE FROM t")"#, "SQLITE_READONLY"),
            (#"sql.open("a.db"):exec("DELETE FROM t WHERE n = ?", { 1 })"#, "SQLITE_READONLY"),
            (#"sql.open("a.db"):exec("DELETE FROM none")"#, "SQLITE_ERROR"),
            (#"sql.open("a.db"):exec("ATTACH 'b.db' AS b")"#, "SQLITE_AUTH"),
            (#"sql.open("a.db"):exec("SELECT ?", { 1, 2 })"#, "EARGUMENT"),
            (
                #"local o = fs.change(".", { { { rename = "none", to = "x" } } })[1] error({ code = o.code, message = o.message })"#,
                "ENOENT"
            ),
        ])
    func refused(call: String, code: String) throws {
        let script = """
            local url = "http://127.0.0.1:1/"
            local b = s3.open { endpoint = "http://127.0.0.1:1", bucket = "b", key = "k", secret = "s" }
            local good, problem = pcall(function() \(call) end)
            return { good, problem.code, problem.message }
            """
        let live = try api.run(script)
        api.isDry = true
        let dry = try api.run(script)
        #expect(live == dry)
        #expect(dry.list?.prefix(2) == [false, .text(code)], "\(dry)")
    }

    @Test(
        "And refuses nothing else",
        arguments: [
            // What only looks, and what writes beside the file, is done.
            #"local db = sql.open("a.db"); db:exec("SELECT 1"); db:exec("CREATE TEMP TABLE x (n)"); return { db:exec("INSERT INTO x VALUES (1)"), #db:query("SELECT * FROM x") }"#,
            #"fs.mkdir("new"); fs.mkdir("new/er"); return { fs.stat("new").size, fs.stat("dir").size }"#,
            #"fs.rename("a.db", "b.db"); return { #sql.open("b.db"):query("SELECT * FROM t"), sql.backup("b.db", "c.db").bytes }"#,
            // A database that is made is there, and can be opened and copied.
            #"""
            do local db <close> = sql.open("new.db", { create = true }) end
            local empty = fs.stat("new.db").size
            do
              local db <close> = sql.open("new.db", { create = true })
              db:exec("CREATE TABLE x (n)")
            end
            local again <close> = sql.open("new.db")
            local more <close> = sql.open("new.db", { write = true })
            return { empty, fs.stat("new.db").mode, #again:query("SELECT * FROM x"), sql.backup("new.db", "copy.db").bytes > 0,
              fs.stat("copy.db").mode, pcall(sql.backup, "new.db", "copy.db") }
            """#,
        ])
    func allowed(script: String) throws {
        api.isDry = true
        let dry = try api.run(script)
        api.isDry = false
        #expect(try api.run(script).list?.prefix(5) == dry.list?.prefix(5))
    }

    @Test("Of a planned file whose content nobody knows no checksum is judged") func unknownContent() throws {
        api.isDry = true
        let result = try api.run(
            """
            local b = s3.open { endpoint = "http://127.0.0.1:1", bucket = "b", key = "k", secret = "s" }
            http.download("http://127.0.0.1:1/", "new")
            fs.write("known", "text")
            local well = b:put("k", "new", { checksum = ("0"):rep(64) })
            local got, checked = b:get("k2", "other"), b:verify("k3", { checksum = ("0"):rep(64) })
            return { well.key, well.assumed, got.key, checked.key, pcall(b.put, b, "k", "known", { checksum = ("0"):rep(64) }) }
            """)
        #expect(result.list?.prefix(5) == ["k", true, "k2", "k3", false])
    }

    @Test("A statement that names what the plan has made is planned") func plannedTables() throws {
        api.isDry = true
        let result = try api.run(
            """
            do
              local db <close> = sql.open("a.db", { write = true })
              db:exec("CREATE TABLE more (n)")
            end
            return sql.open("a.db"):exec("SELECT * FROM more")
            """)
        #expect(result == 0)
        #expect(api.steps == ["sql a.db", "sql a.db (assumed)"])
    }

    @Test(
        "A server's refusal of what would write is known without asking it",
        arguments: [
            ("DELETE FROM t", true), (" insert into t values (1)", true), ("alter table t add n int", true),
            ("ALTER SYSTEM SET x = 1", false), ("SELECT 1", false), ("SET x = 1", false),
        ])
    func server(text: String, isRefused: Bool) throws {
        api.isDry = true
        let result = try api.run(
            """
            local db = sql.open("postgres://u@127.0.0.1:1/x")
            local good, problem = pcall(db.exec, db, "\(text)")
            local written = sql.open("postgres://u@127.0.0.1:1/x", { write = true }):exec("\(text)")
            return { good, problem ~= 0 and problem.code or "", written }
            """)
        #expect(result == [.bool(!isRefused), isRefused ? "SQLSTATE_25006" : "", 0])
        // What is said to a server may let it write.
        #expect(
            try api.run(
                """
                local db = sql.open("postgres://u@127.0.0.1:1/x")
                db:exec("BEGIN READ WRITE")
                return db:exec("DELETE FROM t")
                """) == 0)
    }

    @Test("Looks at the network that were made up say so") func assumed() throws {
        api.services.answers[.resolve] = ["127.0.0.1"]
        let script = """
            local tcp, dns = net.tcp("127.0.0.1", 1), net.dns("127.0.0.1")
            return { tcp.assumed == true, dns.assumed == true, tcp.reachable, dns.found }
            """
        #expect(try api.run(script) == [false, false, false, true])
        api.isDry = true
        #expect(try api.run(script) == [true, true, true, true])
    }
}
