import Glibc
import Testing

@testable import Scriptron

@Suite("End to end: limits", .enabled(if: getuid() == 0, "needs root"), .timeLimit(.minutes(15)))
struct EndToEndLimitsTests {
    private static let jobs = [
        "bomb": """
        return job {
          timeout = "3s",
          limits = { processes = 60 },
          needs = function() return { run = { "ATTACK" }, read = { LIBRARIES } } end,
          run = function() process.run({ "ATTACK", "bomb" }) end,
        }
        """,
        "memory": """
        return job {
          timeout = "20s",
          limits = { program_memory = "64MiB" },
          needs = function() return { run = { "ATTACK" }, read = { LIBRARIES } } end,
          run = function() process.run({ "ATTACK", "eat" }) end,
        }
        """,
        "sparse": """
        return job {
          timeout = "30s",
          needs = function() return { run = { "truncate" } } end,
          run = function()
            process.run({ "truncate", "-s", "1T", fs.temp_dir() .. "/hole" })
            while true do time.sleep(1) end
          end,
        }
        """,
        "many": """
        return job {
          timeout = "60s",
          limits = { scratch_files = 500 },
          run = function()
            for i = 1, 1000000 do fs.mkdir(fs.temp_dir() .. "/" .. i) end
          end,
        }
        """,
        "fill": """
        return job {
          timeout = "60s",
          limits = { scratch = "20MiB" },
          run = function()
            local block = ("x"):rep(1 << 20)
            while true do fs.append(fs.temp_dir() .. "/big", block) time.sleep(0.02) end
          end,
        }
        """,
        "flood": """
        return job {
          timeout = "3s",
          limits = { log_rate = 50 },
          run = function() while true do print(("x"):rep(1000)) end end,
        }
        """,
    ]

    private func host() throws -> EndToEndHost {
        let host = try EndToEndHost()
        let directory = try TemporaryDirectory()
        let attack = try AttackProgram(in: directory)
        let libraries = attack.libraries.map { "\"\($0)\"" }.joined(separator: ", ")
        try host.copy(attack.path, "attack")
        for (name, text) in Self.jobs {
            try host.job(
                name,
                text.replacing("ATTACK", with: host.at("attack").text).replacing("LIBRARIES", with: libraries))
        }
        return host
    }

    @Test func `What takes too much of the machine is held, and the host answers meanwhile (attacks 58, 66)`()
        async throws
    {
        let host = try host()
        try await host.start()
        for name in Self.jobs.keys.sorted() {
            let answer = try await host.command("run", name, "--detach")
            #expect(answer.code == 0, "\(name): \(answer.text)")
        }
        var slowest = 0.0
        let rows = try await host.eventually("every run ends", within: 120) { () -> [String: Value]? in
            let asked = Monotonic.now
            let rows = try await host.command("history", "--json", "-n", "100").rows
            slowest = max(slowest, Monotonic.now - asked)
            guard rows.count == Self.jobs.count, rows.allSatisfy({ $0["outcome"]?.text != nil }) else { return nil }
            return Dictionary(uniqueKeysWithValues: rows.map { ($0["job"]?.text ?? "", $0) })
        }
        #expect(slowest < 15, "an answer took \(slowest) seconds")
        let ends: [(job: String, outcome: String, limits: Set<String>, says: String)] = [
            ("bomb", "timed_out", ["timeout", "processes"], "timeout"),
            ("sparse", "failed", ["scratch"], "scratch directory holds more than 1.0 GiB"),
            ("many", "failed", ["scratch"], "more than 500 files"),
            ("fill", "failed", ["scratch"], "more than 20.0 MiB"),
            ("flood", "timed_out", ["timeout", "log_rate"], "timeout"),
        ]
        for end in ends {
            let row = try #require(rows[end.job])
            #expect(row["outcome"]?.text == end.outcome, "\(end.job): \(row)")
            #expect(Set(row["limits_hit"]?.list?.compactMap(\.text) ?? []) == end.limits, "\(end.job): \(row)")
            #expect(row["reason"]?.text?.contains(end.says) == true, "\(end.job): \(row)")
        }
        let memory = try #require(rows["memory"])
        #expect(memory["outcome"]?.text == "failed")
        if OwnControlGroups.discover().legacy["memory"] != nil {
            #expect(memory["limits_hit"]?.list?.compactMap(\.text) == ["program_memory"])
            #expect(memory["reason"]?.text?.contains("limits.program_memory (64.0 MiB)") == true, "\(memory)")
        }
        let log = try await host.command("logs", "flood").output
        #expect(log.contains("dropped: more than 50 a second"))
        #expect(log.split(separator: "\n").count < 1000)
        try await host.stop()
        #expect(EndToEndHost.processes(with: host.at("attack").text).isEmpty)
    }

