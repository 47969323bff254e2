import Glibc
import Testing

@testable import Scriptron

@Suite("archive: create, list, verify, extract") struct ArchiveTests {
    /// A tree with one of everything, as `box/data`.
    static func fill(_ api: APIFixture) throws {
        let directory = api.directory
        try directory.tree("box/data/a.txt", "content of a")
        try directory.tree("box/data/deep/er/b.txt", String(repeating: "b", count: 3000))
        try directory.directory("box/data/empty", mode: 0o750)
        try directory.tree(
            "box/data/" + String(repeating: "n", count: 200) + "/" + String(repeating: "m", count: 255), "long")
        try directory.tree("box/data/line\nfeed \u{e4}\u{1F600}", "odd")
        try directory.replace("box/data/plain", [0xFF, 0x00, 0x80])
        let raw = api.at("data").appending(Path(bytes: [0x66, 0xFF, 0xFE]))
        _ = try NewFile.create(raw, [1, 2, 3], mode: 0o600)
        try directory.link("box/data/link", to: "../nowhere")
        try directory.link("box/data/far", to: Path(String(repeating: "x/", count: 100) + "y"))
        let other = directory.at("box/data/other-name")
        let first = directory.at("box/data/a.txt")
        #expect(first.withCString { first in other.withCString { link(first, $0) } } == 0)
        #expect(directory.at("box/data/pipe").withCString { mkfifo($0, 0o640) } == 0)
        let sparse = try Directory(api.at("data")).createFile(Array("sparse".utf8), mode: 0o644)
        try sparse.setLength(5 << 20)
        try sparse.seek(to: 1 << 20)
        try sparse.write(Array("in the middle".utf8))
        try sparse.seek(to: 3 << 20)
        try sparse.write([UInt8](repeating: 7, count: 100_000))
        try directory.age("box/data/a.txt", to: 1_234_567_890)
        try directory.age("box/data/deep", to: 987_654_321)
    }

    @Test("A tree with one of everything comes back the same, by extract and by tar itself") func everything() throws {
        let api = try APIFixture()
        try Self.fill(api)
        let before = try RandomTree.facts(api.at("data"))
        let result = try api.run(
            """
            local made = archive.create("x.tar.zst", { "data" }, { manifest = "x.manifest" })
            local read = archive.verify("x.tar.zst", { manifest = "x.manifest" })
            local out = archive.extract("x.tar.zst", "out")
            archive.verify("out", { manifest = "x.manifest" })
            archive.decompress("x.tar.zst", "x.tar")
            fs.mkdir("tarred")
            return { made.files == read.files and read.files == out.files, made.sha256 == hash.file("x.tar.zst"),
                     read.sha256 == made.sha256, made.stored == fs.stat("x.tar.zst").size, #made.unreadable, #made.changed,
                     fs.stat("x.tar.zst").mode }
            """)
        #expect(result == [true, true, true, true, 0, 0, "0600"])
        #expect(try RandomTree.facts(api.at("out/data")) == before)
        try RandomTree.untar(api.at("x.tar"), into: api.at("tarred"))
        #expect(try RandomTree.facts(api.at("tarred/data")) == before)
        for name in ["box/out/data/sparse", "box/tarred/data/sparse"] {
            let status = try #require(try api.directory.status(name))
            #expect(status.allocated < 1 << 20, "the holes of \(name) are kept")
        }
    }

    @Test("Random trees come back the same") func random() throws {
        for seed in 1...4 { try RandomTree.roundTrip(seed: UInt64(seed)) }
    }

