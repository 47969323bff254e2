extension Schedule {
    /// What it says, in words and without a full stop: `at 03:00, on Monday to Friday`.
    package var words: String {
        switch self {
        case .start: "when the host starts"
        case .every(let seconds):
            "every \(Quantity.describe(seconds: Double(seconds))), counted from 1970-01-01 00:00 UTC"
        case .cron(let expression): expression.words
        }
    }

    /// How it meets a change of the zone's offset, as one sentence; nil for what knows no clock on the wall.
    package var changeWords: String? {
        guard case .cron(let expression) = self else { return nil }
        return expression.isCadence
            ? "A cadence: it passes over what the clock passes over, and goes on while an hour is repeated."
            : "Times of day: one that the clock passes over comes right after the gap, one that it shows twice at the first."
    }
}

extension CronExpression {
    fileprivate var words: String {
        let everyHour = hour.bits == CronFieldKind.hour.all
        let isRunning = everyHour && timeWords.hasPrefix("every")
        let isDaily = days.day.isFull && days.weekday.isFull && month.bits == CronFieldKind.month.all
        return isRunning && isDaily ? timeWords : timeWords + ", " + dayWords
    }

    // MARK: The time of day

    private var timeWords: String {
        if second.values.count == 1 {
            if let clock = clockTimes(withSecond: true) { return "at " + clock }
            let at = second.values.first ?? 0
            return at == 0
                ? adverb(.minute) + hourWords(.minute) : "at second \(at) of " + noun(.minute) + hourWords(.minute)
        }
        let isAlways = minute.bits == CronFieldKind.minute.all && hour.bits == CronFieldKind.hour.all
        if isAlways { return adverb(.second) + (isSteady(.second) ? "" : " of every minute") }
        return adverb(.second) + " of "
            + (clockTimes(withSecond: false) ?? noun(.minute) + hourWords(.minute, noun: true))
    }

    /// `02:00 and 02:30`, where they are few.
    private func clockTimes(withSecond: Bool) -> String? {
        let (hours, minutes) = (hour.values, minute.values)
        guard hours.count * minutes.count <= 6 else { return nil }
        let at = withSecond ? second.values.first ?? 0 : 0
        let tail = at == 0 ? "" : ":" + twoDigits(at)
        return Words.list(
            hours.flatMap { hour in minutes.map { twoDigits(hour) + ":" + twoDigits($0) + tail } })
    }

    private func field(_ kind: CronFieldKind) -> CronField {
        switch kind {
        case .second: second
        case .minute: minute
        case .hour: hour
        default: month
        }
    }

    /// Whether it comes at the same distance all the time: every minute, every 15 minutes.
    private func isSteady(_ kind: CronFieldKind) -> Bool {
        Words.step(field(kind), kind).map { kind.values.count % $0.step == 0 } ?? false
    }

    /// `every 15 minutes`, `at minutes 5 and 10`.
    private func adverb(_ kind: CronFieldKind) -> String {
        guard isSteady(kind), let (step, first) = Words.step(field(kind), kind) else { return "at " + noun(kind) }
        if step == 1 { return "every \(kind)" }
        return "every \(step) \(kind)s" + (first == 0 ? "" : ", from \(kind) \(first)")
    }

    /// `every minute`, `every 7th minute`, `minutes 5 and 10`.
    private func noun(_ kind: CronFieldKind) -> String {
        let field = field(kind)
        if let (step, first) = Words.step(field, kind) {
            if step == 1 { return "every \(kind)" }
            return "every \(Words.ordinal(step)) \(kind)" + (first == 0 ? "" : " from \(kind) \(first)")
        }
        return (field.values.count == 1 ? "\(kind) " : "\(kind)s ") + Words.runs(field.values) { "\($0)" }
    }

    /// What follows the minutes: ` of every hour`, ` from 09:00 to 17:59`.
    private func hourWords(_ kind: CronFieldKind, noun: Bool = false) -> String {
        let hours = hour.values
        if hours.count == 24 { return isSteady(kind) && !noun ? "" : " of every hour" }
        if let first = hours.first, let last = hours.last, last - first == hours.count - 1 {
            return " from \(twoDigits(first)):00 to \(twoDigits(last)):59"
        }
        if let (step, first) = Words.step(hour, .hour) {
            return " of every \(Words.ordinal(step)) hour" + (first == 0 ? "" : " from \(twoDigits(first)):00")
        }
        return " of the hours " + Words.runs(hours) { "\($0)" }
    }

    // MARK: The day

