import Glibc
import Testing

@testable import Scriptron

/// The job `retry` and its queue, with the real binary.
@Suite("End to end: retry") struct EndToEndRetryTests {
    private func stats(_ host: EndToEndHost) async throws -> Value {
        try #require(try await host.command("queue", "stats", "default", "--json").rows.first)
    }

    @Test("Tasks are done, wait, or die, and an operator has the last word", .timeLimit(.minutes(15)))
    func fates() async throws {
        let host = try RetryPlace.make("programs = { \"true\", \"false\" }, base = \"1h\", max_attempts = 2")
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

    @Test("Files of the spool become tasks once they are whole, and go when that is durable", .timeLimit(.minutes(15)))
    func spool() async throws {
        let host = try RetryPlace.make("programs = { \"true\" }, spool = \"var/spool\", spool_age = \"0s\"")
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

    @Test(
        "Kills of host and workers lose no task, and do few of them twice",
        .enabled(if: RanProgram.isThere("nginx"), "needs nginx"),
        .timeLimit(.minutes(15)))
    func kills() throws {
        // The long form is `make soak`.
        let script = Path(#filePath).parent.parent.parent.appending("ScriptronSoak/Retry/retry.py")
        let ran = try RanProgram.run(
            "/usr/bin/env",
            [
                "python3", script.text, TestBinary.path.text, "--tasks", "600", "--batch", "20", "--every", "1",
                "--seed", "7", "--patience", "120",
            ])
        #expect(ran.lines.last == "retry: as expected", "\(ran.output)")
    }
}
