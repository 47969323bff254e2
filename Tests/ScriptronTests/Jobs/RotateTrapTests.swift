import Glibc
import Testing

@testable import Scriptron

/// How rotation has lost data elsewhere, one test each.
@Suite("jobs/rotate.lua: traps") struct RotateTrapTests {
    @Test("What is open is not compressed and not removed; when it is closed it is") func open() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "new")
        try rotate.log("a.log.1", "still written")
        try rotate.log("a.log.2", "old")
        rotate.open = ["a.log", "a.log.1"]
        let first = try rotate.run(["keep": ["count": 1]])
        #expect(try rotate.names() == ["a.log", "a.log.1", "a.log.2"])
        #expect(try rotate.content("a.log.2") == "still written")
        #expect(first["removed"] == 1)
        #expect(first["open"] == 2)
        #expect(rotate.warnings.contains { $0.contains("a.log.2") && $0.contains("open") })
        rotate.open = []
        try rotate.run(["keep": ["count": 1]])
        #expect(try rotate.names() == ["a.log", "a.log.1.zst"])
        #expect(try rotate.content("a.log.1.zst") == "new")
    }

    @Test("Where nobody can tell, all count as open, unless the settings believe the contrary") func unknown() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x")
        rotate.open = nil
        #expect(try rotate.run()["compressed"] == 0)
        #expect(try rotate.names() == ["a.log", "a.log.1"])
        #expect(rotate.warnings.count { $0.contains("nobody can tell") } == 1)
        #expect(try rotate.run(["keep_open": "known"])["compressed"] == 1)
        #expect(try rotate.names() == ["a.log", "a.log.1.zst"])
    }

    @Test("A file that is opened while it is compressed stays, and its copy goes") func openedMeanwhile() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x")
        var looks = 0
        rotate.hook = { service, _ in
            guard service == .openAny else { return nil }
            looks += 1
            return looks == 1 ? [false] : [true]
        }
        #expect(try rotate.run()["open"] == 1)
        #expect(try rotate.names() == ["a.log", "a.log.1"])
    }

    @Test("A file beside a copy that holds the same is what a killed run left: it goes") func sameCopy() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "")
        for (number, ending) in [(1, ".zst"), (2, ".gz")] {
            try rotate.log("a.log.\(number)", "content \(number)")
            try rotate.packed("a.log.\(number)\(ending)", "content \(number)")
        }
        #expect(try rotate.run()["compressed"] == 2)
        #expect(try rotate.names() == ["a.log", "a.log.1.zst", "a.log.2.gz"])
    }

    @Test(
        "A file beside a copy that holds something else, or is damaged: both stay, through rotations, and the run fails"
    )
    func otherCopy() throws {
        for isDamaged in [false, true] {
            let rotate = try RotateFixture()
            try rotate.log("a.log", "newest")
            try rotate.log("a.log.1", "unread")
            if isDamaged {
                try rotate.log("a.log.1.zst", "no zstd")
            } else {
                try rotate.packed("a.log.1.zst", "another")
            }
            let message = try rotate.failure()
            #expect(message.contains("a.log.2.zst is in the way"), "\(message)")
            #expect(try rotate.names() == ["a.log", "a.log.1.zst", "a.log.2", "a.log.2.zst"])
            #expect(try rotate.content("a.log.2") == "unread")
            #expect(try rotate.failure().contains("in the way"))
            #expect(try rotate.content("a.log.2") == "unread")
            if !isDamaged { #expect(try rotate.content("a.log.2.zst") == "another") }
        }
    }

    @Test("Links, hard links, FIFOs and directories are left alone, and said") func kinds() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x")
        try rotate.log("hard.log", "two names")
        let other = rotate.api.at("other")
        #expect(rotate.api.at("l/hard.log").withCString { from in other.withCString { link(from, $0) } } == 0)
        try rotate.api.directory.link("box/l/soft.log", to: rotate.api.at("l/a.log"))
        #expect(rotate.api.at("l/fifo.log").withCString { mkfifo($0, 0o600) } == 0)
        try rotate.api.directory.directory("box/l/dir.log")
        let result = try rotate.run()
        #expect(result["rotated"] == 1)
        #expect(result["odd"] == 3)
        #expect(
            try rotate.names() == ["a.log", "a.log.1.zst", "dir.log", "fifo.log", "hard.log", "soft.log"])
        #expect(rotate.warnings.contains { $0.contains("hard.log") && $0.contains("2 names") })
        #expect(rotate.api.services.lines.contains { $0.contains("fifo.log: left alone") })
        // What is named, and is none, is worth a warning of its own.
        try rotate.run(["paths": ["l/soft.log", "l/fifo.log"]])
        #expect(rotate.warnings.count { $0.contains("left alone: it is a") } == 2)
    }

    @Test("What stands in the place of a generation and is no file stays where it is, and the log too") func blocked()
        throws
    {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x")
        try rotate.log("b.log", "b")
        try rotate.api.directory.link("box/l/a.log.1", to: rotate.api.at("l/b.log"))
        try rotate.api.directory.directory("box/l/b.log.2")
        #expect(try rotate.failure().contains("a.log.1 is in the way"))
        #expect(try rotate.names() == ["a.log", "a.log.1", "b.log", "b.log.1.zst", "b.log.2"])
        try rotate.log("b.log", "c")
        #expect(try rotate.failure().contains("(and 1 more"))
        #expect(try rotate.content("b.log") == "c")
    }

    @Test("A generation with two names is neither compressed nor removed") func hardGeneration() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "")
        try rotate.log("a.log.1", "x")
        let other = rotate.api.at("other")
        #expect(rotate.api.at("l/a.log.1").withCString { from in other.withCString { link(from, $0) } } == 0)
        let result = try rotate.run(["keep": ["count": 0]])
        #expect(result["removed"] == 0)
        #expect(try rotate.names() == ["a.log", "a.log.1"])
    }

    @Test("A log that vanishes is a warning; one that is replaced by another file is not touched") func vanished()
        throws
    {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x")
        try rotate.log("b.log", "b")
        try rotate.log("c.log", "c")
        rotate.api.services.answers[.signalProcesses] = 1
        rotate.hook = { [unowned rotate] service, arguments in
            guard service == .stateSet, arguments["key"] == "after" else { return nil }
            _ = rotate.api.at("l/a.log").withCString { unlink($0) }
            try? rotate.api.directory.replace("box/l/b.log", Array("another".utf8))
            return nil
        }
        let result = try rotate.run(["after": ["process": "w"], "compress": "none"])
        #expect(result["rotated"] == 1)
        #expect(try rotate.names() == ["b.log", "c.log", "c.log.1"])
        #expect(try rotate.content("b.log") == "another")
        #expect(rotate.warnings.count { $0.contains("vanished, or was replaced") } == 2)
    }

    @Test("What is named and not there fails the run, unless it may be missing; the others go on") func missing() throws
    {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x")
        let paths: Value = ["l/none.log", "nowhere/*.log", "l/a.log"]
        #expect(try rotate.failure(["paths": paths]).contains("(and 1 more"))
        #expect(try rotate.names() == ["a.log", "a.log.1.zst"])
        #expect(try rotate.run(["paths": paths, "missing_ok": true])["failed"] == 0)
    }

    @Test(
        "The writers are told after the renames, once; where that fails nothing is compressed, and the next run tells them"
    )
    func after() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x")
        var signals = 0
        rotate.hook = { service, arguments in
            guard service == .signalProcesses else { return nil }
            signals += 1
            return arguments["signal"] == "USR1" && arguments["name"] == "nginx" ? 2 : 0
        }
        let settings: [String: Value] = [
            "after": ["process": "nginx", "signal": "USR1", "command": ["sh", "-c", "cat >seen; exit $(cat code)"]]
        ]
        try rotate.api.directory.file("box/code", "3")
        #expect(try rotate.failure(settings).contains("exit code 3"))
        #expect(signals == 1)
        #expect(try rotate.names() == ["a.log", "a.log.1"])
        #expect(rotate.api.directory.text("box/seen") == rotate.api.at("l/a.log.1").text + "\0")
        try rotate.api.directory.file("box/code", "0")
        let result = try rotate.run(settings)
        #expect(result["rotated"] == 0)
        #expect(result["compressed"] == 1)
        #expect(signals == 2)
        #expect(rotate.api.services.state["after"] == nil)
        try rotate.run(settings)
        #expect(signals == 2)
    }

    @Test("A unit is reloaded where it runs; where that fails nothing is compressed") func reload() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x")
        let settings: [String: Value] = ["after": ["reload": "nginx"]]
        rotate.api.grant.service = ["nginx.service"]
        rotate.api.services.answers[.unitActive] = true
        #expect(try rotate.run(settings)["compressed"] == 1)
        #expect(rotate.api.services.requests.contains { $0.service == .unitReload })
        try rotate.log("a.log", "y")
        rotate.api.services.answers[.unitActive] = false
        let before = rotate.api.services.requests.count { $0.service == .unitReload }
        #expect(try rotate.run(settings)["compressed"] == 1)
        #expect(rotate.api.services.requests.count { $0.service == .unitReload } == before)
    }

    @Test("What can no longer be ended holds nothing up") func unreachable() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x")
        rotate.api.services.state["cutting"] = ["log": "/etc/passwd", "copy": "/etc/passwd.1", "inode": 1]
        rotate.api.services.state["renaming"] = ["path": "/etc", "at": 1]
        #expect(try rotate.run()["rotated"] == 1)
        #expect(rotate.warnings.count { $0.contains("cannot be ended") } == 2)
        #expect(rotate.api.services.state["cutting"] == nil && rotate.api.services.state["renaming"] == nil)
    }

    @Test("With a count of 0 what was rotated goes, but not before the command has seen it") func countZero() throws {
        for method: Value in ["rename", "copytruncate"] {
            let rotate = try RotateFixture()
            try rotate.log("a.log", "precious")
            try rotate.run([
                "method": method, "keep": ["count": 0],
                "after": ["command": ["sh", "-c", "xargs -0 cat >seen"]],
            ])
            #expect(rotate.api.directory.text("box/seen") == "precious")
            #expect(try rotate.names() == ["a.log"])
        }
    }

    @Test("Unfinished files of a killed run go when nobody has them open") func unfinished() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "")
        for name in [".scriptron-1abc.tmp", ".scriptron-2abc.tmp", ".scriptron-x.other"] {
            try rotate.log(name, "half")
        }
        rotate.open = [".scriptron-2abc.tmp"]
        try rotate.run()
        #expect(try rotate.names() == [".scriptron-2abc.tmp", ".scriptron-x.other", "a.log"])
        rotate.open = nil
        try rotate.run()
        #expect(try rotate.names() == [".scriptron-2abc.tmp", ".scriptron-x.other", "a.log"])
    }

    @Test("A copy whose log was not cut goes; one whose log was cut stays") func cutInBetween() throws {
        let rotate = try RotateFixture()
        for (log, isTwice) in [("one\ntwo\nthree\n", true), ("three\n", false), ("oNe\ntwo\nthree\n", false)] {
            try rotate.log("a.log", log)
            try rotate.log("a.log.1", "one\ntwo\n")
            rotate.api.services.state["cutting"] = [
                "log": .bytes(rotate.api.at("l/a.log").bytes), "copy": .bytes(rotate.api.at("l/a.log.1").bytes),
                "inode": .int(Int64(bitPattern: try rotate.api.directory.status("box/l/a.log")?.id.inode ?? 0)),
            ]
            try rotate.run(["method": "copytruncate", "size": 1000, "compress": "none"])
            #expect(try rotate.names() == (isTwice ? ["a.log"] : ["a.log", "a.log.1"]), "\(log)")
            #expect(rotate.api.services.state["cutting"] == nil)
        }
    }

    @Test("Names of any bytes, of line feeds, and of 255 bytes pass through logs, state and texts") func names() throws
    {
        let rotate = try RotateFixture()
        let long = String(repeating: "x", count: 251) + ".log"
        let odd = Path(bytes: Array("a\nb\u{1b}[31m".utf8) + [0xFF] + Array(".log".utf8))
        try rotate.log(long, "long")
        let file = rotate.api.at("l").appending(odd)
        let number = file.withCString { Glibc.open($0, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644) }
        try Descriptor(owning: number).write(Array("odd".utf8))
        let message = try rotate.failure(["method": "copytruncate", "explain": true])
        #expect(message.contains("too long") && !message.contains("\n"), "\(message)")
        #expect(rotate.api.services.lines.allSatisfy { !$0.contains("\n") && !$0.contains("\u{1b}") })
        #expect(try Files.readSmall(file) == [])
        #expect(try FileStatus.of(Path(bytes: file.bytes + Array(".1.zst".utf8)), follow: false)?.kind == .file)
        #expect(try rotate.content(long) == "long")
    }

    @Test("A clock that was set forward removes nothing for its age") func clockJump() throws {
        let rotate = try RotateFixture()
        let now = SystemClock().now().seconds
        try rotate.log("a.log", "")
        try rotate.log("a.log.1", "x")
        try rotate.api.directory.age("box/l/a.log.1", to: now - 86400 * 3)
        rotate.api.services.answers[.sysUptime] = 1000.0
        rotate.api.services.state["clock"] = ["now": .number(Double(now - 86400)), "uptime": 990.0]
        let settings: [String: Value] = ["keep": ["age": 86400], "compress": "none"]
        #expect(try rotate.run(settings)["removed"] == 0)
        #expect(rotate.warnings.contains { $0.contains("set forward") })
        #expect(try rotate.run(settings)["removed"] == 1)
    }

    @Test(
        "Settings that cannot be meant are refused before anything is touched",
        arguments: [
            ["paths": []], ["paths": "/*.log"], ["paths": "l/a.log.1"], ["keep": ["counts": 3]],
            ["keep": ["count": -1]],
            ["keep": ["count": 1.5]], ["after": ["proces": "x"]], ["after": ["pidfile": "x"]],
            ["time": "never", "size": nil],
            ["names": "dated", "date_format": "-%Y"], ["mode": "0888"], ["mode": "u+x"], ["compress_after": -1],
            ["after": ["command": [["a"]]]],
        ] as [[String: Value]])
    func refused(given: [String: Value]) throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x")
        var given = given
        if given["size"] == .null { given["size"] = nil } else { given["size"] = 0 }
        var settings = try rotate.settings(given)
        if given["size"] == nil { settings["size"] = nil }
        let error = #expect(throws: LuaError.self) {
            try rotate.api.run(file: "jobs/rotate.lua", settings: settings)
        }
        #expect(error?.message.hasPrefix("settings.") == true, "\(error?.message ?? "")")
        #expect(try rotate.names() == ["a.log"])
    }

    @Test("Hundreds of logs take a few calls of the host") func many() throws {
        let rotate = try RotateFixture()
        for index in 0..<600 { try rotate.log("\(index).log", "line \(index)") }
        let result = try rotate.run()
        #expect(result["rotated"] == 600)
        #expect(result["compressed"] == 600)
        #expect(rotate.api.services.requests.count { $0.service == .openAny } < 10)
        #expect(rotate.api.services.lines.count < 60)
    }
}
