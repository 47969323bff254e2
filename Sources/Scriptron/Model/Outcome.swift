/// How an attempt ended; a run's outcome is its last attempt's.
package enum Outcome: String, Sendable, Hashable, CaseIterable {
    case succeeded
    case failed
    case timedOut = "timed_out"
    case cancelled
    /// The host or the zygote died under it; only this is redone.
    case lost
    /// The run never had an attempt; the reason says why.
    case skipped
}

/// Where a run stands.
package enum RunState: String, Sendable, Hashable, CaseIterable {
    /// Claimed, and not started yet: for a slot, or for its next retry.
    case waiting
    case running
    /// Kept from starting by an operator.
    case held
    /// It has its outcome.
    case ended
}

/// Why a run exists.
package enum Trigger: String, Sendable, Hashable, CaseIterable {
    case schedule
    case manual
    case after
    case start
}
