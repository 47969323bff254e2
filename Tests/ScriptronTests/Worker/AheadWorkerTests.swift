import Glibc
import Testing

@testable import Scriptron

@Suite("The worker that is confined ahead", .timeLimit(.minutes(15))) struct AheadWorkerTests {
    private let harness: WorkerHarness

    init() throws { harness = try WorkerHarness() }

    private func job(_ value: Int) -> String { "return job { run = function() return \(value) end }" }

    private func succeeded(_ value: Int64) -> WorkerEnd.Verdict {
        var result = WorkerResult(.succeeded)
        result.result = .int(value)
        return .finished(result)
    }

    /// The confined worker, once there is one beside `others`: runs with this grant ask for it.
    private func ahead(_ grant: Grant = .nothing, beside others: Set<Int32> = []) async throws -> Int32 {
        for _ in 0..<200 {
            _ = try await harness.run(job(0), grant: grant)
            for _ in 0..<20 {
                if let pid = harness.workers.aheadPIDs.subtracting(others).first { return pid }
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        throw Failure(code: "ETEST", "no confined worker came")
    }

    @Test("It takes the next run of the same grant, in the same sandbox") func taken() async throws {
        let first = try await harness.run(job(1))
        let waiting = try await ahead()
        let next = try await harness.run(job(2))
        // Where a test beside this one mounts something, it is let go of, rightly.
        if next.pid != waiting { #expect(try FileStatus.of(Path("/proc/\(waiting)"), follow: false) == nil) }
        #expect(next.end.verdict == succeeded(2))
        #expect(next.sandbox == first.sandbox)
        #expect((next.end.exit?.maxRSSBytes ?? 0) > 0)
    }

    @Test("It is confined before its part comes") func confined() async throws {
        let pid = try await ahead()
        func look() throws -> String {
            String(decoding: try Files.readSmall(Path("/proc/\(pid)/status")), as: UTF8.self)
        }
        var status = try look()
        // The zygote tells of it as soon as it is forked.
        for _ in 0..<1000 where !status.contains("Seccomp:\t2") {
            try await Task.sleep(for: .milliseconds(10))
            status = try look()
        }
        #expect(status.contains("NoNewPrivs:\t1"))
        #expect(status.contains("Seccomp:\t2"))
        #expect(status.contains("CapEff:\t0000000000000000"))
    }

    private func grant(reading paths: Path...) -> Grant {
        var grant = Grant.nothing
        grant.read = paths
        return grant
    }

    @Test("Each grant has its own, and takes no other's") func otherGrant() async throws {
        let first = try await ahead()
        let second = try await ahead(grant(reading: "/usr"), beside: [first])
        let ended = try await harness.run(job(1), grant: grant(reading: "/usr"))
        #expect(ended.end.verdict == succeeded(1))
        #expect(ended.pid != first)
        // Unless a test beside this one mounted something.
        if ended.pid == second { #expect(harness.workers.aheadPIDs.contains(first)) }
    }

    @Test("Four wait at most; one that nobody uses makes room for another grant's") func crowd() async throws {
        let paths: [Path] = ["/usr", "/etc", "/opt", "/srv", "/var", "/home"]
        var seen: Set<Int32> = []
        for _ in 0..<4 {
            for path in paths {
                let ended = try await harness.run(job(1), grant: grant(reading: path))
                #expect(ended.end.verdict == succeeded(1))
                try await Task.sleep(for: .milliseconds(20))
                #expect(harness.workers.aheadPIDs.count <= 4)
                seen.formUnion(harness.workers.aheadPIDs)
            }
        }
        #expect(seen.count > 4)
        _ = try await ahead(grant(reading: "/root"), beside: harness.workers.aheadPIDs)
    }

    @Test("One that died while it waited costs no run") func dies() async throws {
        ProcessTree.kill(try await ahead())
        for value in 1...3 {
            let ended = try await harness.run(job(value))
            #expect(ended.end.verdict == succeeded(Int64(value)))
        }
    }

    @Test("One that is killed as it gets its part is replaced, and the record says so") func killedWithPart()
        async throws
    {
        // One that is let go of, because a test beside this one mounts something, is followed by another try.
        for _ in 0..<20 {
            let waiting = try await ahead()
            #expect(kill(waiting, SIGSTOP) == 0)
            let pids = Shared<[Int32]>([])
            let ended = try await harness.run(
                job(2),
                onSpawn: { _, pid in
                    pids.value.withLock { $0.append(pid) }
                    if pid == waiting { ProcessTree.kill(pid) }
                })
            #expect(ended.end.verdict == succeeded(2))
            let seen = pids.value.withLock { $0 }
            guard seen.first == waiting else {
                ProcessTree.kill(waiting)
                continue
            }
            #expect(seen.count == 2)
            let warnings = ended.notes.compactMap { if case .warning(let text) = $0 { text } else { nil } }
            #expect(warnings.count == 1 && warnings[0].contains("SIGKILL"), "\(warnings)")
            return
        }
        Issue.record("no confined worker was given a part")
    }

    @Test("It is let go of where a granted directory became another one since") func changed() async throws {
        let directory = try TemporaryDirectory()
        let granted = try directory.directory("granted")
        var grant = Grant.nothing
        grant.write = [granted]
        let waiting = try await ahead(grant)
        try StateFiles.rename(granted, to: directory.path.appending("old"))
        try directory.directory("granted")
        let text = "return job { run = function() fs.write(\"\(granted)/seen\", \"x\") end }"
        let ended = try await harness.run(text, grant: grant)
        #expect(ended.pid != waiting)
        #expect(ended.end.verdict == .finished(WorkerResult(.succeeded)))
        #expect(try FileStatus.of(granted.appending("seen"), follow: false) != nil)
    }

    @Test("What makes all confinements stale is noticed by the host: a mount since they were made")
    func mounted() throws {
        guard Users.ownID == 0 else { return }
        var watch = MachineWatch()
        let before = Monotonic.now
        let changedByNothing = watch.hasChanged(since: Monotonic.now)
        #expect(!changedByNothing)
        let directory = try TemporaryDirectory()
        let target = try directory.directory("mounted")
        #expect(mount("none", target.text, "tmpfs", 0, nil) == 0)
        defer { umount2(target.text, Int32(MNT_DETACH)) }
        let isNoticed = watch.hasChanged(since: before)
        #expect(isNoticed)
    }

    @Test("What lies on a file system that may not answer is never looked at by the host") func mayHang() {
        let mounts = Mount.parse(
            Array(
                """
                22 1 8:1 / / rw - ext4 /dev/sda1 rw
                40 22 0:45 / /srv/share rw - nfs4 server:/share rw
                41 22 0:46 / /mnt/far rw - fuse.sshfs far: rw
                """.utf8))
        #expect(ConfinedFiles.mayHang(grant(reading: "/srv/share/logs"), nil, mounts))
        #expect(ConfinedFiles.mayHang(grant(reading: "/usr", "/mnt/far"), nil, mounts))
        #expect(ConfinedFiles.mayHang(.nothing, "/mnt/far/scratch", mounts))
        #expect(!ConfinedFiles.mayHang(grant(reading: "/srv", "/mnt/farther", "/"), "/var/scratch", mounts))
    }

    @Test("A report of it survives the way to the host") func report() {
        let key = ConfinementKey(grant: "7", scratch: "/var/lib/scratch/1")
        let files = ConfinedFiles.look(.nothing, "/usr")
        let report = ZygoteReport.ahead(pid: 12, key, looked: 3.5, files)
        #expect(ZygoteReport(report.value) == report)
        let request = ZygoteRequest.ahead(key)
        #expect(ZygoteRequest(request.value) == request)
        #expect(files != ConfinedFiles.look(.nothing, "/no such place"))
    }
}
