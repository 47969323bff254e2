import Glibc
import Testing

@testable import Scriptron

@Suite("jobs/backup.lua and jobs/restore.lua") struct BackupTests {
    /// A box with a source `data`, an empty target `to`, and the libraries of the jobs.
    private func api() throws -> APIFixture {
        let api = try APIFixture()
        try api.directory.tree("box/data/a.txt", "content of a")
        try api.directory.tree("box/data/deep/b.txt", "content of b")
        try api.directory.directory("box/to")
        try api.loadLibraries()
        return api
    }

    private static let usual: [String: Value] = [
        "exclude": .list([]), "mounted": .list([]), "databases": .list([]), "commands": .list([]),
        "recipients": .list([]),
        "one_fs": true, "busy": 60, "store": false, "off_machine": true, "level": 3, "min_size": 0, "max_shrink": 50,
        "allow_empty": false, "allow_unreadable": false, "prove": "always",
    ]

    /// Runs the job with these settings over the usual ones; `keep` is the policy.
    @discardableResult
    private func backup(
        _ api: APIFixture, _ settings: [String: Value] = [:], keep: [String: Value] = ["last": 3]
    ) throws -> Value {
        var all = Self.usual
        all["paths"] = [.bytes(api.at("data").bytes)]
        all["targets"] = [.bytes(api.at("to").bytes)]
        all["keep"] = .map(keep)
        all.merge(settings) { $1 }
        return try api.run(file: "jobs/backup.lua", settings: all)
    }

    private func restore(_ api: APIFixture, _ settings: [String: Value] = [:]) throws -> Value {
        var all: [String: Value] = [
            "from": "test", "into": .bytes(api.at("out").bytes), "only": .list([]), "owners": true,
            "targets": [.bytes(api.at("to").bytes)],
        ]
        all.merge(settings) { $1 }
        return try api.run(file: "jobs/restore.lua", settings: all)
    }

    /// The names in the target, without the times in them.
    private func target(_ api: APIFixture) throws -> [String] {
        try api.directory.names("box/to").map { name in
            name.split(separator: "-").first.map(String.init).map {
                $0 + "." + name.split(separator: ".", maxSplits: 1)[1]
            } ?? name
        }
    }

    /// Waits until the next second: names of backups are seconds.
    private func nextSecond() {
        let now = SystemClock().now().seconds
        while SystemClock().now().seconds == now { Monotonic.sleep(until: Monotonic.now + 0.02) }
    }

    @Test("What is backed up is verified, proven, and comes back") func roundTrip() throws {
        let api = try api()
        let result = try backup(api)
        #expect(result["proven"] == true)
        #expect(try target(api) == ["test.json", "test.manifest", "test.tar.zst"])
        let out = try restore(api)
        #expect(out["files"] == 2)
        let stored = "box/out/files" + api.at("data").text
        #expect(api.directory.text(stored + "/a.txt") == "content of a")
        #expect(api.directory.text(stored + "/deep/b.txt") == "content of b")
        #expect(try RandomTree.facts(api.directory.at(stored)) == RandomTree.facts(api.at("data")))
    }

    @Test("An unchanged source makes no second backup; a changed one does") func unchanged() throws {
        let api = try api()
        try backup(api)
        nextSecond()
        #expect(try backup(api)["unchanged"] == true)
        #expect(try target(api).count == 3)
        try api.directory.file("box/data/a.txt", "other content")
        #expect(try backup(api)["unchanged"] == false)
        #expect(try target(api).count == 6)
    }

    @Test("The policy removes what it no longer wants, each with its reason, and never the last") func expiry() throws {
        let api = try api()
        for round in 0..<4 {
            try api.directory.file("box/data/a.txt", "round \(round)")
            try backup(api, keep: ["last": 2])
            nextSecond()
        }
        #expect(try target(api).count == 6)
        #expect(api.services.lines.filter { $0.hasPrefix("removed test-") && $0.contains("keep") }.count == 2)
    }

    @Test("A policy that keeps nothing refuses before anything is touched") func policy() throws {
        let api = try api()
        try backup(api)
        nextSecond()
        for keep: [String: Value] in [["last": 0], ["lasst": 3], [:]] {
            #expect(throws: LuaError.self) { try backup(api, keep: keep) }
        }
        #expect(try target(api).count == 3)
    }

