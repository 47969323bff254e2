import Testing

@testable import Scriptron

/// A secret that a server sends back, and a job that says it everywhere: nobody who looks finds it.
struct EndToEndSecretsTests {
    private let canary = "c4nary/+ \"bird\" 7f3a"

    @Test func `a canary is found nowhere after success, errors, timeout and plan`() async throws {
        let server = try HTTPTestServer { request in
            let sent = request.headers["authorization"] ?? ""
            let encoded = Digest.base64(Array(("x" + sent.dropFirst("Bearer ".count)).utf8))
            return .text("\(sent) \(encoded) \(PercentEncoding.encode(Array(sent.utf8)))")
        }
        let script = """
            return job {
              timeout = "3s",
              settings = { key = option.secret "CANARY", how = "well" },
              needs = function(settings)
                return { connect = "127.0.0.1:\(server.port)", secrets = { settings.key }, run = "cat" }
              end,
              run = function(settings, this)
                local said = http.get("\(server.url())", { bearer = settings.key, dry = { body = "dry" } }).body
                print(said)
                log.info("said " .. said, { said = said, key = settings.key })
                this.warn(said)
                state.set("said", said)
                log.progress(1, 2, said)
                process.run({ "cat" }, { stdin = settings.key, stdout = "log" })
                if settings.how == "badly" then error(said) end
                if settings.how == "giving up" then this.fail(said) end
                if settings.how == "late" then while true do end end
                return { said = said }
              end,
            }
            """
        let host = try EndToEndHost(jobs: ["leak": script])
        try host.directory("secrets")
        try host.write("secrets/CANARY", canary + "\n")
        host.mode("secrets/CANARY", 0o600)
        try await host.start()
        for (how, outcome) in [
            ("well", "succeeded"), ("badly", "failed"), ("giving up", "failed"), ("late", "timed_out"),
        ] {
            let row = try await host.run("leak", "--set", "how=\(how)")
            #expect(row["outcome"]?.text == outcome, "\(how): \(row)")
        }
        var told = ""
        for words in [
            ["history", "--json"], ["show", "1"], ["show", "1", "--json"], ["show", "2"], ["logs", "leak"],
        ] {
            told += words.joined(separator: " ") + "\n"
            let answer = try await host.command(words)
            told += answer.output + answer.errors
        }
        let plan = try await host.command(["test", "jobs/leak.lua"])
        told += plan.output + plan.errors + host.log
        #expect(told.contains("secret:CANARY"))
        let raw = Array(canary.utf8)
        let forms = [canary, String(canary.dropLast(5)), Digest.base64(raw), PercentEncoding.encode(raw)]
        for form in forms { #expect(!told.contains(form)) }
        let patterns = forms.flatMap { ["-e", $0] }
        let kept = try RanProgram.run("/bin/grep", ["-rlaF"] + patterns + [host.at("var").text])
        #expect(kept.lines.isEmpty, "\(kept.output)")
        try await host.stop()
    }
}
