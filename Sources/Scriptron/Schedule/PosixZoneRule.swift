/// The rule at the end of a zone's file, for all years after its last transition: POSIX's TZ text
/// (`CET-1CEST,M3.5.0,M10.5.0/3`) with the wider times of RFC 8536, section 3.3.1.
struct PosixZoneRule: Sendable, Hashable {
    /// When a year's change happens.
    struct Change: Sendable, Hashable {
        enum Day: Sendable, Hashable {
            /// `Mm.w.d`: the weekday's w-th occurrence in the month, 5 for the last.
            case weekday(month: Int, week: Int, weekday: Int)
            /// `Jn`: 1 to 365, 29 February never counted.
            case withoutLeapDay(Int)
            /// `n`: 0 to 365, 29 February counted.
            case ordinal(Int)
        }

        var day: Day
        /// Seconds from the day's midnight on the clock before the change; may be negative or beyond a day.
        var time: Int64

        /// The change's local seconds in a year, on the clock before the change.
        func localSeconds(in year: Int64) -> Int64 {
            let newYear = CivilDate(year: year, month: 1, day: 1).dayNumber
            let dayNumber: Int64
            switch day {
            case .ordinal(let number): dayNumber = newYear + Int64(number)
            case .withoutLeapDay(let number):
                dayNumber = newYear + Int64(number) - (CivilDate.isLeap(year) && number >= 60 ? 0 : 1)
            case .weekday(let month, let week, let weekday):
                let first = CivilDate(year: year, month: month, day: 1).dayNumber
                let offset = (weekday - CivilDate.weekday(ofDay: first) + 7) % 7
                let day = offset + 7 * (week - 1)
                dayNumber = first + Int64(day < CivilDate.days(inMonth: month, of: year) ? day : day - 7)
            }
            return dayNumber * 86400 + time
        }
    }

    /// Standard time.
    var standard: ZoneOffset
    /// The other time and the changes to it and back; nil for a zone without.
    var summer: Summer?

    /// Daylight saving time, or what a zone has instead (Dublin's is its winter time).
    struct Summer: Sendable, Hashable {
        var time: ZoneOffset
        var start: Change
        var end: Change
    }

    /// The changes of a year in order of time: the instant, and what holds from it on.
    func transitions(in year: Int64) -> [(at: Int64, to: ZoneOffset)] {
        guard let summer else { return [] }
        let start = (at: summer.start.localSeconds(in: year) - standard.seconds, to: summer.time)
        let end = (at: summer.end.localSeconds(in: year) - summer.time.seconds, to: standard)
        return start.at < end.at ? [start, end] : [end, start]
    }
}

extension PosixZoneRule {
    /// Reads a rule; nil where the text is not one.
    init?(_ text: some Sequence<UInt8>) {
        var reader = PosixZoneReader(rest: Array(text)[...])
        guard let name = reader.name(), let west = reader.time(limit: 24) else { return nil }
        standard = ZoneOffset(seconds: -west, isSummer: false, abbreviation: name)
        if reader.rest.isEmpty { return }
        guard let summerName = reader.name() else { return nil }
        var offset = standard.seconds + 3600
        if let next = reader.rest.first, next != UInt8(ascii: ",") {
            guard let west = reader.time(limit: 24) else { return nil }
            offset = -west
        }
        // Without dates the rule is that of the United States, as in the C library.
        if reader.rest.isEmpty { reader.rest = Array(",M3.2.0,M11.1.0".utf8)[...] }
        guard let start = reader.change(), let end = reader.change(), reader.rest.isEmpty else { return nil }
        summer = Summer(
            time: ZoneOffset(seconds: offset, isSummer: true, abbreviation: summerName), start: start, end: end)
    }
}

/// Reads the pieces of a POSIX zone rule from the front of its text.
private struct PosixZoneReader {
    var rest: ArraySlice<UInt8>

    mutating func take(_ character: Character) -> Bool {
        guard let value = character.asciiValue, rest.first == value else { return false }
        rest.removeFirst()
        return true
    }

    /// At least three letters, or letters, digits and signs between `<` and `>`.
    mutating func name() -> String? {
        let quoted = take("<")
        let piece = rest.prefix { byte in
            let letter = (65...90).contains(byte) || (97...122).contains(byte)
            return letter || quoted && ((48...57).contains(byte) || byte == 43 || byte == 45)
        }
        rest = rest.dropFirst(piece.count)
        if quoted, !take(">") { return nil }
        return piece.count >= 3 && piece.count <= 16 ? String(decoding: piece, as: UTF8.self) : nil
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { (48...57).contains($0) }
        guard !digits.isEmpty, digits.count <= 3, let value = Int(String(decoding: digits, as: UTF8.self)),
            range.contains(value)
        else { return nil }
        rest = rest.dropFirst(digits.count)
        return value
    }

    /// `[+-]hh[:mm[:ss]]` in seconds, the hours at most `limit`.
    mutating func time(limit: Int) -> Int64? {
        let negative = take("-")
        if !negative { _ = take("+") }
        guard let hours = number(0...limit) else { return nil }
        var seconds = hours * 3600
        if take(":") {
            guard let minutes = number(0...59) else { return nil }
            seconds += minutes * 60
            if take(":") {
                guard let rest = number(0...59) else { return nil }
                seconds += rest
            }
        }
        return Int64(negative ? -seconds : seconds)
    }

    /// `,date[/time]`; two in the morning without a time.
    mutating func change() -> PosixZoneRule.Change? {
        guard take(",") else { return nil }
        let day: PosixZoneRule.Change.Day
        if take("M") {
            guard let month = number(1...12), take("."), let week = number(1...5), take("."),
                let weekday = number(0...6)
            else { return nil }
            day = .weekday(month: month, week: week, weekday: weekday)
        } else if take("J") {
            guard let number = number(1...365) else { return nil }
            day = .withoutLeapDay(number)
        } else {
            guard let number = number(0...365) else { return nil }
            day = .ordinal(number)
        }
        guard take("/") else { return PosixZoneRule.Change(day: day, time: 7200) }
        guard let time = time(limit: 167) else { return nil }
        return PosixZoneRule.Change(day: day, time: time)
    }
}
