extension Blackout {
    /// Reads a window: days (`2026-12-24`, `2026-12-24..2027-01-02`, each year `12-24` or `12-24..01-02`, `SAT,SUN`,
    /// `MON-FRI`), times (`22:00-06:00`), days and then times, or one span (`2026-12-24 18:00..2026-12-27 06:00`).
    package init(_ text: String) throws(Failure) {
        var reader = BlackoutReader(text)
        self = try reader.window()
    }
}

/// Reads the text of a window from the front, a piece at a time.
private struct BlackoutReader {
    private let text: String
    private let characters: [Character]
    private var index = 0

    private static let names = CronFieldKind.weekday.names

    init(_ text: String) {
        self.text = text
        characters = Array(text)
    }

    mutating func window() throws(Failure) -> Blackout {
        skipSpaces()
        guard index < characters.count else { throw failure("the window is empty", at: 0) }
        if isTime { return try withTimes(.all) }
        if current.isLetter { return try withTimes(.weekdays(try weekdays())) }
        guard current.isNumber else {
            throw failure("`\(current)` begins no window", at: index)
        }
        return try dates()
    }

    // Days.

    private mutating func weekdays() throws(Failure) -> UInt8 {
        var bits: UInt8 = 0
        repeat {
            let first = try weekday()
            let last = take("-") ? try weekday() : first
            var day = first
            bits |= 1 << UInt8(day)
            while day != last {
                day = (day + 1) % 7
                bits |= 1 << UInt8(day)
            }
        } while take(",")
        return bits
    }

    private mutating func weekday() throws(Failure) -> Int {
        let start = index
        var word = ""
        while index < characters.count, current.isLetter {
            word.append(current)
            index += 1
        }
        // Spelt out it is a name too.
        let lower = word.lowercased()
        let full = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"]
        if let day = Self.names.firstIndex(of: lower) ?? full.firstIndex(of: lower) { return day }
        throw failure(
            word.isEmpty ? "a day of the week must stand here" : "`\(word)` is no day of the week", at: start,
            cure: "write one of " + Self.names.map { $0.uppercased() }.joined(separator: " "))
    }

    private mutating func dates() throws(Failure) -> Blackout {
        let start = index
        let first = try date()
        if case .full(let day) = first, case let mark = index, takeSeparator(), isTime {
            let from = try time(upTo: 23)
            if take("..") { return try span(from: day * 86400 + from, start) }
            index = mark
        }
        var last = first
        skipSpaces()
        let mark = index
        if take("..") {
            skipSpaces()
            let at = index
            last = try date()
            switch (first, last) {
            case (.full(let one), .full(let other)):
                if other < one { throw failure("it ends before it begins", at: at) }
            case (.yearly, .yearly): break
            default: throw failure("both ends need a year, or neither", at: at)
            }
        } else {
            index = mark
        }
        switch (first, last) {
        case (.full(let one), .full(let other)): return try withTimes(.dates(one, other))
        case (.yearly(let one), .yearly(let other)): return try withTimes(.yearly(one, other))
        default: throw failure("both ends need a year, or neither", at: start)
        }
    }

    private mutating func span(from: Int64, _ start: Int) throws(Failure) -> Blackout {
        skipSpaces()
        let at = index
        guard case .full(let day) = try date() else { throw failure("the end needs a date with its year", at: at) }
        guard takeSeparator(), isTime else { throw failure("the end needs a time like 06:00", at: index) }
        let to = day * 86400 + (try time(upTo: 24))
        guard to > from else { throw failure("it ends before it begins", at: at) }
        try end()
        return Blackout(text: text, days: .span(from, to), from: 0, to: 0)
    }

    private enum Date {
        /// A day's number.
        case full(Int64)
        /// Month and day, as `Blackout.Days.yearly`.
        case yearly(Int)
    }