    @Test("A source that is missing, empty or shrunken publishes nothing and removes nothing") func sources() throws {
        let api = try api()
        for number in 0..<20 { try api.directory.tree("box/data/many/\(number)", "x") }
        try backup(api)
        nextSecond()
        let before = try api.directory.names("box/to")
        #expect(throws: LuaError.self) { try backup(api, ["paths": [.bytes(api.at("none").bytes)]], keep: ["last": 1]) }
        try api.directory.directory("box/empty")
        #expect(throws: LuaError.self) {
            try backup(api, ["paths": [.bytes(api.at("empty").bytes)]], keep: ["last": 1])
        }
        try api.run(#"fs.remove_tree("data/many")"#)
        let error = #expect(throws: LuaError.self) { try backup(api, keep: ["last": 1]) }
        #expect(error?.message.contains("max_shrink") == true)
        #expect(throws: LuaError.self) {
            try backup(api, ["min_size": 1_000_000, "max_shrink": 100], keep: ["last": 1])
        }
        #expect(throws: LuaError.self) { try backup(api, ["mounted": [.bytes(api.at("data").bytes)]]) }
        #expect(try api.directory.names("box/to").filter { !$0.hasPrefix(".") } == before)
        #expect(try backup(api, ["max_shrink": 100])["unchanged"] == false)
    }

    @Test(
        "A dump that dies at half, is too small, or lacks its end publishes nothing",
        arguments: [
            (#"echo half; exit 1"#, #"{}"#), ("echo half; kill -9 $$", "{}"), ("printf ''", "{}"),
            ("echo short", #"{"min": 1000}"#), ("echo no end", #"{"ends_with": "complete"}"#),
        ])
    func dump(script: String, more: String) throws {
        let api = try api()
        try backup(api)
        nextSecond()
        let before = try api.directory.names("box/to")
        var command = try JSON.decode(more).map ?? [:]
        command["name"] = "db.sql"
        command["run"] = ["sh", "-c", .text(script)]
        #expect(throws: LuaError.self) { try backup(api, ["commands": [.map(command)]], keep: ["last": 1]) }
        command["run"] = [["sh", "-c", .text(script)], ["cat"]]
        #expect(throws: LuaError.self) { try backup(api, ["commands": [.map(command)]], keep: ["last": 1]) }
        #expect(try api.directory.names("box/to").filter { !$0.hasPrefix(".") } == before)
    }

    @Test("Databases and dumps are in it, from one moment") func databases() throws {
        let api = try api()
        try api.run(
            #"local db <close> = sql.open("a.db", { create = true }) db:exec("CREATE TABLE t (x); INSERT INTO t VALUES (7)")"#
        )
        let command: Value = [
            "name": "db.sql", "run": ["sh", "-c", "echo dump; echo complete"], "ends_with": "complete",
        ]
        let result = try backup(api, ["databases": [.bytes(api.at("a.db").bytes)], "commands": [command]])
        #expect(result["proven"] == true)
        _ = try restore(api, ["only": ["databases/**", "commands/*"]])
        #expect(api.directory.text("box/out/commands/db.sql") == "dump\ncomplete\n")
        #expect(try api.directory.names("box/out") == ["commands", "databases"])
        let text = "return sql.open('out/databases\(api.at("a.db").text)'):query('SELECT x FROM t')[1].x"
        #expect(try api.run(text) == 7)
    }

    @Test("Several targets each get a whole copy") func targets() throws {
        let api = try api()
        try api.directory.directory("box/second")
        let targets: Value = [.bytes(api.at("to").bytes), .bytes(api.at("second").bytes)]
        try backup(api, ["targets": targets])
        #expect(try api.directory.names("box/to") == api.directory.names("box/second"))
        let name = try #require(api.directory.names("box/second").first { $0.hasSuffix(".tar.zst") })
        #expect(try api.run(#"return hash.file("to/\#(name)") == hash.file("second/\#(name)")"#) == true)
    }

    @Test("A flipped byte, a cut file and a missing part are found before anything is restored") func damage() throws {
        let api = try api()
        try backup(api)
        let names = try api.directory.names("box/to")
        let name = try #require(names.first { $0.hasSuffix(".tar.zst") })
        let sound = try Files.readSmall(api.at("to/" + name))
        var flipped = sound
        flipped[sound.count / 2] ^= 4
        for bytes in [flipped, Array(sound.dropLast(1)), []] {
            try api.directory.replace("box/to/" + name, bytes)
            #expect(throws: LuaError.self) { try restore(api) }
            #expect(try api.directory.status("box/out") == nil)
        }
        try api.directory.replace("box/to/" + name, sound)
        _ = try api.run(#"fs.remove("to/\#(try #require(names.first { $0.hasSuffix(".manifest") }))")"#)
        #expect(throws: LuaError.self) { try restore(api) }
    }

    @Test("What a killed run left behind counts for nothing, and goes") func leftovers() throws {
        let api = try api()
        try backup(api)
        nextSecond()
        let names = try api.directory.names("box/to")
        let info = try #require(names.first { $0.hasSuffix(".json") })
        try api.directory.file("box/to/.unfinished-test.tar.zst", "half")
        try api.directory.file("box/to/.unfinished-test-other.tar.zst", "another job's")
        // Its archive got its name, and then the run was killed.
        try api.directory.file("box/to/test-20200101T000000Z.tar.zst", "half")
        api.services.state["publishing"] = "test-20200101T000000Z"
        try api.directory.file("box/data/a.txt", "changed")
        try backup(api, keep: ["last": 1])
        let left = try api.directory.names("box/to")
        #expect(!left.contains(info))
        #expect(left.filter { $0.hasPrefix(".") } == [".unfinished-test-other.tar.zst"])
        #expect(left.count == 4)
        #expect(try restore(api)["files"] == 2)
    }
}

extension APIFixture {
    /// Makes the libraries of the repository's jobs available.
    func loadLibraries() throws {
        let directory = Path(#filePath).parent.parent.parent.parent.appending("jobs/lib")
        for name in try StateFiles.names(in: directory) {
            let text = String(decoding: name, as: UTF8.self)
            if text.hasSuffix(".lua") {
                libraries[String(text.dropLast(4))] = try Files.readSmall(directory.appending(Path(bytes: name)))
            }
        }
    }
}
