import Glibc
import Testing

@testable import Scriptron

@Suite("fs") struct FSModuleTests {
    @Test("What is written is read, with the mode that was asked for") func write() throws {
        let api = try APIFixture()
        let result = try api.run(
            """
            local bytes = fs.write("a", "hello", { mode = "0640" })
            local entry = fs.stat("a")
            return { bytes = bytes, text = fs.read("a"), mode = entry.mode, type = entry.type, size = entry.size }
            """)
        #expect(result == ["bytes": 5, "text": "hello", "mode": "0640", "type": "file", "size": 5])
        #expect(try api.directory.names("box") == ["a"])
    }

    @Test("A file that is replaced keeps its mode; without replace it is kept") func replace() throws {
        let api = try APIFixture()
        try api.directory.file("box/a", "old", mode: 0o600)
        try api.run(#"fs.write("a", "new")"#)
        #expect(api.directory.text("box/a") == "new")
        #expect(try api.directory.status("box/a")?.mode == 0o600)
        #expect(try api.failure(#"fs.write("a", "newer", { replace = false })"#).code == "EEXIST")
        #expect(api.directory.text("box/a") == "new")
        #expect(try api.directory.names("box") == ["a"])
    }

    @Test("Where something else than a file is, nothing hangs and nothing is replaced") func notRegular() throws {
        let api = try APIFixture()
        #expect(api.at("fifo").withCString { mkfifo($0, 0o600) } == 0)
        try api.directory.link("box/link", to: "/etc/hostname")
        try api.directory.directory("box/dir")
        for (name, code) in [("fifo", "ENOTREG"), ("link", "ELOOP"), ("dir", "EISDIR")] {
            #expect(try api.failure("fs.write(\"\(name)\", \"x\")").code == code)
            #expect(try api.failure("fs.append(\"\(name)\", \"x\")").code == code)
            #expect(try api.failure("fs.write(\"\(name)\", \"x\", { atomic = false })").code == code)
        }
        for name in ["fifo", "dir"] {
            #expect(try api.failure("fs.read(\"\(name)\")").code == (name == "dir" ? "EISDIR" : "ENOTREG"))
            #expect(try api.failure("for _ in fs.lines(\"\(name)\") do end").code != nil)
        }
    }

    @Test("A full disk leaves the old content and no other file", .enabled(if: getuid() == 0, "needs root"))
    func fullDisk() throws {
        let api = try APIFixture()
        let box = api.at("disk")
        try api.directory.directory("box/disk")
        let mounted = box.withCString { mount("tmpfs", $0, "tmpfs", 0, "size=64k") }
        try #require(mounted == 0)
        defer { _ = box.withCString { umount2($0, 2) } }
        try api.run(#"fs.write("disk/a", "old")"#)
        try api.directory.file("box/big", String(repeating: "x", count: 200_000))
        let big = #"string.rep("x", 200000)"#
        for call in [
            "fs.write(\"disk/a\", \(big))", "fs.write(\"disk/b\", \(big))", "fs.append(\"disk/a\", \(big))",
            "fs.copy(\"big\", \"disk/c\")", "fs.rename(\"big\", \"disk/d\")",
        ] {
            #expect(try api.failure(call).code == "ENOSPC")
            #expect(api.directory.text("box/disk/a") == "old")
            #expect(try api.directory.names("box/disk") == ["a"])
        }
        #expect(api.directory.text("box/big")?.count == 200_000)
    }

    @Test("Reading more than the most raises, and never cuts") func readLimit() throws {
        let api = try APIFixture()
        try api.directory.file("box/a", String(repeating: "x", count: 2000))
        let error = try api.failure(#"fs.read("a", { max = "1KiB" })"#)
        #expect(error.code == "EFBIG")
        #expect(try api.run(#"return #fs.read("a", { max = 2000 })"#) == 2000)
    }

    @Test("Lines come one by one, long ones and the last without a line feed") func lines() throws {
        let api = try APIFixture()
        let long = String(repeating: "y", count: 100_000)
        try api.directory.file("box/a", "one\n\n\(long)\nlast")
        let result = try api.run(
            """
            local lengths = {}
            for line in fs.lines("a") do lengths[#lengths + 1] = #line end
            return lengths
            """)
        #expect(result == [3, 0, 100_000, 4])
    }

    @Test("A walk filters by pattern, exclusion, kind, age, size and depth") func walk() throws {
        let api = try APIFixture()
        for name in ["a.log", "b.txt", "sub/c.log", "sub/deep/d.log", "skip/e.log"] {
            try api.directory.tree("box/" + name, name)
        }
        try api.directory.age("box/a.log", to: 1_000_000)
        func names(_ options: String) throws -> [String] {
            let result = try api.run(
                """
                local found = {}
                for entry in fs.walk(".", \(options)) do found[#found + 1] = entry.name end
                table.sort(found)
                return found
                """)
            return result.list?.compactMap(\.text) ?? []
        }
        #expect(try names(#"{ pattern = "*.log" }"#) == ["a.log", "c.log", "d.log", "e.log"])
        #expect(try names(#"{ pattern = "*.log", exclude = "skip" }"#) == ["a.log", "c.log", "d.log"])
        #expect(try names(#"{ pattern = "*.log", depth = 1 }"#) == ["a.log"])
        #expect(try names(#"{ type = "directory" }"#) == ["deep", "skip", "sub"])
        #expect(try names(#"{ type = "file", older_than = "1h", clock = "mtime" }"#) == ["a.log"])
        #expect(try names(#"{ type = "file", older_than = "1h" }"#) == [])
        #expect(try names(#"{ type = "file", size = { min = 10 } }"#) == ["d.log", "e.log"])
        #expect(try names(#"{ pattern = { "sub/**", "*.txt" } }"#) == ["b.txt", "c.log", "d.log", "deep"])
    }

    @Test("Thousands of entries come in batches, and a walk may be left early") func manyEntries() throws {
        let api = try APIFixture()
        for index in 0..<1000 { try api.directory.file("box/\(index)") }
        let result = try api.run(
            """
            local all, some = 0, 0
            for _ in fs.walk(".") do all = all + 1 end
            for _ in fs.walk(".") do some = some + 1; if some == 300 then break end end
            return { all, some }
            """)
        #expect(result == [1000, 300])
    }

    @Test(
        "What cannot be read is warned of, told, or raised", .enabled(if: getuid() != 0, "needs a user who is not root")
    )
    func unreadable() throws {
        let api = try APIFixture()
        try api.directory.directory("box/closed", mode: 0)
        try api.run(#"for _ in fs.walk(".") do end"#)
        #expect(api.services.warnings.count == 1)
        #expect(try api.failure(#"for _ in fs.walk(".", { on_error = "raise" }) do end"#).code == "EACCES")
    }

    @Test("An entry is removed only while it still is the file that was seen") func removeEntry() throws {
        let api = try APIFixture()
        for name in ["a", "b", "c"] { try api.directory.tree("box/sub/" + name, name) }
        let result = try api.run(
            """
            local results = {}
            for _, entry in ipairs(fs.list("sub")) do
              if entry.name == "b" then fs.append("sub/b", "more") end
              if entry.name == "c" then fs.remove("sub/c") end
              local removed, reason = fs.remove(entry)
              results[entry.name] = reason or removed
            end
            return results
            """)
        #expect(result == ["a": true, "b": "changed", "c": "gone"])
        #expect(try api.directory.names("box/sub") == ["b"])
    }

    @Test("A directory swapped for a link between the look and the removal leads nowhere") func swapped() throws {
        let api = try APIFixture()
        try api.directory.tree("box/sub/file", "mine")
        try api.directory.tree("outside/file", "not mine")
        let result = try api.run(
            """
            for entry in fs.walk(".", { type = "file" }) do
              fs.rename("sub", "moved")
              fs.symlink("../outside", "sub")
              local removed, reason = fs.remove(entry)
              return { removed, reason }
            end
            """)
        #expect(result == [false, "changed"])
        #expect(api.directory.text("outside/file") == "not mine")
    }

    @Test("Hard links of one file are all removed in one pass") func hardLinks() throws {
        let api = try APIFixture()
        try api.directory.file("box/a", "x")
        try api.run(
            """
            fs.link("a", "b")
            for entry in fs.walk(".") do assert(fs.remove(entry)) end
            """)
        #expect(try api.directory.names("box") == [])
    }

    @Test("Trees are removed whole, within the limit or not at all") func removeTree() throws {
        let api = try APIFixture()
        for name in ["t/a", "t/b/c", "t/b/d"] { try api.directory.tree("box/" + name, "12345") }
        #expect(try api.failure(#"fs.remove_tree("t", { max_entries = 3 })"#).code == "ETOOMANY")
        #expect(try api.directory.names("box/t") == ["a", "b"])
        let result = try api.run(#"return fs.remove_tree("t")"#)
        #expect(result == ["files": 3, "bytes": 15, "directories": 2])
        #expect(try api.run(#"return fs.remove_tree("t")"#) == ["files": 0, "bytes": 0, "directories": 0])
    }

    @Test("What was granted itself is not taken away") func grantRoot() throws {
        let api = try APIFixture()
        for call in [#"fs.remove(".")"#, #"fs.remove_tree(".")"#, #"fs.rename(".", "x")"#] {
            #expect(try api.failure(call).code == "EGRANT")
        }
    }

    @Test("Outside the grant everything is refused, with the need that would allow it, and the host hears of it")
    func refused() throws {
        let api = try APIFixture()
        try api.directory.file("secret", "s")
        for call in [
            "fs.read(\"../secret\")", "fs.write(\"../x\", \"\")", "fs.remove(\"../secret\")", "fs.list(\"..\")",
            "fs.copy(\"../secret\", \"a\")", "fs.chmod(\"../secret\", \"0777\")", "hash.file(\"../secret\")",
            "fs.remove { path = \"../secret\", type = \"file\", device = 1, inode = 1, size = 1, links = 1, mtime = 1, ctime = 1 }",
        ] {
            #expect(try api.failure(call).code == "EGRANT", "\(call)")
        }
        #expect(api.services.refusals.count == 8)
        #expect(api.directory.text("secret") == "s")
    }

    @Test("A copy keeps mode and times, and a rename moves") func copyAndRename() throws {
        let api = try APIFixture()
        try api.directory.file("box/a", "content", mode: 0o640)
        try api.directory.age("box/a", to: 1_000_000)
        #expect(try api.run(#"return fs.copy("a", "b")"#) == 7)
        #expect(try api.directory.status("box/b")?.mode == 0o640)
        #expect(try api.directory.status("box/b")?.modified == 1_000_000_000_000_000)
        #expect(try api.failure(#"fs.copy("a", "b")"#).code == "EEXIST")
        #expect(try api.failure(#"fs.rename("a", "b")"#).code == "EEXIST")
        #expect(try api.directory.names("box") == ["a", "b"])
        try api.run(#"fs.rename("a", "b", { replace = true })"#)
        #expect(try api.directory.names("box") == ["b"])
    }

    @Test("Holes stay holes in a copy") func sparse() throws {
        let api = try APIFixture()
        try api.run(
            """
            local file = fs.open("a", "w")
            file:seek("set", 8 * 1024 * 1024)
            file:write("end")
            file:close()
            fs.copy("a", "b")
            """)
        let copy = try #require(try api.directory.status("box/b"))
        #expect(copy.size == 8 * 1024 * 1024 + 3)
        #expect(copy.allocated < 1 << 20)
    }

    @Test("A copy of one of several names is a file of its own, with its attributes unless told otherwise")
    func copyOfLink() throws {
        let api = try APIFixture()
        try api.run(#"fs.write("a", "abc")"#)
        #expect(Glibc.link(api.at("a").text, api.at("b").text) == 0)
        let value = Array("x\0y".utf8)
        let original = try StateFiles.open(api.at("a"), .write)
        try ExtendedAttributes.set("user.scriptron", value, on: original)
        func attribute(_ name: String) throws -> [UInt8]? {
            ExtendedAttributes.all(of: try StateFiles.open(api.at(name), .read))["user.scriptron"]
        }
        let result = try api.run(
            #"""
            fs.copy("a", "c")
            fs.copy("b", "d", { preserve = false })
            fs.write("c", "other")
            return { fs.stat("a").links, fs.stat("c").links, fs.read("a"), fs.read("b") }
            """#)
        #expect(result == [2, 1, "abc", "abc"])
        #expect(try attribute("d") == nil)
        try api.run(#"fs.copy("a", "e")"#)
        #expect(try attribute("e") == value)
    }

    @Test("An open file is read, written and moved in") func open() throws {
        let api = try APIFixture()
        let result = try api.run(
            """
            do
              local file <close> = fs.open("a", "w")
              file:write("hello world")
            end
            local file <close> = fs.open("a", "r+")
            file:seek("set", 6)
            local word = file:read(100)
            local nothing = file:read(1)
            file:seek("set", 0)
            file:write("J")
            return { word, nothing == nil, file:seek("end"), fs.read("a") }
            """)
        #expect(result == ["world", true, 11, "Jello world"])
        #expect(try api.failure(#"local f = fs.open("a"); f:close(); f:read()"#).code == "EBADF")
    }

    @Test("Names of any bytes survive everything") func oddNames() throws {
        let api = try APIFixture()
        try api.run(
            #"""
            for _, name in ipairs { "\xff\xfe", "new\nline", string.rep("n", 255), "-rf", "a'b\"c $(x)" } do
              fs.write(name, name)
              assert(fs.read(name) == name)
              fs.copy(name, name .. ".c" == string.rep("n", 255) .. ".c" and "copy" or name .. ".c")
            end
            local count = 0
            for entry in fs.walk(".") do
              assert(fs.remove(entry))
              count = count + 1
            end
            assert(count == 10, count)
            """#)
        #expect(try api.directory.names("box") == [])
    }

    @Test("A glob finds by components, sorted") func glob() throws {
        let api = try APIFixture()
        for name in ["x/1.log", "x/2.log", "y/3.log", "y/z/4.log"] { try api.directory.tree("box/" + name) }
        func names(_ pattern: String) throws -> [String] {
            let result = try api.run(
                "local n = {} for i, e in ipairs(fs.glob(\"\(pattern)\")) do n[i] = e.name end return n")
            return result.list?.compactMap(\.text) ?? []
        }
        #expect(try names("*/*.log") == ["1.log", "2.log", "3.log"])
        #expect(try names("**/*.log") == ["1.log", "2.log", "3.log", "4.log"])
        #expect(try names("x/1.log") == ["1.log"])
        #expect(try names("x/none") == [])
        #expect(try names("y/?.log") == ["3.log"])
    }

    @Test("Small changes: mkdir, chmod, touch, truncate, symlink, temp_dir") func small() throws {
        let api = try APIFixture()
        let result = try api.run(
            """
            local made = { fs.mkdir("p/q", { parents = true, mode = "0750" }), fs.mkdir("p/q") }
            fs.touch("p/f", { mtime = 1000000 })
            fs.chmod("p/f", "0604")
            fs.truncate("p/f", 10)
            fs.symlink("f", "p/l")
            local temporary = fs.temp_dir()
            fs.write(temporary .. "/x", "y")
            return { made[1], made[2], fs.stat("p/q").mode, fs.stat("p/f").mode, fs.stat("p/f").size,
                     fs.stat("p/l", { follow = false }).target, fs.stat("none") == nil }
            """)
        #expect(result == [true, false, "0750", "0604", 10, "f", true])
        #expect(try api.failure(#"fs.chmod("p/f", 640)"#).description.contains("quotes"))
        #expect(try api.failure(#"fs.chmod("p/f", "4755")"#).code == "EGRANT")
    }

    @Test("Wrong arguments and unknown options are errors that name what is taken")
    func wrongArguments() throws {
        let api = try APIFixture()
        for (call, text) in [
            ("fs.read()", "argument 1 (path) must be a string"),
            ("fs.read('a', { maximum = 1 })", "unknown option maximum"),
            ("fs.write('a', 1)", "argument 2 (data) must be a string"),
            ("fs.walk('.', { clock = 'btime' })", "one of mtime, atime, ctime, newest"),
            ("fs.list('.', { pattern = '[a' })", "not closed"), ("fs.read('')", "the path is empty"),
            ("fs.read('a\\0b')", "NUL"), ("fs.stat(string.rep('x', 300))", "longer than 255"),
            ("fs.remove {}", "argument 1"), ("fs.remove { path = 'a' }", "no entry"),
        ] {
            let error = try api.failure(call)
            #expect(error.message.contains(text), "\(call): \(error.message)")
        }
    }

    @Test("Openers are the host's to know, by the file itself") func openers() throws {
        let api = try APIFixture()
        try api.directory.file("box/a")
        api.services.answers[.openers] = [["pid": 7, "name": "writer", "mode": "w"]]
        #expect(try api.run(#"return fs.openers("a")[1].pid"#) == 7)
        api.services.answers[.openAny] = [true, false]
        #expect(try api.run(#"return fs.in_use { fs.stat("a"), "gone" }"#) == [true, false])
        api.services.answers[.openAny] = .null
        #expect(try api.run(#"return fs.in_use { "a" } == nil"#) == true)
    }
}
