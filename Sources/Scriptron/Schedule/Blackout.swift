/// A window in which a job does not run: days, times of day, or both, as a clock on the wall shows them.
///
/// It is over local seconds, those that the zone's clock has reached: a window begins and ends when the clock first
/// shows its times, also where an hour is skipped or repeated.
package struct Blackout: Sendable, Hashable {
    /// The days on which it begins.
    enum Days: Sendable, Hashable {
        case all
        /// Bit n is the weekday n, Sunday being 0.
        case weekdays(UInt8)
        /// Day numbers, both included.
        case dates(Int64, Int64)
        /// Month and day as `month * 100 + day`, both included, each year; over the new year where the second is less.
        case yearly(Int, Int)
        /// One window from some local seconds up to others, whatever the days.
        case span(Int64, Int64)
    }

    /// As written.
    package let text: String
    let days: Days
    /// When on such a day it begins, in seconds.
    let from: Int64
    /// When it ends, from the same midnight: more than a day where it goes over midnight.
    let to: Int64

    /// The latest end of the occurrences that hold these local seconds; nil: none does.
    func end(of local: Int64) -> Int64? {
        if case .span(let start, let end) = days { return start <= local && local < end ? end : nil }
        let day = floorDivide(local, 86400)
        // One that began yesterday, over midnight.
        return [day - 1, day].compactMap { day in
            let midnight = day * 86400
            return begins(on: day) && midnight + from <= local && local < midnight + to ? midnight + to : nil
        }.max()
    }

    /// The first start later than these local seconds; nil: there is none.
    func start(after local: Int64) -> Int64? {
        if case .span(let start, _) = days { return start > local ? start : nil }
        var day = floorDivide(local, 86400)
        var last = day + 9 * 366
        if case .dates(let first, let end) = days { (day, last) = (max(day, first), end) }
        while day <= last {
            if begins(on: day), day * 86400 + from > local { return day * 86400 + from }
            day += 1
        }
        return nil
    }

    private func begins(on day: Int64) -> Bool {
        switch days {
        case .all: return true
        case .weekdays(let bits): return bits >> UInt8(CivilDate.weekday(ofDay: day)) & 1 == 1
        case .dates(let first, let last): return first <= day && day <= last
        case .yearly(let first, let last):
            let date = CivilDate(dayNumber: day)
            let key = date.month * 100 + date.day
            return first <= last ? first <= key && key <= last : key >= first || key <= last
        case .span: return false
        }
    }
}

/// All windows of a job's `except`, in its zone.
package struct Blackouts: Sendable, Hashable {
    let windows: [Blackout]
    let zone: Zone

    /// None at all.
    package static let none = Blackouts(windows: [], zone: .utc)

    private init(windows: [Blackout], zone: Zone) {
        self.windows = windows
        self.zone = zone
    }

    /// Reads the windows; an error (code `ESCHEDULE`) shows which one, where in it, and what may stand there.
    package init(_ texts: [String], zone: Zone) throws(Failure) {
        var windows: [Blackout] = []
        for text in texts { windows.append(try Blackout(text)) }
        self.init(windows: windows, zone: zone)
    }

    package var isEmpty: Bool { windows.isEmpty }

    /// The window that holds an instant (the one that lasts longest), and when it ends.
    package func window(at instant: Timestamp) -> (text: String, end: Timestamp)? {
        if windows.isEmpty { return nil }
        let local = zone.reached(by: instant.seconds)
        var found: (text: String, end: Int64)?
        for window in windows {
            if let end = window.end(of: local), end > found?.end ?? .min { found = (window.text, end) }
        }
        return found.map { ($0.text, Timestamp(seconds: zone.firstInstant(reaching: $0.end))) }
    }

    /// When the next window begins, later than an instant; nil: none does.
    package func start(after instant: Timestamp) -> Timestamp? {
        if windows.isEmpty { return nil }
        let local = zone.reached(by: instant.seconds)
        return windows.compactMap { $0.start(after: local) }.min().map {
            Timestamp(seconds: zone.firstInstant(reaching: $0))
        }
    }
}
