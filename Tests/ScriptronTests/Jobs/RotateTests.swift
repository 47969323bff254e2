import Glibc
import Testing

@testable import Scriptron

@Suite("jobs/rotate.lua") struct RotateTests {
    @Test("Numbers move up, the newest is 1; the log is made anew with its mode; the result says how much")
    func numbered() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "three", mode: 0o640)
        try rotate.log("a.log.1", "two")
        try rotate.packed("a.log.2.gz", "one")
        try rotate.log("b.log", "b")
        let result = try rotate.run()
        #expect(
            try rotate.names() == ["a.log", "a.log.1.zst", "a.log.2.zst", "a.log.3.gz", "b.log", "b.log.1.zst"])
        #expect(try rotate.content("a.log.1.zst") == "three")
        #expect(try rotate.content("a.log.2.zst") == "two")
        #expect(try rotate.content("a.log.3.gz") == "one")
        #expect(try rotate.content("a.log") == "")
        #expect(try rotate.api.directory.status("box/l/a.log")?.mode == 0o640)
        #expect(result["rotated"] == 2)
        #expect(result["compressed"] == 3)
        #expect(result["logs"] == 2)
        #expect(rotate.warnings.isEmpty)
    }

    @Test("What is not due stays, and so does what is empty, unless empty ones are wanted") func notDue() throws {
        let rotate = try RotateFixture()
        try rotate.log("small.log", "12345")
        try rotate.log("large.log", "123456")
        try rotate.log("empty.log", "")
        #expect(try rotate.run(["size": 5])["rotated"] == 1)
        #expect(try rotate.names() == ["empty.log", "large.log", "large.log.1.zst", "small.log"])
        #expect(try rotate.run(["size": 5, "time": "daily", "empty": true])["rotated"] == 0)
    }

    @Test("A glob that matches what was rotated rotates nothing twice, whatever runs how often") func globs() throws {
        let rotate = try RotateFixture()
        for round in 1...4 {
            try rotate.log("a", "round \(round)")
            try rotate.run(["paths": "l/*", "compress": round % 2 == 0 ? "none" : "gzip", "keep": ["count": 3]])
        }
        #expect(try rotate.names() == ["a", "a.1", "a.2.gz", "a.3.gz"])
        #expect(try rotate.content("a.1") == "round 4")
        #expect(try rotate.content("a.3.gz") == "round 2")
    }

    @Test("A gap that was left is closed before the rest moves") func gap() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "new")
        try rotate.log("a.log.1", "one")
        try rotate.log("a.log.3", "three")
        try rotate.run(["compress": "none"])
        #expect(try rotate.names() == ["a.log", "a.log.1", "a.log.2", "a.log.3"])
        #expect(try rotate.content("a.log.2") == "one")
        #expect(try rotate.content("a.log.3") == "three")
    }

    @Test("Dated names are kept by their dates, not by their letters, and future ones push none out") func dated()
        throws
    {
        let rotate = try RotateFixture()
        for date in ["30-01-2026", "01-02-2026", "15-12-2025", "01-01-2099"] {
            try rotate.packed("a.log-\(date).zst", date)
        }
        try rotate.log("a.log-02-2026", "no date")
        try rotate.log("a.log", "")
        let settings: [String: Value] = ["names": "dated", "date_format": "-%d-%m-%Y", "keep": ["count": 2]]
        #expect(try rotate.run(settings)["removed"] == 1)
        #expect(
            try rotate.names() == [
                "a.log", "a.log-01-01-2099.zst", "a.log-01-02-2026.zst", "a.log-02-2026", "a.log-30-01-2026.zst",
            ])
        try rotate.log("a.log", "today")
        #expect(try rotate.run(settings)["rotated"] == 1)
        let day = try rotate.unhooked(#"return time.format(time.now(), "-%d-%m-%Y")"#).text ?? ""
        #expect(try rotate.content("a.log\(day).zst") == "today")
        #expect(try rotate.names().contains("a.log-15-12-2025.zst") == false)
    }

    @Test("A name that is taken: the log is skipped, both stay, the run fails and names it; the others go on")
    func taken() throws {
        for ending in ["", ".zst", ".gz"] {
            let rotate = try RotateFixture()
            let day = try rotate.unhooked(#"return time.format(time.now(), "-%Y%m%d")"#).text ?? ""
            if ending.isEmpty {
                try rotate.log("a.log\(day)", "earlier")
            } else {
                try rotate.packed("a.log\(day)\(ending)", "earlier")
            }
            try rotate.log("a.log", "later")
            try rotate.log("b.log", "b")
            let message = try rotate.failure([
                "names": "dated", "date_format": "-%Y%m%d", "compress": "none", "keep": ["count": 5],
            ])
            #expect(message.contains("a.log\(day)\(ending) is in the way"), "\(message)")
            #expect(try rotate.content("a.log\(day)\(ending)") == "earlier")
            #expect(try rotate.content("a.log") == "later")
            #expect(try rotate.content("b.log\(day)") == "b")
        }
    }

    @Test("Count and age remove generations, also of a log that is not due, and nothing else") func keep() throws {
        let rotate = try RotateFixture()
        let now = SystemClock().now().seconds
        try rotate.log("a.log", "x")
        for number in 1...5 {
            try rotate.log("a.log.\(number)", "\(number)")
            try rotate.api.directory.age("box/l/a.log.\(number)", to: now - Int64(number) * 86400)
        }
        for other in ["a.log.old", "a.log.1.bak", "gone.log.1", "a.log.01", "notes"] {
            try rotate.log(other, "mine")
            try rotate.api.directory.age("box/l/" + other, to: 1)
        }
        let mine = ["a.log.01", "a.log.1.bak", "a.log.old", "gone.log.1", "notes"]
        let settings: [String: Value] = ["size": 100, "compress": "none"]
        #expect(try rotate.run(settings.merging(["keep": ["count": 4]]) { $1 })["removed"] == 1)
        let aged = try rotate.run(settings.merging(["keep": ["count": 4, "age": 216_000]]) { $1 })
        #expect(aged["removed"] == 2)
        #expect(try rotate.names() == (["a.log", "a.log.1", "a.log.2"] + mine).sorted())
        #expect(rotate.api.services.lines.contains { $0.contains("a.log.5") && $0.contains("keep.count") })
        #expect(rotate.api.services.lines.contains { $0.contains("a.log.3") && $0.contains("keep.age") })
    }

    @Test("Total size and free space take the oldest of all logs, and spare the newest of each") func room() throws {
        let rotate = try RotateFixture()
        let now = SystemClock().now().seconds
        let block = String(repeating: "x", count: 8192)
        for (name, age) in [("a.log.1", 50), ("a.log.2", 60), ("a.log.3", 70), ("b.log.1", 90), ("b.log.2", 100)] {
            try rotate.log(name, block)
            try rotate.api.directory.age("box/l/" + name, to: now - Int64(age) * 3600)
        }
        try rotate.log("a.log", "a")
        try rotate.log("b.log", "b")
        let settings: [String: Value] = ["size": 100, "compress": "none"]
        try rotate.run(settings.merging(["keep": ["size": .int(3 * 8192)]]) { $1 })
        #expect(try rotate.names() == ["a.log", "a.log.1", "a.log.2", "b.log", "b.log.1"])
        #expect(rotate.warnings.isEmpty)
        rotate.hook = { service, _ in service == .diskUsage ? ["path": "/", "free": 1000] : nil }
        try rotate.run(settings.merging(["keep": ["free": 5000]]) { $1 })
        #expect(try rotate.names() == ["a.log", "a.log.1", "b.log", "b.log.1"])
        try rotate.run(settings.merging(["keep": ["free": 500_000]]) { $1 })
        #expect(try rotate.names() == ["a.log", "a.log.1", "b.log", "b.log.1"])
        #expect(rotate.warnings.contains { $0.contains("keep.free") })
    }

    @Test("Compressed files keep mode, owner and times to the nanosecond", arguments: ["zstd", "gzip"])
    func times(format: String) throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", String(repeating: "line\n", count: 5000), mode: 0o640)
        var times = [
            timespec(tv_sec: 1_500_000_000, tv_nsec: 987_654_321),
            timespec(tv_sec: 1_600_000_000, tv_nsec: 123_456_789),
        ]
        #expect(rotate.api.at("l/a.log").withCString { utimensat(AT_FDCWD, $0, &times, 0) } == 0)
        if geteuid() == 0 { #expect(rotate.api.at("l/a.log").withCString { chown($0, 1234, 4321) } == 0) }
        try rotate.run(["compress": .text(format)])
        let name = "a.log.1" + (format == "zstd" ? ".zst" : ".gz")
        let status = try #require(try rotate.api.directory.status("box/l/" + name))
        #expect(status.modified == 1_600_000_000_123_456_789)
        #expect(status.mode == 0o640)
        #expect(try rotate.content(name)?.utf8.count == 25000)
        if geteuid() == 0 {
            #expect(status.uid == 1234 && status.gid == 4321)
            let log = try #require(try rotate.api.directory.status("box/l/a.log"))
            #expect(log.uid == 1234 && log.gid == 4321 && log.mode == 0o640)
        }
    }

    @Test("The new log has the mode that is wanted, or there is none") func create() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "x", mode: 0o600)
        try rotate.run(["mode": "0664"])
        #expect(try rotate.api.directory.status("box/l/a.log")?.mode == 0o664)
        try rotate.log("a.log", "y")
        try rotate.run(["create": false])
        #expect(try rotate.names() == ["a.log.1.zst", "a.log.2.zst"])
    }

    @Test("Copied and cut, a log stays the file that its writer has open") func copyTruncate() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "one\ntwo\n")
        try rotate.log("a.log.1", "zero\n")
        let inode = try rotate.api.directory.status("box/l/a.log")?.id
        rotate.openers["a.log"] = [["pid": 7, "name": "writer", "mode": "w", "appends": true]]
        rotate.open = ["a.log"]
        #expect(try rotate.run(["method": "copytruncate"])["rotated"] == 1)
        #expect(try rotate.names() == ["a.log", "a.log.1.zst", "a.log.2.zst"])
        #expect(try rotate.content("a.log.1.zst") == "one\ntwo\n")
        #expect(try rotate.content("a.log.2.zst") == "zero\n")
        #expect(try rotate.content("a.log") == "")
        #expect(try rotate.api.directory.status("box/l/a.log")?.id == inode)
        #expect(rotate.api.services.state["cutting"] == nil)
    }

    @Test("A log whose writer does not append is not cut: it would begin with a hole") func strayWriter() throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "one\n")
        try rotate.log("b.log", "b")
        rotate.openers["a.log"] = [
            ["pid": 6, "name": "reader", "mode": "r", "appends": false],
            ["pid": 7, "name": "writer", "mode": "w", "appends": false],
        ]
        let message = try rotate.failure(["method": "copytruncate"])
        #expect(message.contains("writer (pid 7) does not open it to append"), "\(message)")
        #expect(try rotate.content("a.log") == "one\n")
        #expect(try rotate.names() == ["a.log", "b.log", "b.log.1.zst"])
    }

    @Test("The dry run plans what the run then does, and touches nothing", arguments: ["rename", "copytruncate"])
    func dry(method: String) throws {
        let rotate = try RotateFixture()
        try rotate.log("a.log", "new")
        try rotate.log("a.log.1", "old")
        try rotate.packed("a.log.2.zst", "older")
        let settings: [String: Value] = ["method": .text(method), "keep": ["count": 2]]
        rotate.api.isDry = true
        let planned = try rotate.run(settings)
        #expect(try rotate.names() == ["a.log", "a.log.1", "a.log.2.zst"])
        #expect(try rotate.content("a.log") == "new")
        let steps = rotate.api.steps
        #expect(steps.filter { $0.hasPrefix("rename") }.first == "rename a.log.2.zst a.log.3.zst", "\(steps)")
        #expect(steps.last == "remove a.log.3.zst")
        rotate.api.isDry = false
        let done = try rotate.run(settings)
        #expect(done["removed"] == planned["removed"])
        #expect(done["rotated"] == planned["rotated"])
        #expect(try rotate.names() == ["a.log", "a.log.1.zst", "a.log.2.zst"])
    }
}
