import Testing

@testable import Scriptron

@Suite("archive.compress and archive.decompress") struct CompressTests {
    /// Content that compresses, but not to nothing.
    private static func content(_ bytes: Int) -> String {
        var text = ""
        var number: UInt64 = 88_172_645_463_325_252
        while text.utf8.count < bytes {
            number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            text += "line \(number >> 40)\n"
        }
        return text
    }

    @Test("There and back, in both formats, of all sizes", arguments: ["zstd", "gzip"], [0, 1, 300_000, 6_000_000])
    func roundTrip(format: String, bytes: Int) throws {
        let api = try APIFixture()
        let text = Self.content(bytes)
        try api.directory.file("box/a.log", text, mode: 0o640)
        try api.directory.age("box/a.log", to: 1_000_000_000)
        let result = try api.run(
            """
            local made = archive.compress("a.log", "a.packed", { format = "\(format)" })
            local back = archive.decompress("a.packed", "b.log")
            return { made.bytes, made.sha256 == back.sha256, made.stored == fs.stat("a.packed").size,
                     back.stored == made.stored, made.sha256 == hash.file("b.log") }
            """)
        #expect(result == [.int(Int64(text.utf8.count)), true, true, true, true])
        #expect(try api.run(#"return hash.file("a.log") == hash.file("b.log")"#) == true)
        for name in ["box/a.log", "box/a.packed", "box/b.log"] {
            let status = try #require(try api.directory.status(name))
            #expect(status.mode == 0o640)
            #expect(status.modified == 1_000_000_000_000_000_000)
        }
        // What others make of it: gunzip reads what was made, and gzip's is read here.
        if format == "gzip" {
            let there = try api.run(
                #"return process.run({ "gzip", "-dc", "a.packed" }, { stdout = { file = "c.log" }, cwd = "." }).code"#)
            #expect(there == 0)
            #expect(try api.run(#"return hash.file("a.log") == hash.file("c.log")"#) == true)
        }
    }

    @Test("Several streams, one behind the other, are one file") func concatenated() throws {
        let api = try APIFixture()
        try api.directory.file("box/a", "one\n")
        try api.directory.file("box/b", "two\n")
        for format in ["zstd", "gzip"] {
            try api.run(
                """
                archive.compress("a", "a.p", { format = "\(format)" })
                archive.compress("b", "b.p", { format = "\(format)" })
                fs.write("ab.p", fs.read("a.p") .. fs.read("b.p"))
                archive.decompress("ab.p", "ab.\(format)")
                fs.remove("a.p")
                fs.remove("b.p")
                """)
            #expect(api.directory.text("box/ab.\(format)") == "one\ntwo\n")
        }
    }

    @Test("What is there is never overwritten, and nothing but a regular file is read") func refusals() throws {
        let api = try APIFixture()
        try api.directory.file("box/a", "a")
        try api.directory.file("box/there", "there")
        try api.directory.link("box/link", to: api.at("a"))
        #expect(try api.failure(#"archive.compress("a", "there")"#).code == "EEXIST")
        #expect(api.directory.text("box/there") == "there")
        #expect(try api.failure(#"archive.compress("link", "x")"#).code == "ELOOP")
        #expect(try api.failure(#"archive.compress("none", "x")"#).code == "ENOENT")
        #expect(try api.failure(#"archive.compress("a", "x", { level = 99 })"#).code == "EARGUMENT")
        #expect(try api.failure(#"archive.compress("a", "x", { format = "lzma" })"#).code == "EARGUMENT")
        #expect(try api.failure(#"archive.compress("a", "/etc/x")"#).code == "EGRANT")
        #expect(try api.failure(#"archive.decompress("a", "x")"#).code == "EDAMAGED")
        #expect(try api.directory.names("box") == ["a", "link", "there"])
    }

    @Test(
        "A flipped byte, a missing end and too much content are found, and nothing is left of them",
        arguments: ["zstd", "gzip"])
    func damage(format: String) throws {
        let api = try APIFixture()
        try api.directory.file("box/a", Self.content(400_000))
        try api.run(#"archive.compress("a", "a.p", { format = "\#(format)" })"#)
        let sound = try Files.readSmall(api.at("a.p"), max: 1 << 20)
        for place in [sound.count / 3, sound.count / 2, sound.count - 2] {
            var bytes = sound
            bytes[place] ^= 0x10
            try api.directory.replace("box/flipped", bytes)
            #expect(try api.failure(#"archive.decompress("flipped", "x")"#).code == "EDAMAGED", "byte \(place)")
            try api.directory.replace("box/cut", Array(sound[..<place]))
            #expect(try api.failure(#"archive.decompress("cut", "x")"#).code == "EDAMAGED", "cut at \(place)")
        }
        #expect(try api.failure(#"archive.decompress("a.p", "x", { max = 1000 })"#).code == "EFBIG")
        #expect(try api.directory.names("box") == ["a", "a.p", "cut", "flipped"])
    }

    @Test("A dry run plans it, and later steps see the files") func dry() throws {
        let api = try APIFixture()
        try api.directory.file("box/a", "content")
        api.isDry = true
        let result = try api.run(
            """
            archive.compress("a", "a.zst")
            fs.remove("a")
            archive.decompress("a.zst", "b")
            return { fs.stat("a") == nil, fs.stat("a.zst").type, (pcall(archive.compress, "b", "a.zst")) }
            """)
        #expect(result == [true, "file", false])
        #expect(api.steps == ["compress a a.zst", "remove a", "decompress a.zst b"])
        #expect(try api.directory.names("box") == ["a"])
    }

    @Test("Many at once: each as it would be alone, with what fails told apart", arguments: ["zstd", "gzip"])
    func many(format: String) throws {
        let api = try APIFixture()
        for index in 0..<40 { try api.directory.file("box/\(index).log", Self.content(index * 1000), mode: 0o640) }
        try api.directory.file("box/large.log", Self.content(5_000_000))
        try api.directory.file("box/3.packed", "there")
        try api.directory.link("box/link.log", to: api.at("1.log"))
        let result = try api.run(
            """
            local files, sizes = {}, {}
            for index = 0, 39 do
              files[#files + 1] = { from = fs.stat(index .. ".log"), to = index .. ".packed" }
              sizes[#sizes + 1] = files[#files].from.size
            end
            fs.append("5.log", "more")
            fs.remove("7.log")
            files[#files + 1] = { from = "large.log", to = "large.packed" }
            files[#files + 1] = { from = "link.log", to = "link.packed" }
            files[#files + 1] = { from = "0.log", to = "nowhere/0.packed" }
            local outcomes = archive.compress_all(files, { format = "\(format)" })
            local wrong = {}
            for index, outcome in ipairs(outcomes) do
              if outcome.code then
                wrong[#wrong + 1] = outcome.code .. " " .. (outcome.message:match("/box/(%S-):") or "?")
              else
                local content = archive.content(files[index].to)
                if content.sha256 ~= hash.file((files[index].to:gsub("packed$", "log"))) or content.bytes ~= outcome.bytes
                  or outcome.stored ~= fs.stat(files[index].to).size or content.stored ~= outcome.stored then
                  wrong[#wrong + 1] = files[index].to
                end
              end
            end
            return wrong
            """)
        #expect(
            result == [
                "EEXIST 3.packed", "ECHANGED 5.log", "ENOENT 7.log", "ELOOP link.log", "ENOENT nowhere/0.packed",
            ])
        #expect(api.directory.text("box/3.packed") == "there")
        #expect(try api.directory.names("box").allSatisfy { !$0.hasPrefix(".") })
        #expect(try api.directory.status("box/20.packed")?.mode == 0o640)
        #expect(try api.run("return #archive.compress_all({})") == 0)
        for files in [#"{ "a" }"#, #"{ { from = "1.log" } }"#, "7", #"{ { from = "/etc/passwd", to = 7 } }"#] {
            #expect(try api.failure("archive.compress_all(\(files))").code == "EARGUMENT", "\(files)")
        }
        #expect(try api.failure(#"archive.compress_all({ { from = "1.log", to = "/etc/x" } })"#).code == "EGRANT")
        #expect(try api.failure(#"archive.content("1.log")"#).code == "EDAMAGED")
        #expect(try api.failure(#"archive.content("none")"#).code == "ENOENT")
    }

    @Test("A dry run plans many, and sees what is there") func dryMany() throws {
        let api = try APIFixture()
        try api.directory.file("box/a", "content")
        try api.run(#"archive.compress("a", "there.zst")"#)
        api.isDry = true
        let result = try api.run(
            """
            local outcomes = archive.compress_all { { from = fs.stat("a"), to = "a.zst" }, { from = "a", to = "there.zst" } }
            return { outcomes[1].bytes, outcomes[2].code, archive.content("there.zst").bytes, archive.content("a.zst").sha256 == hash.file("a") }
            """)
        #expect(result == [7, "EEXIST", 7, true])
        #expect(api.steps == ["compress a a.zst"])
    }
}
