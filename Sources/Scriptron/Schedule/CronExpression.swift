/// A cron expression: the local times at which it fires, without a zone.
///
/// Five fields (minute, hour, day of the month, month, day of the week) or six with the second first. When both day
/// fields are set, a day fits that fits either; unless one of them starts with `*`, then it must fit both (the rule of
/// cronie and of Debian's cron).
package struct CronExpression: Sendable, Hashable {
    let second: CronField
    let minute: CronField
    let hour: CronField
    let day: CronField
    let month: CronField
    let weekday: CronField

    init(second: CronField, minute: CronField, hour: CronField, day: CronField, month: CronField, weekday: CronField) {
        self.second = second
        self.minute = minute
        self.hour = hour
        self.day = day
        self.month = month
        self.weekday = weekday
    }

    /// Whether it names a cadence (`*/10 * * * *`) rather than times of day (`30 2 * * *`): its minute or hour starts
    /// with `*`. A cadence goes on through a change of offset; a time of day runs once whatever the clock does.
    package var isCadence: Bool { minute.startsWithStar || hour.startsWithStar }

    /// Whether there is a day that fits; 30 February does not come.
    var canFire: Bool {
        let either = !day.startsWithStar && !weekday.startsWithStar
        return either
            || month.values.contains { month in
                // In a leap year; every date falls on every day of the week sooner or later.
                day.first(from: 1).map { $0 <= CivilDate.days(inMonth: month, of: 2024) } ?? false
            }
    }

    /// Whether it fires on a date.
    func fits(_ date: CivilDate, weekday number: Int) -> Bool {
        guard month.contains(date.month) else { return false }
        return fitsDay(date.day, weekday: number)
    }

    private func fitsDay(_ number: Int, weekday weekdayNumber: Int) -> Bool {
        let fitsDay = day.contains(number)
        let fitsWeekday = weekday.contains(weekdayNumber)
        return day.startsWithStar || weekday.startsWithStar ? fitsDay && fitsWeekday : fitsDay || fitsWeekday
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

    /// The first day that fits, from a day on.
    private func firstDay(from dayNumber: Int64) -> Int64? {
        var date = CivilDate(dayNumber: dayNumber)
        let lastYear = date.year + 400
        while date.year <= lastYear {
            if month.contains(date.month) {
                var number = date.dayNumber
                var weekday = CivilDate.weekday(ofDay: number)
                for day in date.day...CivilDate.days(inMonth: date.month, of: date.year) {
                    if fitsDay(day, weekday: weekday) { return number }
                    number += 1
                    weekday = (weekday + 1) % 7
                }
            }
            date =
                date.month == 12
                ? CivilDate(year: date.year + 1, month: 1, day: 1)
                : CivilDate(year: date.year, month: date.month + 1, day: 1)
        }
        return nil
    }

    /// The last day that fits, up to and including a day.
    private func lastDay(through dayNumber: Int64) -> Int64? {
        var date = CivilDate(dayNumber: dayNumber)
        let firstYear = date.year - 400
        while date.year >= firstYear {
            if month.contains(date.month) {
                var number = date.dayNumber
                var weekday = CivilDate.weekday(ofDay: number)
                for day in stride(from: date.day, through: 1, by: -1) {
                    if fitsDay(day, weekday: weekday) { return number }
                    number -= 1
                    weekday = (weekday + 6) % 7
                }
            }
            let (year, month) = date.month == 1 ? (date.year - 1, 12) : (date.year, date.month - 1)
            date = CivilDate(year: year, month: month, day: CivilDate.days(inMonth: month, of: year))
        }
        return nil
    }
}
