import Testing

@testable import Scriptron

@Suite("End to end: sources that change while the host runs", .timeLimit(.minutes(15)))
struct EndToEndReloadTests {
    private func ticking(_ text: String) -> String {
        "return job { schedule = \"every 1s\", run = function() return { text = \"\(text)\" } end }\n"
    }

    /// The newest run of a job that returned this text.
    private func ran(_ host: EndToEndHost, _ job: String, _ text: String) async throws -> Value {
        try await host.eventually("a run of \(job) that returns \(text)\n\(host.log)") {
            try await host.history(job).first { $0["result"]?["text"]?.text == text }
        }
    }

    @Test func `A script is scheduled when it comes, edited, kept while it is broken, renamed and removed`()
        async throws
    {
        let host = try EndToEndHost()
        try await host.start()
        try host.job("tick", ticking("one"))
        let first = try await ran(host, "tick", "one")
        try host.job("tick", ticking("two"))
        _ = try await ran(host, "tick", "two")
        let details = try #require(try await host.command("show", "--json", "\(first["id"]?.integer ?? 0)").rows.first)
        #expect(details["script"]?.text == ticking("one"))

        try host.job("tick", "return job {\n  schedule = \n")
        let broken = try await host.eventually("the error is shown") {
            // Not by `? nil : $0`: there nil is a Value, the null one.
            guard let row = try await host.row("tick"), row["error"]?.text != nil else { return nil as Value? }
            return row
        }
        #expect(broken["error"]?.text?.hasPrefix("jobs/tick.lua:3:") == true)
        #expect(broken["state"]?.text == "scheduled")
        let count = try await host.history("tick").count
        let later = try await host.eventually("the last good version goes on") {
            let runs = try await host.history("tick")
            return runs.count >= count + 2 ? runs.first { $0["result"]?.isNull == false } : nil
        }
        #expect(later["result"]?["text"]?.text == "two")

        try host.job("tick", ticking("three"))
        _ = try await ran(host, "tick", "three")
        #expect(try await host.row("tick")?["error"]?.isNull == true)

        try host.rename("jobs/tick.lua", "jobs/tock.lua")
        _ = try await ran(host, "tock", "three")
        #expect(try await host.row("tick") == nil)
        host.remove("jobs/tock.lua")
        try await host.eventually("the job is gone") {
            try await host.command("jobs", "--json").rows.isEmpty ? true : nil
        }
        #expect(try await !host.history("tock").isEmpty)
        try await host.stop()
    }

    @Test func `A run that is asked for right after an edit is one of the new text, and says where that is refused`()
        async throws
    {
        func returning(_ text: String) -> String { "return job { run = function() return { text = '\(text)' } end }\n" }
        let host = try EndToEndHost()
        try await host.start()
        for number in 1...5 {
            try host.job("edited", returning("edit \(number)"))
            let run = try await host.run("edited")
            #expect(run["result"]?["text"]?.text == "edit \(number)", "a script that is new, or was edited just now")
        }
        try host.job("edited", "return job { run = \n")
        var answer = try await host.command("run", "edited")
        #expect(answer.code == 0, "\(answer.text)")
        #expect(answer.text.contains("the last good one runs: jobs/edited.lua:2:"), "\(answer.text)")
        try host.job("edited", returning("good"))
        try host.write("scriptron.lua", "return { timezone = 5 }\n")
        answer = try await host.command("run", "edited")
        #expect(answer.code == 0, "\(answer.text)")
        #expect(answer.text.contains("the last good one is in force: scriptron.lua:1: timezone"), "\(answer.text)")
        #expect(answer.text.contains("good"), "\(answer.text)")
        try host.write("scriptron.lua", "return {}\n")
        answer = try await host.command("run", "edited")
        #expect(!answer.text.contains("refused"), "\(answer.text)")
        try await host.stop()
    }

