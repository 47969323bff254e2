import Glibc
import Testing

@testable import Scriptron

@Suite(
    "jobs/backup.lua for recipients of age",
    .enabled(if: RanProgram.isThere("age") && RanProgram.isThere("age-keygen"), "needs age"))
struct BackupEncryptionTests {
    /// A box whose jobs may run age, and a key there; returns its recipient too.
    private func api() throws -> (api: APIFixture, recipient: Value) {
        let api = try APIFixture.backups()
        let path = Path("/usr/bin/age")
        api.grant.programs.append(Grant.Program(name: "age", path: path, files: [path]))
        return (api, try key(api, "key"))
    }

    private func key(_ api: APIFixture, _ name: String) throws -> Value {
        let ran = try RanProgram.run("/usr/bin/age-keygen", ["-o", api.at(name).text])
        let line = try #require(ran.lines.first { $0.hasPrefix("Public key: ") })
        return .text(String(line.dropFirst("Public key: ".count)))
    }

    @Test("It is encrypted, proven with the identity, and comes back; nothing plain is left") func roundTrip() throws {
        let (api, recipient) = try api()
        try api.directory.directory("box/staging")
        let staging: Value = .bytes(api.at("staging").bytes)
        let result = try api.backup([
            "recipients": [recipient], "identity": .bytes(api.at("key").bytes), "staging": staging,
        ])
        #expect(result["proven"] == true)
        #expect(try api.published() == ["test.json", "test.manifest.age", "test.tar.zst.age"])
        #expect(try api.directory.names("box/staging").isEmpty)
        for name in try api.directory.names("box/to") {
            let bytes = try Files.readSmall(api.at("to/" + name))
            #expect(name.hasSuffix(".json") || String(decoding: bytes, as: UTF8.self).hasPrefix("age-encryption.org/"))
        }
        let without = #expect(throws: LuaError.self) { try api.restore() }
        #expect(without?.message.contains("is encrypted: set identity") == true)
        _ = try key(api, "other")
        #expect(throws: LuaError.self) { try api.restore(["identity": .bytes(api.at("other").bytes)]) }
        #expect(try api.directory.status("box/out")?.kind != .directory || api.directory.names("box/out").isEmpty)
        #expect(try api.restore(["identity": .bytes(api.at("key").bytes)])["files"] == 2)
        #expect(try api.directory.names("box/out") == ["files"])
        let stored = "box/out/files" + api.at("data").text
        #expect(try RandomTree.facts(api.directory.at(stored)) == RandomTree.facts(api.at("data")))
        // By hand, as the documentation says.
        let archive = api.at("to/" + (try api.newest(".tar.zst.age")))
        let listed = try RanProgram.run("/bin/sh", ["-c", "age -d -i \(api.at("key")) \(archive) | tar --zstd -tf -"])
        #expect(listed.lines.contains { $0.hasSuffix("deep/b.txt") }, "\(listed.output)")
    }

    @Test("Without the identity only checksums are compared, and that is said") func withoutIdentity() throws {
        let (api, recipient) = try api()
        let result = try api.backup(["recipients": [recipient]])
        #expect(result["proven"] == false && result["last_proven"] == nil, "\(result)")
        #expect(api.services.lines.contains { $0.contains("only by its checksums") })
        #expect(try api.backup(["recipients": [recipient]])["unchanged"] == true)
        APIFixture.nextSecond()
        // A week later a flipped byte is found all the same.
        let path = "to/" + (try api.newest(".tar.zst.age"))
        var bytes = try Files.readSmall(api.at(path))
        bytes[bytes.count / 2] ^= 4
        try api.directory.replace("box/" + path, bytes)
        api.services.state["checked"] = 0
        #expect(api.backupFailure(["recipients": [recipient]]).contains("its checksum differs"))
        #expect(try api.backup(["recipients": [recipient]])["unchanged"] == false)
    }

    @Test("Other recipients make a new backup of an unchanged source; what is none makes none") func recipients() throws
    {
        let (api, recipient) = try api()
        let other = try key(api, "other")
        let rounds: [([Value], Bool)] = [([], false), ([recipient], false), ([recipient], true), ([other], false)]
        for (recipients, unchanged) in rounds {
            #expect(
                try api.backup(["recipients": .list(recipients)], keep: ["last": 9])["unchanged"] == .bool(unchanged))
            APIFixture.nextSecond()
        }
        let before = try api.directory.names("box/to")
        try api.directory.file("box/data/a.txt", "changed")
        for wrong: Value in ["age1wrong", "--output=/etc/passwd", 7] {
            #expect(throws: LuaError.self) { try api.backup(["recipients": [wrong]], keep: ["last": 1]) }
        }
        #expect(try api.directory.names("box/to") == before)
    }
}
