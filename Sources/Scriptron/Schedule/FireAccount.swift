/// What becomes of a job's fire times between its cursor and now: each one runs, or is in a range.
package struct FireAccount: Sendable, Hashable {
    /// What the account depends on, besides the schedule.
    package struct Circumstances: Sendable, Hashable {
        package var now: Timestamp
        package var catchUp: CatchUp
        /// How late a fire time may be caught up, in seconds.
        package var catchUpWindow: Double
        package var overlap: Overlap = .skip
        /// What goes on of the job.
        package var occupancy = Occupancy()
        package var exclusions = Exclusions()
        /// Why fire times before those that run were missed.
        package var missedReason: String
        /// A fire time that is later than this is caught up or missed; until then it is only a little late. In seconds.
        package var tolerance = FireAccount.tolerance

        package init(now: Timestamp, catchUp: CatchUp, catchUpWindow: Double, missedReason: String) {
            self.now = now
            self.catchUp = catchUp
            self.catchUpWindow = catchUpWindow
            self.missedReason = missedReason
        }
    }

    /// A waiting run that takes a newer fire time, and what becomes of the one that it leaves.
    package struct Move: Sendable, Hashable {
        package var run: Occupancy.Movable
        package var left: MissedRange
    }

    private static let replacedReason = "overlap: a newer fire time took its place"
    package static let tolerance = 60.0
    /// The most runs of one account.
    package static let mostRuns = Occupancy.mostWaiting
    /// The most changes between excluded and not that one account goes through; the rest is due at once again.
    static let mostStretches = 200

    /// The fire times that become runs, rising.
    package fileprivate(set) var runs: [Timestamp] = []
    /// The first of `runs` is the new fire time of this run, which waits; nil: all of them are new runs.
    package fileprivate(set) var move: Move?
    /// Whether what goes on of the job makes way for the run.
    package fileprivate(set) var cancels = false
    /// Not before this instant do the runs start.
    package fileprivate(set) var notBefore: Timestamp?
    /// Rising, and none with a run inside.
    package fileprivate(set) var ranges: [MissedRange] = []
    /// The cursor that the account begins at.
    package fileprivate(set) var after: Timestamp
    /// Every fire time until here is accounted for.
    package fileprivate(set) var until: Timestamp

    /// Accounts for the fire times later than `cursor` and not later than now.
    package init(job: String, schedule: JobSchedule, after cursor: Timestamp, _ circumstances: Circumstances) {
        after = cursor
        until = cursor
        // One microsecond later, for `previous` excludes its own instant.
        let end = Timestamp(microseconds: circumstances.now.microseconds + 1)
        guard let newest = schedule.previous(before: end), newest > cursor else { return }
        let stretches = Stretch.all(schedule, after: cursor, through: newest, circumstances.exclusions)
        until = stretches.last?.to ?? newest
        let open = stretches.filter { $0.reason == nil }
        // Only the last piece has what runs; where all are wanted, each has.
        let isWhole = until == newest || circumstances.catchUp == .all
        let chosen = isWhole ? Self.chosen(open, schedule, circumstances) : []
        let skipped = admit(chosen, job: job, circumstances)
        for stretch in stretches {
            if let reason = stretch.reason {
                add(MissedRange(job: job, stretch, .skipped, reason))
                continue
            }
            let inside = chosen.filter { $0 >= stretch.from && $0 <= stretch.to }
            if stretch.count > Int64(inside.count) {
                var missed = stretch
                missed.count -= Int64(inside.count)
                if let first = inside.first { missed.to = schedule.previous(before: first) ?? stretch.from }
                add(MissedRange(job: job, missed, .missed, circumstances.missedReason))
            }
            for time in inside {
                guard let reason = skipped[time] else { continue }
                add(MissedRange(job: job, Stretch(from: time, to: time, count: 1), .skipped, reason))
            }
        }
    }

    /// The fire times that are to run by the job's word on catching up, rising.
    private static func chosen(
        _ open: [Stretch], _ schedule: JobSchedule, _ circumstances: Circumstances
    ) -> [Timestamp] {
        var lateness = circumstances.tolerance
        if circumstances.catchUp != .none { lateness = max(lateness, circumstances.catchUpWindow) }
        let oldest = circumstances.now - lateness
        let most = circumstances.catchUp == .all ? mostRuns : 1
        var chosen: [Timestamp] = []
        for stretch in open.reversed() {
            var time: Timestamp? = stretch.to
            while let found = time, found >= stretch.from, found >= oldest, chosen.count < most {
                chosen.append(found)
                time = schedule.previous(before: found)
            }
        }
        return chosen.reversed()
    }

    /// Decides by the job's word on overlaps which of them run; the others, with their reasons.
    private mutating func admit(
        _ chosen: [Timestamp], job: String, _ circumstances: Circumstances
    ) -> [Timestamp: String] {
        guard let newest = chosen.last else { return [:] }
        let occupancy = circumstances.occupancy
        let late = chosen.filter { circumstances.now - $0 > circumstances.tolerance }
        // What is caught up within a window in which the job does not run waits until that is over.
        if !late.isEmpty { notBefore = circumstances.exclusions.blackouts.window(at: circumstances.now)?.end }
        let takesAll = circumstances.catchUp == .all
        switch circumstances.overlap {
        case .skip:
            guard let reason = occupancy.reason else { break }
            // Each one is wanted: those that are caught up wait, and later ones behind them.
            if takesAll, occupancy.waiting > 0 || !late.isEmpty { break }
            if takesAll, let begun = occupancy.begun {
                return Dictionary(chosen.map { ($0, "overlap: run \(begun) still runs") }) { first, _ in first }
            }
            return [newest: reason]
        case .queue where takesAll, .allow: break
        case .queue, .cancel:
            cancels = circumstances.overlap == .cancel && occupancy.begun != nil
            if let waiting = occupancy.movable {
                let range = MissedRange(
                    job: job, Stretch(from: waiting.fireTime, to: waiting.fireTime, count: 1), .skipped,
                    Self.replacedReason)
                move = Move(run: waiting, left: range)
            }
            runs = [newest]
            return Dictionary(chosen.dropLast().map { ($0, Self.replacedReason) }) { first, _ in first }
        }
        let room = max(0, Occupancy.mostWaiting - occupancy.waiting)
        runs = Array(chosen.prefix(room))
        return Dictionary(chosen.dropFirst(room).map { ($0, Occupancy.fullReason) }) { first, _ in first }
    }

    /// Adds a range behind the others; goes on with the last one where no run lies between and all else is the same.
    private mutating func add(_ range: MissedRange) {
        if let last = ranges.last, last.isContinued(by: range),
            !runs.contains(where: { $0 > last.to && $0 < range.from })
        {
            ranges[ranges.count - 1].to = range.to
            ranges[ranges.count - 1].count += range.count
        } else {
            ranges.append(range)
        }
    }

    /// The account in pieces of at most `limit` runs, to be written one after the other.
    package func pieces(of limit: Int) -> [FireAccount] {
        guard runs.count > limit else { return [self] }
        var head = self
        var tail = self
        head.runs = Array(runs.prefix(limit))
        tail.runs = Array(runs.dropFirst(limit))
        head.until = head.runs[limit - 1]
        head.ranges = ranges.filter { $0.to < head.until }
        tail.ranges = ranges.filter { $0.to >= head.until }
        tail.after = head.until
        tail.move = nil
        tail.cancels = false
        return [head] + tail.pieces(of: limit)
    }
}

