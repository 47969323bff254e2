import Glibc
import Testing

@testable import Scriptron

@Suite("End to end: needs that grow wait for an approval", .timeLimit(.minutes(15)))
struct EndToEndApproveTests {
    private static let configuration = "return { jobs = { grows = { approve = true }, finds = { approve = true } } }"

    private func job(_ version: String, write: String) -> String {
        """
        return job {
          needs = function() return { write = { \(write) } } end,
          run = function() return { version = "\(version)" } end,
        }
        """
    }

    private func host(_ jobs: [String: String]) throws -> EndToEndHost {
        let host = try EndToEndHost(Self.configuration, jobs: jobs)
        for name in ["a", "a/in", "b"] { try Directories.create(host.at(name), mode: 0o755) }
        return host
    }

    private func version(_ host: EndToEndHost) async throws -> String? {
        try await host.run("grows")["result"]?["version"]?.text
    }

    @Test func `A new job and a wider edit are held, by a host that was started anew too`() async throws {
        let host = try host(["grows": job("one", write: "\"a\"")])
        try await host.start()
        let new = try #require(await host.row("grows"))
        #expect(new["state"]?.text == "held")
        #expect(new["error"]?.text?.contains("+write \(host.at("a"))") == true, "\(new)")
        let refused = try await host.command("run", "grows")
        #expect(refused.code == 1 && refused.text.contains("scriptron approve grows"), "\(refused.text)")
        #expect(host.log.contains("job grows is held"))
        let approved = try await host.command("approve", "grows", "--json")
        #expect(approved.code == 0, "\(approved.text)")
        #expect(approved.rows.first?["approved"]?.list?.contains(.text("+write \(host.at("a"))")) == true)
        #expect(try await version(host) == "one")

        // Narrower, and inside of what is approved: no approval.
        try host.job("grows", job("two", write: "\"a/in\""))
        try await host.eventually("the narrower version runs") { try await self.version(host) == "two" ? true : nil }
        // Wider: the last approved version goes on.
        try host.job("grows", job("three", write: "\"a\", \"b\""))
        try await host.eventually("it is held") {
            try await host.row("grows")?["error"]?.text?.contains("+write \(host.at("b"))") == true ? true : nil
        }
        #expect(try await version(host) == "two")
        let check = try await host.command("check")
        #expect(check.code == 1 && check.text.contains("+write \(host.at("b"))"), "\(check.text)")
        try await host.stop()
        try await host.start()
        try await host.eventually("the new host holds it too") {
            try await host.row("grows")?["error"]?.text?.contains("+write \(host.at("b"))") == true ? true : nil
        }
        #expect(try await version(host) == "two")
        let again = try await host.command("approve", "grows")
        #expect(again.code == 0 && again.text.contains("+write \(host.at("b"))"), "\(again.text)")
        #expect(try await version(host) == "three")
        let row = try #require(await host.row("grows"))
        #expect(row["state"]?.text == "manual" && row["error"] == .null)
        try await host.stop()
    }

    @Test func `Needs that follow from what is there are held at the run that has them`() async throws {
        let host = try EndToEndHost(
            "return { ceiling = { read = { \"facts\" }, write = { \"a\", \"b\" } }, jobs = { finds = { approve = true } } }"
        )
        for name in ["a", "b", "facts"] { try Directories.create(host.at(name), mode: 0o755) }
        try host.write("facts/list", host.at("a").text)
        try host.job(
            "finds",
            """
            return job {
              discover = function() return { dirs = { fs.read("\(host.at("facts/list"))") } } end,
              needs = function(settings, facts) return { write = facts.dirs } end,
              run = function(settings, this) return this.facts end,
            }
            """)
        try await host.start()
        #expect(try await host.command("approve", "finds").code == 0)
        let held = try await host.run("finds")
        #expect(held["outcome"]?.text == "failed")
        #expect(held["reason"]?.text?.contains("+write \(host.at("a"))") == true, "\(held)")
        #expect(try await host.command("approve", "finds").code == 0)
        #expect(try await host.run("finds")["outcome"]?.text == "succeeded")
        try host.write("facts/list", host.at("b").text)
        #expect(try await host.run("finds")["reason"]?.text?.contains("+write \(host.at("b"))") == true)
        try await host.stop()
    }

    @Test func `Approving takes a job that waits, and no job can do it`() async throws {
        let host = try host([
            "grows": job("one", write: "\"a\""), "plain": job("one", write: "\"a\""),
            "thief": job("one", write: "\"var/approved\""),
        ])
        try Directories.create(host.at("var/approved"), mode: 0o755)
        try await host.start()
        #expect(try await host.command("approve", "nobody").code == 3)
        let plain = try await host.command("approve", "plain")
        #expect(plain.code == 1 && plain.text.contains("approve = true"), "\(plain.text)")
        #expect(try await host.command("approve", "grows").code == 0)
        let nothing = try await host.command("approve", "grows")
        #expect(nothing.code == 1 && nothing.text.contains("nothing of job grows waits"), "\(nothing.text)")
        #expect(try await host.command("approve").code == 2)
        let thief = try await host.command("run", "thief")
        #expect(thief.code == 1 && thief.text.contains("what operators approved"), "\(thief.text)")
        // Looking at what a text would do is free.
        try host.job("grows", job("two", write: "\"b\""))
        let test = try await host.command("test", "grows", "--json")
        #expect(test.rows.last?["result"]?["version"]?.text == "two", "\(test.text)")
        try await host.stop()
    }
}
