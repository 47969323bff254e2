/// What becomes of a job's fire times between its cursor and now: at most one runs, every other one is in a range.
package struct FireAccount: Sendable, Hashable {
    /// What the account depends on, besides the schedule.
    package struct Circumstances: Sendable, Hashable {
        package var now: Timestamp
        package var catchUp: CatchUp
        /// How late a fire time may be caught up, in seconds.
        package var catchUpWindow: Double
        /// Why the job cannot start a run now (its last one still runs); nil: it can.
        package var busy: String?
        /// Why fire times before the newest were missed.
        package var missedReason: String

        package init(
            now: Timestamp, catchUp: CatchUp, catchUpWindow: Double, busy: String?, missedReason: String
        ) {
            self.now = now
            self.catchUp = catchUp
            self.catchUpWindow = catchUpWindow
            self.busy = busy
            self.missedReason = missedReason
        }
    }

    /// A fire time that is later than this is caught up or missed; until then it is only a little late. In seconds.
    package static let tolerance = 60.0

    /// The fire time that becomes a run.
    package private(set) var run: Timestamp?
    package private(set) var ranges: [MissedRange] = []
    /// The cursor that the account begins at.
    package let after: Timestamp
    /// Every fire time until here is accounted for.
    package private(set) var until: Timestamp

    /// Nothing to account for until an instant.
    package static func nothing(until instant: Timestamp) -> FireAccount { FireAccount(until: instant) }

    private init(until: Timestamp) {
        after = until
        self.until = until
    }

    /// Accounts for the fire times later than `cursor` and not later than now.
    package init(job: String, schedule: JobSchedule, after cursor: Timestamp, _ circumstances: Circumstances) {
        after = cursor
        until = cursor
        // One microsecond later, for `previous` excludes its own instant.
        let end = Timestamp(microseconds: circumstances.now.microseconds + 1)
        guard let newest = schedule.previous(before: end), newest > cursor else { return }
        until = newest
        let lateness = circumstances.now - newest
        let runs =
            lateness <= Self.tolerance
            || (circumstances.catchUp != .none && lateness <= circumstances.catchUpWindow)
        let total = schedule.count(after: cursor, through: newest)
        var missed = total
        if runs {
            missed -= 1
            if let busy = circumstances.busy {
                ranges.append(
                    MissedRange(job: job, from: newest, to: newest, kind: .skipped, count: 1, reason: busy))
            } else {
                run = newest
            }
        }
        guard missed > 0, let first = schedule.next(after: cursor) else { return }
        let last = runs ? schedule.previous(before: newest) ?? first : newest
        let range = MissedRange(
            job: job, from: first, to: last, kind: .missed, count: missed, reason: circumstances.missedReason)
        ranges.insert(range, at: 0)
    }
}
