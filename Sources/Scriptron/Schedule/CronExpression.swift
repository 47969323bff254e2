/// A cron expression: the local times at which it fires, without a zone.
///
/// Five fields (minute, hour, day of the month, month, day of the week) or six with the second first. When both day
/// fields are set, a day fits that fits either; unless one of them starts with `*`, then it must fit both (the rule of
/// cronie and of Debian's cron).
package struct CronExpression: Sendable, Hashable {
    let second: CronField
    let minute: CronField
    let hour: CronField
    let month: CronField
    let days: CronDays

    init(second: CronField, minute: CronField, hour: CronField, month: CronField, days: CronDays) {
        self.second = second
        self.minute = minute
        self.hour = hour
        self.month = month
        self.days = days
    }

    /// Whether it names a cadence (`*/10 * * * *`) rather than times of day (`30 2 * * *`): its minute or hour starts
    /// with `*`. A cadence goes on through a change of offset; a time of day runs once whatever the clock does.
    package var isCadence: Bool { minute.startsWithStar || hour.startsWithStar }

    /// Whether there is a day that fits; 30 February does not come. Within these 28 years every date falls on every day
    /// of the week.
    var canFire: Bool { firstDay(from: CivilDate(year: 2001, month: 1, day: 1).dayNumber, years: 28) != nil }

    /// Whether it fires on a date, of which the day of the week is known.
    func fits(_ date: CivilDate, weekday: Int) -> Bool {
        guard month.contains(date.month) else { return false }
        // The weekday of the month's first day: 35 is a multiple of 7 and more than any day.
        let first = (weekday - date.day + 1 + 35) % 7
        let length = CivilDate.days(inMonth: date.month, of: date.year)
        return days.mask(length: length, firstWeekday: first) >> UInt64(date.day) & 1 == 1
    }

    // MARK: Seconds of a day

    /// The first second of the day that fits, from `from` on.
    private func firstSecond(from: Int) -> Int? {
        let (fromHour, fromMinute, fromSecond) = (from / 3600, from % 3600 / 60, from % 60)
        guard let hour = hour.first(from: fromHour) else { return nil }
        if hour == fromHour {
            if minute.contains(fromMinute), let second = second.first(from: fromSecond) {
                return hour * 3600 + fromMinute * 60 + second
            }
            if let minute = minute.first(from: fromMinute + 1) { return inMinute(hour, minute, first: true) }
            guard let later = self.hour.first(from: hour + 1) else { return nil }
            return minute.first(from: 0).flatMap { inMinute(later, $0, first: true) }
        }
        return minute.first(from: 0).flatMap { inMinute(hour, $0, first: true) }
    }

    /// The last second of the day that fits, up to and including `through`.
    private func lastSecond(through: Int) -> Int? {
        let (toHour, toMinute, toSecond) = (through / 3600, through % 3600 / 60, through % 60)
        guard let hour = hour.last(through: toHour) else { return nil }
        if hour == toHour {
            if minute.contains(toMinute), let second = second.last(through: toSecond) {
                return hour * 3600 + toMinute * 60 + second
            }
            if let minute = minute.last(through: toMinute - 1) { return inMinute(hour, minute, first: false) }
            guard let earlier = self.hour.last(through: hour - 1) else { return nil }
            return minute.last(through: 59).flatMap { inMinute(earlier, $0, first: false) }
        }
        return minute.last(through: 59).flatMap { inMinute(hour, $0, first: false) }
    }

    private func inMinute(_ hour: Int, _ minute: Int, first: Bool) -> Int? {
        (first ? second.first(from: 0) : second.last(through: 59)).map { hour * 3600 + minute * 60 + $0 }
    }

    // MARK: Local seconds

    /// The first local seconds that fit, from `local` on; nil where there are none for 400 years.
    func next(from local: Int64) -> Int64? {
        let dayNumber = floorDivide(local, 86400)
        let date = CivilDate(dayNumber: dayNumber)
        if fits(date, weekday: CivilDate.weekday(ofDay: dayNumber)),
            let second = firstSecond(from: Int(local - dayNumber * 86400))
        {
            return dayNumber * 86400 + Int64(second)
        }
        guard let day = firstDay(from: dayNumber + 1), let second = firstSecond(from: 0) else { return nil }
        return day * 86400 + Int64(second)
    }

    /// The last local seconds that fit, up to and including `local`; nil where there are none for 400 years.
    func previous(through local: Int64) -> Int64? {
        let dayNumber = floorDivide(local, 86400)
        let date = CivilDate(dayNumber: dayNumber)
        if fits(date, weekday: CivilDate.weekday(ofDay: dayNumber)),
            let second = lastSecond(through: Int(local - dayNumber * 86400))
        {
            return dayNumber * 86400 + Int64(second)
        }
        guard let day = lastDay(through: dayNumber - 1), let second = lastSecond(through: 86399) else { return nil }
        return day * 86400 + Int64(second)
    }

    /// The first day that fits, from a day on, in so many years.
    private func firstDay(from dayNumber: Int64, years: Int64 = 400) -> Int64? {
        let date = CivilDate(dayNumber: dayNumber)
        var (year, month, day) = (date.year, date.month, date.day)
        // The month's first day.
        var first = dayNumber - Int64(day - 1)
        while year <= date.year + years {
            let length = CivilDate.days(inMonth: month, of: year)
            if self.month.contains(month) {
                let mask = days.mask(length: length, firstWeekday: CivilDate.weekday(ofDay: first)) >> UInt64(day)
                if mask != 0 { return first + Int64(day - 1 + mask.trailingZeroBitCount) }
            }
            first += Int64(length)
            day = 1
            (year, month) = month == 12 ? (year + 1, 1) : (year, month + 1)
        }
        return nil
    }

    /// The last day that fits, up to and including a day, in so many years.
    private func lastDay(through dayNumber: Int64, years: Int64 = 400) -> Int64? {
        let date = CivilDate(dayNumber: dayNumber)
        var (year, month, day) = (date.year, date.month, date.day)
        var first = dayNumber - Int64(day - 1)
        while year >= date.year - years {
            if self.month.contains(month) {
                let length = CivilDate.days(inMonth: month, of: year)
                let mask = days.mask(length: length, firstWeekday: CivilDate.weekday(ofDay: first))
                let rest = mask << UInt64(63 - day)
                if rest != 0 { return first + Int64(day - 1 - rest.leadingZeroBitCount) }
            }
            (year, month) = month == 1 ? (year - 1, 12) : (year, month - 1)
            day = CivilDate.days(inMonth: month, of: year)
            first -= Int64(day)
        }
        return nil
    }
}
