/// What a job's schedule makes of ranges of its fire times.
extension MissedRange {
    /// The part until an instant; nil where nothing of it is left.
    package func through(_ instant: Timestamp, of schedule: JobSchedule) -> MissedRange? {
        guard to > instant else { return self }
        // One microsecond later, for `previous` excludes its own instant.
        guard let last = schedule.previous(before: instant + 0.000001), last >= from else { return nil }
        return part(from: from, to: last, of: schedule)
    }

    /// The range without fire times inside it, which rise: the pieces that are left of it.
    package func without(_ times: [Timestamp], of schedule: JobSchedule) -> [MissedRange] {
        if times.isEmpty { return [self] }
        var pieces: [MissedRange] = []
        var start: Timestamp? = from
        for time in times {
            if let first = start, first < time, let last = schedule.previous(before: time), last >= first {
                pieces.append(part(from: first, to: last, of: schedule))
            }
            start = schedule.next(after: time)
        }
        if let first = start, first <= to { pieces.append(part(from: first, to: to, of: schedule)) }
        return pieces
    }

    private func part(from first: Timestamp, to last: Timestamp, of schedule: JobSchedule) -> MissedRange {
        var part = self
        (part.from, part.to) = (first, last)
        part.count = schedule.count(after: first - 1, through: last)
        return part
    }
}
