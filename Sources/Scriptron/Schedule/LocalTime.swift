/// What a calendar and a clock on the wall show: a date and a time of day, without a zone.
package struct LocalTime: Sendable, Hashable {
    package var date: CivilDate
    /// 0 to 23.
    package var hour: Int
    /// 0 to 59.
    package var minute: Int
    /// 0 to 59.
    package var second: Int

    package init(year: Int64, month: Int, day: Int, hour: Int = 0, minute: Int = 0, second: Int = 0) {
        self.date = CivilDate(year: year, month: month, day: day)
        self.hour = hour
        self.minute = minute
        self.second = second
    }

    /// The fields of local seconds: seconds since 1970-01-01 00:00:00 on the clock on the wall.
    package init(localSeconds: Int64) {
        let day = floorDivide(localSeconds, 86400)
        let rest = Int(localSeconds - day * 86400)
        self.date = CivilDate(dayNumber: day)
        self.hour = rest / 3600
        self.minute = rest % 3600 / 60
        self.second = rest % 60
    }

    /// Seconds since 1970-01-01 00:00:00 on the clock on the wall.
    package var localSeconds: Int64 {
        date.dayNumber * 86400 + Int64(hour * 3600 + minute * 60 + second)
    }
}

extension LocalTime {
    /// `2026-03-29T02:30:00`.
    package var text: String { dateText + "T" + timeText }

    /// `2026-03-29`; years before 0 and after 9999 as they are.
    package var dateText: String {
        let year = date.year
        let text = (0...9999).contains(year) ? Self.padded(Int(year), 4) : String(year)
        return text + "-" + twoDigits(date.month) + "-" + twoDigits(date.day)
    }

    /// `02:30:00`.
    package var timeText: String { twoDigits(hour) + ":" + twoDigits(minute) + ":" + twoDigits(second) }

    static func padded(_ number: Int, _ width: Int) -> String {
        let text = String(number)
        return String(repeating: "0", count: max(0, width - text.count)) + text
    }
}
