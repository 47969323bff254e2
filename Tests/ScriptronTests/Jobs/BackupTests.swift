import Glibc
import Testing

@testable import Scriptron

@Suite("jobs/backup.lua and jobs/restore.lua") struct BackupTests {
    @Test("What is backed up is verified, proven, and comes back") func roundTrip() throws {
        let api = try APIFixture.backups()
        let result = try api.backup()
        #expect(result["proven"] == true)
        #expect(try api.published() == ["test.json", "test.manifest", "test.tar.zst"])
        let out = try api.restore()
        #expect(out["files"] == 2)
        let stored = "box/out/files" + api.at("data").text
        #expect(api.directory.text(stored + "/a.txt") == "content of a")
        #expect(api.directory.text(stored + "/deep/b.txt") == "content of b")
        #expect(try RandomTree.facts(api.directory.at(stored)) == RandomTree.facts(api.at("data")))
    }

    @Test("An unchanged source makes no second backup; a changed one does") func unchanged() throws {
        let api = try APIFixture.backups()
        try api.backup()
        APIFixture.nextSecond()
        #expect(try api.backup()["unchanged"] == true)
        #expect(try api.published().count == 3)
        try api.directory.file("box/data/a.txt", "other content")
        #expect(try api.backup()["unchanged"] == false)
        #expect(try api.published().count == 6)
    }

    @Test("The policy removes what it no longer wants, each with its reason, and never the last") func expiry() throws {
        let api = try APIFixture.backups()
        for round in 0..<4 {
            try api.directory.file("box/data/a.txt", "round \(round)")
            try api.backup(keep: ["last": 2])
            APIFixture.nextSecond()
        }
        #expect(try api.published().count == 6)
        #expect(api.services.lines.filter { $0.hasPrefix("removed test-") && $0.contains("keep") }.count == 2)
    }

    @Test("A policy that keeps nothing refuses before anything is touched") func policy() throws {
        let api = try APIFixture.backups()
        try api.backup()
        APIFixture.nextSecond()
        for keep: [String: Value] in [["last": 0], ["lasst": 3], [:]] {
            #expect(throws: LuaError.self) { try api.backup(keep: keep) }
        }
        #expect(try api.published().count == 3)
    }

