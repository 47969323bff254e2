import Glibc
import Testing

@testable import Scriptron

@Suite("End to end: overlaps, chains, groups, late runs, runs again", .timeLimit(.minutes(15)))
struct EndToEndOverlapTests {
    /// A job that runs until a file is there.
    private func waiting(_ header: String) -> String {
        """
        return job { \(header)
          run = function(settings, this)
            while not fs.stat("data/go") do time.sleep(0.05) end
            return { fire_time = this.fire_time }
          end,
          needs = function() return { read = "data" } end,
        }
        """
    }

    private func place(_ configuration: String = "return {}", jobs: [String: String]) throws -> EndToEndHost {
        let host = try EndToEndHost(configuration, jobs: jobs)
        try host.directory("data")
        return host
    }

    private func runs(_ host: EndToEndHost, _ job: String, _ state: String) async throws -> [Value] {
        try await host.history(job).filter { $0["state"]?.text == state }
    }

    @Test func `queue: one run waits, with the newest fire time; those that it left are one range`() async throws {
        let host = try place(jobs: ["q": waiting("schedule = \"every 1s\", overlap = \"queue\",")])
        try await host.start()
        let range = try await host.eventually("fire times were left") {
            try await host.command("history", "q", "--missed", "--json").rows.first { ($0["count"]?.integer ?? 0) >= 2 }
        }
        #expect(range["reason"]?.text == "overlap: a newer fire time took its place")
        let rows = try await host.history("q")
        #expect(rows.compactMap { $0["state"]?.text } == ["waiting", "running"], "\(rows)")
        try host.write("data/go", "")
        let second = try await host.eventually("the one that waited has run") {
            try await host.history("q").first { $0["id"] == rows[0]["id"] && $0["outcome"]?.text == "succeeded" }
        }
        #expect(second["result"]?["fire_time"] == second["fire_time"])
        try await host.stop()
        try accounted(host, "q")
    }

    @Test func `cancel: the newer run takes the place; allow: it starts beside`() async throws {
        let host = try place(
            jobs: [
                "c": waiting("schedule = \"every 2s\", overlap = \"cancel\","),
                "a": waiting("schedule = \"every 1s\", overlap = \"allow\","),
            ])
        try await host.start()
        let cancelled = try await host.eventually("one was cancelled") {
            try await host.history("c").first { $0["outcome"]?.text == "cancelled" }
        }
        let reason = try #require(cancelled["reason"]?.text)
        #expect(reason.hasPrefix("overlap: run ") && reason.hasSuffix(" took its place"))
        try await host.eventually("several run at once") {
            try await runs(host, "a", "running").count >= 3 ? true : nil
        }
        #expect(try await runs(host, "c", "running").count <= 1)
        try host.write("data/go", "")
        try await host.stop()
        try accounted(host, "c")
        try accounted(host, "a")
    }

    @Test func `after: a job follows a success, once, though the host is killed between the two`() async throws {
        let host = try place(
            jobs: [
                "first": "return job { run = function() return { n = 1 } end }",
                "fails": "return job { run = function() error(\"no\") end }",
                "second": waiting("after = { \"first\", \"fails\" },"),
                "third":
                    "return job { after = \"second\", run = function(_, this) return { trigger = this.trigger } end }",
            ])
        try await host.start()
        #expect(try await host.run("fails")["outcome"]?.text == "failed")
        let first = try await host.run("first")
        #expect(first["outcome"]?.text == "succeeded")
        kill(host.pid, SIGKILL)
        host.remove("serve.log")
        try host.write("data/go", "")
        try await host.start()
        let third = try await host.eventually("the chain has come to its end") {
            try await host.history("third").first { $0["outcome"]?.text == "succeeded" }
        }
        #expect(third["result"]?["trigger"]?.text == "after" && third["trigger"]?.text == "after")
        let seconds = try await host.history("second")
        #expect(seconds.count == 1 && seconds[0]["parent"] == first["id"], "\(seconds)")
        #expect(third["parent"] == seconds[0]["id"])
        let shown = try await host.command("show", "\(first["id"]?.integer ?? 0)").text
        #expect(shown.contains("then run \(seconds[0]["id"]?.integer ?? 0) of second (succeeded)"), "\(shown)")
        try host.job("first", "return job { after = \"third\", run = function() end }")
        let problem = try await host.eventually("the circle is told") { () -> String? in
            let row = try await host.row("first")
            return row?["error"]?.text
        }
        #expect(problem.contains("circle"), "\(problem)")
        #expect(try await host.command("check").text.contains("circle"))
        #expect(try await host.run("first")["outcome"]?.text == "succeeded", "by hand it runs")
        try await host.stop()
    }