    @Test("What tar itself makes is unpacked", arguments: ["pax", "gnu", "ustar"]) func foreign(format: String) throws {
        let api = try APIFixture()
        try Self.fill(api)
        if format == "ustar" {
            // It has no room for these.
            try api.run(
                #"for _, entry in ipairs(fs.list("data")) do if #entry.name > 100 then fs.remove_tree(entry.path) end end"#
            )
            try api.run(#"fs.remove("data/far")"#)
        }
        let ran = try RanProgram.run(
            "/bin/tar", ["cf", api.at("x.tar").text, "--format=" + format, "-C", api.at("").text, "data"])
        #expect(ran.output == "")
        try api.run(#"archive.extract("x.tar", "out")"#)
        func whole(_ facts: [String: String]) -> [String: String] {
            // Two of the formats know whole seconds only.
            format == "pax" ? facts : facts.mapValues { $0.split(separator: " ").prefix(2).joined(separator: " ") }
        }
        #expect(try whole(RandomTree.facts(api.at("out/data"))) == whole(RandomTree.facts(api.at("data"))))
    }

    @Test("A flipped byte, a missing end, another manifest: all are found") func damage() throws {
        let api = try APIFixture()
        try Self.fill(api)
        try api.run(#"archive.create("x.tar.zst", "data", { manifest = "m" })"#)
        let sound = try Files.readSmall(api.at("x.tar.zst"))
        for place in stride(from: 10, to: sound.count, by: max(1, sound.count / 40)) {
            var bytes = sound
            bytes[place] ^= 1
            try api.directory.replace("box/flipped", bytes)
            // A bit of a frame's header may mean nothing: then the content is the same, and verified.
            let text = try api.run(
                #"local good, why = pcall(archive.verify, "flipped", { manifest = "m" }) return good or why.code"#)
            if text != "EDAMAGED" {
                #expect(text == true)
                #expect(try api.run(#"return archive.verify("flipped").sha256 == hash.file("x.tar.zst")"#) == false)
            }
            try api.directory.replace("box/cut", Array(sound[..<place]))
            #expect(try api.failure(#"archive.verify("cut", { manifest = "m" })"#).code == "EDAMAGED")
        }
        try api.run(
            """
            fs.append("data/a.txt", "more")
            archive.create("y.tar.zst", "data", { manifest = "n" })
            """)
        let error = try api.failure(#"archive.verify("y.tar.zst", { manifest = "m" })"#)
        #expect(error.code == "EDAMAGED")
        #expect(error.message.contains("a.txt"))
        try api.run(#"archive.extract("x.tar.zst", "out") fs.write("out/data/deep/er/b.txt", "other")"#)
        #expect(try api.failure(#"archive.verify("out", { manifest = "m" })"#).message.contains("b.txt"))
    }

    @Test(
        "Names and links that lead out of the directory are refused",
        arguments: ["../x", "/etc/x", "a/../../x", "", "a/.."])
    func escapes(name: String) throws {
        let api = try APIFixture()
        let member = TarMember(name: Array(name.utf8), kind: .file)
        try api.directory.replace("box/x.tar", TarWriter.header(of: member) + TarWriter.end)
        #expect(try api.failure(#"archive.extract("x.tar", "out")"#).code == "EESCAPE")
        #expect(try api.directory.names("box/out") == [])
    }

    @Test("A file is not written through a link, nor linked to what is outside") func linkEscapes() throws {
        let api = try APIFixture()
        try api.directory.directory("box/elsewhere")
        try api.directory.file("box/secret", "secret")
        var link = TarMember(name: Array("d".utf8), kind: .link)
        link.target = Array(api.at("elsewhere").bytes)
        let file = TarMember(name: Array("d/x".utf8), kind: .file)
        try api.directory.replace("box/x.tar", TarWriter.header(of: link) + TarWriter.header(of: file) + TarWriter.end)
        #expect(try api.failure(#"archive.extract("x.tar", "out")"#).code == "EESCAPE")
        #expect(try api.directory.names("box/elsewhere") == [])
        for target in ["../secret", "/etc/passwd", "d/../../secret"] {
            var hard = TarMember(name: Array("h".utf8), kind: .hardLink)
            hard.target = Array(target.utf8)
            try api.directory.replace("box/y.tar", TarWriter.header(of: hard) + TarWriter.end)
            #expect(try api.failure(#"archive.extract("y.tar", "out2")"#).code == "EESCAPE")
        }
    }

    @Test("Nothing is overwritten, and what is chosen is all that comes") func choice() throws {
        let api = try APIFixture()
        try Self.fill(api)
        let result = try api.run(
            """
            archive.create("x.tar.gz", { { path = "data", as = "top" }, { path = "data/deep/er/b.txt", as = "one" } },
              { format = "gzip", exclude = { "sparse", "deep" } })
            local out = archive.extract("x.tar.gz", "out", { only = { "**/empty", "one" } })
            local names = {}
            for _, entry in ipairs(archive.list("x.tar.gz", { only = "top/*.txt" })) do names[#names + 1] = entry.path end
            return { out.files, out.directories, names, #fs.read("out/one"), #fs.list("out/top"), (pcall(archive.list, "x.tar.gz", { max = 2 })) }
            """)
        #expect(result == [1, 1, ["top/a.txt"], 3000, 1, false])
        #expect(try api.failure(#"archive.extract("x.tar.gz", "out", { only = "one" })"#).code == "EEXIST")
        #expect(try api.failure(#"archive.create("x.tar.gz", "data")"#).code == "EEXIST")
        #expect(try api.failure(#"archive.create("y", { "data", { path = "out", as = "data" } })"#).code == "EARGUMENT")
        #expect(try api.failure(#"archive.create("y", { path = "data", as = "../x" })"#).code == "EARGUMENT")
        #expect(try api.failure(#"archive.create("y", "none")"#).code == "ENOENT")
    }

    @Test("A scan's fingerprint stays until something changes") func fingerprint() throws {
        let api = try APIFixture()
        try Self.fill(api)
        let result = try api.run(
            """
            local first = archive.scan("data")
            fs.read("data/a.txt")
            local same = archive.scan("data").fingerprint == first.fingerprint
            fs.append("data/a.txt", "!")
            local content = archive.scan("data")
            fs.chmod("data/plain", "0600")
            local mode = archive.scan("data")
            fs.rename("data/plain", "data/renamed")
            local name = archive.scan("data")
            return { same, content.fingerprint ~= first.fingerprint, mode.fingerprint ~= content.fingerprint,
                     name.fingerprint ~= mode.fingerprint, content.bytes - first.bytes, first.files }
            """)
        // Two names of one file, each counted.
        #expect(result == [true, true, true, true, 2, 11])
    }

    @Test("A dry run knows what the archive will hold and how large it will be, and makes nothing") func dry() throws {
        let api = try APIFixture()
        try api.directory.tree("box/data/a", "12345")
        try api.directory.tree("box/data/b/c", "123")
        api.isDry = true
        let result = try api.run(
            """
            local made = archive.create("x.tar.zst", "data", { manifest = "m" })
            local read = archive.verify("x.tar.zst", { manifest = "m" })
            archive.extract("x.tar.zst", "out")
            return { made.files, made.bytes, read.sha256 == made.sha256, fs.stat("x.tar.zst").size == made.stored,
                     fs.read("out/data/b/c") }
            """)
        #expect(result == [2, 8, true, true, "123"])
        #expect(api.planned?.plan.isAssumed == false)
        #expect(try api.directory.names("box") == ["data"])
        #expect(api.steps.first == "archive x.tar.zst")
    }
}
