import Glibc
import Testing

@testable import Scriptron

@Suite("End to end: pause, resume, drain", .timeLimit(.minutes(15))) struct EndToEndPauseTests {
    private static let tick = "return job { schedule = \"every 1s\", run = function() end }"
    private static let slow = """
        return job { schedule = "every 1s", overlap = "queue", needs = function() return { read = "data" } end,
          run = function() while not fs.stat("data/go") do time.sleep(0.05) end end }
        """

    @Test func `A paused job skips its fire times, also over a kill of the host; people may run it`() async throws {
        let host = try EndToEndHost(jobs: ["tick": Self.tick, "other": Self.tick])
        try await host.start()
        try await host.eventually("it runs") { try await host.history("tick").count >= 2 ? true : nil }
        let said = try await host.command("pause", "tick")
        #expect(
            said.code == 0 && said.text.contains("tick is paused: fire times are skipped until scriptron resume tick"))
        try await host.eventually("its runs have ended") {
            try await host.history("tick").allSatisfy { $0["outcome"]?.text != nil } ? true : nil
        }
        let before = try await host.history("tick").count
        try await host.eventually("fire times are skipped") {
            try await host.command("history", "tick", "--missed", "--json").rows.first {
                $0["reason"]?.text?.hasPrefix("paused by ") == true && ($0["count"]?.integer ?? 0) >= 2
            }
        }
        #expect(try await host.command("jobs").text.contains("tick paused"))
        #expect(try await host.command("next", "tick", "--json").rows.isEmpty)
        kill(host.pid, SIGKILL)
        host.remove("serve.log")
        try await host.start()
        let others = try await host.history("other").count
        try await host.eventually("the other goes on") {
            try await host.history("other").count >= others + 2 ? true : nil
        }
        #expect(try await host.history("tick").count == before)
        #expect(try await host.run("tick")["outcome"]?.text == "succeeded", "by hand it runs")
        #expect(try await host.command("resume", "tick").text.contains("Over: tick was paused since"))
        #expect(try await host.command("resume", "tick").code == 1)
        try await host.eventually("it runs again") {
            try await host.history("tick").count >= before + 3 ? true : nil
        }
        let reasons = try await host.command("history", "tick", "--missed", "--json").rows.compactMap {
            $0["reason"]?.text
        }
        #expect(
            !reasons.contains { $0.contains("down") }, "what passed while it was paused and down was paused: \(reasons)"
        )
        try await host.stop()
    }

    @Test func `A drained host finishes what runs, starts nothing, also after a restart, and goes on when resumed`()
        async throws
    {
        let host = try EndToEndHost(jobs: ["slow": Self.slow, "tick": Self.tick])
        try host.directory("data")
        try await host.start()
        try await host.eventually("one runs, and one waits") {
            let states = try await host.history("slow").compactMap { $0["state"]?.text }
            return states.contains("running") && states.contains("waiting") ? true : nil
        }
        let drained = try await host.command("drain")
        #expect(drained.code == 0 && drained.text.contains("Nothing starts until scriptron resume; "))
        try await host.eventually("what waits is held") {
            try await host.history("slow").contains { $0["state"]?.text == "held" } ? true : nil
        }
        #expect(try await host.command("status").text.contains("the host is drained since"))
        let refused = try await host.command("run", "tick")
        #expect(refused.code == 1 && refused.text.contains("nothing starts: the host was drained by"))
        async let waited = host.command("drain", "--wait")
        try host.write("data/go", "")
        #expect(try await waited.text.contains("nothing runs, 1 waits"))
        try await host.stop()
        host.remove("serve.log")
        try await host.start()
        #expect(try await host.history("slow").map { $0["state"]?.text } == ["held", "ended"])
        let count = try await host.history("tick").count
        try await host.eventually("fire times are skipped") {
            try await host.command("history", "tick", "--missed", "--json").rows.first {
                $0["reason"]?.text?.hasPrefix("the host was drained by ") == true && ($0["count"]?.integer ?? 0) >= 3
            }
        }
        #expect(try await host.history("tick").count == count)
        #expect(try await host.command("resume").text.contains("Over: the host was drained since"))
        try await host.eventually("what was held runs, and fire times do") {
            let slow = try await host.history("slow")
            let tick = try await host.history("tick")
            return slow.count { $0["outcome"]?.text == "succeeded" } >= 2 && tick.count > count ? true : nil
        }
        try await host.stop()
    }

    @Test func `A pause of all jobs ends by itself where it was given a time`() async throws {
        let host = try EndToEndHost(jobs: ["tick": Self.tick])
        try await host.start()
        let answer = try await host.command("pause", "--for", "3s", "--json")
        let pause = try #require(answer.rows.first?["paused"]?.list?.first, "\(answer.text)")
        #expect(pause["job"]?.text == "@host" && pause["kind"]?.text == "pause")
        try await host.eventually("it runs") {
            try await host.history("tick").first {
                ($0["fire_time"]?.double ?? 0) >= pause["until"]?.double ?? .infinity
            }
        }
        let ranges = try await host.command("history", "tick", "--missed", "--json").rows
        #expect(ranges.contains { $0["reason"]?.text?.hasPrefix("all jobs were paused by ") == true }, "\(ranges)")
        #expect(try await host.command("status", "--json").rows.first?["paused"] == [])
        #expect(try await host.command("pause", "no-such-job").code == 3)
        try await host.stop()
    }
}
