import Glibc
import Testing

@testable import Scriptron

/// Attacks by way of programs that a job was granted, in real workers: as root and as nobody.
@Suite("Attacks by programs", .enabled(if: getuid() == 0, "needs root"), .timeLimit(.minutes(15)))
struct ProgramAttackTests {
    /// Whom the job runs as.
    enum Who: CaseIterable, Sendable { case root, nobody }

    private let directory: TemporaryDirectory

    init() throws {
        directory = try TemporaryDirectory()
        chmod(directory.path.text, 0o755)
    }

    private func job(_ body: String) -> String { "return job { run = function(settings, this) \(body) end }" }

    private func grant(_ grant: Grant, _ who: Who) -> Grant {
        var grant = grant
        if who == .nobody {
            grant.identity = Grant.Identity(name: "nobody", uid: 65534, gid: 65534, groups: [], home: "/")
        }
        return grant
    }

    /// A directory that everybody may write.
    private func open(_ name: String) throws -> Path {
        let path = try directory.directory(name, mode: 0o777)
        chmod(path.text, 0o777)
        return path
    }

    private func result(_ ended: WorkerHarness.Ended) throws -> WorkerResult {
        guard case .finished(let result) = ended.end.verdict else {
            throw Failure(code: "ETEST", "not finished: \(ended.end.verdict)")
        }
        return result
    }