    /// Whether a file system of our own can be mounted.
    private static let canMount = access("/dev/fuse", R_OK | W_OK) == 0 && Namespaces.canMakeMountNamespaces()

    @Test(
        .enabled(if: canMount, "needs /dev/fuse and mount namespaces"),
        arguments: ["", "setpriv --reuid 65534 --regid 65534 --clear-groups"])
    func `What the kernel cannot kill keeps its slot and is shown until it ends`(user: String) async throws {
        let host = try EndToEndHost(
            "return { concurrency = 1 }",
            jobs: [
                "stuck": """
                return job {
                  timeout = "1s",
                  needs = function() return { read = { "dead" }, run = { "cat" } } end,
                  run = function() process.output({ "cat", "dead/stuck" }) end,
                }
                """,
                "other": "return job { run = function() end }",
            ], as: user)
        mkdir(host.at("dead").text, 0o755)
        _ = try await host.shell("chown -R \(user.isEmpty ? "0:0" : "65534:65534") '\(host.at(".").text)'")
        try await host.start(
            by: "\(try RanProgram.own("dead-mount")) \(host.at("dead")) \(host.at("server.pid")) /usr/bin/env")
        let server = try #require(
            Int32(String(decoding: try Files.readSmall(host.at("server.pid")), as: UTF8.self).dropLast()))
        let handle = try ProcessHandle(pid: server)
        defer { handle.kill() }
        #expect(try await host.command("run", "stuck", "--detach").code == 0)
        let row = try await host.eventually("the run is stuck", within: 60) { () -> Value? in
            let row = try await host.history("stuck").first
            return row?["unkillable"]?.integer != nil ? row : nil
        }
        let pid = try #require(row["unkillable"]?.integer.flatMap { Int32(exactly: $0) })
        #expect(ProcessDescendants.state(of: pid) == "D")
        #expect(row["outcome"] == .null && row["state"]?.text == "running")
        #expect(row["reason"]?.text?.contains("cannot kill its process \(pid)") == true)
        let id = String(row["id"]?.integer ?? 0)
        #expect(try await host.command("show", id).text.contains("process \(pid): the kernel could not kill it"))
        #expect(try await host.command("status").text.contains("the kernel cannot kill its process \(pid)"))
        #expect(try await host.command("jobs").text.contains("stuck: the kernel cannot kill its process \(pid)"))

        // Its slot is the only one.
        #expect(try await host.command("run", "other", "--detach").code == 0)
        #expect(try await host.history("other").first?["state"]?.text == "waiting")

        handle.kill()
        let ended = try await host.eventually("the runs end") { () -> Value? in
            let rows = try await host.command("history", "--json").rows
            return rows.allSatisfy { $0["outcome"]?.text != nil } ? rows.first { $0["job"] == "stuck" } : nil
        }
        #expect(ended["outcome"]?.text == "timed_out")
        #expect(ended["unkillable"]?.integer == Int64(pid))
        #expect(try await host.history("other").first?["outcome"]?.text == "succeeded")
        try await host.stop()
    }

    private static let unified = OwnControlGroups.discover().unified

    @Test(.enabled(if: unified != nil, "needs control groups of version 2"))
    func `A host with a delegated control group moves aside in it`() async throws {
        let base = try #require(Self.unified)
        let service = try base.child("scriptron-test-\(ProcessHandle.own).service")
        let host = try EndToEndHost("return {}", jobs: ["other": "return job { run = function() end }"])
        defer { Self.clear(service) }
        let marked = try await host.shell(
            "python3 -c 'import os, sys; os.setxattr(sys.argv[1], \"trusted.delegate\", b\"1\")' \(service.path)")
        #expect(marked.code == 0, "\(marked.text)")
        try await host.start(
            by: "sh -c 'echo $$ >\(service.path)/cgroup.procs; exec \"$@\"' sh")
        #expect(service.processes.isEmpty)
        let moved = ControlGroup(service.path.appending("host")).processes
        #expect(moved.contains(host.pid))
        // The zygote finds the same place: where its runs' groups go.
        let zygote = try #require(ProcessDescendants.children(of: host.pid).first)
        #expect(moved.contains(zygote))
        #expect(try await host.run("other")["outcome"]?.text == "succeeded")
        try await host.stop()
    }

    private static func clear(_ service: ControlGroup) {
        let host = ControlGroup(service.path.appending("host"))
        for _ in 0..<200 where (try? host.remove()) == nil { Monotonic.sleep(until: Monotonic.now + 0.01) }
        try? service.remove()
    }
}
