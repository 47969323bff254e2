import Testing

@testable import Scriptron

@Suite("Workers", .timeLimit(.minutes(15))) struct WorkersTests {
    private let harness: WorkerHarness

    init() throws { harness = try WorkerHarness() }

    private func job(_ body: String) -> String { "return job { run = function(settings, this) \(body) end }" }

    @Test("A job's result comes back, and its print is a line of the log") func result() async throws {
        let ended = try await harness.run(job("print('hello', 1) return { answer = 42 }"))
        guard case .finished(let result) = ended.end.verdict else {
            Issue.record("not finished: \(ended.end.verdict)")
            return
        }
        #expect(result.outcome == .succeeded)
        #expect(result.result == ["answer": 42])
        #expect(ended.notes == [.log(level: "info", message: "hello\t1", fields: [:])])
        #expect(ended.sandbox.contains("seccomp") && ended.sandbox.contains("landlock"))
        #expect((ended.end.exit?.maxRSSBytes ?? 0) > 0)
    }

    @Test("A script that raises fails with its line") func raises() async throws {
        let ended = try await harness.run(job("error('no luck')"))
        guard case .finished(let result) = ended.end.verdict else {
            Issue.record("not finished: \(ended.end.verdict)")
            return
        }
        #expect(result.outcome == .failed)
        #expect(result.error?.hasPrefix("jobs/test.lua:1: no luck") == true)
    }

    @Test("A header and its needs are evaluated with the settings that the host answers") func describe() async throws {
        let text = """
            return job {
              about = "a test",
              settings = { path = option.path "/tmp" },
              needs = function(settings) return { write = { settings.path } } end,
              run = function() end,
            }
            """
        let ended = try await harness.run(
            text, order: WorkerHarness.order(.describe), settings: ["path": "/var/tmp"])
        #expect(ended.header["about"] == "a test")
        #expect(ended.header["run"] != nil)
        guard case .finished(let result) = ended.end.verdict else {
            Issue.record("not finished: \(ended.end.verdict)")
            return
        }
        #expect(result.result["needs"] == ["write": ["/var/tmp"]])
    }

    @Test(
        "Whatever a script does against its deadline, it ends timed out, within its grace",
        arguments: [
            "while true do end",
            "while true do pcall(function() while true do end end) end",
            "(('a'):rep(200000)):find('a*a*b')",
            "xpcall(function() error('x') end, function() while true do end end)",
            """
            local function nest(n)
              if n == 0 then while true do end end
              local c = coroutine.create(function() nest(n - 1) end)
              while true do coroutine.resume(c) end
            end
            nest(12)
            """,
            """
            local t = setmetatable({}, { __close = function() while true do end end })
            local c = coroutine.create(function() local x <close> = t; coroutine.yield() end)
            coroutine.resume(c)
            coroutine.close(c)
            while true do end
            """,
            "local t = {} for i = 1, 2000000 do t[i] = i end table.sort(t, math.ult) while true do end",
        ]) func deadline(body: String) async throws
    {
        var order = WorkerHarness.order(.run, timeout: 1, grace: 1)
        order.deadline = Monotonic.now + 1
        let ended = try await harness.run(job(body), order: order)
        #expect(ended.end.verdict == .timedOut)
        #expect(ended.seconds < 10)
    }

    @Test("A crash of the VM is a crashed attempt, and the next worker is well") func crash() async throws {
        let ended = try await harness.run(job("return 1"), onSpawn: { _, pid in ProcessTree.kill(pid) })
        #expect(ended.end.verdict == .crashed("SIGKILL") || ended.end.verdict == .finished(succeeded(1)))
        let next = try await harness.run(job("return 2"))
        #expect(next.end.verdict == .finished(succeeded(2)))
    }

    @Test("A dead zygote is replaced; the worker that it had is lost") func zygoteDies() async throws {
        let zygote = try #require(harness.workers.zygotePID)
        let ended = try await harness.run(job("while true do end"), onSpawn: { _, _ in ProcessTree.kill(zygote) })
        #expect(ended.end.verdict == .lost)
        let next = try await harness.run(job("return 3"))
        #expect(next.end.verdict == .finished(succeeded(3)))
        #expect(harness.workers.zygotePID != zygote)
    }

    @Test("A worker whose run nobody knows, now and at the last look, is killed; one that is known is not")
    func strays()
        async throws
    {
        let ended = try await harness.run(
            job("while true do end"),
            onSpawn: { [harness] id, _ in
                let workers = harness.workers
                #expect(workers.holds(id) && !workers.holds(id + 1000))
                #expect(workers.mendStrays(known: [id]).isEmpty)
                #expect(workers.mendStrays(known: []).isEmpty, "its run may be on its way")
                #expect(workers.mendStrays(known: [id]).isEmpty)
                #expect(workers.mendStrays(known: []).isEmpty)
                let found = workers.mendStrays(known: [])
                #expect(found.count == 1 && found[0].contains("job test had no run"), "\(found)")
            })
        #expect(ended.end.verdict == .cancelled)
    }

    @Test("A cancelled worker is killed") func cancel() async throws {
        let ended = try await harness.run(
            job("while true do end"), onSpawn: { [harness] id, _ in harness.workers.cancel(id) })
        #expect(ended.end.verdict == .cancelled)
        #expect(ended.end.exit?.signal == 9)
    }

    private func succeeded(_ value: Int64) -> WorkerResult {
        var result = WorkerResult(.succeeded)
        result.result = .int(value)
        return result
    }
}
