import Glibc
import Synchronization
import Testing

@testable import Scriptron

/// Secrets that servers send back, and a job that says them everywhere: nobody who looks finds them.
@Suite("End to end: secrets", .timeLimit(.minutes(15))) struct EndToEndSecretsTests {
    private static let canary = "c4nary/+ \"bird\" 7f3a"
    /// Of the channels; one of them is a part of an address.
    private static let others = ["CHANNEL": "ch4nnel-c4nary+/ 91", "PATH_OF": "c4nary-p4th-55"]

    /// The ways in which they may not be found.
    private static var forms: [String] {
        let plain = [canary, String(canary.dropLast(5)), String(canary.dropFirst(4))] + others.values.sorted()
        return plain.flatMap { text -> [String] in
            let raw = Array(text.utf8)
            return [text, Digest.base64(raw), PercentEncoding.encode(raw)]
        } + [Digest.base64(Array(("Bearer " + canary).utf8)), Hex.encode(Array(canary.utf8))]
    }

    private static func job(_ port: UInt16) -> String {
        """
        return job {
          timeout = "60s",
          settings = { key = option.secret "CANARY", how = "well" },
          needs = function(settings)
            return { connect = "127.0.0.1:\(port)", secrets = { settings.key }, run = { "cat", "sh", "sleep" } }
          end,
          run = function(settings, this)
            local key, url = settings.key, "http://127.0.0.1:\(port)/"
            local said = http.get(url, { bearer = key, dry = { body = "dry" } }).body
            local bucket = s3.open { endpoint = url, bucket = "b", key = key, secret = key }
            local db <close> = sql.open(fs.temp_dir() .. "/x.db", { create = true })
            db:exec("CREATE TABLE t (x)")
            -- What takes a secret and fails with what the server said, and what takes none.
            for name, call in pairs {
              query = function() http.get(url, { query = { token = key }, expect = 204 }) end,
              body = function() http.post(url, { json = { token = key }, expect = 204 }) end,
              login = function() http.get(url, { auth = { user = key, password = key }, expect = 204 }) end,
              address = function() http.get({ url, key }, { expect = 204 }) end,
              object = function() bucket:head(said) end, list = function() bucket:list(said) end,
              value = function() db:exec("INSERT INTO t VALUES (?)", { key }) end,
              text = function() return key .. "" end, argument = function() process.run { "cat", key } end,
              environment = function() process.run({ "cat" }, { env = { KEY = key } }) end,
              file = function() fs.write(fs.temp_dir() .. "/key", key) end,
              json = function() log.info(json.encode { key }) end,
            } do
              local known, problem = pcall(call)
              log.info(name, { known = known, problem = tostring(problem), code = type(problem) == "table" and problem.code })
            end
            print(said)
            log.info("said " .. said, { said = said, key = key })
            this.warn(said)
            state.set("said", said)
            log.progress(1, 2, said)
            metrics.gauge("said", 1, { labels = { said = said:sub(1, 40) } })
            alert.fire("said", { summary = "it said " .. said, said = said, key = key })
            log.info("signed", { hmac = hash.hmac(key, "text") })
            process.run({ "cat" }, { stdin = key, stdout = "log" })
            -- Long enough to be looked at.
            process.run({ "sh", "-c", "cat; sleep 0.3" }, { stdin = { "x", key }, stdout = "log" })
            log.info(process.run({ "cat" }, { stdin = { "y", key } }).stdout)
            if settings.how == "badly" then error(said) end
            if settings.how == "giving up" then this.fail(said) end
            if settings.how == "late" or settings.how == "crashing" then while true do end end
            return { said = said }
          end,
        }
        """
    }

    /// Looks at the arguments of all processes, again and again.
    private final class Watch: Sendable {
        private let state = Mutex<(found: Set<String>, isOver: Bool)>(([], false))
        private let done = Semaphore()

        init(_ forms: [String]) throws {
            let patterns = forms.map { Array($0.utf8) }
            try PlainThread.start(name: "watch") { [self] in
                while !state.withLock({ $0.isOver }) {
                    for name in (try? Directory("/proc").names()) ?? []
                    where name.allSatisfy({ (48...57).contains($0) }) {
                        let path = Path("/proc").appending(Path(bytes: name)).appending("cmdline")
                        guard let bytes = try? Files.readSmall(path) else { continue }
                        for pattern in patterns where bytes.contains(pattern) {
                            state.withLock { _ = $0.found.insert(String(decoding: bytes, as: UTF8.self)) }
                        }
                    }
                    Monotonic.sleep(until: Monotonic.now + 0.02)
                }
                done.signal()
            }
        }

        /// Ends it; the command lines in which one was.
        func end() -> Set<String> {
            state.withLock { $0.isOver = true }
            done.wait()
            return state.withLock { $0.found }
        }
    }

    @Test func `canaries are found nowhere after success, errors, crash, timeout, plan and alerts`() async throws {
        let server = try HTTPTestServer { request in
            // All that it was sent, as it came and in base64.
            let sent = (request.headers["authorization"] ?? "") + " " + request.target + " " + request.text
            let token = String((request.headers["authorization"] ?? "").dropFirst("Bearer ".count))
            let encoded = Digest.base64(Array(("x" + token).utf8))
            return .text("\(sent) \(encoded) \(PercentEncoding.encode(Array(sent.utf8)))", status: 200)
        }
        let taken = Shared<[HTTPTestServer.Request]>([])
        let hook = try HTTPTestServer { request in
            taken.value.withLock { $0.append(request) }
            return request.target.contains("refuse")
                ? .text("refused: \(request.headers) \(request.target)", status: 403) : .text("ok")
        }
        let host = try EndToEndHost(
            """
            return {
              channels = {
                ops = { type = "webhook", url = "\(hook.url("/ops"))", headers = { Authorization = secret "CANARY" },
                        secret = secret "CHANNEL", wait = "0s" },
                refused = { type = "webhook", url = secret "ADDRESS", headers = { ["X-Key"] = secret "CHANNEL" }, wait = "0s" },
                mail = { type = "email", server = "127.0.0.1:1", from = "a@b.c", to = "d@e.f", user = secret "CHANNEL",
                         password = secret "CANARY", wait = "0s" },
                page = { type = "command", run = { "sh", "-c", "cat; sleep 0.2" }, needs = { run = { "cat", "sleep" } }, wait = "0s" },
              },
              jobs = { ["leak-late"] = { script = "leak.lua", timeout = "6s", settings = { how = "late" } } },
            }
            """, jobs: ["leak": Self.job(server.port)])
        try host.directory("secrets")
        var files = Self.others
        files["CANARY"] = Self.canary
        files["ADDRESS"] = hook.url("/refuse/\(Self.others["PATH_OF"] ?? "")")
        for (name, text) in files {
            try host.write("secrets/\(name)", text + "\n")
            host.mode("secrets/\(name)", 0o600)
        }
        let watch = try Watch(Self.forms)
        try await host.start()
        for (how, outcome) in [("well", "succeeded"), ("badly", "failed"), ("giving up", "failed")] {
            let row = try await host.run("leak", "--set", "how=\(how)")
            #expect(row["outcome"]?.text == outcome, "\(how): \(row)")
        }
        let late = try await host.run("leak-late")
        #expect(late["outcome"] == "timed_out", "\(late)")
        // A worker that dies with the secret in its hands.
        _ = try await host.command("run", "leak", "--set", "how=crashing", "--detach")
        try await host.eventually("it has said what it knows") {
            let lines = try await host.command("logs", "leak").output
            return lines.contains("ysecret:CANARY") ? true : nil
        }
        for pid in Self.workers("leak") { kill(pid, SIGKILL) }
        let crashed = try await host.eventually("it has ended") { () -> Value? in
            let row = try await host.history("leak").first
            return row?["outcome"]?.text == nil ? nil : row
        }
        #expect(crashed["reason"]?.text?.contains("crashed: SIGKILL") == true, "\(crashed)")
        // Alerts have gone out, or tried to.
        func bodies() -> String { taken.value.withLock { $0 }.filter { $0.target == "/ops" }.map(\.text).joined() }
        try await host.eventually("alerts are told", within: 60) {
            bodies().contains("leak.said") && bodies().contains("leak.run") ? true : nil
        }
        try await host.eventually("channels have failed", within: 60) {
            let failing = try await host.command("alerts").text
            return failing.contains("channel refused") && failing.contains("channel mail") ? true : nil
        }
        #expect(taken.value.withLock { $0 }.contains { $0.headers["authorization"] == Self.canary })
        try await host.eventually("the program has run", within: 60) {
            try await host.history("@page").first { $0["outcome"] == "succeeded" }
        }
        // What people and programs see.
        var told = bodies()
        for words in [
            ["history", "--json"], ["show", "1"], ["show", "1", "--json"], ["show", "2"], ["logs", "leak"],
            ["logs", "leak", "--json"], ["alerts"], ["alerts", "--json"], ["status", "--json"], ["jobs", "--json"],
            ["settings", "leak", "--json"], ["alerts", "test", "refused"], ["alerts", "test", "mail"], ["doctor"],
            ["test", "jobs/leak.lua"], ["test", "jobs/leak.lua", "--json"], ["check"],
        ] {
            told += words.joined(separator: " ") + "\n"
            let answer = try await host.command(words)
            told += answer.output + answer.errors
        }
        // A dry run sends nothing, and says what it would send.
        let plan = try await host.command(["test", "jobs/leak.lua", "--json"]).rows.last?["plan"]?.list ?? []
        #expect(plan.contains { $0["effect"] == "request" }, "\(plan)")
        for route in [
            "status", "jobs", "jobs/leak/settings", "runs?limit=1000", "alerts", "alerts?closed=1", "missed", "next",
        ] {
            told += try await host.shell(
                "curl -sS --unix-socket \(host.at("var/scriptron.sock").text) http://host/v1/\(route)"
            ).output
        }
        for run in 1...8 {
            for part in ["", "/details", "/log"] {
                told += try await host.shell(
                    "curl -sS --unix-socket \(host.at("var/scriptron.sock").text) http://host/v1/runs/\(run)\(part)"
                ).output
            }
        }
        try await host.stop()
        told += host.log
        #expect(told.contains("secret:CANARY") && told.contains("leak.said"))
        for form in Self.forms { #expect(!told.contains(form), "\(form)") }
        #expect(watch.end().isEmpty)
        let patterns = Self.forms.flatMap { ["-e", $0] }
        let kept = try RanProgram.run("/bin/grep", ["-rlaF"] + patterns + [host.at("var").text])
        #expect(kept.lines.isEmpty, "\(kept.output)")
    }

    /// The processes that run a job of this name.
    private static func workers(_ job: String) -> [Int32] {
        let names = (try? Directory("/proc").names()) ?? []
        return names.compactMap { Int32(String(decoding: $0, as: UTF8.self)) }.filter { pid in
            (try? Files.readSmall(Path("/proc/\(pid)/comm"))) == Array("\(job)\n".utf8)
        }
    }
}
