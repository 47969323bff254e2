import Glibc
import Testing

@testable import Scriptron

/// Each way to kill all that a run started, with the others taken away.
@Suite("Kill", .enabled(if: getuid() == 0, "needs root"), .timeLimit(.minutes(15)))
struct KillTests {
    private let directory: TemporaryDirectory
    private let mark = "27182.\(UInt32.random(in: 100_000...999_999))"

    init() throws { directory = try TemporaryDirectory() }

    /// What a run leaves behind, or does against its end.
    private static let shells = [
        // It ends by itself, and a daemon is left.
        "(setsid sh -c 'trap \"\" TERM HUP; sleep MARK & sleep MARK' &) ; exit 0",
        "nohup setsid sh -c 'nohup sleep MARK & sleep MARK' >/dev/null 2>&1 & sleep 0.2; exit 0",
        // It ignores SIGTERM, or stops itself.
        "trap '' TERM INT HUP; while :; do sleep MARK; done",
        "sleep MARK & kill -STOP $$",
        // Its output is closed, and it goes on.
        "exec >/dev/null 2>&1; sleep MARK & while :; do :; done",
    ]

    private static let hasGroups = OwnControlGroups.discover().unified != nil
    /// Without control groups of version 2 that rung cannot be shown.
    private static let rungs: [KillRungs] = hasGroups ? [.namespaces, .groups, .sweep] : [.namespaces, .sweep]

    private func grant() throws -> Grant {
        var grant = try TestGrant.programs(["sh", "sleep", "setsid", "nohup"])
        grant.limits.processes = 100
        return grant
    }

    @Test("Nothing of a run is left, whichever way it is killed (attacks 67, 70, 72)", arguments: rungs, shells)
    func nothingLeft(rungs: KillRungs, shell: String) async throws {
        let text = shell.split(separator: "MARK", omittingEmptySubsequences: false).joined(separator: mark)
        let harness = try WorkerHarness(rungs: rungs)
        let endsItself = text.hasSuffix("exit 0")
        let ended = try await harness.run(
            "return job { run = function() process.run({ 'sh', '-c', [[\(text)]] }) end }",
            // One that ends by itself gets all the time that it needs.
            order: WorkerHarness.order(.run, timeout: endsItself ? 30 : 1.5), grant: try grant())
        if endsItself {
            guard case .finished = ended.end.verdict else {
                Issue.record("\(ended.end.verdict)")
                return
            }
        } else {
            #expect(ended.end.verdict == .timedOut)
        }
        if !endsItself { #expect(ended.seconds < 10) }
        #expect(EndToEndHost.processes(with: mark).isEmpty)
        // The zygote is well, and keeps nothing of it.
        let next = try await harness.run("return job { run = function() return 1 end }")
        guard case .finished(let result) = next.end.verdict else {
            Issue.record("\(next.end.verdict)")
            return
        }
        #expect(result.outcome == .succeeded)
    }

    @Test("A program that forks and leaves its session without end is killed (attack 68)", arguments: rungs)
    func racer(rungs: KillRungs) async throws {
        let attack = try AttackProgram(in: directory)
        let ended = try await WorkerHarness(rungs: rungs).run(
            "return job { run = function() process.run({ '\(attack.path)', 'racer', '\(mark)' }) while true do end end }",
            order: WorkerHarness.order(.run, timeout: 1.5), grant: try attack.grant())
        #expect(ended.end.verdict == .timedOut)
        #expect(EndToEndHost.processes(with: mark).isEmpty)
    }

    @Test(
        "The control groups of runs are gone with them, and those of a dead zygote with the next",
        .enabled(if: hasGroups, "needs control groups of version 2"))
    func groups() async throws {
        let base = try #require(OwnControlGroups.discover().unified)
        let harness = try WorkerHarness(rungs: .groups)
        let zygote = try #require(harness.workers.zygotePID)
        let shell = "setsid sleep \(mark) & sleep \(mark)"
        let script = "return job { run = function() process.run({ 'sh', '-c', [[\(shell)]] }) end }"
        let ended = try await harness.run(
            script, order: WorkerHarness.order(.run, timeout: 1), grant: try grant())
        #expect(ended.end.verdict == .timedOut)
        #expect(Self.isWithoutGroups(of: zygote, in: base))

        let mark = self.mark
        let lost = try await harness.run(
            script, grant: try grant(),
            onSpawn: { _, _ in
                try? PlainThread.start(name: "kill") {
                    while EndToEndHost.processes(with: mark).count < 3 { Monotonic.sleep(until: Monotonic.now + 0.02) }
                    ProcessTree.kill(zygote)
                }
            })
        #expect(lost.end.verdict == .lost)
        _ = try await harness.run("return job { run = function() end }")
        #expect(EndToEndHost.processes(with: mark).isEmpty)
        #expect(Self.isWithoutGroups(of: zygote, in: base))
    }

    /// Whether the groups of this zygote's runs are gone, soon: what was killed in them first has to end.
    private static func isWithoutGroups(of zygote: Int32, in base: ControlGroup) -> Bool {
        let patience = Monotonic.now + 30
        while base.children.contains(where: { $0.hasPrefix("scriptron-\(zygote)-") }) {
            if Monotonic.now > patience { return false }
            Monotonic.sleep(until: Monotonic.now + 0.05)
        }
        return true
    }
}
