/// What `sys.jobs` tells of a job.
enum JobFigures {
    /// `{name, scheduled, last_success, result, outcome, next}`: when it last succeeded and what it returned then, how
    /// its last run ended, when it is due.
    static func row(
        _ name: String, scheduled: Bool, next: Timestamp?, _ session: any StoreSession
    ) throws -> Value {
        let success = try session.lastRun(job: name, outcome: .succeeded)
        let attempt = try success.flatMap { try session.attempts(run: $0.id).last }
        return [
            "name": .text(name), "scheduled": .bool(scheduled),
            "last_success": success?.finished.map { .number($0.epoch) } ?? .null, "result": attempt?.result ?? .null,
            "outcome": try session.lastRun(job: name, outcome: nil)?.outcome.map { .text($0.rawValue) } ?? .null,
            "next": next.map { .number($0.epoch) } ?? .null,
        ]
    }
}