    private var dayWords: String {
        let months = month.bits == CronFieldKind.month.all ? nil : monthWords
        switch (days.day.isFull, days.weekday.isFull) {
        case (true, true): return "every day" + (months.map { " in " + $0 } ?? "")
        case (false, true): return "on " + Words.list(days.day.words) + " of " + (months ?? "the month")
        case (true, false): return weekdayWords(months)
        case (false, false):
            let day = "on " + Words.list(days.day.words) + " of " + (months ?? "the month")
            return days.bothMustFit
                ? day + " if it is " + Words.list(days.weekday.words, "or") : day + ", and " + weekdayWords(months)
        }
    }

    private var monthWords: String {
        let names = CronFieldKind.monthNames
        // November to February: where it goes around the end of the year, begin behind the gap.
        let values = month.values
        let wraps = values.first == 1 && values.last == 12
        let start = wraps ? zip(values, values.dropFirst()).first { $1 > $0 + 1 }?.1 ?? 1 : 1
        let turned = values.filter { $0 >= start } + values.filter { $0 < start }.map { $0 + 12 }
        return Words.runs(turned) { names[($0 - 1) % 12] }
    }

    private func weekdayWords(_ months: String?) -> String {
        "on " + Words.list(days.weekday.words)
            + (days.weekday.occurrences != 0 ? " of " + (months ?? "the month") : months.map { " in " + $0 } ?? "")
    }
}

extension DayOfMonthField {
    /// `day 1`, `days 1 to 7`, `the last day`.
    fileprivate var words: [String] {
        var words: [String] = []
        let values = numbers.values
        if !values.isEmpty { words.append((values.count == 1 ? "day " : "days ") + Words.runs(values) { "\($0)" }) }
        for day in 1...31 where nearWorkday >> UInt64(day) & 1 == 1 {
            words.append("the working day nearest to day \(day)")
        }
        for back in (0...30).reversed() where beforeLast >> UInt64(back) & 1 == 1 {
            words.append(back == 0 ? "the last day" : "the \(Words.ordinal(back)) day before the last")
        }
        if lastWorkday { words.append("the last working day") }
        return words
    }
}

extension WeekdayField {
    /// `Monday to Friday`, `the 2nd Sunday`.
    fileprivate var words: [String] {
        // The week begins on Monday here, so that its end stays together.
        let values = numbers.values.map { $0 == 0 ? 7 : $0 }.sorted()
        let names = CronFieldKind.weekdayNames
        var words = values.isEmpty ? [] : [Words.runs(values) { names[$0 % 7] }]
        for number in [1, 2, 3, 4, 5, 0] {
            for weekday in 1...7 where occurrences >> UInt64(8 * number + weekday % 7) & 1 == 1 {
                words.append("the \(number == 0 ? "last" : Words.ordinal(number)) \(names[weekday % 7])")
            }
        }
        return words
    }
}

extension CronFieldKind {
    fileprivate static let monthNames = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]
    fileprivate static let weekdayNames = [
        "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
    ]
}

/// Pieces of English.
private enum Words {
    /// `a, b and c`.
    static func list(_ items: [String], _ last: String = "and") -> String {
        guard items.count > 1, let end = items.last else { return items.first ?? "" }
        return items.dropLast().joined(separator: ", ") + " \(last) " + end
    }

    /// Rising numbers as a list in which three or more that follow each other are a range: `1 to 5, 8 and 9`.
    static func runs(_ values: [Int], _ name: (Int) -> String) -> String {
        var items: [String] = []
        var rest = values[...]
        while let first = rest.first {
            let run = rest.enumerated().prefix { $0.element == first + $0.offset }.count
            if run >= 3 {
                items.append(name(first) + " to " + name(first + run - 1))
                rest = rest.dropFirst(run)
            } else {
                items.append(name(first))
                rest = rest.dropFirst()
            }
        }
        return list(items)
    }

    /// Every so many values of a field from one of the first to its end; nil where they are no such row of three.
    static func step(_ field: CronField, _ kind: CronFieldKind) -> (step: Int, first: Int)? {
        let values = field.values
        guard values.count >= 3 else { return nil }
        let step = values[1] - values[0]
        let isRow = zip(values, values.dropFirst()).allSatisfy { $1 - $0 == step }
        let (low, high) = (kind.values.lowerBound, kind.values.upperBound)
        guard isRow, values[0] - low < step, high - (values.last ?? high) < step else { return nil }
        return (step, values[0])
    }

    static func ordinal(_ number: Int) -> String {
        switch (number % 10, number % 100) {
        case (_, 11), (_, 12), (_, 13): "\(number)th"
        case (1, _): "\(number)st"
        case (2, _): "\(number)nd"
        case (3, _): "\(number)rd"
        default: "\(number)th"
        }
    }
}
