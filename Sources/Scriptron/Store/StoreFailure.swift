/// The errors of callers that every store refuses alike.
enum StoreFailure {
    static func noRun(_ id: Int64) -> Failure { Failure(code: "ENOENT", "the store has no run \(id)") }

    static func noAttempt(_ attempt: Attempt) -> Failure {
        Failure(code: "ENOENT", "the store has no attempt \(attempt.number) of run \(attempt.run)")
    }

    static func attemptExists(_ attempt: Attempt) -> Failure {
        Failure(code: "EEXIST", "the store has attempt \(attempt.number) of run \(attempt.run) already")
    }

    static func alertExists(_ alert: Alert) -> Failure {
        Failure(code: "EEXIST", "the store has an open alert \(alert.name) already")
    }

    static func noAlert(_ id: Int64) -> Failure { Failure(code: "ENOENT", "the store has no alert \(id)") }

    static func noPause(_ id: Int64) -> Failure { Failure(code: "ENOENT", "the store has no pause \(id)") }

    static func noMessage(_ id: Int64) -> Failure { Failure(code: "ENOENT", "the store has no message \(id)") }
}
