import Glibc
import Testing

@testable import Scriptron

@Suite("jobs/backup.lua: several targets, proofs and old copies") struct BackupTargetsTests {
    /// The two directories `to` and `second` as the setting `targets`.
    private func two(_ api: APIFixture) -> Value { [.bytes(api.at("to").bytes), .bytes(api.at("second").bytes)] }

    @Test("Several targets each get a whole copy") func targets() throws {
        let api = try APIFixture.backups()
        try api.directory.directory("box/second")
        try api.backup(["targets": two(api)])
        #expect(try api.directory.names("box/to") == api.directory.names("box/second"))
        let name = try api.newest(".tar.zst", in: "second")
        #expect(try api.run(#"return hash.file("to/\#(name)") == hash.file("second/\#(name)")"#) == true)
        let modes = try api.directory.names("box/second").map { try api.directory.status("box/second/" + $0)?.mode }
        #expect(modes.allSatisfy { $0 == 0o600 })
    }

    @Test("A target that fails is named and the run fails; the others keep theirs, and it is caught up with")
    func partial() throws {
        let api = try APIFixture.backups()
        for order in [two(api), .list((two(api).list ?? []).reversed())] {
            let said = api.backupFailure(["targets": order])
            #expect(said.contains("1 of 2 targets failed"), "\(said)")
            #expect(said.contains("/second: it is not there"), "\(said)")
            #expect(try api.published() == ["test.json", "test.manifest", "test.tar.zst"])
        }
        try api.directory.directory("box/second")
        let before = try api.directory.names("box/to")
        #expect(try api.backup(["targets": two(api)])["unchanged"] == true)
        #expect(try api.directory.names("box/second") == before)
        #expect(try api.backup(["targets": two(api)])["unchanged"] == true)
        #expect(try api.restore(["targets": [.bytes(api.at("second").bytes)]])["files"] == 2)
    }

    @Test("Where every target fails, nothing is done") func none() throws {
        let api = try APIFixture.backups()
        let said = api.backupFailure(["targets": [.bytes(api.at("no").bytes), .bytes(api.at("none").bytes)]])
        #expect(said.contains("every target failed"), "\(said)")
    }

    @Test("A full disk of a target leaves nothing there, and the others get theirs", .enabled(if: getuid() == 0))
    func full() throws {
        let api = try APIFixture.backups()
        try api.run(
            """
            local noise = {}
            for i = 1, 40000 do noise[i] = hash.text(tostring(i)) end
            fs.write("data/noise", table.concat(noise))
            """)
        let small = try api.directory.directory("box/second")
        try #require(small.withCString { mount("tmpfs", $0, "tmpfs", 0, "size=256k") } == 0)
        defer { _ = small.withCString { umount2($0, Int32(MNT_DETACH)) } }
        try api.directory.file("box/second/old", "an older file")
        for order in [two(api), .list((two(api).list ?? []).reversed())] {
            let said = api.backupFailure(["targets": order])
            #expect(said.contains("1 of 2 targets failed"), "\(said)")
            #expect(said.contains("No space left"), "\(said)")
            #expect(try api.directory.names("box/second") == ["old"])
            #expect(try api.published().contains("test.tar.zst"))
            try api.directory.file("box/data/a.txt", "changed")
            APIFixture.nextSecond()
        }
        #expect(try api.published().count == 6)
        #expect(try api.restore()["files"] == 3)
    }

    @Test("A copy that the proof finds damaged counts no more, stays, and a new one is made")
    func condemned() throws {
        let api = try APIFixture.backups()
        try api.backup(["prove": "never"])
        let name = try api.newest(".tar.zst")
        var bytes = try Files.readSmall(api.at("to/" + name))
        bytes[bytes.count / 2] ^= 4
        try api.directory.replace("box/to/" + name, bytes)
        APIFixture.nextSecond()
        let said = api.backupFailure()
        #expect(said.contains("its checksum differs"), "\(said)")
        #expect(try api.directory.names("box/to").contains(name))
        #expect(throws: LuaError.self) { try api.restore() }
        #expect(try api.backup(keep: ["last": 1])["unchanged"] == false)
        #expect(try api.directory.names("box/to").contains(name))
        #expect(api.services.warnings.contains { $0.contains("is damaged, and does not count") })
        #expect(try api.restore()["files"] == 2)
    }