    private mutating func date() throws(Failure) -> Date {
        let start = index
        let first = try number("a date must stand here", digits: 2...4)
        var year: Int64?
        var month = first.value
        var monthAt = start
        guard take("-") else { throw failure("the date goes on with - and the month or the day", at: index) }
        if first.digits == 4 {
            year = Int64(first.value)
            monthAt = index
            month = try number("the month must stand here", digits: 2...2).value
            guard take("-") else { throw failure("the date goes on with - and the day", at: index) }
        }
        guard (1...12).contains(month) else { throw failure("\(month) is not a month", at: monthAt) }
        let dayAt = index
        let day = try number("the day must stand here", digits: 2...2).value
        // Each year: the 29 of February too, in the years that have it.
        guard (1...CivilDate.days(inMonth: month, of: year ?? 2000)).contains(day) else {
            throw failure("the month has no day \(day)", at: dayAt)
        }
        if let year { return .full(CivilDate(year: year, month: month, day: day).dayNumber) }
        return .yearly(month * 100 + day)
    }

    // Times.

    /// The times behind the days, if there are any: `22:00-06:00`.
    private mutating func withTimes(_ days: Blackout.Days) throws(Failure) -> Blackout {
        skipSpaces()
        if index == characters.count { return Blackout(text: text, days: days, from: 0, to: 86400) }
        guard isTime else { throw failure("`\(current)` does not belong here", at: index) }
        let from = try time(upTo: 23)
        skipSpaces()
        guard take("-") else { throw failure("the time goes on with - and when the window ends", at: index) }
        skipSpaces()
        let at = index
        var to = try time(upTo: 24)
        guard to != from else {
            throw failure("it ends when it begins", at: at, cure: "leave the times out for whole days")
        }
        if to < from { to += 86400 }
        try end()
        return Blackout(text: text, days: days, from: from, to: to)
    }

    /// Seconds of the day: `6:00`, `22:30`, and 24:00 where `hours` is 24.
    private mutating func time(upTo hours: Int) throws(Failure) -> Int64 {
        let start = index
        let hour = try number("a time like 22:00 must stand here", digits: 1...2).value
        guard hour <= hours else { throw failure("\(hour) is not an hour", at: start) }
        guard take(":") else { throw failure("the time goes on with : and the minutes", at: index) }
        let at = index
        let minute = try number("the minutes must stand here", digits: 2...2).value
        guard minute <= (hour == 24 ? 0 : 59) else { throw failure("\(minute) is not a minute", at: at) }
        return Int64(hour * 3600 + minute * 60)
    }

    /// Whether digits and a colon come next.
    private var isTime: Bool {
        let rest = characters[index...]
        let digits = rest.prefix { $0.isNumber }.count
        return (1...2).contains(digits) && rest.dropFirst(digits).first == ":"
    }

    // Pieces.

    private var current: Character { characters[index] }

    private mutating func skipSpaces() {
        while index < characters.count, current == " " || current == "\t" { index += 1 }
    }

    /// What stands between a date and its time: spaces, or a T.
    private mutating func takeSeparator() -> Bool {
        if take("T") || take("t") { return true }
        let start = index
        skipSpaces()
        return index > start
    }

    private mutating func take(_ piece: String) -> Bool {
        let piece = Array(piece)
        guard characters[index...].starts(with: piece) else { return false }
        index += piece.count
        return true
    }

    private mutating func number(
        _ missing: String, digits: ClosedRange<Int>
    ) throws(Failure) -> (value: Int, digits: Int) {
        let piece = characters[index...].prefix { $0.isASCII && $0.isNumber }
        guard digits.contains(piece.count), let value = Int(String(piece)) else { throw failure(missing, at: index) }
        index += piece.count
        return (value, piece.count)
    }

    private mutating func end() throws(Failure) {
        skipSpaces()
        if index < characters.count { throw failure("`\(current)` does not belong here", at: index) }
    }

    private func failure(_ message: String, at index: Int, cure: String? = nil) -> Failure {
        Failure(
            code: "ESCHEDULE", "window `\(text.prefix(200))`, character \(index + 1): \(message)",
            cure: cure
                ?? "write days and times like 2026-12-24, 12-24..01-02, SAT,SUN, 22:00-06:00 or MON-FRI 08:00-18:00")
    }
}
