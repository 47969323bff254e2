import Testing

@testable import Scriptron

@Suite("End to end: runs by hand, retries, overlaps, results and logs", .timeLimit(.minutes(15)))
struct EndToEndRunTests {
    private static let jobs = [
        "set": """
        return job {
          settings = { n = option.number(1), xs = option.list { "a" }, must = option.string { required = true } },
          run = function(settings) return settings end,
        }
        """,
        "write":
            "return job { settings = { to = option.path \"data\" }, run = function(s) fs.write(s.to .. \"/f\", \"hi\") end }",
        "long": "return job { run = function() for i = 1, 600 do log.info(\"line \" .. i) time.sleep(0.1) end end }",
        "fails":
            "return job { retry = { attempts = 2, delay = 0.2 }, run = function(_, this) error(\"try \" .. this.attempt) end }",
        "gives_up":
            "return job { retry = { attempts = 5, delay = 0.2 }, run = function(_, this) this.fail(\"no way\", { retry = false }) end }",
        "skips": "return job { run = function(_, this) this.skip(\"nothing to do\") end }",
        "warns":
            "return job { run = function(_, this) this.warn(\"careful\") this.warn(\"again\") return { a = 1 } end }",
        "big": "return job { run = function() return { x = string.rep(\"x\", 70000) } end }",
        "nan": "return job { run = function() return { x = 0 / 0 } end }",
    ]

    @Test(arguments: [false, true])
    func `A job runs by hand, with settings and grants of its own, with and without a host`(serving: Bool) async throws
    {
        let host = try EndToEndHost(jobs: Self.jobs)
        if serving { try await host.start() }
        let missing = try await host.command("run", "set")
        #expect(missing.code == 1 && missing.text.contains("its setting must has no value"))
        let elsewhere = try await host.command("run", host.at("other/set.lua").text)
        #expect(elsewhere.text.contains("it is not in the jobs directory \(host.at("jobs").text)"), "\(elsewhere.text)")
        let set = try await host.run("set", "--set", "must=x", "--set", "n=2.5", "--set", "xs=b", "--set", "xs=c")
        #expect(set["result"] == ["must": "x", "n": 2.5, "xs": ["b", "c"]])
        let wrong = try await host.command("run", "set", "--set", "must=x", "--set", "n=abc")
        #expect(wrong.code == 2 && wrong.text.contains("--set n: must be a number"))

        try Directories.create(host.at("data"), mode: 0o755)
        let refused = try await host.run("write")
        #expect(refused["outcome"]?.text == "failed")
        let granted = try await host.run("write", "--grant", "write=\(host.at("data"))")
        #expect(granted["outcome"]?.text == "succeeded")
        #expect(try Files.readSmall(host.at("data/f")) == Array("hi".utf8))
        let store = try await host.command("run", "write", "--grant", "write=\(host.at("var/store"))")
        #expect(store.code == 1 && store.text.contains("is the store"))
        if serving {
            let details = try await host.command("show", "--json", "\(granted["id"]?.integer ?? 0)").rows.first
            #expect(details?["grant"]?["write"]?.list?.contains(.bytes(host.at("data").bytes)) == true)
        }
        try await host.stop()
    }

    @Test func `A run is followed and cancelled`() async throws {
        let host = try EndToEndHost(jobs: Self.jobs)
        try await host.start()
        let started = try await host.command("run", "long", "--detach")
        #expect(started.code == 0)
        async let followed = host.command("logs", "-f", "1")
        try await host.eventually("it says something") {
            try await host.command("logs", "1").text.contains("line 2") ? true : nil
        }
        let conflict = try await host.command("run", "long")
        #expect(conflict.code == 1 && conflict.text.contains("overlap: run 1 still runs"))
        #expect(try await host.command("cancel", "1").code == 0)
        let text = try await followed.text
        #expect(text.contains("line 1") && text.contains("an operator cancelled it"))
        #expect(try await host.history("long").first?["outcome"]?.text == "cancelled")
        #expect(try await host.command("cancel", "1").code == 1)
        try await host.stop()
    }