    @Test("A source that is missing, empty or shrunken publishes nothing and removes nothing") func sources() throws {
        let api = try APIFixture.backups()
        for number in 0..<20 { try api.directory.tree("box/data/many/\(number)", "x") }
        try api.backup()
        APIFixture.nextSecond()
        let before = try api.directory.names("box/to")
        #expect(throws: LuaError.self) { try api.backup(["paths": [.bytes(api.at("none").bytes)]], keep: ["last": 1]) }
        try api.directory.directory("box/empty")
        #expect(throws: LuaError.self) {
            try api.backup(["paths": [.bytes(api.at("empty").bytes)]], keep: ["last": 1])
        }
        try api.run(#"fs.remove_tree("data/many")"#)
        let error = #expect(throws: LuaError.self) { try api.backup(keep: ["last": 1]) }
        #expect(error?.message.contains("max_shrink") == true)
        #expect(throws: LuaError.self) {
            try api.backup(["min_size": 1_000_000, "max_shrink": 100], keep: ["last": 1])
        }
        #expect(throws: LuaError.self) { try api.backup(["mounted": [.bytes(api.at("data").bytes)]]) }
        #expect(try api.directory.names("box/to").filter { !$0.hasPrefix(".") } == before)
        #expect(try api.backup(["max_shrink": 100])["unchanged"] == false)
    }

    @Test(
        "A dump that dies at half, is too small, or lacks its end publishes nothing",
        arguments: [
            (#"echo half; exit 1"#, #"{}"#), ("echo half; kill -9 $$", "{}"), ("printf ''", "{}"),
            ("echo short", #"{"min": 1000}"#), ("echo no end", #"{"ends_with": "complete"}"#),
        ])
    func dump(script: String, more: String) throws {
        let api = try APIFixture.backups()
        try api.backup()
        APIFixture.nextSecond()
        let before = try api.directory.names("box/to")
        var command = try JSON.decode(more).map ?? [:]
        command["name"] = "db.sql"
        command["run"] = ["sh", "-c", .text(script)]
        #expect(throws: LuaError.self) { try api.backup(["commands": [.map(command)]], keep: ["last": 1]) }
        command["run"] = [["sh", "-c", .text(script)], ["cat"]]
        #expect(throws: LuaError.self) { try api.backup(["commands": [.map(command)]], keep: ["last": 1]) }
        #expect(try api.directory.names("box/to").filter { !$0.hasPrefix(".") } == before)
    }

    @Test("Databases and dumps are in it, from one moment") func databases() throws {
        let api = try APIFixture.backups()
        try api.run(
            #"local db <close> = sql.open("a.db", { create = true }) db:exec("CREATE TABLE t (x); INSERT INTO t VALUES (7)")"#
        )
        let command: Value = [
            "name": "db.sql", "run": ["sh", "-c", "echo dump; echo complete"], "ends_with": "complete",
        ]
        let result = try api.backup(["databases": [.bytes(api.at("a.db").bytes)], "commands": [command]])
        #expect(result["proven"] == true)
        _ = try api.restore(["only": ["databases/**", "commands/*"]])
        #expect(api.directory.text("box/out/commands/db.sql") == "dump\ncomplete\n")
        #expect(try api.directory.names("box/out") == ["commands", "databases"])
        let text = "return sql.open('out/databases\(api.at("a.db").text)'):query('SELECT x FROM t')[1].x"
        #expect(try api.run(text) == 7)
    }

    @Test("One source of several that lost its files fails the run, whatever the others have") func oneShrunk() throws {
        let api = try APIFixture.backups()
        for number in 0..<4 { try api.directory.tree("box/other/\(number)", "x") }
        let paths: Value = [.bytes(api.at("data").bytes), .bytes(api.at("other").bytes)]
        try api.backup(["paths": paths])
        APIFixture.nextSecond()
        for number in 0..<3 { try api.run("fs.remove('other/\(number)')") }
        for number in 0..<50 { try api.directory.tree("box/data/\(number)", "more than was lost") }
        let said = api.backupFailure(["paths": paths])
        #expect(said.contains("/other has 1 files, and had 4 files") && said.contains("max_shrink"), "\(said)")
        let dump: (Int) -> Value = { count in
            ["name": "db.sql", "run": ["sh", "-c", .text("head -c \(count) /dev/zero")]]
        }
        try api.backup(["commands": [dump(10000)]])
        APIFixture.nextSecond()
        let shrunk = api.backupFailure(["commands": [dump(4000)]])
        #expect(shrunk.contains("commands/db.sql has 3.9 KiB, and had 9.8 KiB"), "\(shrunk)")
    }

    @Test("A live SQLite database among the paths is warned of") func liveDatabase() throws {
        let api = try APIFixture.backups()
        let open = #"local db <close> = sql.open("data/a.db", { create = true }) "#
        try api.run(open + #"db:query("PRAGMA journal_mode = wal") db:exec("CREATE TABLE t (x)")"#)
        let writer = try ScriptDatabase.open(api.at("data/a.db"), .write, timeout: 1)
        _ = try writer.execute("INSERT INTO t VALUES (1)", [])
        try api.backup()
        #expect(api.services.warnings.contains { $0.contains("/data/a.db looks like a SQLite database") })
        let before = api.services.warnings.count
        APIFixture.nextSecond()
        _ = try writer.execute("INSERT INTO t VALUES (2)", [])
        try api.backup(["databases": [.bytes(api.at("data/a.db").bytes)]])
        #expect(!api.services.warnings.dropFirst(before).contains { $0.contains("looks like") })
    }

    @Test("A flipped byte, a cut file and a missing part are found before anything is restored") func damage() throws {
        let api = try APIFixture.backups()
        try api.backup()
        let names = try api.directory.names("box/to")
        let name = try #require(names.first { $0.hasSuffix(".tar.zst") })
        let sound = try Files.readSmall(api.at("to/" + name))
        var flipped = sound
        flipped[sound.count / 2] ^= 4
        for bytes in [flipped, Array(sound.dropLast(1)), []] {
            try api.directory.replace("box/to/" + name, bytes)
            #expect(throws: LuaError.self) { try api.restore() }
            #expect(try api.directory.status("box/out") == nil)
        }
        try api.directory.replace("box/to/" + name, sound)
        _ = try api.run(#"fs.remove("to/\#(try #require(names.first { $0.hasSuffix(".manifest") }))")"#)
        #expect(throws: LuaError.self) { try api.restore() }
    }

    @Test("What a killed run left behind counts for nothing, and goes") func leftovers() throws {
        let api = try APIFixture.backups()
        try api.backup()
        APIFixture.nextSecond()
        let names = try api.directory.names("box/to")
        let info = try #require(names.first { $0.hasSuffix(".json") })
        try api.directory.file("box/to/.unfinished-test@this.tar.zst", "half")
        try api.directory.file("box/to/.unfinished-test-other.tar.zst", "another job's")
        // Its archive got its name, and then the run was killed.
        try api.directory.file("box/to/test-20200101T000000Z.tar.zst", "half")
        api.services.state["publishing"] = "test-20200101T000000Z"
        try api.directory.file("box/data/a.txt", "changed")
        try api.backup(keep: ["last": 1])
        let left = try api.directory.names("box/to")
        #expect(!left.contains(info))
        #expect(left.filter { $0.hasPrefix(".") } == [".unfinished-test-other.tar.zst"])
        #expect(left.count == 4)
        #expect(try api.restore()["files"] == 2)
    }
}