    @Test func `Runs of a group wait for each other, over all its jobs`() async throws {
        let host = try place(
            "return { groups = { db = 1 }, concurrency = 10 }",
            jobs: [
                "one": waiting("group = \"db\","), "two": waiting("group = \"db\","), "free": waiting(""),
                "next": waiting(""),
            ])
        try await host.start()
        for job in ["one", "two", "free"] { #expect(try await host.command("run", job, "--detach").code == 0) }
        try await host.eventually("two jobs run") {
            let (free, one) = (try await runs(host, "free", "running"), try await runs(host, "one", "running"))
            return free.count == 1 && one.count == 1 ? true : nil
        }
        #expect(try await runs(host, "two", "waiting").count == 1)
        #expect(try await host.command("jobs").text.contains("waiting"))
        try host.write("scriptron.lua", "return { groups = { db = 2 }, concurrency = 10 }")
        try await host.eventually("the limit is raised while they run") {
            // The next start looks at it.
            _ = try await host.command("run", "next", "--detach")
            return try await runs(host, "two", "running").count == 1 ? true : nil
        }
        try host.write("data/go", "")
        try await host.stop()
    }

    @Test func `A run that is late is an alert until it ends, and goes on`() async throws {
        let host = try place(jobs: ["slow": waiting("expect = \"1s\",")])
        try await host.start()
        #expect(try await host.command("run", "slow", "--detach").code == 0)
        let alert = try await host.eventually("it is late") {
            try await host.command("alerts", "--json").rows.first { $0["name"]?.text == "slow.late" }
        }
        #expect(alert["severity"]?.text == "warning" && alert["state"]?.text == "firing")
        #expect(alert["summary"]?.text == "run 1 is late: it should have ended within 1 s", "\(alert)")
        #expect(try await host.command("jobs").text.contains("slow: run 1 is late"))
        #expect(try await host.command("logs", "slow").text.contains("it is late: it should have ended within 1 s"))
        #expect(try await runs(host, "slow", "running").count == 1)
        try host.write("data/go", "")
        try await host.eventually("it is over") {
            try await host.command("alerts", "--closed", "--json").rows.first { $0["name"]?.text == "slow.late" }
        }
        #expect(try await host.history("slow").first?["outcome"]?.text == "succeeded")
        #expect(try await host.run("slow")["outcome"]?.text == "succeeded")
        #expect(try await host.command("alerts", "--json").rows.isEmpty)
        try await host.stop()
    }

    @Test(arguments: [true, false])
    func `rerun repeats text, settings and fire time`(serving: Bool) async throws {
        let text = """
            return job { settings = { n = option.number(1), key = option.secret "K" },
              run = function(s, this) return { text = "old", n = s.n, at = this.fire_time, trigger = this.trigger } end }
            """
        let host = try place(jobs: ["r": text])
        if serving { try await host.start() }
        let first = try await host.run("r", "--set", "n=5")
        #expect(first["result"]?["n"] == 5)
        try host.job("r", "return job { settings = { m = 2 }, run = function() return { text = \"new\" } end }")
        if serving {
            try await host.eventually("the new text is there") {
                try await host.command("run", "r", "--json").rows.last?["result"]?["text"]?.text == "new" ? true : nil
            }
        }
        let answer = try await host.command("rerun", "--json", "\(first["id"]?.integer ?? 0)")
        let again = try #require(answer.rows.last, "\(answer.text)")
        #expect(again["result"]?["text"]?.text == "old" && again["result"]?["n"] == 5, "\(again)")
        #expect(again["fire_time"] == first["fire_time"] && again["version"] == first["version"])
        #expect(again["trigger"]?.text == "manual" && again["parent"] == first["id"])
        #expect(try await host.command("rerun", "999").code == 3)
        host.remove("jobs/r.lua")
        if serving {
            try await host.eventually("the job is gone") { try await host.row("r") == nil ? true : nil }
        }
        let refused = try await host.command("rerun", "\(first["id"]?.integer ?? 0)")
        #expect(refused.code == 1 && refused.text.contains("its job r is gone"), "\(refused.text)")
        try await host.stop()
    }

    /// Every second (or every other) from the first fire time to the last is in one run or one range.
    private func accounted(_ host: EndToEndHost, _ job: String) throws {
        let store = try SQLiteStore(directory: host.at("var/store"))
        defer { store.close() }
        try store.read { session throws in
            let runs = try session.runs(RunQuery(job: job, limit: 10_000)).filter { $0.trigger == .schedule }
            let ranges = try session.missed(job: job, limit: 10_000)
            let cursor = try #require(try session.cursors()[job])
            let schedule = try JobSchedule(cursor.schedules, zone: .utc)
            let first = try #require((runs.map(\.fireTime) + ranges.map(\.from)).min())
            let expected = schedule.fireTimes(after: first - 1, through: cursor.accountedUntil, limit: 10_000)
            for time in expected {
                let found =
                    runs.count { $0.fireTime == time } + ranges.count { $0.from <= time && time <= $0.to }
                #expect(found == 1, "\(job): \(time.seconds) is accounted for \(found) times")
            }
            #expect(Int64(expected.count) == Int64(runs.count) + ranges.reduce(0) { $0 + $1.count })
        }
    }
}
