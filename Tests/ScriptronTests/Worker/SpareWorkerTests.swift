import Glibc
import Testing

@testable import Scriptron

@Suite("The spare worker", .timeLimit(.minutes(15))) struct SpareWorkerTests {
    private let harness: WorkerHarness

    init() throws { harness = try WorkerHarness(confinesAhead: false) }

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

    @Test("One that knows nothing of a grant that came since makes room for one that does") func outdated() async throws
    {
        _ = try await harness.run(job(1))
        let waiting = try await spare()
        var grant = Grant.nothing
        grant.read = ["/usr"]
        for value in 2...40 {
            let ended = try await harness.run(job(value), grant: grant)
            #expect(ended.end.verdict == succeeded(Int64(value)))
            let next = try await spare()
            // The second run is its successor's, but for a test beside this one that mounts something.
            if next != waiting, try await harness.run(job(0), grant: grant).pid == next { return }
        }
        Issue.record("the spare worker is never the one for this grant")
    }

    @Test("One that died while it waited costs no run") func dies() async throws {
        _ = try await harness.run(job(1))
        ProcessTree.kill(try await spare())
        // Where the run came before the news of the death, the dead one had its part.
        let ended = try await harness.run(job(2))
        #expect(ended.end.verdict == succeeded(2))
        let next = try await harness.run(job(3))
        #expect(next.end.verdict == succeeded(3))
    }

    /// Runs a script by a spare worker that stands still, so that nothing of its part is read before it is killed.
    private func runOnStill(
        _ text: String, then act: @escaping @Sendable (Int64, Int32) -> Void
    ) async throws -> (ended: WorkerHarness.Ended, pids: [Int32]) {
        _ = try await harness.run(job(1))
        let waiting = try await spare()
        #expect(kill(waiting, SIGSTOP) == 0)
        let pids = Shared<[Int32]>([])
        let ended = try await harness.run(
            text,
            onSpawn: { id, pid in
                let count = pids.value.withLock { pids in
                    pids.append(pid)
                    return pids.count
                }
                if count == 1 { ProcessTree.kill(pid) } else { act(id, pid) }
            })
        let seen = pids.value.withLock { $0 }
        #expect(seen.first == waiting)
        return (ended, seen)
    }

    @Test("One that is killed as it gets its part is replaced, and the record says so") func killedWithPart()
        async throws
    {
        let (ended, pids) = try await runOnStill(job(2)) { _, _ in }
        #expect(ended.end.verdict == succeeded(2))
        #expect(pids.count == 2 && ended.pid == pids.last)
        let warnings = ended.notes.compactMap { if case .warning(let text) = $0 { text } else { nil } }
        #expect(warnings.count == 1 && warnings[0].contains("SIGKILL"), "\(warnings)")
    }

    @Test("It is replaced once: what kills the second one too ends the attempt") func killedTwice() async throws {
        let (ended, pids) = try await runOnStill("return job { run = function() while true do end end }") { _, pid in
            ProcessTree.kill(pid)
        }
        #expect(ended.end.verdict == .crashed("SIGKILL"))
        #expect(pids.count == 2)
    }

    @Test("The one that replaces it can be cancelled") func replacementCancelled() async throws {
        let workers = harness.workers
        let (ended, _) = try await runOnStill("return job { run = function() while true do end end }") { id, _ in
            workers.cancel(id)
        }
        #expect(ended.end.verdict == .cancelled)
    }

    @Test("One that was cancelled before it had a word is not replaced") func cancelledStill() async throws {
        _ = try await harness.run(job(1))
        let waiting = try await spare()
        #expect(kill(waiting, SIGSTOP) == 0)
        let workers = harness.workers
        let ended = try await harness.run(job(2), onSpawn: { id, _ in workers.cancel(id) })
        #expect(ended.end.verdict == .cancelled)
        #expect(ended.pid == waiting)
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
