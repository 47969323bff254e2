import Glibc
import Testing

@testable import Scriptron

@Suite("sql") struct SQLModuleTests {
    private static let make = """
        local db <close> = sql.open("a.db", { create = true })
        db:exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT, data BLOB, x REAL)")
        db:exec("INSERT INTO t VALUES (1, 'one', x'00FF', 1.5), (2, NULL, NULL, NULL)")
        """

    @Test("Rows come by their columns' names, NULL as an absent key, values are bound") func query() throws {
        let api = try APIFixture()
        try api.run(Self.make)
        let result = try api.run(
            """
            local db <close> = sql.open("a.db")
            local all = db:query("SELECT * FROM t ORDER BY id")
            local one = db:query("SELECT name FROM t WHERE id = ?", { 1 })
            local names = {}
            for row in db:rows("SELECT id FROM t ORDER BY id DESC") do names[#names + 1] = row.id end
            return { all[1].name, all[1].data, all[1].x, all[2].name == nil, #all, one[1].name, names,
                     db:query("SELECT 'it''s' AS t, ? AS u", { "?" })[1].u }
            """)
        #expect(result == ["one", .bytes([0, 0xFF]), 1.5, true, 2, "one", [2, 1], "?"])
    }

    @Test("Blobs of any bytes come back as they went, and text as a blob where that is said") func blobs() throws {
        let api = try APIFixture()
        try api.run(Self.make)
        let result = try api.run(
            #"""
            local db <close> = sql.open("a.db", { write = true })
            local large = ("\0\xff\xfe"):rep(1 << 20)
            db:exec("DELETE FROM t")
            db:exec("INSERT INTO t (id, data) VALUES (1, ?), (2, ?), (3, ?), (4, ?)",
              { large, "plain", { blob = "plain" }, { blob = "" } })
            local kinds = {}
            for row in db:rows("SELECT typeof(data) AS kind FROM t ORDER BY id") do kinds[#kinds + 1] = row.kind end
            local back = db:query("SELECT data FROM t ORDER BY id")
            local _, wrong = pcall(db.exec, db, "INSERT INTO t (data) VALUES (?)", { { blob = 1 } })
            return { kinds, back[1].data == large, back[3].data, back[4].data, wrong.code }
            """#)
        #expect(result == [["blob", "text", "blob", "blob"], true, "plain", "", "EARGUMENT"])
    }

    @Test("NULL is bound as sql.null(), or as a nil that is packed; one transaction is open at a time") func nulls()
        throws
    {
        let api = try APIFixture()
        try api.run(Self.make)
        let result = try api.run(
            #"""
            local db <close> = sql.open("a.db", { write = true })
            db:exec("DELETE FROM t")
            db:exec("INSERT INTO t (id, data) VALUES (?, ?), (?, ?)", { 1, sql.null(), 2, sql.null })
            db:exec("INSERT INTO t (id, data) VALUES (?, ?)", table.pack(3, nil))
            local _, hole = pcall(db.exec, db, "INSERT INTO t (id, data) VALUES (?, ?)", { nil, 3 })
            local _, nested = pcall(db.transaction, db, function() db:transaction(function() end) end)
            local _, missing = pcall(sql.open, "missing.db")
            local _, gone = pcall(sql.backup, "missing.db", "copy.db")
            return { db:query("SELECT count(*) AS n FROM t WHERE data IS NULL")[1].n, hole.code, nested.code, missing.code,
              gone.code,
              db:transaction(function() return "again" end) }
            """#)
        #expect(result == [3, "EARGUMENT", "EBUSY", "ENOENT", "ENOENT", "again"])
    }

    @Test("A database takes no secret: what is in it can be read") func secrets() throws {
        let api = try APIFixture()
        api.grant.secrets = ["KEY"]
        try api.run(Self.make)
        for call in ["db:exec(text, { settings.key })", "db:query('SELECT ?', { settings.key })"] {
            let body = """
                local db <close> = sql.open("a.db", { write = true })
                local text = "INSERT INTO t (name) VALUES (?)"
                local known, problem = pcall(function() \(call) end)
                return { known, problem.code, problem.message, #db:query("SELECT * FROM t") }
                """
            let result = try api.run(body, settings: ["key": .secret("KEY")])
            #expect(result.list?[0] == false && result.list?[1] == "EARGUMENT" && result.list?[3] == 2)
            #expect(result.list?[2].text?.contains("secret:KEY is no value of SQL") == true)
        }
        #expect(!api.services.requests.contains { $0.service == .secret })
    }

    @Test("What is opened to be read is not written, and nothing leads to other files")
    func refusals() throws {
        let api = try APIFixture()
        try api.run(Self.make)
        try api.directory.file("outside.db", "")
        let outside = api.directory.at("outside.db").text
        for (text, code) in [
            ("INSERT INTO t (id) VALUES (9)", "SQLITE_READONLY"), ("ATTACH '\(outside)' AS o", "SQLITE_AUTH"),
            // Refused, or not there at all.
            ("SELECT load_extension('x')", "SQLITE_ERROR SQLITE_AUTH"), ("SELECT nothing", "SQLITE_ERROR"),
            ("SELECT * FROM t WHERE id = ?", "EARGUMENT"),
        ] {
            let found = try api.failure(#"sql.open("a.db"):query("\#(text)")"#).code
            #expect(code.split(separator: " ").contains(Substring(found ?? "")), "\(text)")
        }
        let code = try api.failure(#"sql.open("a.db", { write = true }):exec("VACUUM INTO '\#(outside)'")"#).code
        #expect(code == "SQLITE_AUTH")
        #expect(try api.failure(#"sql.open("none.db")"#).code == "ENOENT")
        #expect(try api.failure(#"sql.open("\#(outside)")"#).code == "EGRANT")
        #expect(try api.failure(#"sql.open("mysql://x")"#).code == "ENOTSUP")
        #expect(
            try api.failure(#"sql.open("a.db"):query("SELECT 1 UNION SELECT 2", {}, { max = 1 })"#).code == "ETOOMANY")
        #expect(try api.failure(#"local db = sql.open("a.db") db:close() db:query("SELECT 1")"#).code == "EBADF")
    }

    @Test("A transaction is kept whole or undone") func transaction() throws {
        let api = try APIFixture()
        try api.run(Self.make)
        let result = try api.run(
            """
            local db <close> = sql.open("sqlite:a.db", { write = true })
            local kept = db:transaction(function(tx)
              tx:exec("INSERT INTO t (id, name) VALUES (?, ?)", { 3, "three" })
              return "kept"
            end)
            local good, why = pcall(db.transaction, db, function(tx)
              tx:exec("DELETE FROM t")
              error("no", 0)
            end)
            return { kept, good, why, db:query("SELECT count(*) AS n FROM t")[1].n, db:exec("UPDATE t SET x = 2"),
                     db:copy_out("SELECT id, name FROM t ORDER BY id", "t.csv"), fs.read("t.csv") }
            """)
        #expect(result == ["kept", false, "no", 3, 3, 3, "id,name\r\n1,one\r\n2,\r\n3,three\r\n"])
    }

    @Test("A database in WAL mode is read in a directory that may not be written") func fixed() throws {
        let api = try APIFixture()
        try api.run(Self.make + #" db:query("PRAGMA journal_mode = WAL") db:exec("UPDATE t SET x = 7")"#)
        // What only root could override keeps root from reading it without the file beside it.
        chmod(api.at("").text, 0o555)
        defer { chmod(api.at("").text, 0o755) }
        #expect(try api.run(#"return sql.open("a.db"):query("SELECT x FROM t LIMIT 1")[1].x"#) == 7.0)
    }

    @Test("Copies of a database with a writer beside it are sound, and of one moment", arguments: ["wal", "delete"])
    func backup(mode: String) throws { try DatabaseWriter.rounds(3, mode: mode) }

    @Test("A damaged database is no backup, and nothing is left of the attempt") func damaged() throws {
        let api = try APIFixture()
        try api.run(
            Self.make
                + """
                 db:transaction(function()
                  for i = 3, 4000 do db:exec("INSERT INTO t (id, name) VALUES (?, ?)", { i, ("x"):rep(50) .. i }) end
                end)
                """)
        var bytes = try Files.readSmall(api.at("a.db"))
        for place in stride(from: 8192, to: bytes.count, by: 4096) { bytes[place] ^= 0xFF }
        try api.directory.replace("box/a.db", bytes)
        #expect(try api.failure(#"sql.backup("a.db", "b.db")"#).code == "SQLITE_CORRUPT")
        #expect(try api.failure(#"sql.backup("none.db", "b.db")"#).code == "ENOENT")
        try api.run(#"fs.write("there", "x")"#)
        #expect(try api.failure(#"sql.backup("a.db", "there")"#).code == "EEXIST")
        #expect(try api.directory.names("box") == ["a.db", "there"])
    }

    @Test("A dry run reads, and only plans to write") func dry() throws {
        let api = try APIFixture()
        try api.run(Self.make)
        api.isDry = true
        api.services.answers[.sysStore] = ["bytes": 1000]
        let result = try api.run(
            """
            local db <close> = sql.open("a.db", { write = true })
            db:transaction(function(tx) tx:exec("DELETE FROM t") end)
            sql.backup("a.db", "b.db")
            return { db:query("SELECT count(*) AS n FROM t")[1].n, fs.stat("b.db").size == fs.stat("a.db").size,
                     fs.stat(sys.store_copy()).size }
            """)
        #expect(result == [2, true, 1000])
        #expect(api.steps == ["sql a.db", "copy database a.db b.db (assumed)"])
        #expect(try api.directory.names("box") == ["a.db"])
    }
}
