import Glibc
import Synchronization
import Testing

@testable import Scriptron

@Suite("End to end: alerts", .timeLimit(.minutes(15))) struct EndToEndAlertTests {
    private static let failing = """
        return job {
          schedule = "every 1s",
          run = function()
            local well = fs.stat("data/well") ~= nil
            alert.check("door", not well, { summary = "the door is open", severity = "critical", angle = 90 })
            metrics.gauge("angle", well and 0 or 90)
            if not well then error("it fails") end
          end,
          needs = function() return { read = { "data" } } end,
        }
        """

    /// The events that a webhook heard, as `event name`.
    private static func events(_ requests: [HTTPTestServer.Request]) -> [String] {
        requests.flatMap { request -> [String] in
            let body = (try? JSON.decode(request.body)) ?? .null
            return (body["alerts"]?.list ?? []).map {
                "\($0["event"]?.text ?? "?") \($0["name"]?.text ?? "?")"
            }
        }
    }

    @Test(
        "Through a webhook that is down for a while and a host that is killed each alert comes, and its end")
    func webhook() async throws {
        let isUp = Shared(false)
        let taken = Shared<[HTTPTestServer.Request]>([])
        let refused = Shared(0)
        let server = try HTTPTestServer { request in
            guard isUp.value.withLock({ $0 }) else {
                refused.value.withLock { $0 += 1 }
                return .text("down", status: 503)
            }
            taken.value.withLock { $0.append(request) }
            return .text("ok")
        }
        let host = try EndToEndHost(
            """
            return {
              channels = {
                ops = { type = "webhook", url = "\(server.url("/hook"))", wait = "0s",
                        headers = { Authorization = "Bearer x" },
                        secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
                dead = { type = "webhook", url = "http://127.0.0.1:1/", wait = "0s" },
              },
              routes = { { to = { "dead", "ops" } } },
            }
            """, jobs: ["door": Self.failing])
        try host.directory("data")
        try await host.start()
        try await host.eventually("the webhook refuses") { refused.value.withLock { $0 } > 0 ? true : nil }
        let open = try await host.command("alerts", "--json").rows
        let names = open.compactMap { $0["name"]?.text }
        #expect(names.contains("door.door") && names.contains("door.run"), "\(names)")
        #expect(try await host.command("status").text.contains("firing"))
        // Killed with messages in its outbox, and started anew.
        kill(host.pid, SIGKILL)
        isUp.value.withLock { $0 = true }
        try host.write("serve.log", "")
        try await host.start()
        func heard() -> [String] { Self.events(taken.value.withLock { $0 }) }
        try await host.eventually("both alerts came: \(heard())", within: 60) {
            Set(heard()).isSuperset(of: ["fired door.door", "fired door.run"]) ? true : nil
        }
        for request in taken.value.withLock({ $0 }) {
            #expect(request.headers["authorization"] == "Bearer x")
            let id = try #require(request.headers["webhook-id"])
            let instant = try #require(request.headers["webhook-timestamp"].flatMap { Int64($0) })
            #expect(abs(Double(instant) - SystemClock().now().epoch) < 300)
            let signed = Array("\(id).\(instant).".utf8) + request.body
            let key = try #require(Digest.bytes(base64: "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".utf8))
            let signature = "v1," + Digest.base64(try Digest.hmac(.sha256, key: key, signed))
            #expect(request.headers["webhook-signature"] == signature)
        }
        try host.write("data/well", "")
        try await host.eventually("both ends came: \(heard())", within: 60) {
            Set(heard()).isSuperset(of: ["resolved door.door", "resolved door.run"]) ? true : nil
        }
        let left = try await host.command("alerts", "--json").rows
        #expect(left.allSatisfy { $0["job"] != "door" }, "\(left)")
        let waiting = try await host.command("alerts")
        #expect(waiting.text.contains("channel dead"), "\(waiting.text)")
        let tested = try await host.command("alerts", "test", "ops")
        #expect(tested.code == 0, "\(tested.text)")
        #expect(try await host.command("alerts", "test", "dead").code == 1)
        try await host.stop()
    }

    /// How each of these jobs goes wrong while `data/well` is not there.
    private static let troubled = [
        "late": """
        return job {
          schedule = "every 1s", timeout = 1, needs = function() return { read = { "data" } } end,
          run = function() while not fs.stat("data/well") do time.sleep(0.05) end end,
        }
        """,
        "cut": """
        return job {
          schedule = "every 1s", redo = false, needs = function() return { read = { "data" } } end,
          run = function() while not fs.stat("data/well") do time.sleep(0.05) end end,
        }
        """,
        "missing": #"return job { schedule = "every 1s", catch_up = "none", run = function() end }"#,
        "gone": #"return job { schedule = "every 1s", run = function() error("it fails") end }"#,
    ]

    @Test("Runs that time out, are lost or missed are told, and their end; so is the end of a job that is taken away")
    func automatic() async throws {
        let taken = Shared<[HTTPTestServer.Request]>([])
        let server = try HTTPTestServer { request in
            taken.value.withLock { $0.append(request) }
            return .text("ok")
        }
        let host = try EndToEndHost(
            "return { channels = { ops = { type = \"webhook\", url = \"\(server.url())\", wait = \"0s\" } } }",
            jobs: Self.troubled)
        try host.directory("data")
        func heard() -> [String] { Self.events(taken.value.withLock { $0 }) }
        func hears(_ names: Set<String>) async throws {
            try await host.eventually("\(names) of \(heard())", within: 60) {
                Set(heard()).isSuperset(of: names) ? true : nil
            }
        }
        try await host.start()
        try await hears(["fired late.run", "fired gone.run"])
        try await host.eventually("the other job runs") { try await host.history("cut").first }
        kill(host.pid, SIGKILL)
        host.remove("jobs/gone.lua")
        try host.write("serve.log", "")
        // Some of the instants of `missing` pass.
        try await Task.sleep(for: .seconds(3))
        try await host.start()
        try await hears(["fired cut.run", "fired missing.missed", "resolved gone.run"])
        try host.write("data/well", "")
        try await hears(["resolved late.run", "resolved cut.run", "resolved missing.missed"])
        let alerts = taken.value.withLock { $0 }.flatMap { (try? JSON.decode($0.body))?["alerts"]?.list ?? [] }
        func text(_ name: String, _ event: String, _ key: String) -> String? {
            alerts.first { $0["name"]?.text == name && $0["event"]?.text == event }?[key]?.text
        }
        #expect(text("late.run", "fired", "summary")?.contains("timed out") == true)
        #expect(text("cut.run", "fired", "summary")?.contains("was lost") == true)
        #expect(text("missing.missed", "fired", "summary")?.contains("missed: ") == true)
        #expect(text("late.run", "resolved", "reason")?.contains("succeeded") == true)
        #expect(text("gone.run", "resolved", "reason") == "its job was removed or disabled")
        try await host.stop()
    }

    /// Debian's python3-aiosmtpd, which `make test` installs where it can.
    private static let hasMailServer =
        (try? FileStatus.of("/usr/lib/python3/dist-packages/aiosmtpd", follow: true)) ?? nil != nil

    @Test("By mail through STARTTLS and a login, with a secret for the password", .enabled(if: hasMailServer))
    func mail() async throws {
        let host = try EndToEndHost(jobs: ["door": Self.failing])
        try host.directory("data")
        try host.directory("mail")
        let made = try await host.shell(
            """
            cd \(host.at("mail").text) && openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
            -keyout key.pem -out cert.pem -days 2 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1 2>&1
            """)
        #expect(made.code == 0, "\(made.text)")
        // This file is Tests/ScriptronTests/Host/EndToEndAlertTests.swift.
        let script = Path(#filePath).parent.parent.parent.appending("Support/Mail/server.py")
        let mailbox = host.at("mail").text
        let started = try await host.shell(
            "/usr/bin/python3 \(script.text) \(mailbox) \(mailbox)/cert.pem \(mailbox)/key.pem >\(mailbox)/log 2>&1 </dev/null & echo $!"
        )
        let pid = try #require(Int32(started.output.split(separator: "\n").first ?? ""))
        defer { kill(pid, SIGKILL) }
        func text(_ name: String) -> String? {
            (try? Files.readSmall(host.at("mail/" + name))).map { String(decoding: $0, as: UTF8.self) }
        }
        let port = try await host.eventually("the mail server is up: \(text("log") ?? "")") { text("port") }
        try host.write(
            "scriptron.lua",
            """
            return {
              channels = {
                mail = { type = "email", server = "127.0.0.1:\(port)", from = "host@example.org",
                         to = { "anna@example.org" }, user = "scriptron", password = secret "MAIL_PASSWORD",
                         trust = "mail/cert.pem", wait = "0s" },
              },
            }
            """)
        try await host.start(by: "MAIL_PASSWORD='open sesame'")
        let first = try await host.eventually("a mail came: \(text("log") ?? "")", within: 60) { text("1.eml") }
        #expect(first.contains("To: anna@example.org") && first.contains("Auto-Submitted: auto-generated"))
        let tested = try await host.command("alerts", "test", "mail")
        #expect(tested.code == 0, "\(tested.text)")
        try await host.stop()
        // The password is nowhere but in the environment of the host.
        let found = try await host.shell("grep -rl 'open sesame' \(host.at("var").text) \(host.at("serve.log").text)")
        #expect(found.output.isEmpty)
    }

    @Test("A command gets the text in a run of its own, with its own needs") func command() async throws {
        let host = try EndToEndHost(
            """
            return {
              channels = {
                page = { type = "command", run = { "tee", "pages/last" }, needs = { write = "pages" }, wait = "0s" },
              },
            }
            """, jobs: ["door": Self.failing])
        try host.directory("data")
        try host.directory("pages")
        try await host.start()
        let page = try await host.eventually("the program got it: \(host.log)", within: 60) { () -> String? in
            let text = (try? Files.readSmall(host.at("pages/last"))).map { String(decoding: $0, as: UTF8.self) }
            return text?.contains("door") == true ? text : nil
        }
        #expect(page.contains("firing"))
        let runs = try await host.history("@page")
        #expect(runs.first?["job"] == "@page")
        try await host.stop()
    }

    @Test("Without a channel the host, check and doctor say so") func noChannel() async throws {
        let host = try EndToEndHost()
        let check = try await host.command("check")
        #expect(check.text.contains("no channel is set"))
        let doctor = try await host.command("doctor", "--json").rows.first { $0["name"] == "alerts" }
        #expect(doctor?["text"]?.text?.contains("no channel is set") == true && doctor?["state"] == "warning")
        try await host.start()
        #expect(host.log.contains("no channel is set"))
        let answer = try await host.command("alerts")
        #expect(answer.code == 0 && answer.text.contains("No alerts."))
        let ack = try await host.command("alerts", "ack", "x.y")
        #expect(ack.code == 1 && ack.text.contains("no open alert"))
        let silenced = try await host.command("alerts", "silence", "x.*", "--for", "2h")
        #expect(silenced.code == 0, "\(silenced.text)")
        #expect(try await host.command("alerts").text.contains("silence: x.*"))
        try await host.stop()
    }
}