    @Test func `A library reloads its users and nobody else, and disturbs no attempt`() async throws {
        let user =
            "local l = require \"words\" return job { run = function() time.sleep(1.5) return { text = l.text } end }"
        let host = try EndToEndHost(jobs: ["user": user, "other": "return job { run = function() end }"])
        try host.write("jobs/lib/words.lua", "return { text = \"old\" }")
        try await host.start()
        let before = (try await host.row("user")?["version"], try await host.row("other")?["version"])
        #expect(try await host.command("run", "user", "--detach").code == 0)
        try host.write("jobs/lib/words.lua", "return { text = \"new\" }")
        try await host.eventually("its user has another version") {
            try await host.row("user")?["version"] == before.0 ? nil : true
        }
        #expect(try await host.row("other")?["version"] == before.1)
        _ = try await ran(host, "user", "old")
        #expect(try await host.run("user")["result"]?["text"]?.text == "new")
        try await host.stop()
    }

    @Test func `The configuration is live; a broken one leaves the last good one, and scripts stay live`() async throws
    {
        let script =
            "return job { settings = { word = option.string \"none\" }, run = function(s) return { text = s.word } end }"
        let host = try EndToEndHost(jobs: ["say": script])
        try await host.start()
        #expect(try await host.run("say")["result"]?["text"]?.text == "none")
        try host.write(
            "scriptron.lua", "return { jobs = { say = { schedule = \"every 1s\", settings = { word = \"hi\" } } } }")
        _ = try await ran(host, "say", "hi")

        try host.write("scriptron.lua", "return { jobs = { say = { schedul = 1 } } }")
        let warning = try await host.eventually("status tells of it") { () -> String? in
            let warnings = try await host.command("status", "--json").rows.first?["warnings"]?.list ?? []
            return warnings.compactMap(\.text).first { $0.hasPrefix("configuration:") }
        }
        #expect(warning.contains("jobs.say.schedul: unknown key; did you mean schedule?"))
        #expect(try await host.row("say")?["state"]?.text == "scheduled")
        try host.job("new", "return job { run = function() end }")
        try await host.eventually("a script that comes meanwhile is taken") { try await host.row("new") }

        try host.write("scriptron.lua", "return { jobs = { say = { enabled = false } } }")
        try await host.eventually("the job is disabled") {
            try await host.row("say")?["state"]?.text == "disabled" ? true : nil
        }
        let warnings = try await host.command("status", "--json").rows.first?["warnings"]?.list ?? []
        #expect(!warnings.contains { $0.text?.hasPrefix("configuration:") == true })
        let refused = try await host.command("run", "say")
        #expect(refused.code == 1 && refused.text.contains("disabled"))
        try await host.stop()
    }

    @Test func `A job that lacked a path runs by hand as soon as the path is there`() async throws {
        let script =
            "return job { needs = function() return { read = { \"data\" } } end, run = function() return { text = \"ran\" } end }"
        let host = try EndToEndHost(jobs: ["reader": script])
        try await host.start()
        let refused = try await host.command("run", "reader")
        #expect(refused.code == 1)
        #expect(refused.text.contains("needs.read: \(host.at("data")) does not exist; make it, or take it out"))
        try Directories.create(host.at("data"), mode: 0o755)
        #expect(try await host.run("reader")["result"]?["text"]?.text == "ran")
        try await host.eventually("it is whole again") {
            try await host.row("reader")?["error"]?.isNull == true ? true : nil
        }
        try await host.stop()
    }

    @Test func `Jobs go on while their directory is away, and status says so`() async throws {
        let host = try EndToEndHost(jobs: ["tick": ticking("one")])
        try await host.start()
        try host.rename("jobs", "away")
        try await host.eventually("status tells of it") {
            try await host.command("status").text.contains("source \(host.at("jobs")): ") ? true : nil
        }
        #expect(try await host.row("tick")?["state"]?.text == "scheduled")
        try host.rename("away", "jobs")
        try await host.eventually("all is well again") {
            try await host.command("status").text.contains("source \(host.at("jobs"))") ? nil : true
        }
        #expect(try await host.row("tick")?["state"]?.text == "scheduled")
        try await host.stop()
    }
}
