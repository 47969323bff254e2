import Glibc
import Testing

@testable import Scriptron

@Suite("End to end: bad input is named, cured and loses nothing", .timeLimit(.minutes(15)))
struct EndToEndBadInputTests {
    /// Scripts that are wrong, and what `check` and `jobs` must say of them.
    static let scripts: [String: (text: String, says: String)] = [
        "syntax": ("return job {\n  schedule = \"* * *\n}", "jobs/syntax.lua:2: unfinished string"),
        "key": (
            "return job { schedul = 1, run = function() end }",
            "jobs/key.lua:1: schedul: unknown key; did you mean schedule?"
        ),
        "never": (
            "return job { schedule = \"0 0 30 2 *\", run = function() end }",
            "it can never fire; take a day that the month has"
        ),
        "cron": (
            "return job { schedule = \"61 * * * *\", run = function() end }",
            "61 is not a minute; write a number from 0 to 59"
        ),
        "type": (
            "return job { timeout = true, run = function() end }",
            "jobs/type.lua:1: timeout: must be a duration such as"
        ),
        "need": (
            "return job { needs = function() return { read = { \"/nowhere/at/all\" } } end, run = function() end }",
            "needs.read: /nowhere/at/all does not exist; make it, or take it out"
        ),
        "window": (
            "return job { except = \"22:00-25:00\", run = function() end }",
            "window `22:00-25:00`, character 7: 25 is not an hour"
        ),
        "group": (
            "return job { group = \"db\", run = function() end }",
            "jobs/group.lua: group: there is no group db; say groups = { [\"db\"] = 1 } in scriptron.lua"
        ),
        "zone": (
            "return job { timezone = \"Mars/Base\", schedule = \"@daily\", run = function() end }",
            "there is no time zone `Mars/Base`"
        ),
        "raises": (
            "return job { needs = function() error(\"boom\") end, run = function() end }", "jobs/raises.lua:1: boom"
        ),
        "plain": ("return 5", "the script does not end in: return job"),
    ]

