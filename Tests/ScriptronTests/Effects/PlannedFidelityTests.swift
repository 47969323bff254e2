import Glibc
import Testing

@testable import Scriptron

@Suite("A plan's answers are the run's") struct PlannedFidelityTests {
    /// Runs a script dry and then live, on a tree that is the same both times: both give the same.
    private func same(_ script: String, _ prepare: (APIFixture) throws -> Void = { _ in }) throws {
        let api = try APIFixture()
        for name in ["a", "sub/b", "sub/c"] {
            try api.directory.tree("box/" + name, String(repeating: "text of \(name) ", count: 400))
        }
        let (first, second) = (api.at("a"), api.at("sub/a2"))
        #expect(first.withCString { first in second.withCString { link(first, $0) } } == 0)
        try prepare(api)
        api.isDry = true
        let dry = try api.run(script)
        api.isDry = false
        let live = try api.run(script)
        #expect(dry == live)
        #expect(dry.list?.isEmpty == false)
    }

    @Test(
        "Sizes, contents, links and errors",
        arguments: [
            // What is compressed has the size that it will have.
            #"archive.compress("sub/b", "b.zst"); return { fs.stat("b.zst").size, hash.file("b.zst") }"#,
            #"archive.compress("sub/b", "b.gz", { format = "gzip" }); return { fs.stat("b.gz").allocated, archive.content("b.gz").sha256 }"#,
            #"archive.compress("sub/b", "b.zst"); archive.decompress("b.zst", "b2"); return { fs.read("b2") == fs.read("sub/b") }"#,
            // What takes a name takes a link from its file.
            #"fs.write("a", "new"); return { fs.stat("a").links, fs.stat("sub/a2").links, fs.read("a") }"#,
            #"fs.rename("sub/c", "a", { replace = true }); return { fs.stat("a").links, fs.stat("sub/a2").links }"#,
            #"fs.rename("a", "sub/a2", { replace = true }); return { fs.stat("a") and 1 or 0, fs.stat("sub/a2").links }"#,
            #"fs.copy("sub/c", "a", { replace = true }); return { fs.stat("sub/a2").links, #fs.read("sub/a2") }"#,
            // What is written in place is seen under all names.
            #"fs.write("a", "short", { atomic = false }); return { fs.read("sub/a2"), fs.stat("a").links }"#,
            // What is only planned is archived, and what is only planned to be gone is not.
            #"""
            fs.write("sub/new", "new text")
            fs.remove("sub/b")
            fs.rename("sub/c", "sub/d")
            fs.mkdir("sub/e")
            fs.symlink("new", "sub/l")
            local scanned = archive.scan { "sub" }
            local made = archive.create("x.tar.zst", { "sub" }, { manifest = "x.manifest" })
            local names = {}
            for _, entry in ipairs(archive.list("x.tar.zst")) do names[#names + 1] = entry.path .. " " .. entry.type end
            table.sort(names)
            local verified = archive.verify("x.tar.zst", { manifest = "x.manifest" })
            return { names, made.files, made.bytes, made.directories, verified.files, scanned.files, scanned.bytes }
            """#,
            // What is unpacked is there.
            #"""
            archive.create("x.tar.zst", { "sub", "a" })
            archive.extract("x.tar.zst", "out")
            local seen = {}
            for entry in fs.walk("out") do
              seen[#seen + 1] = { entry.path:match("out/.*"), entry.type, entry.mode, entry.type == "file" and entry.links or 0,
                entry.type == "file" and { entry.size, hash.file(entry.path), entry.mtime } or 0 }
            end
            table.sort(seen, function(one, other) return one[1] < other[1] end)
            local again = select(2, pcall(archive.extract, "x.tar.zst", "out"))
            fs.write("out/sub/b", "changed")
            return { seen, again.code, fs.read("out/sub/b"), fs.stat("out/a").links }
            """#,
            // What was unpacked is compared with its manifest, and is found out where it was changed since.
            #"""
            archive.create("x.tar.zst", { "sub", "a" }, { manifest = "x.manifest" })
            archive.extract("x.tar.zst", "out")
            local well = archive.verify("out", { manifest = "x.manifest" })
            fs.remove("out/sub/b")
            fs.write("out/sub/c", "changed")
            fs.write("out/more", "x")
            local known, problem = pcall(archive.verify, "out", { manifest = "x.manifest" })
            return { well.files, well.bytes, well.directories, known, problem.code, tostring(problem) }
            """#,
            #"return { select(2, pcall(fs.rename, "a", ("n"):rep(256))).code, select(2, pcall(fs.write, ("n"):rep(256), "")).code }"#,
        ])
    func sameAnswers(script: String) throws { try same(script) }

    @Test(
        "Walks",
        arguments: [
            // What was changed, and neither made nor removed, is filtered by what it would be.
            #"fs.touch("sub/b", { mtime = 1000000, atime = 1000000 }); for e in fs.walk(".", { type = "file", older_than = "1d", clock = "mtime" }) do see(e.name) end"#,
            #"fs.truncate("a", 0); for e in fs.walk(".", { type = "file" }) do see(e.name, e.size) end"#,
            #"fs.chmod("sub/c", "0600"); for e in fs.walk("sub") do see(e.name, e.mode) end"#,
            // What was removed is not there, and its other names have a link less.
            #"fs.remove("sub/a2"); fs.remove("sub/c"); for e in fs.walk(".", { children_first = true }) do see(e.path, e.type == "file" and e.links) end"#,
            // What was put is there, as deep and as far as it is asked for.
            #"fs.mkdir("sub/d"); fs.write("sub/d/e", "x"); fs.mkdir("sub/d/f"); for e in fs.walk(".", { depth = 2 }) do see(e.path) end"#,
            #"fs.mkdir("sub/d"); fs.write("sub/d/e", "x"); for e in fs.walk(".", { children_first = true, exclude = { "sub/b" } }) do see(e.path) end"#,
            #"fs.rename("sub", "moved"); for e in fs.walk(".", { pattern = "moved/*" }) do see(e.path, e.type) end"#,
            #"fs.remove("sub/b"); fs.mkdir("sub/b"); fs.write("sub/b/x", "y"); for e in fs.walk(".") do see(e.path, e.type) end"#,
            #"fs.remove_tree("sub"); fs.mkdir("sub"); for e in fs.walk(".") do see(e.path, e.type) end"#,
            // By a link it is the same.
            #"fs.remove("way/b"); see(fs.stat("sub/b") == nil, #fs.list("sub")); for e in fs.walk("way") do see(e.path) end"#,
            #"fs.remove("sub/b"); fs.write("way/n", "x"); for e in fs.walk("way") do see(e.path) end; see(fs.read("sub/n"))"#,
            #"fs.remove("way"); fs.symlink("sub/..", "way"); fs.remove("way/a"); for e in fs.walk(".") do see(e.path) end"#,
            // A directory has the time of the last change of its names, but where it is told after what is in it.
            #"fs.remove("sub/b"); see(fs.stat("sub").mtime > 2000000); for e in fs.walk(".", { type = "directory", older_than = "1h", clock = "mtime" }) do see(e.name) end"#,
            #"for e in fs.walk(".", { children_first = true, older_than = "1h", clock = "mtime", all_directories = true }) do see(e.name, pcall(fs.remove, e)) end"#,
            #"fs.rename("sub/b", "b"); see(fs.stat("sub").mtime > 2000000); for e in fs.walk(".", { type = "directory", older_than = "1h", clock = "mtime" }) do see(e.name) end"#,
            // What goes while it is walked.
            #"for e in fs.walk(".", { children_first = true }) do see(e.path, pcall(fs.remove, e) and true) end; see(#fs.list("."))"#,
        ])
    func sameWalks(script: String) throws {
        let see =
            ##"local seen = {} local function see(...) seen[#seen + 1] = table.concat({ (tostring(...)), select("#", ...) > 1 and tostring((select(2, ...))) or "" }, " ") end "##
        try same(see + script + "; table.sort(seen); return seen") { api in
            let (target, path) = ("sub", api.at("way"))
            #expect(target.withCString { target in path.withCString { symlink(target, $0) } } == 0)
            for name in ["sub/b", "sub/c", "sub"] {
                let times = [timeval(tv_sec: 1_000_000, tv_usec: 0), timeval(tv_sec: 1_000_000, tv_usec: 0)]
                #expect(api.at(name).withCString { utimes($0, times) } == 0)
            }
        }
    }

    @Test("What cannot be archived is told, and the rest is archived") func leftOut() throws {
        try same(
            #"""
            fs.write("sub/new", "x")
            local made = archive.create("x.tar.zst", { "sub" })
            local told = {}
            for _, one in ipairs(made.unreadable) do told[#told + 1] = one.path .. " " .. one.code .. " " .. one.message end
            return { told, made.files }
            """#
        ) { api in
            #expect(api.at("sub/ear").withCString { mknod($0, S_IFSOCK | 0o600, 0) } == 0)
        }
    }

    @Test("A walk comes in the same order, whatever was put and taken meanwhile") func sameOrder() throws {
        try same(
            #"""
            fs.write("sub/x", "x")
            fs.remove("sub/x")
            local names = {}
            for entry in fs.walk("sub") do names[#names + 1] = entry.name end
            return names
            """#)
    }
}
