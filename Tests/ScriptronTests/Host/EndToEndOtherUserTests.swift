import Glibc
import Testing

@testable import Scriptron

@Suite(
    "End to end: programs under another user", .enabled(if: getuid() == 0, "needs root"), .timeLimit(.minutes(15)))
struct EndToEndOtherUserTests {
    private static let needs = """
        { write = { "box" },
          run = { "cat", "gzip", { "id", user = "nobody" }, { "sh", user = "nobody" }, { "whoami", user = "daemon" },
                  { "sleep", user = "nobody" }, { "setsid", user = "nobody" }, { "bash", user = "nobody" },
                  { "cat", user = "nobody" }, { "dd", user = "nobody" } } }
        """

    private func host(_ jobs: [String: String]) throws -> EndToEndHost {
        let host = try EndToEndHost(
            "return { ceiling = { write = { \"box\" }, run = { \"*\" }, user = { \"nobody\", \"daemon\" } } }",
            jobs: jobs)
        try Directories.create(host.at("box"), mode: 0o755)
        host.mode(".", 0o755)
        return host
    }

    private func job(_ body: String, timeout: String = "60s") -> String {
        "return job { timeout = \"\(timeout)\", needs = function() return \(Self.needs) end, run = function() \(body) end }"
    }

    @Test func `It runs as that user, with streams, status and timeout as any program`() async throws {
        let body = #"""
            local function try(f, ...)
              local ok, result = pcall(f, ...)
              return ok and result or type(result) == "table" and result or { message = result }
            end
            local text = ("0123456789abcdef"):rep(65536)
            local pipe = process.pipe({ { "sh", "-c", "cat" }, { "gzip", "-c" }, { "gzip", "-dc" }, { "sh", "-c", "cat" },
                { "sh", "-c", "cat" } }, { stdin = text, user = nil })
            process.run({ "id", "-un" }, { stdout = { file = "box/out" } })
            process.run({ "sh", "-c", "cat >&2; echo done" }, { stdin = { file = "box/out" }, stdout = "log" })
            local started = time.precise()
            local late = try(process.run, { "sh", "-c", "trap '' TERM; while :; do :; done" }, { timeout = 0.3 })
            return {
              who = process.output { "sh", "-c", "echo $(id -un) $(id -gn) $HOME $USER ${TMPDIR-none}; pwd" },
              other = process.output { "whoami" },
              exit = try(process.run, { "sh", "-c", "echo oops >&2; exit 3" }).message,
              signal = try(process.run, { "sh", "-c", "kill -9 $$" }).signal,
              input = process.output({ "sh", "-c", "read x; echo got $x" }, { stdin = "hello\n" }),
              unread = process.run({ "sh", "-c", "exit 0" }, { stdin = text }).code,
              pipe = pipe.stdout == text, stages = #pipe.stages,
              file = fs.read("box/out"),
              late = late.code, soon = time.precise() - started < 20,
              missing = try(process.run, { "sh", "-c", "true" }, { cwd = "/root" }).code,
              wrong = try(process.run, { "gzip" }, { user = "nobody" }).message,
              group = process.output { "sh", "-c", "sleep 1000 </dev/null >/dev/null 2>&1 & echo ok" },
            }
            """#
        let host = try host(["user": job(body)])
        try await host.start()
        let row = try await host.run("user")
        #expect(row["outcome"]?.text == "succeeded", "\(row["error"]?.text ?? "")")
        let result = row["result"] ?? .null
        #expect(result["who"]?.text?.hasPrefix("nobody nogroup ") == true)
        #expect(result["who"]?.text?.hasSuffix("nobody none\n/") == true, "\(result)")
        #expect(result["other"] == "daemon")
        #expect(result["exit"]?.text?.contains("exit code 3: oops") == true)
        #expect(result["signal"] == "SIGKILL")
        #expect(result["input"] == "got hello")
        #expect(result["unread"] == 0)
        #expect(result["pipe"] == true && result["stages"] == 5)
        #expect(result["file"] == "nobody\n")
        #expect(result["late"] == "ETIMEDOUT" && result["soon"] == true)
        #expect(["EGRANT", "EACCES"].contains(result["missing"]?.text), "\(result)")
        #expect(result["wrong"]?.text?.contains(#"run = { { "gzip", user = "nobody" } }"#) == true, "\(result)")
        #expect(result["group"] == "ok")
        let details = try await host.command("show", "--json", "\(row["id"]?.integer ?? 0)").rows.first
        let lines = details?["log"]?.list?.compactMap { $0["message"]?.text } ?? []
        #expect(lines.contains("nobody") && lines.contains("done"), "\(lines)")
        try await host.stop()
    }

    @Test func `It is confined as the job is, and may do no more for its own user`() async throws {
        let tries = [
            "cat /etc/shadow", "echo x > /etc/scriptron-test", "echo x > theirs", "/usr/bin/env", "mount /proc",
            "kill -9 1", "kill -9 -1; exit 1", "echo x > /tmp/scriptron-test", "cat </dev/tcp/127.0.0.1/22", "ls /root",
            "cat /proc/1/environ", "echo x > /proc/1/mem", "touch \(TestBinary.path)",
        ]
        let body = """
            local codes = {}
            for index, text in ipairs { \(tries.map { "[==[\($0)]==]" }.joined(separator: ", ")) } do
              local ok = pcall(process.run, { "sh", "-c", text }, { cwd = "box", user = "nobody" })
              codes[index] = ok
            end
            return codes
            """
        let host = try host(["confined": job(body)])
        let row = try await host.run("confined")
        let codes = row["result"]?.list ?? []
        #expect(codes.count == tries.count, "\(row)")
        for (text, succeeded) in zip(tries, codes) { #expect(succeeded == false, "\(text) succeeded") }
    }

    @Test func `What it takes of the machine is in the record, and what it leaves may still write`() async throws {
        // The inner shell writes when the outer one has ended, and would be killed with it otherwise. On a loaded
        // machine it may come too late, so that it is tried again.
        let late = "exec 3> >(cat >/dev/null; sleep 0.05; echo late); echo soon"
        let body = #"""
            local cpu = process.output { "sh", "-c", "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; times" }
            local minutes, seconds = cpu:match("^(%d+)m([%d.]+)s")
            process.run { "dd", "if=/dev/zero", "of=/dev/null", "bs=96M", "count=1" }
            local late
            for _ = 1, 20 do
              late = process.output { "bash", "-c", "LATE" }
              if late == "soon\nlate" then break end
            end
            return { cpu = minutes * 60 + seconds, late = late }
            """#.replacing("LATE", with: late)
        let host = try host(["takes": job(body, timeout: "120s")])
        let row = try await host.run("takes")
        #expect(row["result"]?["late"] == "soon\nlate", "\(row)")
        let cpu = try #require(row["result"]?["cpu"]?.double)
        #expect(cpu > 0 && (row["cpu_seconds"]?.double ?? 0) >= cpu, "\(row)")
        #expect((row["max_rss_bytes"]?.integer ?? 0) >= 96 << 20, "\(row)")
    }

    @Test(arguments: [true, false])
    func `The run's deadline, and its end, take it along whatever it does`(overruns: Bool) async throws {
        let marker = "31\(UInt32.random(in: 1_000_000...9_999_999))"
        let body = """
            process.run { "sh", "-c", "trap '' TERM HUP INT; setsid sh -c 'trap \\"\\" TERM; sleep \(marker) & wait' "
              .. "</dev/null >/dev/null 2>&1 & \(overruns ? "sleep \(marker); while :; do :; done" : "true")" }
            """
        let host = try host(["stays": job(body, timeout: overruns ? "2s" : "60s")])
        let row = try await host.run("stays")
        #expect(row["outcome"]?.text == (overruns ? "timed_out" : "succeeded"), "\(row)")
        #expect(EndToEndHost.processes(with: marker).isEmpty)
    }

    @Test func `A host that is killed takes it along`() async throws {
        let marker = "32\(UInt32.random(in: 1_000_000...9_999_999))"
        let host = try host([
            "stays": job("process.run { \"sh\", \"-c\", \"trap '' TERM; setsid sleep \(marker) & wait\" }")
        ])
        try await host.start()
        async let ended = host.command("run", "stays")
        try await host.eventually("it runs") { EndToEndHost.processes(with: "sleep\0" + marker).isEmpty ? nil : true }
        kill(host.pid, SIGKILL)
        try await host.eventually("it is gone") { EndToEndHost.processes(with: marker).isEmpty ? true : nil }
        _ = try await ended
    }

    @Test func `Without the operator's word it is refused at load; a dry run only plans it`() async throws {
        let host = try EndToEndHost(
            "return { ceiling = { write = { \"box\" }, run = { \"*\" } } }",
            jobs: ["user": job("return process.run { \"id\" }.code")])
        try Directories.create(host.at("box"), mode: 0o755)
        let refused = try await host.command("run", "user")
        #expect(refused.code == 1)
        #expect(refused.text.contains("the ceiling forbids running id as nobody"), "\(refused.text)")
        #expect(refused.text.contains(#"ceiling = { user = { "nobody" } }"#), "\(refused.text)")
        try host.write(
            "scriptron.lua",
            "return { ceiling = { write = { \"box\" }, run = { \"*\" }, user = { \"nobody\", \"daemon\" } } }")
        let planned = try await host.command("test", "user", "--json").rows.last
        let step = planned?["plan"]?.list?.first
        #expect(step?["effect"]?.text == "run" && step?["user"]?.text == "nobody", "\(planned ?? .null)")
        #expect(planned?["needs"]?["run"]?.list?.contains { $0.text?.hasSuffix("/id as nobody") == true } == true)
    }
}
