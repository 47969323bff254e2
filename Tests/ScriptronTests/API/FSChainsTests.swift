import Glibc
import Synchronization
import Testing

@testable import Scriptron

@Suite("fs.names, fs.change and fs.copy_truncate") struct FSChainsTests {
    @Test("Names come sorted, files apart from the rest, as patterns choose") func names() throws {
        let api = try APIFixture()
        for name in ["b.log", "a.log", "c.txt"] { try api.directory.file("box/" + name) }
        try api.directory.directory("box/d.log")
        try api.directory.link("box/l.log", to: api.at("nowhere"))
        let script = #"local names, others = fs.names(".", { pattern = "*.log" }) return { names, others }"#
        let expected: Value = [
            ["a.log", "b.log"], [["name": "d.log", "type": "directory"], ["name": "l.log", "type": "link"]],
        ]
        #expect(try api.run(script) == expected)
        #expect(try api.run(#"return #fs.names(".")"#) == 3)
        #expect(try api.failure(#"fs.names("a.log")"#).code == "ENOTDIR")
        api.isDry = true
        #expect(try api.run(script) == expected)
        let changed = try api.run(
            #"fs.remove("a.log") fs.rename("b.log", "z.log") fs.mkdir("e.log") local n, o = fs.names(".") return { n, #o }"#
        )
        #expect(changed == [["c.txt", "z.log"], 3])
    }

    @Test("A chain's changes are made in order; what fails ends its chain and no other", arguments: [false, true])
    func chains(dry: Bool) throws {
        let api = try APIFixture()
        for (name, content) in [("a", "a"), ("a.1", "a1"), ("b", "b"), ("b.1", "b1"), ("c", "c")] {
            try api.directory.file("box/" + name, content)
        }
        api.isDry = dry
        let result = try api.run(
            """
            local a, c = fs.stat("a"), fs.stat("c")
            local outcomes = fs.change(".", {
              { { rename = "a.1", to = "a.2" }, { rename = a, to = "a.1" }, { create = "a", mode = "0600" } },
              { { rename = "b", to = "b.1" }, { create = "b" } },
              { { rename = "none", to = "x" } },
              { { rename = c, to = "c.1" }, { create = "a.1" } },
              {},
            })
            local contents = {}
            for index, name in ipairs { "a", "a.1", "a.2", "b", "b.1", "c.1" } do contents[index] = fs.read(name) end
            return { outcomes, contents, fs.stat("a").mode }
            """)
        let outcomes = try #require(result.list?[0].list)
        #expect(outcomes[0] == true)
        #expect(outcomes[1]["code"] == "EEXIST")
        #expect(outcomes[1]["done"] == 0)
        #expect(outcomes[1]["message"]?.text == "\(api.at("b.1").text) is in the way")
        #expect(outcomes[2]["code"] == "ENOENT")
        // What is there by then is nobody's trouble.
        #expect(outcomes[3] == true)
        #expect(outcomes[4] == true)
        #expect(result.list?[1] == ["", "a", "a1", "b", "b1", "c"])
        #expect(result.list?[2] == "0600")
        if dry {
            #expect(api.steps == ["rename a.1 a.2", "rename a a.1", "create a", "rename c c.1"])
            #expect(try api.directory.names("box") == ["a", "a.1", "b", "b.1", "c"])
        } else {
            #expect(try api.directory.names("box") == ["a", "a.1", "a.2", "b", "b.1", "c.1"])
        }
    }

    @Test("A file that is another now, or has another name more, is not renamed, whatever its name") func seen() throws
    {
        let api = try APIFixture()
        try api.directory.file("box/a", "a")
        try api.directory.file("box/b", "b")
        let result = try api.run(
            """
            local a, b = fs.stat("a"), fs.stat("b")
            fs.append("a", "written to since")
            fs.link("b", "other")
            local first = fs.change(".", { { { rename = a, to = "a.1" } }, { { rename = b, to = "b.1" } } })
            fs.write("a", "another")
            fs.remove("a")
            fs.write("a", "another")
            return { first[1], first[2].code, fs.change(".", { { { rename = "b", to = "x" }, { rename = a, to = "y" } } })[1].code }
            """)
        #expect(result == [true, "ECHANGED", "ECHANGED"])
        // The chain is looked at before its first change.
        #expect(try api.directory.names("box") == ["a", "a.1", "b", "other"])
    }

    @Test("Names are names of the directory, and nothing else") func refusals() throws {
        let api = try APIFixture()
        try api.directory.file("box/a")
        try api.directory.directory("box/d")
        for change in [
            #"{ rename = "a", to = "../b" }"#, #"{ rename = "a", to = "" }"#, #"{ rename = "..", to = "x" }"#,
            #"{ create = "d/x" }"#, #"{ create = "x\0" }"#, #"{ rename = "a" }"#, #"{ remove = "a" }"#,
            #"{ create = "x", mode = 640 }"#, #"{ rename = "a", to = "b", replace = true }"#, "7",
            #"{ rename = fs.stat("d"), to = "e", mode = "0600" }"#,
        ] {
            #expect(try api.failure("fs.change(\".\", { { \(change) } })").code == "EARGUMENT", "\(change)")
        }
        #expect(try api.failure(#"fs.change("d", { { { rename = fs.stat("a"), to = "b" } } })"#).code == "EARGUMENT")
        #expect(try api.failure(#"fs.change("/etc", {})"#).code == "EGRANT")
        #expect(try api.failure(#"fs.change("none", {})"#).code == "ENOENT")
        api.grant.write.append(api.at("d"))
        #expect(try api.run(#"return fs.change(".", { { { rename = "d", to = "e" } } })[1].code"#) == "EGRANT")
        #expect(try api.directory.names("box") == ["a", "d"])
    }

