/// Instants as text, in the zone's time. Names are English, as in the C locale.
extension Zone {
    /// `2026-03-29T03:30:00+02:00` (ISO 8601, RFC 3339); fractions of a second are dropped.
    package func iso(_ instant: Timestamp) -> String {
        let local = local(instant)
        return local.text + offset(at: instant).text
    }

    /// `2026-03-29 03:30:00`, for tables whose heading names the zone.
    package func plain(_ instant: Timestamp) -> String {
        let local = local(instant)
        return local.dateText + " " + local.timeText
    }

    /// Formats as strftime(3) does in the C locale, with the conversions of Lua's `os.date` and `%s`. An unknown
    /// conversion is an error.
    package func format(_ instant: Timestamp, _ pattern: String) throws(Failure) -> String {
        let moment = Moment(instant: instant, local: local(instant), offset: offset(at: instant))
        return try expand(pattern, moment)
    }

    private struct Moment {
        var instant: Timestamp
        var local: LocalTime
        var offset: ZoneOffset
    }

    private func expand(_ pattern: String, _ moment: Moment) throws(Failure) -> String {
        var text = ""
        var rest = pattern.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "%" else {
                text.unicodeScalars.append(scalar)
                continue
            }
            let conversion = rest.popFirst()
            guard let conversion, let piece = try convert(conversion, moment) else {
                throw Failure(
                    code: "EFORMAT",
                    "`%\(conversion.map { String(Character($0)) } ?? "")` is not a conversion of dates",
                    cure: "write one of %a %A %b %B %c %d %H %I %j %m %M %p %S %x %X %y %Y %z %Z %F %T %s %%")
            }
            text += piece
        }
        return text
    }

    private func convert(_ conversion: Unicode.Scalar, _ moment: Moment) throws(Failure) -> String? {
        let local = moment.local
        switch conversion {
        case "c": return try expand("%a %b %e %H:%M:%S %Y", moment)
        case "D", "x": return try expand("%m/%d/%y", moment)
        case "F": return local.dateText
        case "r": return try expand("%I:%M:%S %p", moment)
        case "R": return twoDigits(local.hour) + ":" + twoDigits(local.minute)
        case "T", "X": return local.timeText
        case "H": return twoDigits(local.hour)
        case "I": return twoDigits((local.hour + 11) % 12 + 1)
        case "M": return twoDigits(local.minute)
        case "S": return twoDigits(local.second)
        case "p": return local.hour < 12 ? "AM" : "PM"
        case "s": return String(moment.instant.seconds)
        case "z":
            let size = abs(moment.offset.seconds)
            return (moment.offset.seconds < 0 ? "-" : "+") + twoDigits(size / 3600) + twoDigits(size % 3600 / 60)
        case "Z": return moment.offset.abbreviation
        case "n": return "\n"
        case "t": return "\t"
        case "%": return "%"
        default: return convertDate(conversion, local.date)
        }
    }

    private func convertDate(_ conversion: Unicode.Scalar, _ date: CivilDate) -> String? {
        let weekday = date.weekday
        switch conversion {
        case "a": return String(Self.weekdays[weekday].prefix(3))
        case "A": return Self.weekdays[weekday]
        case "b", "h": return String(Self.months[date.month - 1].prefix(3))
        case "B": return Self.months[date.month - 1]
        case "C": return twoDigits(floorDivide(date.year, 100))
        case "d": return twoDigits(date.day)
        case "e": return date.day < 10 ? " \(date.day)" : "\(date.day)"
        case "j": return padded(date.dayOfYear, 3)
        case "m": return twoDigits(date.month)
        case "u": return String(weekday == 0 ? 7 : weekday)
        case "w": return String(weekday)
        case "y": return twoDigits(floorRemainder(date.year, 100))
        case "Y": return String(date.year)
        case "U": return twoDigits((date.dayOfYear + 6 - weekday) / 7)
        case "W": return twoDigits((date.dayOfYear + 6 - (weekday + 6) % 7) / 7)
        case "V": return twoDigits(week(of: date).number)
        case "G": return String(week(of: date).year)
        case "g": return twoDigits(floorRemainder(week(of: date).year, 100))
        default: return nil
        }
    }

    /// The week of ISO 8601: the year's first is the one with its first Thursday.
    private func week(of date: CivilDate) -> (year: Int64, number: Int) {
        let thursday = CivilDate(dayNumber: date.dayNumber - Int64((date.weekday + 6) % 7) + 3)
        return (thursday.year, (thursday.dayOfYear - 1) / 7 + 1)
    }

    private static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    private static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    private func padded(_ number: Int, _ width: Int) -> String { LocalTime.padded(number, width) }
}
