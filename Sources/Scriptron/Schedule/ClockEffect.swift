/// What a change of the zone's offset does to one fire time of a schedule.
package enum ClockEffect: Sendable, Hashable {
    /// The clock is put forward over times of day that the schedule names, the first of them `named`; for all of them
    /// it fires once, right after the gap.
    case shifted(named: LocalTime)
    /// Before this fire time of a cadence the clock was put forward over times that fit, the first of them `named`; they
    /// do not come.
    case passedOver(named: LocalTime)
    /// The clock shows this time of day twice; this is the first, and the schedule does not fire at the second.
    case onlyFirst
    /// The clock shows this time twice; this is the first, and the cadence fires at the second too.
    case first
    /// The clock shows this time twice; this is the second.
    case second
}

extension Schedule {
    /// What a change of offset does to a fire time, given in epoch seconds; nil where there is none.
    func effect(at fireTime: Int64, in zone: Zone) -> ClockEffect? {
        guard case .cron(let expression) = self else { return nil }
        let period = zone.table.period(at: fireTime)
        let shown = fireTime + period.offset.seconds
        if !expression.isCadence {
            let reached = zone.reached(by: fireTime - 1)
            if shown > reached + 1, let named = expression.next(from: reached + 1), named < shown {
                return .shifted(named: LocalTime(localSeconds: named))
            }
        } else if period.start > .min, previous(before: fireTime, in: zone) ?? .min < period.start {
            // The first fire time since the clock was changed.
            let before = period.start + zone.table.period(at: period.start - 1).offset.seconds
            let after = period.start + period.offset.seconds
            if let named = expression.next(from: before), named < after {
                return .passedOver(named: LocalTime(localSeconds: named))
            }
        }
        guard case .twice(let first, _) = zone.instants(of: LocalTime(localSeconds: shown)) else { return nil }
        if !expression.isCadence { return .onlyFirst }
        return first.seconds == fireTime ? .first : .second
    }
}

extension JobSchedule {
    /// Which of the schedules, as written, fire at an instant that is a fire time, and what a change of offset does to
    /// each.
    package func causes(of fireTime: Timestamp) -> [(text: String, effect: ClockEffect?)] {
        zip(texts, schedules).compactMap { text, schedule in
            guard schedule.next(after: fireTime.seconds - 1, in: zone) == fireTime.seconds else { return nil }
            return (text, schedule.effect(at: fireTime.seconds, in: zone))
        }
    }
}
