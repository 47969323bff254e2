import Testing

@testable import Scriptron

@Suite("Free space as it would be") struct PlannedSpaceTests {
    /// A dry run on a disk with so many blocks and inodes left.
    private func api(blocks: Int64, inodes: Int64 = 100, readOnly: Bool = false) throws -> APIFixture {
        let api = try APIFixture()
        api.isDry = true
        api.disk = FileSystemSpace(
            size: 1 << 30, used: 1 << 30 - blocks * 4096, free: blocks * 4096, inodes: 1000, inodesUsed: 1000 - inodes,
            readOnly: readOnly)
        try api.directory.tree("box/large", String(repeating: "x", count: 3 * 4096))
        try api.directory.tree("box/small", "small")
        return api
    }

    @Test(
        "What no longer fits fails as it will",
        arguments: [
            (#"fs.write("new", ("x"):rep(4097))"#, "ENOSPC"), (#"fs.copy("large", "new")"#, "ENOSPC"),
            (#"fs.append("small", ("x"):rep(8192))"#, "ENOSPC"),
            (#"fs.truncate("large", 0); fs.read("none")"#, "ENOENT"),
            (#"fs.write("one", "x"); fs.write("two", "x")"#, "ENOSPC"),
            (#"archive.create("x.tar.zst", { "large", "small" }, { manifest = "x.manifest" })"#, "ENOSPC"),
            // The new one is there before the old one goes.
            (#"fs.write("large", ("y"):rep(8192))"#, "ENOSPC"),
            (#"archive.compress("large", "one.gz", { format = "gzip" }); fs.write("two", "x")"#, "ENOSPC"),
            (#"fs.rename("large", ("n"):rep(256))"#, "ENAMETOOLONG"),
            (#"fs.write(("n"):rep(256), "")"#, "ENAMETOOLONG"),
        ])
    func full(script: String, code: String) throws {
        #expect(try api(blocks: 1).failure(script).code == code, "\(script)")
    }

    @Test("What needs no room can be done, and what was removed makes room") func freed() throws {
        let api = try api(blocks: 0)
        try api.run(
            #"""
            fs.rename("large", "moved")
            fs.append("small", "!")
            fs.write("empty", "")
            local first = pcall(fs.write, "new", "x")
            fs.remove("moved")
            fs.write("new", ("x"):rep(3 * 4096))
            local last = pcall(fs.write, "newer", "x")
            fs.truncate("new", 0)
            fs.write("newer", "x")
            assert(not first and not last)
            """#)
        #expect(api.planned?.space.use(of: try #require(try api.directory.status("box")).id.device)?.bytes == -2 * 4096)
    }

    @Test("A file's room is free when its last name is gone") func linked() throws {
        let api = try api(blocks: 0)
        try api.run(
            #"""
            fs.link("large", "other")
            fs.remove("large")
            assert(not pcall(fs.write, "new", "x"))
            fs.remove("other")
            fs.write("new", "x")
            """#)
    }

    @Test("A disk without inodes takes no new file, and one that is read-only nothing") func inodes() throws {
        #expect(try api(blocks: 10, inodes: 0).failure(#"fs.mkdir("new")"#).code == "ENOSPC")
        #expect(try api(blocks: 10, inodes: 1).failure(#"fs.write("a", ""); fs.write("b", "")"#).code == "ENOSPC")
        for call in [#"fs.write("a", "")"#, #"fs.remove("small")"#, #"fs.rename("small", "a")"#] {
            #expect(try api(blocks: 10, readOnly: true).failure(call).code == "EROFS")
        }
    }

    @Test("fs.usage tells of the plan") func usage() throws {
        let api = try api(blocks: 10)
        let mount = api.directory.at("box")
        api.services.answers[.diskUsage] = ["path": .bytes(mount.bytes), "free": 40960, "used": 4096, "inodes": 0]
        let result = try api.run(
            #"""
            local before = fs.usage(".").free
            fs.write("new", ("x"):rep(5000))
            local after = fs.usage(".")
            return { before, after.free, after.used }
            """#)
        #expect(result == [40960, 32768, 12288])
    }
}
