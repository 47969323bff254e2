/// What the end of an attempt means for its run: plain rules, without I/O.
package struct Verdict: Sendable, Hashable {
    /// What becomes of the run.
    package enum Next: Sendable, Hashable {
        /// It has its outcome.
        case end
        /// A further attempt follows, not before so many seconds.
        case retry(after: Double)
        /// It is run again at once, for its host or zygote died under it.
        case redo
        /// It is run again at the next start of the host.
        case redoAtNextStart
    }

    package var outcome: Outcome
    package var reason: String?
    package var error: String?
    package var result: Value = .null
    package var next: Next = .end
    /// Whether the end of the host or of its zygote ended it.
    package private(set) var isCut = false

    /// Judges the end of an attempt.
    ///
    /// - Parameters:
    ///   - failed: How many attempts of the run ended, this one included.
    ///   - cuts: How often the run was cut before.
    ///   - cancelled: Why the attempt was cancelled; nil: because the host stops.
    ///   - random: In 0..<1, for the backoff.
    package init(
        _ verdict: WorkerEnd.Verdict, header: JobHeader, failed: Int, cuts: Int, cancelled: String?, random: Double
    ) {
        var retries = true
        switch verdict {
        case .finished(let result):
            outcome = result.outcome
            reason = result.reason
            error = result.error
            self.result = result.result
            retries = result.retry
        case .timedOut:
            outcome = .timedOut
            reason = "it was not done within its timeout of \(Quantity.describe(seconds: header.timeout))"
        case .cancelled:
            outcome = .cancelled
            reason = cancelled ?? "the host was stopped"
            if cancelled == nil { cut(header, cuts, .redoAtNextStart) }
        case .crashed(let why):
            outcome = .failed
            reason = "crashed: \(why)"
        case .lost:
            outcome = .lost
            reason = "the zygote died"
            cut(header, cuts, .redo)
        case .exceeded(_, let failure):
            outcome = .failed
            reason = failure.description
        case .refused(let failure):
            outcome = .failed
            reason = failure.description
        }
        if let retry = header.retry, retries, outcome == .failed || outcome == .timedOut, failed <= retry.attempts {
            next = .retry(after: Backoff.delay(retry, failed: failed, random: random))
        }
    }

    /// A run that is cut is run again, once; one that is cut twice ends `lost`.
    private mutating func cut(_ header: JobHeader, _ cuts: Int, _ again: Next) {
        isCut = true
        if header.redo && cuts == 0 {
            next = again
        } else {
            outcome = .lost
            if cuts > 0 { reason = reason.map { $0 + " under it a second time" } }
        }
    }
}
