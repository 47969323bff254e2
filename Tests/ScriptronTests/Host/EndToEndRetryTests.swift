import Glibc
import Testing

@testable import Scriptron

/// The job `retry` and its queue, with the real binary.
@Suite("End to end: retry") struct EndToEndRetryTests {
    /// A host's directory with the shipped job; `settings` is Lua.
    private func place(_ settings: String, schedule: String = "\"0 0 1 1 *\"") throws -> EndToEndHost {
        let host = try EndToEndHost(
            """
            return {
              ceiling = { read = { "." }, write = { "var/tmp", "var/spool" }, run = { "sh", "true", "false" } },
              jobs = { retry = {
                schedule = \(schedule),
                needs = { run = { "sh", "true", "false" }, write = { "var/tmp", "var/spool" } },
                settings = { \(settings) },
              } },
            }
            """)
        let retry = try ShippedJob("retry")
        try host.job("retry", retry.text)
        try host.directory("jobs/lib")
        for (name, text) in retry.libraries { try host.write("jobs/lib/\(name).lua", text) }
        try host.directory("var/spool")
        try host.directory("var/tmp")
        return host
    }

    private func stats(_ host: EndToEndHost) async throws -> Value {
        try #require(try await host.command("queue", "stats", "default", "--json").rows.first)
    }

    @Test("Tasks are done, wait, or die, and an operator has the last word", .timeLimit(.minutes(5)))
    func fates() async throws {
        let host = try place("programs = { \"true\", \"false\" }, base = \"1h\", max_attempts = 2")
        // Without a host, on the store itself.
        for body in [
            #"{"command": ["true"]}"#, #"{"command": ["false"]}"#, #"{"neither": 1}"#, #""text""#,
            #"{"command": ["not-granted"]}"#,
        ] {
            let pushed = try await host.command("queue", "push", "default", body, "--json")
            #expect(pushed.rows.first?["new"] == true, "\(pushed.text)")
        }
        let twice = try await host.command("queue", "push", "default", "1", "--key", "k", "--delay", "1h", "--json")
        let again = try await host.command("queue", "push", "default", "2", "--key", "k", "--json")
        #expect(twice.rows.first?["id"] == again.rows.first?["id"] && again.rows.first?["new"] == false)
        try await host.start()
        let row = try await host.run("retry")
        #expect(row["outcome"] == "succeeded", "\(row)")
        let result = try #require(row["result"])
        #expect(
            result["done"] == 1 && result["failed"] == 1 && result["dead"] == 3 && result["waiting"] == 2, "\(result)")
        #expect(row["warnings"]?.list?.compactMap(\.text).contains { $0.hasPrefix("3 dead tasks") } == true)
        let dead = try await host.command("queue", "dead", "default", "--json").rows
        #expect(dead.count == 3)
        #expect(dead.first?["error"]?.text == "its body has neither url nor command")
        let ids = dead.compactMap { $0["id"]?.integer }.map(String.init)
        #expect(try await host.command("queue", "requeue", "default", ids[0]).code == 0)
        #expect(try await host.command("queue", "remove", "default", ids[1], ids[2]).code == 0)
        let figures = try await stats(host)
        #expect(figures["dead"] == 0 && figures["ready"] == 1 && figures["done"] == 1, "\(figures)")
        #expect(try await host.command("queue", "pause", "default", "--for", "1h").code == 0)
        #expect(try await host.run("retry")["result"]?["dead"] == 0, "a paused queue hands out nothing")
        #expect(try await host.command("queue", "resume", "default").code == 0)
        #expect(try await host.run("retry")["result"]?["dead"] == 1)
        #expect(try await host.command("queue", "push", "a b", "1").code == 2)
        #expect(try await host.command("queue", "push", "default", "{").code == 2)
        #expect(try await host.command("queue", "pusch").code == 2)
        try await host.stop()
    }

    @Test("Files of the spool become tasks once they are whole, and go when that is durable", .timeLimit(.minutes(5)))
    func spool() async throws {
        let host = try place("programs = { \"true\" }, spool = \"var/spool\", spool_age = \"0s\"")
        try host.write("var/spool/a.json", #"{"command": ["true"]}"#)
        try host.write("var/spool/b.json", #"{"command": ["tr"#)
        try host.write("var/spool/c.tmp", #"{"command": ["true"]}"#)
        try await host.start()
        let row = try await host.run("retry")
        let result = try #require(row["result"], "\(row)")
        #expect(result["spooled"] == 1 && result["done"] == 1 && result["left"] == 2, "\(result)")
        #expect(
            try StateFiles.names(in: host.at("var/spool")).map { String(decoding: $0, as: UTF8.self) } == [
                "b.json", "c.tmp",
            ])
        let young = try await host.run("retry", "--set", "spool_age=1h")
        #expect(young["result"]?["left"] == 2)
        try await host.stop()
    }

    @Test("Kills of the host lose no task, and do few of them twice", .timeLimit(.minutes(10)))
    func kills() async throws {
        let (count, batch, kills) = (120, 10, 3)
        let host = try place(
            """
            programs = { "sh" }, spool = "var/spool", spool_age = "0s", base = "0s", max_attempts = 2,
            max_crashes = 100, batch = \(batch)
            """, schedule: "\"every 1s\"")
        for index in 0..<count {
            // Each tenth fails once, each thirtieth always; the others say so when they are done.
            let condition = index % 30 == 0 ? "false" : index % 10 == 0 ? "[ $TASK_ATTEMPT -gt 1 ]" : "true"
            let script = "sleep 0.02; \(condition) && echo \(index) >>var/tmp/done"
            try host.write("var/spool/\(index).json", #"{"command": ["sh", "-c", "\#(script)"]}"#)
        }
        func done() -> [String] {
            let text = (try? Files.readSmall(host.at("var/tmp/done"))).map { String(decoding: $0, as: UTF8.self) } ?? ""
            return text.split(separator: "\n").map(String.init)
        }
        try await host.start()
        for kill in 1...kills {
            // Not before the next batch is under way.
            try await host.eventually("tasks are done", within: 60) { done().count > kill * batch * 2 ? true : nil }
            Glibc.kill(host.pid, SIGKILL)
            host.remove("serve.log")
            try await host.start()
        }
        let figures = try await host.eventually("the queue is empty", within: 120) { () -> Value? in
            let now = try await stats(host)
            if now["ready"] == 0, now["delayed"] == 0, now["leased"] == 0, now["done"] != 0 { return now }
            return .none
        }
        try await host.stop()
        let lines = done()
        let expected = (0..<count).filter { $0 % 30 != 0 }.map(String.init)
        #expect(Set(lines) == Set(expected), "none is lost, and none done that always fails")
        #expect(figures["dead"]?.integer == Int64(count / 30))
        #expect(figures["done"]?.integer == Int64(expected.count))
        #expect(lines.count - expected.count <= kills * batch, "\(lines.count - expected.count) were done twice")
    }
}
