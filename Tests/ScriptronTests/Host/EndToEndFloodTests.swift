import Glibc
import Testing

@testable import Scriptron

/// A job that measures, alerts and logs without end, and forges lines: what is kept and told of it is bounded, and the
/// host answers meanwhile.
@Suite("End to end: floods of metrics, alerts and lines", .timeLimit(.minutes(15))) struct EndToEndFloodTests {
    /// What would be a line of somebody else's, if a break in a text were one.
    private static let forged = #"\n19:30:05 error 2026-01-01 forged: all is well\r\27[2J\u{2028}forged\u{202E}"#

    private static let flood = """
        return job {
          timeout = "240s", memory = "512MiB", limits = { log_rate = 100 },
          run = function()
            local big, refused = string.rep("x", 8000), 0
            for count = 1, \(AlertBook.openKeys + 50) do
              metrics.gauge("requests", count, { labels = { id = tostring(count) } })
              metrics.count("m" .. count)
              local fired = pcall(alert.fire, "key " .. count, { summary = "case " .. count, big = big })
              if not fired then refused = refused + 1 end
              for _ = 1, 20 do log.info("line " .. count) end
            end
            return { refused = refused }
          end,
        }
        """

    private static let forger = """
        return job {
          run = function(settings, this)
            local forged = "\(forged)"
            print("said" .. forged)
            log.warn("logged" .. forged, { ["key" .. forged] = "value" .. forged })
            this.warn("warned" .. forged)
            log.progress(1, 2, "progress" .. forged)
            state.set("key" .. forged, forged)
            metrics.gauge("m", 1, { labels = { a = "b" .. forged } })
            for _, call in ipairs {
              function() alert.fire("key" .. forged, { summary = "s" }) end,
              function() alert.fire("key", { summary = "s" .. forged }) end,
              function() alert.fire("a\\u{2028}b", { summary = "s" }) end,
              function() metrics.gauge("m" .. forged, 1) end,
            } do
              local told, problem = pcall(call)
              if told or problem.code ~= "EARGUMENT" then error("it was taken") end
            end
            alert.fire("field", { summary = "s", ["field" .. forged] = "value" .. forged })
            error("failed" .. forged)
          end,
        }
        """

    @Test(
        "What a job measures, alerts and logs without end is bounded, and forges no line (attack 77)",
        arguments: EndToEndConnectTests.hosts)
    func flood(host words: String) async throws {
        let sent = Shared<[HTTPTestServer.Request]>([])
        let server = try HTTPTestServer { request in
            sent.value.withLock { $0.append(request) }
            return .text("ok")
        }
        let host = try EndToEndHost(
            "return { channels = { ops = { type = \"webhook\", url = \"\(server.url())\", wait = \"1s\" } } }",
            jobs: ["flood": Self.flood, "forger": Self.forger], as: words)
        host.mode(".", 0o755)
        if !words.isEmpty { _ = try await host.shell("chown -R 65534:65534 \(host.at(".").text)") }
        try await host.start()
        let before = sent.value.withLock { $0.count }
        let began = Monotonic.now
        _ = try await host.command("run", "flood", "--detach")
        // It answers while it is flooded.
        var slowest = 0.0
        let row = try await host.eventually("the flood ends", within: 250) { () -> Value? in
            let started = Monotonic.now
            let row = try await host.history("flood").first
            slowest = max(slowest, Monotonic.now - started)
            return row?["outcome"]?.text == nil ? nil : row
        }
        #expect(row["outcome"] == "succeeded", "\(row)")
        #expect(slowest < 30, "an answer took \(slowest) s")
        let result = try #require(row["result"])
        #expect(result["refused"] == 50, "\(result)")
        let limits = Set((row["limits_hit"]?.list ?? []).compactMap(\.text))
        #expect(limits.isSuperset(of: ["alerts", "metrics", "log_rate"]), "\(limits)")
        // What is kept.
        let open = try await host.command("alerts", "--json", "-n", "5000").rows.filter { $0["job"] == "flood" }
        #expect(open.count == AlertBook.openKeys)
        let size = try await host.shell("du -s --block-size=1M \(host.at("var/store").text)").output
        #expect((Int(size.split(separator: "\t").first ?? "") ?? .max) < 100, "\(size)")
        let log = try await host.shell("du -s --block-size=1M \(host.at("var/runs").text)").output
        #expect((Int(log.split(separator: "\t").first ?? "") ?? .max) <= 11, "\(log)")
        // What is told: a few messages, not a thousand, and every alert in them.
        func told() -> Set<String> {
            let bodies = sent.value.withLock { $0 }.compactMap { try? JSON.decode($0.body) }
            return Set(bodies.flatMap { $0["alerts"]?.list ?? [] }.compactMap { $0["name"]?.text })
        }
        try await host.eventually("all are told", within: 60) {
            told().count { $0.hasPrefix("flood.key ") } == AlertBook.openKeys ? true : nil
        }
        let messages = sent.value.withLock { $0.count } - before
        // What comes within some seconds is told at once: a run that a loaded machine draws out takes more.
        let seconds = Monotonic.now - began
        #expect(Double(messages) < 40 + max(0, seconds - 60) / 10, "\(messages) messages in \(seconds) s")
        // Forged lines.
        let forged = try await host.run("forger")
        #expect(forged["outcome"] == "failed" && forged["error"]?.text?.contains("was taken") == false, "\(forged)")
        try await host.eventually("the failure is told", within: 60) { told().contains("forger.run") ? true : nil }
        var said = ""
        for words in [
            ["logs", "forger"], ["show", "\(forged["id"]?.integer ?? 0)"], ["history"], ["history", "--json"],
            ["alerts"], ["alerts", "--json"], ["status"], ["jobs"], ["logs", "forger", "--json"],
        ] {
            let answer = try await host.command(words)
            if words.contains("--json") {
                // A line an object, whatever is in it.
                let lines = answer.output.split(separator: "\n")
                #expect(lines.allSatisfy { (try? JSON.decode(String($0)))?.map != nil })
            } else {
                said += answer.output + "\n" + answer.errors + "\n"
            }
        }
        said += host.log
        for request in sent.value.withLock({ $0 }) {
            said += ((try? JSON.decode(request.body))?["text"]?.text ?? "") + "\n"
        }
        let lines = said.split(whereSeparator: \.isNewline)
        #expect(!lines.contains { $0.hasPrefix("19:30:05") || $0.hasPrefix("forged") })
        #expect(said.contains("said") && said.contains("warned") && said.contains("failed"))
        // Every escape is shown, none is in force, and nothing is written backwards.
        #expect(!said.unicodeScalars.contains { $0 == "\u{1B}" || $0 == "\u{202E}" || $0 == "\r" })
        try await host.stop()
    }
}
