import Glibc
import Testing

@testable import Scriptron

@Suite("jobs/sweep.lua") struct SweepTests {
    private static let now = SystemClock().now().seconds

    /// A box with a directory `t` to sweep, whose host knows of every file that nobody has it open.
    private func api() throws -> APIFixture {
        let api = try APIFixture()
        try api.directory.directory("box/t")
        try api.loadLibraries()
        return api
    }

    /// Makes a file that was last touched so many days ago.
    private func file(_ api: APIFixture, _ name: String, days: Int64, _ content: String = "x") throws {
        try api.directory.tree("box/t/" + name, content)
        try api.directory.age("box/t/" + name, to: Self.now - days * 86400)
    }

    /// Runs the job over `t`, by modification times, with these settings.
    @discardableResult
    private func sweep(
        _ api: APIFixture, _ settings: [String: Value] = [:], paths: [Path]? = nil, isOpen: Set<String> = [],
        looking: ((FileID) throws -> Bool)? = nil
    ) throws -> Value {
        let paths = paths ?? [api.at("t")]
        let open = try isOpen.compactMap { try api.directory.status("box/t/" + $0)?.id }
        api.services.answer = { service, arguments in
            guard service == .openAny else { return nil }
            return .list(
                (arguments["entries"]?.list ?? []).map { entry in
                    let id = FileID(
                        device: UInt64(bitPattern: entry["device"]?.integer ?? 0),
                        inode: UInt64(bitPattern: entry["inode"]?.integer ?? 0))
                    return .bool(open.contains(id) || (try? looking?(id)) == true)
                })
        }
        let all: [String: Value] = [
            "paths": .list(paths.map { .bytes($0.bytes) }), "older_than": 604800, "clock": "mtime", "pattern": [:],
            "exclude": [:], "empty_dirs": true, "keep_open": "always", "explain": false,
        ]
        return try api.run(file: "jobs/sweep.lua", settings: all.merging(settings) { $1 })
    }

    private func names(_ api: APIFixture) throws -> [String] {
        let root = api.at("t")
        let walker = try TreeWalker(try Directory(root), at: root)
        var names: [String] = []
        while case .entry(let path, _, _)? = walker.next() {
            names.append(Path(bytes: Array(path.bytes.dropFirst(root.bytes.count + 1))).text)
        }
        return names.sorted()
    }

    @Test("Old files and the directories that held them go, young ones stay; the result says how much") func age()
        throws
    {
        let api = try api()
        try file(api, "old", days: 8, "12345")
        try file(api, "young", days: 6)
        try file(api, "gone/deep/old", days: 30)
        try file(api, "mixed/old", days: 30)
        try file(api, "mixed/young", days: 1)
        for name in ["gone/deep", "gone", "mixed"] { try api.directory.age("box/t/" + name, to: Self.now - 30 * 86400) }
        let result = try sweep(api)
        #expect(try names(api) == ["mixed", "mixed/young", "young"])
        #expect(result["files"] == 3)
        #expect(result["directories"] == 2)
        #expect(result["bytes"] == 7)
        #expect(result["roots"]?.list?.count == 1)
        #expect(result["roots"]?.list?.first?["path"] == .bytes(api.at("t").bytes))
        #expect(api.services.warnings.isEmpty)
    }

    @Test("By the newest clock a file that was just unpacked stays, however old it says it is") func newest() throws {
        let api = try api()
        try file(api, "unpacked", days: 400)
        #expect(try sweep(api, ["clock": "newest"])["files"] == 0)
        #expect(try names(api) == ["unpacked"])
    }

    @Test("A young empty directory stays, and so do all where they are not wanted") func emptyDirectories() throws {
        let api = try api()
        try api.directory.directory("box/t/young")
        try api.directory.directory("box/t/old")
        try api.directory.age("box/t/old", to: Self.now - 30 * 86400)
        #expect(try sweep(api, ["empty_dirs": false])["directories"] == 0)
        #expect(try sweep(api)["directories"] == 1)
        #expect(try names(api) == ["young"])
    }

