/// Fire times of one schedule, in whole epoch seconds.
///
/// At a change of offset they follow Debian's cron. A cadence fires whenever the clock shows a time that fits: it
/// passes over what the clock passes over, and goes on while an hour is repeated. A time of day fires when the clock
/// first reaches it: right after a gap that holds it (once, however many fall into it), and at the first pass of an
/// hour that is repeated.
extension Schedule {
    /// The first fire time later than an instant; nil where there is none in the next hundred years.
    func next(after instant: Int64, in zone: Zone) -> Int64? {
        guard abs(instant) < Self.horizon else { return nil }
        switch self {
        case .start: return nil
        case .every(let seconds): return (floorDivide(instant, seconds) + 1) * seconds
        case .cron(let expression) where expression.isCadence:
            return Self.nextCadence(of: expression, after: instant, in: zone)
        case .cron(let expression):
            return expression.next(from: zone.reached(by: instant) + 1).map(zone.firstInstant(reaching:))
        }
    }

    /// The last fire time earlier than an instant; nil where there is none in the hundred years before.
    func previous(before instant: Int64, in zone: Zone) -> Int64? {
        guard abs(instant) < Self.horizon else { return nil }
        switch self {
        case .start: return nil
        case .every(let seconds): return floorDivide(instant - 1, seconds) * seconds
        case .cron(let expression) where expression.isCadence:
            return Self.previousCadence(of: expression, before: instant, in: zone)
        case .cron(let expression):
            return expression.previous(through: zone.reached(by: instant - 1)).map(zone.firstInstant(reaching:))
        }
    }

    /// Beyond this no fire times are sought, in epoch seconds: some hundred thousand years.
    private static var horizon: Int64 { 4_000_000_000_000 }

    /// How far a cadence is sought whose times may all lie in gaps, in seconds: a hundred years.
    private static var patience: Int64 { 100 * 366 * 86400 }

    private static func nextCadence(of expression: CronExpression, after instant: Int64, in zone: Zone) -> Int64? {
        var from = instant + 1
        while from - instant < patience {
            let period = zone.table.period(at: from)
            guard let local = expression.next(from: from + period.offset.seconds) else { return nil }
            if period.end == .max || local - period.offset.seconds < period.end { return local - period.offset.seconds }
            // Where the clock can no longer show anything before what was sought from here, the next change can be
            // looked for near the time that was found, instead of going through all those between.
            let near = period.end >= from + 2 * Zone.reach
            from = near ? max(period.end, local - Zone.reach) : period.end
        }
        return nil
    }

    private static func previousCadence(of expression: CronExpression, before instant: Int64, in zone: Zone) -> Int64? {
        var through = instant - 1
        while instant - through < patience {
            let period = zone.table.period(at: through)
            guard let local = expression.previous(through: through + period.offset.seconds) else { return nil }
            if period.start == .min || local - period.offset.seconds >= period.start {
                return local - period.offset.seconds
            }
            let near = period.start <= through - 2 * Zone.reach
            through = near ? min(period.start - 1, local + Zone.reach) : period.start - 1
        }
        return nil
    }
}