    @Test("What a chain makes is ready before its first change: a full disk or a refused owner change nothing")
    func readyBefore() throws {
        let api = try APIFixture()
        try api.directory.file("box/a", "a")
        let name = String(repeating: "x", count: 255)
        let result = try api.run(
            """
            return fs.change(".", { { { rename = "a", to = "b" }, { create = "a", owner = "\(geteuid() == 0 ? "nobody" : "root")" } } })[1]
            """)
        if geteuid() == 0 {
            #expect(result == true)
            #expect(try api.directory.status("box/a")?.uid == 65534)
        } else {
            #expect(result["code"] == "EPERM")
            #expect(try api.directory.names("box") == ["a"])
        }
        #expect(try api.run("return fs.change(\".\", { { { create = \"\(name)\" } } })[1]") == true)
    }

    @Test("A log is copied and cut; the copy has its mode and times; a name that is taken stays") func copyTruncate()
        throws
    {
        let api = try APIFixture()
        try api.directory.file("box/log", "one\ntwo\n", mode: 0o640)
        try api.directory.age("box/log", to: 1_000_000_000)
        let cut = try api.run(#"return fs.copy_truncate(fs.stat("log"), "log.1")"#)
        #expect(cut["bytes"] == 8)
        #expect((cut["window"]?.double ?? -1) >= 0)
        #expect(api.directory.text("box/log") == "" && api.directory.text("box/log.1") == "one\ntwo\n")
        let status = try #require(try api.directory.status("box/log.1"))
        #expect(status.mode == 0o640 && status.modified == 1_000_000_000_000_000_000)
        try api.directory.file("box/log", "three\n")
        #expect(try api.failure(#"fs.copy_truncate("log", "log.1")"#).code == "EEXIST")
        #expect(api.directory.text("box/log") == "three\n")
        #expect(try api.failure(#"fs.copy_truncate("none", "x")"#).code == "ENOENT")
        try api.directory.link("box/link", to: api.at("log"))
        #expect(try api.failure(#"fs.copy_truncate("link", "x")"#).code == "ELOOP")
        #expect(
            try api.failure(#"local e = fs.stat("log") fs.write("log", "x") fs.copy_truncate(e, "y")"#).code
                == "ECHANGED")
        #expect(try api.directory.names("box") == ["link", "log", "log.1"])
        api.isDry = true
        try api.run(#"fs.copy_truncate("log", "z")"#)
        #expect(api.steps == ["copy log z", "truncate log"])
        #expect(try api.directory.names("box") == ["link", "log", "log.1"])
    }

    /// A thread that appends numbered lines, some fifty thousand a second.
    private final class Appender: Sendable {
        private let isOver = Mutex(false)
        private let ended = Semaphore()
        let lines = Mutex(0)

        init(_ path: Path) throws {
            let file = try RegularFile.append(path.name, in: Directory(path.parent))
            try PlainThread.start(name: "appender") { [self] in
                defer { ended.signal() }
                while !isOver.withLock(\.self) {
                    if lines.withLock(\.self) % 50 == 49 { Monotonic.sleep(until: Monotonic.now + 0.001) }
                    let line = lines.withLock { lines in
                        lines += 1
                        return lines
                    }
                    try? file.descriptor.write(Array("\(line)\n".utf8))
                }
            }
        }

        /// Waits until so many more lines are written.
        func wait(for count: Int) {
            let least = lines.withLock(\.self) + count
            while lines.withLock(\.self) < least { Monotonic.sleep(until: Monotonic.now + 0.001) }
        }

        func stop() {
            isOver.withLock { $0 = true }
            ended.wait()
        }
    }

    @Test("Copies of a log that is being written hold what it began with, and no zeros") func growing() throws {
        let api = try APIFixture()
        let writer = try Appender(api.at("log"))
        defer { writer.stop() }
        for round in 0..<30 {
            writer.wait(for: 200)
            try api.run(#"fs.copy("log", "copy", { replace = true })"#)
            let copy = try Files.readSmall(api.at("copy"), max: 64 << 20)
            var expected = 1
            for line in copy.split(separator: UInt8(ascii: "\n")).dropLast() {
                guard Int(String(decoding: line, as: UTF8.self)) == expected else {
                    Issue.record("round \(round): after \(expected - 1) comes \(Path(bytes: Array(line)).text)")
                    return
                }
                expected += 1
            }
            #expect(expected > 100)
        }
    }

    @Test("Cut while it is written, a log loses at most what came in between: the copies have the rest, in order")
    func cutting() throws {
        let api = try APIFixture()
        let writer = try Appender(api.at("log"))
        for round in 1...20 {
            writer.wait(for: 500)
            try api.run(#"fs.copy_truncate("log", "log.\#(round)")"#)
        }
        writer.stop()
        var last = 0
        var lost = 0
        for name in (1...20).map({ "log.\($0)" }) + ["log"] {
            for line in try Files.readSmall(api.at(name), max: 64 << 20).split(separator: UInt8(ascii: "\n")) {
                // A line may be cut where the log is: what is left of it is no number that comes next.
                guard let number = Int(String(decoding: line, as: UTF8.self)) else {
                    Issue.record("\(Path(bytes: Array(line)).text) in \(name)")
                    return
                }
                if number <= last { continue }
                lost += number - last - 1
                last = number
            }
        }
        let written = writer.lines.withLock(\.self)
        #expect(last == written)
        #expect(lost < written / 10, "\(lost) of \(written)")
    }
}
