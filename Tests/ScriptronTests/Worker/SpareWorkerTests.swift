import Testing

@testable import Scriptron

@Suite("The spare worker", .timeLimit(.minutes(1))) struct SpareWorkerTests {
    private let harness: WorkerHarness

    init() throws { harness = try WorkerHarness() }

    private func job(_ value: Int) -> String { "return job { run = function() return \(value) end }" }

    private func succeeded(_ value: Int64) -> WorkerEnd.Verdict {
        var result = WorkerResult(.succeeded)
        result.result = .int(value)
        return .finished(result)
    }

    /// The spare worker, once the host has heard of it.
    private func spare() async throws -> Int32 {
        for _ in 0..<500 {
            if let pid = harness.workers.sparePID { return pid }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure(code: "ETEST", "no spare worker came")
    }

    @Test("It takes the next run of the same grant, in the same sandbox, and another one waits after it")
    func taken() async throws {
        let first = try await harness.run(job(1))
        #expect(first.end.verdict == succeeded(1))
        var seen: Set<Int32> = [first.pid]
        for value in 2...4 {
            let waiting = try await spare()
            let next = try await harness.run(job(value))
            #expect(next.end.verdict == succeeded(Int64(value)))
            #expect(next.sandbox == first.sandbox)
            #expect((next.end.exit?.maxRSSBytes ?? 0) > 0)
            // One that had to prepare its confinement, because a test beside this one mounted something, is followed
            // by one of the zygote's own.
            if next.pid != waiting { #expect(!seen.contains(next.pid)) }
            if value == 2 { #expect(next.pid == waiting) }
            seen.insert(next.pid)
        }
        #expect(seen.count == 4)
    }

    @Test("A run with another grant passes it over") func otherGrant() async throws {
        _ = try await harness.run(job(1))
        let waiting = try await spare()
        var grant = Grant.nothing
        grant.read = ["/usr"]
        let ended = try await harness.run(job(2), grant: grant)
        #expect(ended.end.verdict == succeeded(2))
        #expect(ended.pid != waiting)
    }

    @Test("One that died while it waited costs at most the run that had its part, which ends as crashed") func dies()
        async throws
    {
        _ = try await harness.run(job(1))
        ProcessTree.kill(try await spare())
        let ended = try await harness.run(job(2))
        // Where the run came before the news of the death, the dead one may have had its part already.
        #expect(ended.end.verdict == succeeded(2) || ended.end.verdict == .crashed("SIGKILL"))
        let next = try await harness.run(job(3))
        #expect(next.end.verdict == succeeded(3))
    }

    @Test("It dies with its zygote") func zygoteDies() async throws {
        _ = try await harness.run(job(1))
        let handle = try ProcessHandle(pid: try await spare())
        let (ends, end) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let watch = try harness.loop.watch(handle.descriptor) { end.yield() }
        ProcessTree.kill(try #require(harness.workers.zygotePID))
        for await _ in ends { break }
        harness.loop.cancel(watch)
        let next = try await harness.run(job(2))
        #expect(next.end.verdict == succeeded(2))
    }

    @Test("It notices that a granted directory became another one since it was forked") func changed() async throws {
        let directory = try TemporaryDirectory()
        let granted = try directory.directory("granted")
        var grant = Grant.nothing
        grant.write = [granted]
        let text = """
            return job { run = function() fs.write("\(granted)/seen", "x") end }
            """
        let first = try await harness.run(text, grant: grant)
        #expect(first.end.verdict == .finished(WorkerResult(.succeeded)))
        let waiting = try await spare()
        try StateFiles.rename(granted, to: directory.path.appending("old"))
        try directory.directory("granted")
        let second = try await harness.run(text, grant: grant)
        #expect(second.pid == waiting)
        #expect(second.end.verdict == .finished(WorkerResult(.succeeded)))
        #expect(try FileStatus.of(granted.appending("seen"), follow: false) != nil)
    }
}