    @Test func `Each broken script is an error of check, and of jobs while the others run`() async throws {
        var jobs = Self.scripts.mapValues(\.text)
        jobs["good"] = "return job { run = function() return { text = \"ran\" } end }"
        let host = try EndToEndHost(jobs: jobs)
        let check = try await host.command("check")
        #expect(check.code == 1)
        for (name, script) in Self.scripts { #expect(check.text.contains(script.says), "\(name): \(check.text)") }
        let doctor = try await host.command("doctor")
        #expect(doctor.code == 1)
        #expect(doctor.text.contains("\(jobs.count) jobs, \(Self.scripts.count) errors, the first: "), "\(doctor.text)")
        // Without a host, what is wrong is told of the job that is asked for alone, and once.
        let alone = try await host.command("run", "key")
        #expect(alone.code == 1)
        #expect(alone.text.ranges(of: "did you mean schedule?").count == 1, "\(alone.text)")
        #expect(!alone.text.contains("jobs/syntax.lua"))
        try await host.start()
        let next = try await host.command("next", "key")
        #expect(next.code == 1 && next.text.contains("did you mean schedule?"))
        let rows = try await host.command("jobs", "--json").rows
        #expect(rows.count == jobs.count)
        for row in rows where row["job"]?.text != "good" {
            let script = Self.scripts[row["job"]?.text ?? ""]
            #expect(row["error"]?.text?.contains(script?.says ?? "?") == true, "\(row["error"]?.text ?? "")")
            #expect(row["state"]?.text == "broken")
        }
        #expect(try await host.run("good")["result"]?["text"]?.text == "ran")
        let run = try await host.command("run", "key")
        #expect(run.code == 1 && run.text.contains("did you mean schedule?"))
        try await host.stop()
    }

    @Test func `Exit codes tell usage, an unknown job, and a missing host apart`() async throws {
        let host = try EndToEndHost(jobs: ["good": "return job { run = function() end }"])
        func code(_ words: String...) async throws -> Int32 {
            try await host.shell(
                "cd \(host.at(".").text) && env SCRIPTRON_CONFIG=\(host.at("scriptron.lua").text) \(TestBinary.path.text) "
                    + words.joined(separator: " ")
            ).code
        }
        #expect(try await code("status") == 4)
        #expect(try await code("history") == 4)
        #expect(try await code("frobnicate") == 2)
        #expect(try await code("run") == 2)
        #expect(try await code("run", "--bogus", "good") == 2)
        #expect(try await code("run", "good") == 0)
        #expect(try await code("run", "god") == 3)
        #expect(try await code("check", "--config", "none.lua") == 1)
        #expect(try await code("check", "--config", "jobs") == 1)
        #expect(try await code("test", "nope") == 3)
        #expect(try await code("test", "nope.lua") == 3)
        try await host.start()
        let unknown = try await host.command("run", "god")
        #expect(unknown.code == 3 && unknown.text.contains("did you mean good?"))
        #expect(try await host.command("show", "999").code == 3)
        #expect(try await host.command("cancel", "999").code == 3)
        let second = try await host.command("serve")
        #expect(second.code == 1)
        #expect(second.text.contains("another host (pid \(host.pid)) holds the state directory"))
        try await host.stop()
    }

    @Test func `A configuration that is not there, wrong or writable by others is refused with the cure`() async throws
    {
        let host = try EndToEndHost("return { jbs = {} }")
        let wrong = try await host.command("serve")
        #expect(wrong.code == 1 && wrong.text.contains("scriptron.lua:1: jbs: unknown key; did you mean jobs?"))
        try host.write("scriptron.lua", "return { listen = \"127.0.0.1:8477\" }")
        #expect(try await host.command("serve").text.contains("listen: not supported yet; remove it"))
        try host.write("scriptron.lua", "return {}")
        host.mode("scriptron.lua", 0o666)
        let open = try await host.command("serve")
        #expect(open.code == 1 && open.text.contains("chmod o-w \(host.at("scriptron.lua"))"))
        host.remove("scriptron.lua")
        let gone = try await host.command("serve")
        #expect(gone.code == 1 && gone.text.contains("there is no \(host.at("scriptron.lua")); name another file"))
    }

    @Test func `A damaged store and one of a newer version are refused and left as they are`() async throws {
        let host = try EndToEndHost(jobs: ["good": "return job { run = function() return 1 end }"])
        #expect(try await host.run("good")["outcome"]?.text == "succeeded")
        let file = host.at("var/store/scriptron.db")
        let whole = try Files.readSmall(file, max: 64 << 20)
        // The version stands in the header (big-endian, offset 60: PRAGMA user_version).
        var newer = whole
        newer[60...63] = [0, 0, 0, 99]
        let garbage = [UInt8](repeating: 0x5A, count: 8192)
        for (bytes, says) in [
            (newer, "the store has version 99"), (garbage, "file is not a database; it was left as it is"),
        ] {
            try host.overwrite(file, bytes)
            let answer = try await host.command("serve")
            #expect(answer.code == 1 && answer.text.contains(says), "\(answer.text)")
            #expect(try Files.readSmall(file, max: 64 << 20) == bytes)
        }
        try host.overwrite(file, whole)
        #expect(try await host.run("good")["id"]?.integer == 2)
    }

    @Test(.enabled(if: getuid() == 0, "needs root"))
    func `A full disk is survived, and every fire time is accounted for`() async throws {
        let host = try EndToEndHost(
            jobs: [
                "tick": "return job { schedule = \"every 1s\", run = function() log.info(\"x\") end }",
                "other": "return job { run = function() end }",
            ])
        let state = host.at("var").text
        let mounted = try await host.shell("mkdir \(state) && mount -t tmpfs -o size=24m,mode=755 tmpfs \(state)")
        #expect(mounted.code == 0)
        do {
            try await fillAndFree(host, state)
        } catch {
            _ = try await host.shell("umount -l \(state)")
            throw error
        }
        try await host.stop()
        #expect(try await host.shell("umount \(state)").code == 0)
    }

    private func fillAndFree(_ host: EndToEndHost, _ state: String) async throws {
        func good() async throws -> Int {
            try await host.history("tick").filter { $0["outcome"]?.text == "succeeded" }.count
        }
        try await host.start()
        try await host.eventually("it runs") { try await good() > 1 ? true : nil }
        _ = try await host.shell("dd if=/dev/zero of=\(state)/fill bs=64k")
        try await host.eventually("status tells of it") {
            try await host.command("status").text.contains("the host's reserve is released") ? true : nil
        }
        // What an operator asks for has the reserve.
        #expect(try await host.command("run", "other").code == 0)
        host.remove("var/fill")
        let before = try await good()
        try await host.eventually("it goes on") { try await good() > before + 1 ? true : nil }

        let ran = try await host.history("tick").compactMap { $0["fire_time"]?.integer }
        var accounted = Set(ran)
        #expect(accounted.count == ran.count)
        for range in try await host.command("history", "tick", "--missed", "--json").rows {
            accounted.formUnion((range["from"]?.integer ?? 0)...(range["to"]?.integer ?? 0))
        }
        let (first, last) = (try #require(ran.min()), try #require(ran.max()))
        #expect((first...last).allSatisfy(accounted.contains), "\(accounted.sorted())")
    }
}
