import Testing

@testable import Scriptron

/// The health job against a fake machine, run after run.
struct HealthFixture {
    let harness: WorkerHarness
    let machine = FakeMachine()
    let job: ShippedJob

    init() throws {
        harness = try WorkerHarness()
        job = try ShippedJob("health")
    }

    /// What one run came to.
    struct Look {
        var result: Value = .null
        var warnings: [String] = []
        var lines: [String] = []
        /// Of a dry run.
        var plan: Value = .null

        /// The names of what is breached, sorted.
        var breaches: [String] { (result["breaches"]?.map ?? [:]).keys.sorted() }
        /// Why something is not known; nil where it is.
        func unknown(_ name: String) -> String? { result["unknown"]?[name]?.text }
    }

    /// Runs it once; it has to succeed.
    func look(
        _ given: [String: Value] = [:], grant: Grant = .nothing, task: WorkerOrder.Task = .run
    ) async throws -> Look {
        machine.begin()
        let order = job.order(task, settings: try job.settings(given))
        let ended = try await harness.run(
            job.text, order: order, grant: grant, libraries: job.libraries,
            answer: { [machine] in machine.answer($0, $1) })
        guard case .finished(let result) = ended.end.verdict, result.outcome == .succeeded else {
            Issue.record("not succeeded: \(ended.end.verdict)")
            return Look()
        }
        if task == .run { machine.end() }
        let warnings = ended.notes.compactMap { if case .warning(let text) = $0 { text } else { nil } }
        let lines = ended.notes.compactMap { if case .log(_, let text, _) = $0 { text } else { nil } }
        return Look(result: result.result, warnings: warnings, lines: lines, plan: result.plan)
    }

    /// Runs it so many times; the last look.
    func looks(_ count: Int, _ given: [String: Value] = [:], grant: Grant = .nothing) async throws -> Look {
        var last = try await look(given, grant: grant)
        for _ in 1..<count { last = try await look(given, grant: grant) }
        return last
    }
}