    @Test("Of two copies one of which is damaged, the sound one is restored and copied") func oneDamaged() throws {
        let api = try APIFixture.backups()
        try api.directory.directory("box/second")
        try api.backup(["targets": two(api)])
        let name = try api.newest(".tar.zst")
        let sound = try Files.readSmall(api.at("to/" + name))
        try api.directory.replace("box/to/" + name, [UInt8](repeating: 0, count: sound.count))
        #expect(try api.restore(["targets": two(api)])["from"] == .bytes(api.at("second").bytes))
        // A week later the proof finds it, and the run after that makes it good.
        api.services.state["proven"] = 0
        try api.run(
            """
            for _, directory in ipairs { "to", "second" } do
              for _, entry in ipairs(fs.list(directory, { pattern = "*.json" })) do
                local info = json.decode(fs.read(entry.path))
                info.proven = nil
                fs.write(entry.path, json.encode(info))
              end
            end
            """)
        let said = api.backupFailure(["targets": two(api), "prove": "weekly"])
        #expect(said.contains("1 of 2 targets failed"), "\(said)")
        _ = try api.run("for _, e in ipairs(fs.list('to')) do fs.remove(e) end")
        #expect(try api.backup(["targets": two(api)])["unchanged"] == true)
        #expect(try Files.readSmall(api.at("to/" + name)) == sound)
    }

    @Test("A missing manifest, or one that was cut, is no backup", arguments: ["remove", "truncate"])
    func manifest(what: String) throws {
        let api = try APIFixture.backups()
        try api.backup()
        APIFixture.nextSecond()
        let path = "to/" + (try api.newest(".manifest"))
        _ = try api.run(what == "remove" ? "fs.remove('\(path)')" : "fs.truncate('\(path)', 10)")
        #expect(throws: LuaError.self) { try api.restore() }
        #expect(try api.backup()["unchanged"] == false)
        #expect(try api.restore()["files"] == 2)
    }

    @Test("What other machines made under the same name is neither counted nor removed") func machines() throws {
        let api = try APIFixture.backups()
        try api.backup(["machine": "web2"])
        APIFixture.nextSecond()
        let others = try api.directory.names("box/to")
        for round in 0..<3 {
            try api.directory.file("box/data/a.txt", "round \(round)")
            try api.backup(["machine": "web1"], keep: ["last": 1])
            APIFixture.nextSecond()
        }
        let left = try api.directory.names("box/to")
        #expect(left.count == 6)
        #expect(others.allSatisfy(left.contains))
        #expect(api.services.warnings.contains { $0.contains("of the machine web2") })
        #expect(throws: LuaError.self) { try api.restore() }
        try api.restore(["machine": "web2"])
        #expect(api.directory.text("box/out/files" + api.at("data").text + "/a.txt") == "content of a")
    }

    @Test("A backup that a wrong clock dated years ahead is not the newest") func future() throws {
        let api = try APIFixture.backups()
        try api.backup()
        let text = """
            for _, entry in ipairs(fs.list("to")) do
              fs.rename(entry.path, (entry.path:gsub("%d%d%d%d%d%d%d%dT%d+Z", "20990101T000000Z")))
            end
            local path = "to/test-20990101T000000Z.json"
            local info = json.decode(fs.read(path))
            info.time = 4070908800
            fs.write(path, json.encode(info))
            """
        try api.run(text)
        try api.directory.file("box/data/a.txt", "newer")
        try api.backup(keep: ["last": 1])
        APIFixture.nextSecond()
        try api.directory.file("box/data/a.txt", "newest")
        try api.backup(keep: ["last": 1])
        #expect(try api.published().count == 6)
        try api.restore()
        #expect(api.directory.text("box/out/files" + api.at("data").text + "/a.txt") == "newest")
    }
}
