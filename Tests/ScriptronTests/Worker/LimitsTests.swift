import Glibc
import Testing

@testable import Scriptron

/// Limits in real workers, with real programs.
@Suite("Limits", .enabled(if: getuid() == 0, "needs root"), .timeLimit(.minutes(15)))
struct LimitsTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func job(_ body: String) -> String { "return job { run = function(settings, this) \(body) end }" }

    private func run(
        _ body: String, _ grant: Grant, rungs: KillRungs = .all, timeout: Double = 30,
        onSpawn: @escaping @Sendable (Int64, Int32) -> Void = { _, _ in }
    ) async throws -> WorkerHarness.Ended {
        try await WorkerHarness(rungs: rungs).run(
            job(body), order: WorkerHarness.order(.run, timeout: timeout), grant: grant, onSpawn: onSpawn)
    }

    private func result(_ ended: WorkerHarness.Ended) throws -> WorkerResult {
        guard case .finished(let result) = ended.end.verdict else {
            throw Failure(code: "ETEST", "not finished: \(ended.end.verdict)")
        }
        return result
    }

    private func limits(_ ended: WorkerHarness.Ended) -> Set<String> {
        Set(ended.end.limitsHit.map(\.rawValue)).union(
            ended.notes.compactMap { if case .limit(let name) = $0 { name } else { nil } })
    }

    @Test("Open files run out with an error that names the limit (attack 81)") func openFiles() async throws {
        var grant = Grant()
        grant.write = [directory.path]
        grant.limits.files = 64
        let ended = try await run(
            """
            local open = {}
            local ok, why = pcall(function()
              for i = 1, 1000 do open[i] = fs.open("\(directory.path)/f" .. i, "w") end
            end)
            return { code = why.code, message = tostring(why), count = #open }
            """, grant)
        let result = try result(ended).result
        #expect(result["code"] == "EMFILE")
        #expect(result["message"]?.text?.contains("limits.files (64 open files)") == true)
        #expect((result["count"]?.integer ?? 0) > 40)
        #expect(limits(ended) == ["files"])
    }

    @Test("A file larger than allowed is an error for Lua, and ends a program with the reason") func fileSize()
        async throws
    {
        var grant = try TestGrant.programs(["dd"], write: [directory.path])
        grant.limits.fileSize = 1 << 20
        let ended = try await run(
            """
            local _, lua = pcall(fs.write, "\(directory.path)/lua", ("x"):rep(2 << 20))
            local _, program = pcall(process.run,
              { "dd", "if=/dev/zero", "of=\(directory.path)/dd", "bs=1M", "count=3" })
            return { lua.code, tostring(lua), tostring(program) }
            """, grant)
        let texts = try result(ended).result.list?.compactMap(\.text) ?? []
        #expect(texts.first == "EFBIG")
        #expect(texts.allSatisfy { $0 == "EFBIG" || $0.contains("limits.file_size (1.0 MiB)") }, "\(texts)")
        #expect(texts.last?.contains("SIGXFSZ") == true)
        #expect(limits(ended) == ["file_size"])
        #expect(try directory.names() == ["dd"])
    }

    @Test(
        "A fork bomb stops at the limit and ends with its deadline (attack 66)",
        arguments: [(KillRungs.all, 40), ([.groups, .sweep], 40), ([.namespaces, .sweep], 400), (.all, 512)]
            as [(KillRungs, Int)])
    func forkBomb(rungs: KillRungs, limit: Int) async throws {
        let attack = try AttackProgram(in: directory)
        var grant = try attack.grant()
        grant.limits.processes = limit
        // What a quiet machine forks in a moment takes a loaded one longer, and a deadline cannot wait for it.
        for timeout in [6.0, 20, 60] {
            let most = Shared(0)
            let pids = Shared<[Int32]>([])
            let ended = try await run(
                "process.run({ '\(attack.path)', 'bomb' })", grant, rungs: rungs, timeout: timeout
            ) {
                _, pid in
                pids.value.withLock { $0 = [pid] }
                try? PlainThread.start(name: "count") {
                    while kill(pid, 0) == 0 {
                        let count = ProcessDescendants.all(below: pid).count + 1
                        most.value.withLock { $0 = max($0, count) }
                        Monotonic.sleep(until: Monotonic.now + 0.01)
                    }
                }
            }
            #expect(ended.end.verdict == .timedOut)
            let (count, pid) = (most.value.withLock { $0 }, pids.value.withLock { $0[0] })
            #expect(count <= limit, "\(count) processes")
            #expect(ProcessDescendants.all(below: pid).isEmpty)
            if !limits(ended).contains("processes"), timeout < 60 { continue }
            #expect(limits(ended).contains("processes"))
            #expect(count > limit / 2, "\(count) processes")
            return
        }
    }

    @Test("Where nothing else limits processes they are counted, and too many end the run") func counted() async throws
    {
        var grant = try TestGrant.programs(["sh", "sleep"])
        grant.limits.processes = 20
        let ended = try await run(
            "process.run({ 'sh', '-c', 'while :; do sleep 100 & done' })", grant, rungs: .sweep)
        guard case .exceeded(.processes, let failure) = ended.end.verdict else {
            Issue.record("\(ended.end.verdict)")
            return
        }
        #expect(failure.description.contains("limits.processes (20)"))
        #expect(limits(ended) == ["processes"])
    }

    private static let canLimitMemory = OwnControlGroups.discover().can("memory")

    @Test(
        "A program that takes too much memory ends, and the run goes on",
        .enabled(if: canLimitMemory, "needs a control group for memory"))
    func memoryOfPrograms() async throws {
        let attack = try AttackProgram(in: directory)
        var grant = try attack.grant()
        grant.limits.programMemory = 64 << 20
        let ended = try await run(
            """
            local _, why = pcall(process.run, { "\(attack.path)", "eat" })
            return tostring(why)
            """, grant)
        let text = try result(ended).result.text ?? ""
        #expect(text.contains("SIGKILL") && text.contains("limits.program_memory (64.0 MiB)"), "\(text)")
        #expect(limits(ended) == ["program_memory"])
        #expect(ended.sandbox.contains(" memory=cgroup-"), "\(ended.sandbox)")
    }

    @Test("Without a control group a program's address space is limited") func addressSpace() async throws {
        let attack = try AttackProgram(in: directory)
        var grant = try attack.grant()
        grant.limits.programMemory = 64 << 20
        let ended = try await run(
            """
            local _, why = pcall(process.run, { "\(attack.path)", "eat" })
            return tostring(why)
            """, grant, rungs: [.namespaces, .sweep])
        #expect(try result(ended).result.text?.contains("memory exhausted") == true)
        #expect(ended.sandbox.contains(" memory=address-space"), "\(ended.sandbox)")
    }

    @Test("Output over its limit is an error, never a writer that blocks (attack 71)") func output() async throws {
        var grant = try TestGrant.programs(["head"])
        grant.limits.output = 1 << 20
        let ended = try await run(
            """
            local _, why = pcall(process.run, { "head", "-c", "1G", "/dev/zero" })
            return tostring(why)
            """, grant)
        #expect(try result(ended).result.text?.contains("wrote more than 1.0 MiB") == true)
        #expect(limits(ended) == ["output"])
    }

    @Test("Lines that come too fast are dropped and counted") func logFlood() async throws {
        var grant = Grant()
        grant.limits.logRate = 100
        let ended = try await run("for i = 1, 50000 do print(i) end", grant)
        #expect(try result(ended).outcome == .succeeded)
        var lines: Int64 = 0
        var dropped: Int64 = 0
        for note in ended.notes {
            if case .log = note { lines += 1 }
            if case .dropped(let count) = note { dropped += count }
        }
        #expect(lines + dropped == 50000)
        #expect(lines >= 100 && lines < 5000)
        #expect(limits(ended) == ["log_rate"])
    }

    @Test("Memory that the script met and caught is told, and so is a read over its cap") func caught() async throws {
        var grant = Grant()
        grant.memory = 8 << 20
        grant.read = [directory.path]
        try directory.file("big", String(repeating: "x", count: 2000))
        let ended = try await run(
            """
            pcall(function() local t = {} while true do t[#t + 1] = {} end end)
            local _, why = pcall(fs.read, "\(directory.path)/big", { max = 1000 })
            return why.code
            """, grant)
        #expect(try result(ended).result == "EFBIG")
        #expect(limits(ended) == ["memory", "read"])
    }
}