    @Test("Arguments are never options of a shell, and none can hold a NUL (attack 62)", arguments: Who.allCases)
    func arguments(who: Who) async throws {
        let ended = try await WorkerHarness().run(
            job(
                #"""
                local function code(...)
                  local ok, why = pcall(process.run, ...)
                  return ok and "ok" or why.code
                end
                return {
                  process.output { "sh", "-c", "printf '%s|' \"$@\"", "sh", "-o", "--", "-c", "; id", "$(id)" },
                  code { "sh", "-c", "a\0b" }, code { "sh\0-c" }, code { "-o", "sh" }, code { "--", "sh" },
                  code { "sh -c id" }, code({ "sh" }, { env = { ["A\0B"] = "x" } }), code({ "sh" }, { env = { A = "x\0" } }),
                }
                """#), grant: grant(try TestGrant.programs(["sh"]), who))
        let codes = try result(ended).result.list?.compactMap(\.text)
        #expect(
            codes == [
                "-o|--|-c|; id|$(id)|", "EARGUMENT", "EARGUMENT", "EGRANT", "EGRANT", "EARGUMENT", "EARGUMENT",
                "EARGUMENT",
            ])
    }

    @Test(
        "Code that is let run by a granted program does no more than the job may (attack 63)", arguments: Who.allCases)
    func othersCode(who: Who) async throws {
        let attack = try AttackProgram(in: directory)
        let (inside, outside) = (try open("in"), try open("out"))
        let copy = inside.appending("evil")
        try StateFiles.open(copy, .write).write(try Files.readSmall(attack.path, max: 64 << 20))
        chmod(copy.text, 0o644)
        try directory.file("in/evil.sh", "echo started\nread line < \(outside)/secret && echo \"$line\"\n")
        // Anybody may read it: the sandbox alone stands before it.
        try directory.file("out/secret", "secret", mode: 0o644)
        var granted = try TestGrant.programs([attack.path.text, "sh"], read: attack.libraries)
        granted.write = [inside]
        let ended = try await WorkerHarness().run(
            job(
                """
                local every = {}
                for code = 0, 255 do every[code + 1] = code end
                local function out(...) return process.run({ ... }, { expect = every }).stdout end
                local calls = { "getppid", "then", "open", "s:\(outside)/secret", "0", "then", "socket", "1", "1", "0" }
                return {
                  out("\(attack.path)", "by-loader", "\(copy)", table.unpack(calls)),
                  out("\(attack.path)", "by-memory", "\(copy)", table.unpack(calls)),
                  out("sh", "\(inside)/evil.sh"),
                }
                """), grant: grant(granted, who))
        let outputs = try result(ended).result.list?.compactMap(\.text) ?? []
        #expect(outputs.count == 3)
        for output in outputs.prefix(2) {
            let lines = output.split(separator: "\n")
            #expect(lines.count == 3 && lines.first?.hasPrefix("ok") == true, "\(output)")
            #expect(lines.dropFirst() == ["EACCES", "EACCES"], "\(output)")
        }
        #expect(outputs.last == "started\n")
    }

    @Test("Output that a program's child keeps open holds no run up (attack 69)", arguments: Who.allCases)
    func keptOutput(who: Who) async throws {
        let mark = "31337.\(UInt32.random(in: 100_000...999_999))"
        let ended = try await WorkerHarness().run(
            job(
                """
                local plain = process.run { "sh", "-c", "sleep \(mark) & echo done" }
                local away = process.run { "sh", "-c", "setsid sleep \(mark) & echo done" }
                return { plain.stdout, away.stdout, plain.killed_descendants, away.killed_descendants }
                """),
            order: WorkerHarness.order(.run, timeout: 120),
            grant: grant(try TestGrant.programs(["sh", "sleep", "setsid"]), who))
        #expect(try result(ended).result == ["done\n", "done\n", true, true])
        #expect(EndToEndHost.processes(with: mark).isEmpty)
    }

    @Test(
        "Threads are limited as processes are (attack 81)", arguments: Who.allCases,
        [.all, [.groups, .sweep], [.namespaces, .sweep]] as [KillRungs])
    func threads(who: Who, rungs: KillRungs) async throws {
        let attack = try AttackProgram(in: directory)
        var granted = try attack.grant()
        granted.limits.processes = 400
        let harness = try WorkerHarness(rungs: rungs)
        let ended = try await harness.run(
            job("return process.output { '\(attack.path)', 'threads' }"), grant: grant(granted, who))
        // Without a namespace or a control group they are counted, and end the run.
        if case .exceeded(.processes, let failure) = ended.end.verdict {
            #expect(!OwnControlGroups.discover().can("pids") && !rungs.contains(.namespaces))
            #expect(failure.message.contains("limits.processes (400)"))
        } else {
            let words = try result(ended).result.text?.split(separator: " ") ?? []
            #expect(words.last == "EAGAIN")
            #expect((words.first.flatMap { Int($0) } ?? 0) <= 400, "\(words)")
        }
        #expect(try result(try await harness.run(job("return 1"))).result == 1)
    }

    @Test("Where nothing else limits threads they are counted, and too many end the run (attack 81)")
    func countedThreads() async throws {
        let attack = try AttackProgram(in: directory)
        var granted = try attack.grant()
        granted.limits.processes = 100
        let ended = try await WorkerHarness(rungs: .sweep).run(
            job("process.run { '\(attack.path)', 'threads' } while true do time.sleep(1) end"),
            order: WorkerHarness.order(.run, timeout: 60), grant: granted)
        guard case .exceeded(.processes, _) = ended.end.verdict else {
            Issue.record("\(ended.end.verdict)")
            return
        }
    }

    @Test("A run sees nothing of another one, before or beside it (attack 82)", arguments: Who.allCases)
    func otherRuns(who: Who) async throws {
        let attack = try AttackProgram(in: directory)
        let (mine, theirs) = (try open("mine"), try open("theirs"))
        let granted = grant(try attack.grant(), who)
        let harness = try WorkerHarness()
        let program = attack.path.text
        let (isReady, isDone) = (Shared<Int32?>(nil), Shared(false))
        let pid = Shared<Int32>(0)

        var order = WorkerHarness.order(.run, timeout: 120)
        order.scratch = theirs
        let script = job(
            """
            leaked = "state"
            fs.write("\(theirs)/secret", "x", { mode = "0666" })
            local where = process.output { "\(program)", "where" }
            repeat time.sleep(0.02) until state.get("done")
            return where
            """)
        async let beside = harness.run(
            script, order: order, grant: granted,
            answer: { _, _ in
                isReady.value.withLock { $0 = pid.value.withLock { $0 } }
                return .success(isDone.value.withLock { $0 } ? true : .null)
            }, onSpawn: { _, number in pid.value.withLock { $0 = number } })
        var other: Int32?
        for _ in 0..<6000 where other == nil {
            other = isReady.value.withLock { $0 }
            if other == nil { try await Task.sleep(for: .milliseconds(10)) }
        }
        let number = try #require(other)

        let calls = [
            "open s:\(theirs)/secret 0", "open s:\(theirs)/new 0102 0600", "unlink s:\(theirs)/secret",
            "chmod s:\(theirs)/secret 0777", "open s:\(theirs) 0200000", "open s:/dev/shm/x 0102 0600",
            "shmget 1 4096 01666", "mq_open s:/x 0102 0600 0", "kill \(number) 0", "pidfd_open \(number) 0",
            "process_vm_readv \(number) x:00 0 x:00 0 0", "open s:/proc/\(number)/environ 0", "socket 1 1 0",
        ]
        var second = WorkerHarness.order(.run, timeout: 60)
        second.scratch = mine
        let words = calls.joined(separator: " then ").split(separator: " ").map { "\"\($0)\"" }.joined(separator: ", ")
        let after = try await harness.run(
            job(
                """
                local every = {}
                for code = 0, 255 do every[code + 1] = code end
                assert(leaked == nil)
                return {
                  process.run({ "\(program)", \(words) }, { expect = every }).stdout,
                  process.output { "\(program)", "where" },
                }
                """), order: second, grant: granted)
        isDone.value.withLock { $0 = true }
        let texts = try result(after).result.list?.compactMap(\.text) ?? []
        let answers = texts.first?.split(separator: "\n") ?? []
        #expect(answers.count == calls.count)
        for (call, answer) in zip(calls, answers) { #expect(answer.first == "E", "\(call): \(answer)") }
        #expect(try Directory(theirs).names() == [Array("secret".utf8)])
        // Each program is laid out anew.
        let layout = try result(try await beside).result.text?.split(separator: "\n") ?? []
        let own = texts.last?.split(separator: "\n") ?? []
        #expect(layout.count == 3 && Set(layout).isDisjoint(with: own), "\(layout) \(own)")
    }
}