/// Fire times in a row that are all excluded for the same reason, or none of them.
private struct Stretch {
    var from: Timestamp
    var to: Timestamp
    var count: Int64
    /// Why they are skipped; nil: they are not.
    var reason: String?

    /// The stretches from `cursor`, not included, through `newest`, which is a fire time.
    static func all(
        _ schedule: JobSchedule, after cursor: Timestamp, through newest: Timestamp, _ exclusions: Exclusions
    ) -> [Stretch] {
        var stretches: [Stretch] = []
        var at = cursor
        while at < newest, stretches.count < FireAccount.mostStretches, let first = schedule.next(after: at) {
            let found = exclusions.exclusion(at: first)
            let end = found == nil ? exclusions.start(after: first) : found?.end
            let last = end.flatMap { schedule.previous(before: $0) } ?? newest
            let to = min(max(first, last), newest)
            stretches.append(
                Stretch(from: first, to: to, count: schedule.count(after: at, through: to), reason: found?.reason))
            at = to
        }
        return stretches
    }
}

extension MissedRange {
    fileprivate init(job: String, _ stretch: Stretch, _ kind: Kind, _ reason: String) {
        self.init(
            job: job, from: stretch.from, to: stretch.to, kind: kind, count: stretch.count, reason: reason)
    }
}
