import Testing

@testable import Scriptron

@Suite("End to end: a deadline is a deadline", .timeLimit(.minutes(15)))
struct EndToEndTimeoutTests {
    /// What a script does that does not end, by a name for its job.
    static let bodies = [
        "loop": "while true do end",
        "pcall": "while true do pcall(function() while true do end end) end",
        "xpcall": "xpcall(function() while true do end end, function() while true do end end)",
        "gc":
            "for i = 1, 1e9 do pcall(setmetatable, {}, { __gc = function() while true do end end }) end while true do end",
        "close": "local t <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
        "closes":
            "while true do pcall(function() local t <close> = setmetatable({}, { __close = function() while true do end end }) error(1) end) end",
        "wraps": "while true do pcall(coroutine.wrap(function() while true do end end)) end",
        "nested":
            "local function n(d) if d == 0 then while true do end end coroutine.wrap(function() n(d - 1) end)() end n(12)",
        "find": "string.find(string.rep(\"x\", 200000), string.rep(\".-\", 40) .. \"y\")",
        "backtrack": "while true do string.find(string.rep(\"a\", 200000), \"a*a*b\") end",
        "balance": "while true do string.find(string.rep(\"(\", 1000000), \"%b()\") end",
        "sort": "local t = {} for i = 1, 1000000 do t[i] = 0 end while true do table.sort(t, math.ult) end",
        "tostring": "error(setmetatable({}, { __tostring = function() while true do end end }))",
        "memory": "while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end",
        "index": "return setmetatable({}, { __index = function() while true do end end }).x",
        "length": "return #setmetatable({}, { __len = function() while true do end end })",
        "gsub": "string.gsub(\"aaa\", \"a\", function() while true do end end)",
        "sortback": "table.sort({ 3, 2, 1 }, function() while true do end end)",
        "load": "load(function() while true do end end)",
        "sleep": "time.sleep(1000)",
        "sleeps": "while true do pcall(time.sleep, 1000) end",
        "logs": "while true do log.info(\"again\") end",
        "strings": "while true do local s = (\"x\"):rep(10000000):reverse():upper():lower() end",
        "host": "while true do pcall(fs.list, \".\") end",
    ]

    /// What a shell does that does not end; MARK makes its processes known.
    static let programs = [
        "ignores": "trap '' TERM INT HUP; while :; do sleep MARK; done",
        "background": "trap '' TERM; setsid sh -c 'setsid sleep MARK & sleep MARK' & sleep MARK",
        "daemon": "(setsid sh -c 'trap \"\" TERM HUP; sleep MARK & exit 0' &) ; exit 0",
        "stopped": "sleep MARK & kill -STOP $$",
        "chatter": "while :; do echo MARK; done",
        "forks": "f() { setsid sh -c 'sleep MARK' & }; while :; do f; sleep 0.05; done",
    ]

    @Test func `Whatever an attempt does, it ends in time and leaves no process`() async throws {
        let marker = "31415.\(ProcessHandle.own)926"
        var jobs = Self.bodies.mapValues { "return job { timeout = \"1s\", run = function() \($0) end }\n" }
        for (name, text) in Self.programs {
            jobs[name] = """
                return job {
                  timeout = "1s",
                  needs = function() return { run = { "sh", "sleep", "setsid" } } end,
                  run = function()
                    process.run({ "sh", "-c", [[\(text.split(separator: "MARK", omittingEmptySubsequences: false).joined(separator: marker))]] })
                    while true do end
                  end,
                }
                """
        }
        let host = try EndToEndHost("return { concurrency = 6 }", jobs: jobs)
        try await host.start()
        for name in jobs.keys.sorted() {
            let answer = try await host.command("run", name, "--detach")
            #expect(answer.code == 0, "\(name): \(answer.text)")
        }
        let rows = try await host.eventually("every run ends", within: 200) { () -> [Value]? in
            let rows = try await host.command("history", "--json", "-n", "100").rows
            return rows.count == jobs.count && rows.allSatisfy { $0["outcome"]?.text != nil } ? rows : nil
        }
        for row in rows {
            let name = row["job"]?.text ?? "?"
            #expect(
                row["outcome"]?.text == "timed_out", "\(name): \(row["reason"]?.text ?? "") \(row["error"]?.text ?? "")"
            )
            let took = (row["finished"]?.double ?? .infinity) - (row["started"]?.double ?? 0)
            #expect(took <= 1 + Daemon.killGrace + 2, "\(name) took \(took) seconds")
        }
        #expect(EndToEndHost.processes(with: marker).isEmpty)
        try await host.stop()
    }

    @Test func `What waits ends a little before the deadline, so that a script can keep what it knows`() async throws {
        let host = try EndToEndHost(
            "return {}",
            jobs: [
                "keeps": """
                return job {
                  timeout = "4s",
                  run = function()
                    if state.get("kept") then return { kept = state.get("kept") } end
                    local _, problem = pcall(time.sleep, 60)
                    state.set("kept", problem.code)
                    error(problem, 0)
                  end,
                }
                """,
                "waits": """
                return job {
                  timeout = "4s",
                  needs = function() return { run = { "sleep" } } end,
                  run = function()
                    if state.get("kept") then return { kept = state.get("kept") } end
                    local _, problem = pcall(process.run, { "sleep", "60" })
                    state.set("kept", type(problem) == "table" and problem.code or "no error")
                    error(problem, 0)
                  end,
                }
                """,
            ])
        try await host.start()
        for name in ["keeps", "waits"] {
            let answer = try await host.command("run", name)
            #expect(answer.code == 1, "\(answer.text)")
            let row = try #require(try await host.command("history", name, "--json").rows.first)
            #expect(row["outcome"]?.text == "timed_out", "\(row)")
            #expect(try await host.command("run", name).code == 0)
            let next = try #require(try await host.command("history", name, "--json").rows.first)
            #expect(next["result"]?["kept"] == "EDEADLINE", "\(next)")
        }
    }
}
