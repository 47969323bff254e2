import Glibc
import Testing

@testable import Scriptron

@Suite("End to end: edits and ends of the host while runs are in flight", .timeLimit(.minutes(15)))
struct EndToEndInFlightTests {
    private func waiting(_ header: String, _ text: String) -> String {
        """
        return job { \(header) needs = function() return { read = "data" } end, run = function(_, this)
          while not fs.stat("data/go") do time.sleep(0.2) end
          return { text = "\(text)", left = this.deadline - time.precise() }
        end }
        """
    }

    @Test func `Two hundred runs in flight: edits wait for none, skip nothing, start nothing, and change no run`()
        async throws
    {
        let count = 200
        let names = (1...count).map { "h\($0)" }
        var jobs = ["tick": "return job { schedule = \"every 1s\", run = function() end }"]
        for name in names { jobs[name] = waiting("schedule = { \"@start\", \"every 1h\" },", "old") }
        let host = try EndToEndHost("return { concurrency = 250 }", jobs: jobs)
        try host.directory("data")
        try await host.start()
        func running() async throws -> Int64 {
            try await host.command("status", "--json").rows.first?["running"]?.integer ?? 0
        }
        try await host.eventually("all are in flight", within: 60) { try await running() >= count ? true : nil }
        for name in names { try host.job(name, waiting("schedule = { \"@start\", \"every 2h\" },", "new")) }
        try await host.eventually("all edits are live", within: 60) {
            let rows = try await host.command("jobs", "--json").rows
            return rows.count { $0["schedule"]?.list?.contains("every 2h") == true } == count ? true : nil
        }
        #expect(try await running() >= count, "nothing had to end for it")
        try host.write("data/go", "")
        try await host.eventually("all have ended", within: 60) { try await running() <= 1 ? true : nil }
        try await host.stop()
        let store = try SQLiteStore(directory: host.at("var/store"))
        defer { store.close() }
        try store.read { session throws in
            for name in names {
                let runs = try session.runs(RunQuery(job: name))
                #expect(runs.map(\.outcome) == [.succeeded], "\(name): \(runs.map(\.reason))")
                let result = try session.attempts(run: runs.first?.id ?? 0).last?.result
                #expect(result?["text"]?.text == "old")
            }
            let ticks = try session.runs(RunQuery(job: "tick", limit: 10_000)).map(\.fireTime.seconds)
            let ranges = try session.missed(job: "tick", limit: 100)
            let (first, last) = (try #require(ticks.min()), try #require(ticks.max()))
            #expect(Int64(Set(ticks).count) + ranges.reduce(0) { $0 + $1.count } >= last - first + 1)
            #expect(try session.missed(job: "h1", limit: 9).isEmpty)
        }
    }

    @Test func `A run that the end of its host cut goes on with the timeout of its claim`() async throws {
        let host = try EndToEndHost(jobs: ["long": waiting("timeout = \"20m\",", "old")])
        try host.directory("data")
        try await host.start()
        #expect(try await host.command("run", "long", "--detach").code == 0)
        try await host.eventually("it runs") {
            try await host.history("long").first { $0["state"]?.text == "running" }
        }
        kill(host.pid, SIGKILL)
        host.remove("serve.log")
        try host.job("long", waiting("timeout = \"2s\",", "old"))
        try await host.start()
        try host.write("data/go", "")
        let row = try await host.eventually("it has ended") {
            try await host.history("long").first { $0["outcome"]?.text != nil }
        }
        #expect(row["outcome"]?.text == "succeeded" && row["attempt"] == 2, "\(row)")
        #expect(row["result"]?["left"]?.double ?? 0 > 600)
        #expect(try await host.command("show", "1", "--json").rows.first?["header"]?["timeout"]?.double == 1200)
        try await host.stop()
    }

    @Test func `Headers that loop hold up neither the host's start nor other jobs`() async throws {
        var jobs = ["tick": "return job { schedule = \"every 1s\", run = function() end }"]
        for number in 1...3 { jobs["loop\(number)"] = "while true do end" }
        let host = try EndToEndHost(jobs: jobs)
        try await host.start()
        try await host.eventually("they are told as broken") {
            (1...3).allSatisfy { host.log.contains("job loop\($0) is broken") } ? true : nil
        }
        let lines = host.log.split(separator: "\n")
        let up = try #require(lines.firstIndex { $0.contains("is up") })
        let broken = try #require(lines.firstIndex { $0.contains("is broken") })
        #expect(up < broken, "it was up before they were given up")
        #expect(try await host.row("loop1")?["error"]?.text?.contains("took longer than 10 s") == true)
        #expect(try await !host.history("tick").isEmpty)
        try await host.stop()
    }
}