    @Test func `A run without a host is cancelled by the end of its command`() async throws {
        let host = try EndToEndHost(
            jobs: [
                "slow": """
                return job { timeout = "90s", needs = function() return { write = "data" } end, run = function()
                  fs.write("data/began", "")
                  time.sleep(3000)
                end }
                """
            ])
        try host.directory("data")
        let answer = try await host.shell(
            """
            cd \(host.at(".").text)
            setsid \(TestBinary.path.text) run --config \(host.at("scriptron.lua").text) --json slow </dev/null &
            for _ in $(seq 600); do [ -e data/began ] && break; sleep 0.1; done
            # As a terminal does it: all of the group hear of it.
            kill -TERM -$!
            wait $!
            """)
        #expect(answer.code == 1, "\(answer.text)")
        #expect(answer.rows.last?["outcome"]?.text == "cancelled", "\(answer.text)")
        try await host.start()
        let row = try #require(try await host.history("slow").first)
        #expect(row["outcome"]?.text == "cancelled")
        #expect(row["reason"]?.text == "an operator cancelled it")
        try await host.stop()
    }

    @Test func `Retries, skips, failures, warnings and results are recorded as what they are`() async throws {
        let host = try EndToEndHost(jobs: Self.jobs)
        try await host.start()
        let failed = try await host.run("fails")
        #expect(failed["attempt"]?.integer == 3 && failed["error"]?.text?.contains("try 3") == true)
        let attempts =
            try await host.command("show", "--json", "\(failed["id"]?.integer ?? 0)").rows.first?["attempts"]?.list
            ?? []
        let starts = attempts.compactMap { $0["started"]?.double }
        let ends = attempts.compactMap { $0["finished"]?.double }
        #expect(starts.count == 3 && ends.count == 3)
        for (end, start) in zip(ends, starts.dropFirst()) { #expect(start >= end) }
        let givenUp = try await host.run("gives_up")
        #expect(givenUp["attempt"]?.integer == 1 && givenUp["reason"]?.text == "no way")
        let skipped = try await host.run("skips")
        #expect(skipped["outcome"]?.text == "skipped" && skipped["reason"]?.text == "nothing to do")
        let warned = try await host.run("warns")
        #expect(warned["outcome"]?.text == "succeeded" && warned["warnings"]?.list?.count == 2)
        for name in ["big", "nan"] {
            let row = try await host.run(name)
            #expect(row["outcome"]?.text == "succeeded" && row["result"]?.isNull == true)
            #expect(row["limits_hit"] == ["result"])
            #expect(row["warnings"]?.list?.first?.text?.hasPrefix("its result is not kept: ") == true)
        }
        try await host.stop()
    }

    @Test func `Fire times that come while a run lasts are one skipped range`() async throws {
        let host = try EndToEndHost(
            jobs: ["busy": "return job { schedule = \"every 1s\", run = function() time.sleep(3.5) end }"])
        try await host.start()
        let range = try await host.eventually("a range") {
            try await host.command("history", "busy", "--missed", "--json").rows.first {
                ($0["count"]?.integer ?? 0) >= 2
            }
        }
        #expect(range["kind"]?.text == "skipped")
        #expect(range["reason"]?.text?.hasPrefix("overlap: run ") == true)
        #expect((range["to"]?.integer ?? 0) - (range["from"]?.integer ?? 0) + 1 == range["count"]?.integer)
        try await host.stop()
    }

    @Test func `A flood of log lines is capped, and the host stays small`() async throws {
        let host = try EndToEndHost(
            jobs: [
                "flood": """
                return job { run = function()
                  local line = string.rep("x", 60000)
                  for _ = 1, 1e9 / 60000 do log.info(line) end
                end }
                """
            ])
        try await host.start()
        let row = try await host.run("flood")
        #expect(row["outcome"]?.text == "succeeded", "\(row)")
        let log = try #require(try FileStatus.of(host.at("var/runs/flood/1.jsonl"), follow: false))
        #expect(log.size <= 10 << 20)
        let status = String(decoding: try Files.readSmall(Path("/proc/\(host.pid)/status")), as: UTF8.self)
        let peak = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        let kibibytes = try #require(peak.flatMap { Int($0.filter(\.isNumber)) })
        #expect(kibibytes < 150 << 10)
        try await host.stop()
    }
}
