/// A time zone of the system's tzdata.
///
/// A value: it stays as it was read. Whoever wants an update of tzdata reads the zone again and compares.
package struct Zone: Sendable, Hashable {
    /// `Europe/Paris`; what people are shown.
    package let name: String
    // Each job has its zone, and most have the same.
    @Boxed private(set) var table: ZoneTable

    /// Coordinated universal time.
    package static let utc = Zone(
        name: "UTC",
        table: ZoneTable(
            rule: PosixZoneRule(standard: ZoneOffset(seconds: 0, isSummer: false, abbreviation: "UTC"))))

    init(name: String, table: ZoneTable) {
        self.name = name
        self.table = table
    }

    /// What the zone's clock shows against UTC at an instant.
    package func offset(at instant: Timestamp) -> ZoneOffset { table.period(at: instant.seconds).offset }

    /// What a calendar and a clock on the wall show at an instant; fractions of a second are dropped.
    package func local(_ instant: Timestamp) -> LocalTime {
        LocalTime(localSeconds: instant.seconds + offset(at: instant).seconds)
    }

    /// The next change of offset after an instant; nil where there is none.
    package func nextTransition(after instant: Timestamp) -> Timestamp? {
        var period = table.period(at: instant.seconds)
        // Changes of the name alone, and those of a rule that never really changes, are passed over.
        for _ in 0..<400 {
            guard period.end < .max else { return nil }
            let next = table.period(at: period.end)
            if next.offset.seconds != period.offset.seconds { return Timestamp(seconds: period.end) }
            period = next
        }
        return nil
    }
}

/// The instants that a local time stands for.
package enum LocalInstant: Sendable, Hashable {
    case one(Timestamp)
    /// The clock was put forward over it, at this instant.
    case skipped(at: Timestamp)
    /// The clock was put back, and showed it twice.
    case twice(first: Timestamp, second: Timestamp)
}

extension Zone {
    /// The instants at which the zone's clock shows a local time.
    package func instants(of local: LocalTime) -> LocalInstant {
        let target = local.localSeconds
        var found: [Int64] = []
        var period = table.period(at: target - Self.reach)
        while true {
            let instant = target - period.offset.seconds
            if instant >= period.start, instant < period.end { found.append(instant) }
            guard period.end <= target + Self.reach else { break }
            period = table.period(at: period.end)
        }
        switch (found.first, found.last) {
        case (let first?, let last?) where first == last: return .one(Timestamp(seconds: first))
        case (let first?, let last?): return .twice(first: Timestamp(seconds: first), second: Timestamp(seconds: last))
        default: return .skipped(at: Timestamp(seconds: firstInstant(reaching: target)))
        }
    }

    /// One instant for a local time: the first of two, and the end of the gap for one that was skipped.
    package func instant(of local: LocalTime) -> Timestamp {
        Timestamp(seconds: firstInstant(reaching: local.localSeconds))
    }

    /// No offset is as large as this (RFC 8536, section 3.2), in seconds.
    static var reach: Int64 { 26 * 3600 }

    /// The first instant at which the clock shows these local seconds or more. It never falls when they rise, which
    /// is what makes fixed times at a change of offset simple: a time in a gap is reached at its end, a time in an
    /// overlap at the first pass.
    func firstInstant(reaching local: Int64) -> Int64 {
        var period = table.period(at: local - Self.reach)
        while period.end < .max, period.end + period.offset.seconds <= local {
            period = table.period(at: period.end)
        }
        return max(period.start, local - period.offset.seconds)
    }

    /// The highest local seconds that the clock has shown up to an instant. They differ from the clock's while an hour
    /// is repeated.
    func reached(by instant: Int64) -> Int64 {
        var period = table.period(at: instant)
        var highest = instant + period.offset.seconds
        // Before that the clock cannot have shown more than it does now.
        while period.start > instant - 2 * Self.reach {
            let end = period.start
            period = table.period(at: end - 1)
            highest = max(highest, end - 1 + period.offset.seconds)
        }
        return highest
    }
}
