extension CronParser {
    /// The field for the day of the month: numbers, `L`, `L-3`, `LW`, `15W`, `?`.
    mutating func dayOfMonth(at start: Int) throws(ScheduleFault) -> DayOfMonthField {
        if let any = try questionMark(.day, at: start) { return DayOfMonthField(numbers: any) }
        var field = DayOfMonthField()
        field.numbers = try list(.day, at: start) { (parser) throws(ScheduleFault) in
            if parser.take("L") {
                try parser.lastDay(&field)
                return true
            }
            guard let day = try parser.numberBefore("W") else { return false }
            field.nearWorkday |= 1 << UInt64(day)
            return true
        }
        return field
    }

    /// What follows the letter L.
    private mutating func lastDay(_ field: inout DayOfMonthField) throws(ScheduleFault) {
        if take("W") {
            field.lastWorkday = true
            return
        }
        guard take("-") else {
            field.beforeLast |= 1
            return
        }
        let start = position
        let expected = "the number of days before the last, 1 to 30"
        let back = try number(.day, expected)
        guard (1...30).contains(back) else {
            throw fault(at: start, "no month has a day \(back) days before its last", "write \(expected)")
        }
        field.beforeLast |= 1 << UInt64(back)
    }

    /// The number of `15W`; nil, and nothing is taken, where something else stands here.
    private mutating func numberBefore(_ letter: Character) throws(ScheduleFault) -> Int? {
        guard let first = current, first.isASCII, first.isNumber else { return nil }
        let start = position
        let number = try number(.day, Self.expected(.day))
        guard take(letter) else {
            position = start
            return nil
        }
        guard CronFieldKind.day.range.contains(number) else {
            throw fault(at: start, "\(number) is not a day of the month", "write a number from 1 to 31")
        }
        return number
    }

    /// The field for the day of the week: numbers and names, `fri#2`, `friL`, `?`.
    mutating func weekday(at start: Int) throws(ScheduleFault) -> WeekdayField {
        if let any = try questionMark(.weekday, at: start) { return WeekdayField(numbers: any) }
        var field = WeekdayField()
        field.numbers = try list(.weekday, at: start) { (parser) throws(ScheduleFault) in
            try parser.occurrence(&field)
        }
        return field
    }

    /// A weekday with `#` and a number or `L` behind it. False, and nothing is taken, where something else stands
    /// here.
    private mutating func occurrence(_ field: inout WeekdayField) throws(ScheduleFault) -> Bool {
        guard let first = current, first.isASCII, first.isNumber || first.isLetter else { return false }
        let start = position
        if take("L"), current.map({ !$0.isLetter }) ?? true {
            throw fault(
                at: start, "`L` stands behind the day of the week that it is of",
                "write `5L` for the last Friday; the last day of the month is an `L` in the day of the month")
        }
        position = start
        let weekday = try value(.weekday, Self.expected(.weekday)).number % 7
        if take("L") {
            field.occurrences |= 1 << UInt64(weekday)
            return true
        }
        guard take("#") else {
            position = start
            return false
        }
        let numberStart = position
        let expected = "which one of the month it is, 1 to 5"
        let number = try number(.weekday, expected)
        guard (1...5).contains(number) else {
            throw fault(at: numberStart, "no month has a weekday \(number) times", "write \(expected)")
        }
        field.occurrences |= 1 << UInt64(8 * number + weekday)
        return true
    }

    /// All values where the field is a `?`, which is what Quartz writes for "any"; nil where it is not.
    private mutating func questionMark(_ kind: CronFieldKind, at start: Int) throws(ScheduleFault) -> CronField? {
        position = start
        guard take("?") else { return nil }
        guard current == nil else { throw unexpected(kind, "a blank: `?` stands alone") }
        return CronField(bits: kind.all, startsWithStar: true)
    }
}

extension CronParser {
    /// Letters that mean something in the fields of the days.
    static let letters: Set<Substring> = ["l", "w"]

    /// What may stand at the beginning of an item.
    static func expected(_ kind: CronFieldKind) -> String {
        switch kind {
        case .second, .minute, .hour, .month: expectedInRange(kind) + ", `*` or `~`"
        case .day: expectedInRange(kind) + ", `*`, `?`, `~`, `L`, `L-3`, `LW`, or `15W` and the like"
        case .weekday: expectedInRange(kind) + ", `*`, `?`, `~`, or `fri#2`, `friL` and the like"
        }
    }

    /// What may stand at the end of a range.
    static func expectedInRange(_ kind: CronFieldKind) -> String {
        let range = "a number from \(kind.range.lowerBound) to \(kind.range.upperBound)"
        guard let first = kind.names.first, let last = kind.names.last else { return range }
        return range + ", a name from `\(first)` to `\(last)`"
    }

    /// That the character here may not stand here, or that one is missing.
    func unexpected(_ kind: CronFieldKind, _ expected: String) -> ScheduleFault {
        guard let character = current else {
            return fault(at: position, "the \(kind.name) field ends here", "write \(expected)")
        }
        let place: String? =
            switch (character.lowercased(), kind) {
            case ("?", .second), ("?", .minute), ("?", .hour), ("?", .month):
                "only in the fields for the days; here it is `*`"
            case ("?", _): "alone in its field"
            case ("l", .day), ("l", .weekday): nil
            case ("l", _): "only in the day of the month, or behind a day of the week"
            case ("w", .day): "only behind a number or `L`"
            case ("w", _): "only in the day of the month"
            case ("#", .weekday): nil
            case ("#", _): "only in the day of the week"
            default: nil
            }
        let message = place.map { "stands \($0)" } ?? "cannot stand here, in the \(kind.name) field"
        return fault(at: position, "`\(character)` \(message)", "write \(expected)")
    }

    func fault(at index: Int, _ message: String, _ cure: String) -> ScheduleFault {
        ScheduleFault(text, at: index, message, cure)
    }
}
