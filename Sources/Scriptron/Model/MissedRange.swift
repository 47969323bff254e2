/// Fire times of a job that did not become runs: one row a range, never one an instant.
package struct MissedRange: Sendable, Hashable {
    /// What befell them.
    package enum Kind: String, Sendable, Hashable {
        /// The host was down, or the clock stepped over them.
        case missed
        /// They were passed over on purpose; the reason says why.
        case skipped
    }

    package var id: Int64
    package var job: String
    /// The first and the last fire time of the range.
    package var from: Timestamp
    package var to: Timestamp
    package var kind: Kind
    package var count: Int64
    package var reason: String

    package init(
        id: Int64 = 0, job: String, from: Timestamp, to: Timestamp, kind: Kind, count: Int64, reason: String
    ) {
        self.id = id
        self.job = job
        self.from = from
        self.to = to
        self.kind = kind
        self.count = count
        self.reason = reason
    }
}

extension MissedRange {
    /// Whether `next` lies behind this range, of the same kind and reason.
    package func isContinued(by next: MissedRange) -> Bool {
        job == next.job && kind == next.kind && reason == next.reason && next.from > to
    }
}
