extension JobSchedule {
    /// How many fire times are later than `after` and not later than `through`.
    ///
    /// Counted by the day: its cost grows with the days between, not with the fire times.
    package func count(after: Timestamp, through: Timestamp) -> Int64 {
        let (from, end) = (after.seconds + 1, through.seconds + 1)
        guard from < end, !isEmpty else { return 0 }
        if schedules.count == 1, case .every(let seconds)? = schedules.first {
            return floorDivide(end - 1, seconds) - floorDivide(from - 1, seconds)
        }
        var counter = FireTimeCounter(schedules: schedules, zone: zone)
        return counter.count(from: from, to: end)
    }
}

/// Counts the union of several schedules' fire times, a local day at a time.
private struct FireTimeCounter {
    private let zone: Zone
    private let crons: [(expression: CronExpression, seconds: DaySeconds)]
    private let intervals: [Int64]
    /// After so many seconds all intervals meet again; huge where that is far away.
    private let cycle: Int64
    /// Whole days that were counted, by what decides their number: which crons fit the day (a bit each), and where in
    /// the cycle of the intervals it begins.
    private var whole: [[Int64]: Int64] = [:]

    init(schedules: [Schedule], zone: Zone) {
        self.zone = zone
        var crons: [(CronExpression, DaySeconds)] = []
        var intervals: [Int64] = []
        var cycle: Int64 = 1
        for schedule in schedules {
            switch schedule {
            case .start: break
            case .cron(let expression): crons.append((expression, DaySeconds(of: expression)))
            case .every(let seconds):
                intervals.append(seconds)
                let (product, overflow) = cycle.multipliedReportingOverflow(by: seconds / Self.divisor(cycle, seconds))
                cycle = overflow ? .max : product
            }
        }
        self.crons = crons
        self.intervals = intervals
        self.cycle = cycle
    }

    private static func divisor(_ left: Int64, _ right: Int64) -> Int64 {
        right == 0 ? left : divisor(right, left % right)
    }

    /// The fire times from `from` up to, not including, `end`.
    mutating func count(from: Int64, to end: Int64) -> Int64 {
        var total: Int64 = 0
        var from = from
        while from < end {
            let period = zone.table.period(at: from)
            let stretchEnd = min(period.end, end)
            total += count(from: from, to: stretchEnd, offset: period.offset.seconds)
            from = stretchEnd
        }
        return total
    }

    /// The same within one offset.
    private mutating func count(from: Int64, to end: Int64, offset: Int64) -> Int64 {
        let localFrom = from + offset
        let localEnd = end + offset
        // Times of day count only once the clock shows what it has not shown before; what it passed over counts now.
        let unseen = zone.reached(by: from - 1) + 1
        var total: Int64 = 0
        for day in floorDivide(localFrom, 86400)...floorDivide(localEnd - 1, 86400) {
            let midnight = day * 86400
            let first = max(localFrom, midnight)
            let last = min(localEnd, midnight + 86400)
            let date = CivilDate(dayNumber: day)
            let weekday = CivilDate.weekday(ofDay: day)
            let fitting = crons.indices.filter { crons[$0].expression.fits(date, weekday: weekday) }
            if last - first == 86400, unseen >= localFrom ? unseen <= midnight : day > floorDivide(localFrom, 86400) {
                let mask = fitting.reduce(Int64(0)) { $0 | 1 << Int64($1) }
                let key = [mask, floorRemainder(midnight - offset, cycle)]
                let count =
                    whole[key] ?? Int64(seconds(of: midnight, 0..<86400, fitting, offset, unseen: midnight).count)
                whole[key] = count
                total += count
                continue
            }
            let range = Int(first - midnight)..<Int(last - midnight)
            var found = seconds(of: midnight, range, fitting, offset, unseen: unseen)
            if first == localFrom, unseen < localFrom, hasTimeOfDay(from: unseen, to: localFrom) {
                found.insert(range.lowerBound)
            }
            total += Int64(found.count)
        }
        return total
    }

    /// The fire times of a local day within a range of its seconds.
    private func seconds(
        of midnight: Int64, _ range: Range<Int>, _ fitting: [Int], _ offset: Int64, unseen: Int64
    ) -> DaySeconds {
        var found = DaySeconds()
        for index in fitting {
            let (expression, seconds) = crons[index]
            let start = expression.isCadence ? range.lowerBound : Int(max(Int64(range.lowerBound), unseen - midnight))
            if start < range.upperBound { found.formUnion(seconds, in: start..<range.upperBound) }
        }
        for interval in intervals {
            let start = midnight - offset + Int64(range.lowerBound)
            let first = (floorDivide(start - 1, interval) + 1) * interval - (midnight - offset)
            for second in stride(from: first, to: Int64(range.upperBound), by: Int64.Stride(interval)) {
                found.insert(Int(second))
            }
        }
        return found
    }

    /// Whether a time of day lies from `from` up to, not including, `end` (local seconds).
    private func hasTimeOfDay(from: Int64, to end: Int64) -> Bool {
        crons.contains { cron in
            !cron.expression.isCadence && cron.expression.next(from: from).map { $0 < end } ?? false
        }
    }
}
