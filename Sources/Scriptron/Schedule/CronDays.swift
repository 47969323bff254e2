/// The days on which a cron expression fires: its field for the day of the month, its field for the day of the week,
/// and how they meet.
///
/// A set of days of one month is a mask: bit n stands for day n.
struct CronDays: Sendable, Hashable {
    var day: DayOfMonthField
    var weekday: WeekdayField

    /// Whether a day must fit both fields. Else it fits that fits either (the rule of cronie and of Debian's cron).
    var bothMustFit: Bool { day.startsWithStar || weekday.startsWithStar }

    /// The days that fit, of a month of `length` days that begins on a weekday (0 for Sunday).
    func mask(length: Int, firstWeekday: Int) -> UInt64 {
        let days = day.mask(length: length, firstWeekday: firstWeekday)
        let weekdays = weekday.mask(length: length, firstWeekday: firstWeekday)
        return (bothMustFit ? days & weekdays : days | weekdays) & Self.all(length)
    }

    /// Days 1 to `length`.
    private static func all(_ length: Int) -> UInt64 { (1 << UInt64(length + 1)) - 2 }
}

/// The field for the day of the month.
struct DayOfMonthField: Sendable, Hashable {
    /// The numbers 1 to 31.
    var numbers = CronField(bits: 0, startsWithStar: false)
    /// `L` and `L-n`: bit n stands for the day n days before the month's last.
    var beforeLast: UInt64 = 0
    /// `nW`: bit n stands for the working day nearest to day n.
    var nearWorkday: UInt64 = 0
    /// `LW`: the last working day.
    var lastWorkday = false

    var startsWithStar: Bool { numbers.startsWithStar }

    /// Whether every day fits.
    var isFull: Bool { numbers.bits == CronFieldKind.day.all }

    func mask(length: Int, firstWeekday: Int) -> UInt64 {
        var mask = numbers.bits
        if beforeLast != 0 {
            for back in 0..<length where beforeLast >> UInt64(back) & 1 == 1 { mask |= 1 << UInt64(length - back) }
        }
        if nearWorkday != 0 {
            for day in 1...length where nearWorkday >> UInt64(day) & 1 == 1 {
                mask |= 1 << UInt64(Self.workday(nearest: day, length, firstWeekday))
            }
        }
        // The last working day is the one nearest to the last day, for that is never nearer to the next month's.
        if lastWorkday { mask |= 1 << UInt64(Self.workday(nearest: length, length, firstWeekday)) }
        return mask
    }

    /// Monday to Friday nearest to a day, in the same month: Saturdays go back and Sundays forward, unless that leaves
    /// the month.
    private static func workday(nearest day: Int, _ length: Int, _ firstWeekday: Int) -> Int {
        switch (firstWeekday + day - 1) % 7 {
        case 6: day == 1 ? 3 : day - 1
        case 0: day == length ? day - 2 : day + 1
        default: day
        }
    }
}

/// The field for the day of the week.
struct WeekdayField: Sendable, Hashable {
    /// The numbers 0 (Sunday) to 6.
    var numbers = CronField(bits: 0, startsWithStar: false)
    /// `d#n` and `dL`: bit 8 × n + d stands for the n-th weekday d of a month, n = 0 for the last.
    var occurrences: UInt64 = 0

    var startsWithStar: Bool { numbers.startsWithStar }

    /// Whether every day fits.
    var isFull: Bool { numbers.bits == 0x7F }

    func mask(length: Int, firstWeekday: Int) -> UInt64 {
        // The week as it begins on the month's first day, five times over.
        let week = (numbers.bits | numbers.bits << 7) >> UInt64(firstWeekday) & 0x7F
        var mask = week &* 0x1020_4081 << 1
        var rest = occurrences
        while rest != 0 {
            let bit = rest.trailingZeroBitCount
            rest &= rest - 1
            let first = (bit % 8 - firstWeekday + 7) % 7 + 1
            let day = bit < 8 ? first + (length - first) / 7 * 7 : first + (bit / 8 - 1) * 7
            if day <= length { mask |= 1 << UInt64(day) }
        }
        return mask
    }
}
