/// What keeps a job's fire times from becoming runs, whatever goes on: its blackouts, and pauses.
package struct Exclusions: Sendable, Hashable {
    package var blackouts: Blackouts
    /// Those about the job; also some that are over, for fire times that are not accounted for yet.
    package var pauses: [Pause]

    /// Windows that are passed over in search of a fire time outside.
    static let patience = 1000

    package init(blackouts: Blackouts = .none, pauses: [Pause] = []) {
        self.blackouts = blackouts
        self.pauses = pauses
    }

    /// Why a fire time at this instant is skipped, and until when that is so (nil: nobody knows); nil: it is not.
    package func exclusion(at instant: Timestamp) -> (reason: String, end: Timestamp?)? {
        if let pause = pauses.first(where: { $0.covers(instant) }) { return (pause.reason, pause.until) }
        return blackouts.window(at: instant).map { ("in its window \"\($0.text)\" of except", $0.end) }
    }

    /// When the next exclusion may begin, later than an instant at which there is none; nil: never.
    func start(after instant: Timestamp) -> Timestamp? {
        ([blackouts.start(after: instant)] + pauses.filter { $0.since > instant }.map(\.since)).compactMap { $0 }.min()
    }

    /// The first fire time later than an instant that is not excluded; nil: there is none, or none that is known yet.
    package func next(_ schedule: JobSchedule, after instant: Timestamp) -> Timestamp? {
        var after = instant
        for _ in 0..<Self.patience {
            guard let time = schedule.next(after: after) else { return nil }
            guard let found = exclusion(at: time) else { return time }
            guard let end = found.end else { return nil }
            // A fire time at the very end is outside.
            after = Timestamp(microseconds: end.microseconds - 1)
        }
        return nil
    }
}
