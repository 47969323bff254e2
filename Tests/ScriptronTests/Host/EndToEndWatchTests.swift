import Testing

@testable import Scriptron

@Suite("End to end: the watch finds what nobody holds", .timeLimit(.minutes(15))) struct EndToEndWatchTests {
    /// Writes a run into the store of a host that goes on, like one that it ran, which it never hears of.
    private func lose(_ like: Run, in store: SQLiteStore, _ change: (inout Run) -> Void) throws -> Run {
        var run = like
        (run.id, run.state, run.outcome) = (0, .waiting, nil)
        (run.started, run.finished, run.attempts) = (nil, nil, 0)
        run.fireTime = like.fireTime + 1
        change(&run)
        return try store.write { [run] session in
            let inserted = try #require(try session.insertRun(run))
            guard run.state == .running else { return inserted }
            try session.insertAttempt(Attempt(run: inserted.id, number: 1, started: run.fireTime))
            return inserted
        }
    }

    @Test func `A run that waits is run, one that runs nowhere is lost, and so is one without a job; all are told`()
        async throws
    {
        let host = try EndToEndHost(jobs: ["j": "return job { redo = false, run = function() return 7 end }"])
        try await host.start(by: "SCRIPTRON_TEST_WATCH=2")
        #expect(try await host.run("j")["outcome"]?.text == "succeeded")
        let store = try SQLiteStore(directory: host.at("var/store"))
        defer { store.close() }
        let done = try #require(try store.read { try $0.runs(RunQuery(job: "j")).first })
        let waiting = try lose(done, in: store) { _ in }
        let running = try lose(done, in: store) { run in
            (run.state, run.attempts) = (.running, 1)
            run.fireTime = run.fireTime + 1
        }
        let orphan = try lose(done, in: store) { $0.job = "gone" }
        func ended(_ run: Run) async throws -> Run {
            try await host.eventually("run \(run.id) has ended: \(host.log)") {
                try store.read { try $0.run(run.id) }.flatMap { $0.state == .ended ? $0 : nil }
            }
        }
        #expect(try await ended(waiting).outcome == .succeeded)
        let lost = try await ended(running)
        #expect(lost.outcome == .lost && lost.reason == "the host lost sight of it under it")
        #expect(try store.read { try $0.attempts(run: running.id).map(\.outcome) } == [.lost])
        let gone = try await ended(orphan)
        #expect(gone.outcome == .lost && gone.reason == "the host lost sight of it, and its job is not there any more")
        for (run, state) in [(waiting, "waiting"), (running, "running"), (orphan, "waiting")] {
            #expect(host.log.contains("watchdog: run \(run.id) of job \(run.job) was \(state), and nobody held it"))
        }
        #expect(try store.read { try $0.run(done.id) } == done, "what had ended is left alone")
        try await host.eventually("it was an alert, which is over when a look finds nothing") {
            let alerts = try store.read { try $0.alerts(AlertQuery(isOpen: false, job: Alert.host)) }
            return alerts.contains { $0.summary.contains("nobody held it") && $0.state == .resolved } ? true : nil
        }
        try await host.stop()
    }

    @Test func `An attempt whose worker is gone is lost, told, and its job runs again`() async throws {
        let job = "return job { redo = false, run = function() return 7 end }"
        let host = try EndToEndHost(jobs: ["j": job, "other": job])
        try await host.start(by: "SCRIPTRON_TEST_WATCH=2 SCRIPTRON_TEST_LOSE_END=j")
        let row = try await host.run("j")
        #expect(row["outcome"]?.text == "lost", "\(row)")
        let run = try #require(row["id"]?.integer)
        #expect(host.log.contains("watchdog: run \(run) of job j had no worker any more: it is lost"), "\(host.log)")
        #expect(try await host.run("other")["outcome"]?.text == "succeeded")
        // The slot is free: the next one runs, and is lost as well.
        #expect(try await host.run("j")["outcome"]?.text == "lost")
        try await host.stop()
    }
}