    @Test("Patterns choose files, exclusions spare whole directories") func patterns() throws {
        let api = try api()
        for name in ["a.tmp", "b.log", "keep/c.tmp", "sub/d.tmp", "lost+found/e.tmp", "systemd-private-1/f.tmp"] {
            try file(api, name, days: 30)
        }
        try sweep(api, ["pattern": ["*.tmp"], "exclude": ["keep"]])
        #expect(
            try names(api) == [
                "b.log", "keep", "keep/c.tmp", "lost+found", "lost+found/e.tmp", "sub", "systemd-private-1",
                "systemd-private-1/f.tmp",
            ])
    }

    @Test("What is open stays; where nobody can tell, all counts as open, unless age alone shall decide") func open()
        throws
    {
        let api = try api()
        try file(api, "open", days: 30)
        try file(api, "closed", days: 30)
        let result = try sweep(api, isOpen: ["open"])
        #expect(result["in_use"] == 1)
        #expect(try names(api) == ["open"])
        api.services.answer = { _, _ in nil }
        let unknown = try api.run(
            file: "jobs/sweep.lua",
            settings: [
                "paths": .list([.bytes(api.at("t").bytes)]), "older_than": 604800, "clock": "mtime", "pattern": [:],
                "exclude": [:], "empty_dirs": true, "keep_open": "always", "explain": false,
            ])
        #expect(unknown["in_use"] == 1)
        #expect(api.services.warnings.contains { $0.contains("keep_open") })
        #expect(try sweep(api, ["keep_open": "never"], isOpen: ["open"])["files"] == 1)
        #expect(try names(api) == [])
    }

    @Test("Links go and are not followed; FIFOs and files with the sticky bit stay") func kinds() throws {
        let api = try api()
        try api.directory.tree("outside/precious", "p")
        try api.directory.age("outside/precious", to: 1)
        try api.directory.link("box/t/link", to: api.directory.at("outside"))
        #expect(api.at("t/fifo").withCString { mkfifo($0, 0o600) } == 0)
        try file(api, "sticky", days: 30)
        #expect(api.at("t/sticky").withCString { chmod($0, 0o1644) } == 0)
        try api.directory.age("box/t/fifo", to: 1)
        let result = try sweep(api, ["older_than": 0])
        #expect(try names(api) == ["fifo", "sticky"])
        #expect(result["roots"]?.list?.first?["special"] == 2)
        #expect(api.directory.text("outside/precious") == "p")
    }

    @Test("The oldest go until the rest fits, and not one more; what is young or open stays") func sizeTarget() throws {
        let api = try api()
        let block = String(repeating: "x", count: 8192)
        for day in 1...6 { try file(api, "day\(day)", days: Int64(day), block) }
        try api.directory.tree("box/t/now", block)
        let result = try sweep(api, ["size_target": .int(4 * 8192)], isOpen: ["day5"])
        #expect(try names(api) == ["day1", "day2", "day5", "now"])
        #expect(result["files"] == 3)
        let least = try sweep(api, ["size_target": 0], isOpen: ["day5"])
        #expect(try names(api) == ["day5", "now"])
        #expect(least["roots"]?.list?.first?["kept_bytes"] == .int(2 * 8192))
        #expect(api.services.warnings.contains { $0.contains("size_target") })
    }

    @Test(
        "Roots that would be a disaster are refused before anything is touched",
        arguments: [
            "/", "/home", "/etc", "/var", "/usr", "/usr/share", "/home/anna", "/root/x", "/var/lib", "/var/log",
            "/boot",
            "/dev", "/proc/1", "relative", "/tmp/../etc", "/data", "//", "/home/",
        ])
    func dangerousRoots(path: String) throws {
        let api = try api()
        #expect(throws: LuaError.self) { try sweep(api, paths: [Path(path)]) }
        #expect(api.services.requests.isEmpty)
    }

    @Test("No root at all is an error, and so is one that is a file, a link or a whole file system") func oddRoots()
        throws
    {
        let api = try api()
        #expect(throws: LuaError.self) { try sweep(api, paths: []) }
        try file(api, "file", days: 30)
        #expect(throws: LuaError.self) { try sweep(api, paths: [api.at("t/file")]) }
        try api.directory.link("box/link", to: api.at("t"))
        #expect(throws: LuaError.self) { try sweep(api, paths: [api.at("link")]) }
        api.services.answers[.diskUsage] = ["path": .bytes(api.at("t").bytes)]
        #expect(throws: LuaError.self) { try sweep(api) }
        #expect(try names(api) == ["file"])
        api.services.answers[.diskUsage] = ["path": "/"]
        try sweep(api, paths: [api.at("t"), api.at("missing")])
        #expect(api.services.warnings.contains { $0.contains("missing is not there") })
    }

    @Test("A clock that was set forward makes nothing old") func clockJump() throws {
        let api = try api()
        try file(api, "old", days: 30)
        api.services.answers[.sysUptime] = 1000.0
        api.services.state["clock"] = ["now": .number(Double(Self.now - 86400)), "uptime": 990.0]
        _ = try? sweep(api)
        #expect(try names(api) == ["old"])
        #expect(api.context.verdict == .skip(reason: "the clock was set forward"))
        #expect(api.services.warnings.contains { $0.contains("set forward") })
        // From the next run on it is believed.
        #expect(try sweep(api)["files"] == 1)
    }

    @Test("With explain the log says what became of each file, and why") func explain() throws {
        let api = try api()
        try file(api, "old", days: 30)
        try file(api, "open", days: 30)
        try sweep(api, ["explain": true], isOpen: ["open"])
        #expect(
            api.services.lines.contains { $0.hasPrefix("removed, untouched for 7 d (mtime): ") && $0.hasSuffix("/old") }
        )
        #expect(api.services.lines.contains { $0.hasPrefix("kept, it is open: ") && $0.hasSuffix("/open") })
    }

    @Test("The dry run plans what the run then does, and touches nothing") func dry() throws {
        let api = try api()
        try file(api, "gone/old", days: 30, "12345")
        try file(api, "young", days: 1)
        try api.directory.age("box/t/gone", to: Self.now - 30 * 86400)
        api.isDry = true
        let planned = try sweep(api)
        #expect(try names(api) == ["gone", "gone/old", "young"])
        #expect(api.steps == ["remove old", "remove directory gone"])
        api.isDry = false
        #expect(try sweep(api) == planned)
        #expect(try names(api) == ["young"])
    }

    @Test("What the sweep itself has open counts for nobody's") func ownDescriptors() throws {
        let api = try api()
        for index in 0..<600 { try file(api, "d/\(index)", days: 30) }
        try api.directory.age("box/t/d", to: Self.now - 30 * 86400)
        // The host as it is: it sees this process's descriptors.
        let result = try sweep(api) { id in
            let numbers = try Directory("/proc/self/fd").names()
            return numbers.contains { number in
                let path = Path("/proc/self/fd").appending(Path(bytes: number))
                return (try? FileStatus.of(path, follow: true))??.id == id
            }
        }
        #expect(result["in_use"] == 0)
        #expect(result["directories"] == 1)
        #expect(try names(api) == [])
    }

    @Test("Two thousand files take a few crossings") func many() throws {
        let api = try api()
        for index in 0..<2000 { try file(api, "\(index % 20)/\(index)", days: 30) }
        #expect(try sweep(api)["files"] == 2000)
        #expect(api.services.requests.filter { $0.service == .openAny }.count < 20)
    }
}
