extension CronExpression {
    /// Reads five fields, or six with the second first. `job` is the name of the job whose schedule it is, from which
    /// the values of `~` come.
    package init(_ text: String, job: String) throws(ScheduleFault) {
        var parser = CronParser(text: text, job: job)
        self = try parser.expression()
    }
}

/// Reads a cron expression from left to right.
struct CronParser {
    let text: String
    private let job: String
    private let characters: [Character]
    var position = 0
    /// How many `~` the field has had so far.
    private var choices = 0

    init(text: String, job: String) {
        self.text = text
        self.job = job
        self.characters = Array(text)
    }

    mutating func expression() throws(ScheduleFault) -> CronExpression {
        let starts = fieldStarts()
        if let first = starts.first,
            let sign = characters[first...].prefix(while: { !Self.isBlank($0) }).firstIndex(of: "=")
        {
            throw fault(
                at: sign, "a variable is no part of a schedule",
                "leave it out; the zone is given beside the schedule: timezone = \"Europe/Paris\"")
        }
        guard starts.count == 5 || starts.count == 6 else {
            let at = starts.count > 6 ? starts[6] : characters.count
            throw fault(
                at: at, starts.isEmpty ? "it is empty" : "it has \(starts.count) fields",
                "write 5 fields (minute, hour, day of the month, month, day of the week), 6 with the second first, "
                    + "a macro like @daily, or `every 5m`")
        }
        var rest = starts[...]
        let second = starts.count == 6 ? try numbers(.second, at: rest.removeFirst()) : CronField.zero
        let minute = try numbers(.minute, at: rest.removeFirst())
        let hour = try numbers(.hour, at: rest.removeFirst())
        let dayStart = rest.removeFirst()
        let day = try dayOfMonth(at: dayStart)
        let month = try numbers(.month, at: rest.removeFirst())
        let weekday = try weekday(at: rest.removeFirst())
        let expression = CronExpression(
            second: second, minute: minute, hour: hour, month: month, days: CronDays(day: day, weekday: weekday))
        guard expression.canFire else {
            throw fault(
                at: dayStart, "no day fits its fields for day and month, it can never fire",
                characters[dayStart...].prefix(while: { !Self.isBlank($0) }).contains("~")
                    ? "choose among days that the months have, like 1~28" : "take a day that the month has")
        }
        return expression
    }

    static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// Where the fields begin.
    private func fieldStarts() -> [Int] {
        characters.indices.filter { index in
            !Self.isBlank(characters[index]) && (index == 0 || Self.isBlank(characters[index - 1]))
        }
    }

    // MARK: Fields

    private mutating func numbers(_ kind: CronFieldKind, at start: Int) throws(ScheduleFault) -> CronField {
        try list(kind, at: start) { _ in false }
    }

    /// The items of a field between commas. `special` takes those that are no set of numbers, and says whether it did.
    mutating func list(
        _ kind: CronFieldKind, at start: Int, special: (inout CronParser) throws(ScheduleFault) -> Bool
    ) throws(ScheduleFault) -> CronField {
        position = start
        choices = 0
        var field = CronField(bits: 0, startsWithStar: current == "*")
        var isSpecial: Bool
        repeat {
            isSpecial = try special(&self)
            if isSpecial { continue }
            for value in try item(kind) { field.bits |= 1 << UInt64(kind == .weekday ? value % 7 : value) }
        } while take(",")
        guard current == nil else {
            throw unexpected(kind, isSpecial ? "a comma or a blank" : "a comma, a blank, or `/` and a step")
        }
        return field
    }

    /// `*`, a value, a range or a choice, each with a step behind it where one is wanted.
    private mutating func item(_ kind: CronFieldKind) throws(ScheduleFault) -> [Int] {
        if take("*") {
            let values = Array(kind.values)
            return every(try step(kind), of: values, from: 0)
        }
        if take("~") {
            // `~30` is 0~30.
            let values =
                endsItem
                ? Array(kind.choices) : try range(from: (kind.values.lowerBound, false), "~", start: position - 1, kind)
            return try choice(kind, of: values)
        }
        let start = position
        let from = try value(kind, Self.expected(kind))
        if take("-") {
            let values = try range(from: from, "-", start: start, kind)
            return every(try step(kind), of: values, from: 0)
        }
        if take("~") {
            // `30~` is 30~59.
            let values =
                endsItem
                ? Array(from.number...max(from.number, kind.values.upperBound))
                : try range(from: from, "~", start: start, kind)
            return try choice(kind, of: values)
        }
        // `5/15` means from 5 to the end of the range.
        guard current == "/" else { return [from.number] }
        return every(try step(kind), of: Array(from.number...kind.range.upperBound), from: 0)
    }

    /// Whether an item of a list ends here, or is followed by its step.
    private var endsItem: Bool { current == nil || current == "," || current == "/" }

    /// The numbers up to the one that stands here.
    private mutating func range(
        from: (number: Int, isName: Bool), _ sign: Character, start: Int, _ kind: CronFieldKind
    ) throws(ScheduleFault) -> [Int] {
        let to = try value(kind, Self.expectedInRange(kind))
        if from.number <= to.number { return Array(from.number...to.number) }
        let (first, last) = (kind.values.lowerBound, kind.values.upperBound)
        // Names wrap around: `fri-mon`, `nov-feb`.
        if from.isName || to.isName { return Array(from.number...max(from.number, last)) + Array(first...to.number) }
        let message = "the range \(from.number)\(sign)\(to.number) runs backwards"
        guard sign == "-" else { throw fault(at: start, message, "write \(to.number)~\(from.number)") }
        throw fault(
            at: start, message,
            from.number > last
                ? "write \(first)-\(to.number)"
                : "write \(from.number)-\(last),\(first)-\(to.number) if it goes around the end")
    }

    /// One of the values, or with a step those that follow one of the first.
    private mutating func choice(_ kind: CronFieldKind, of values: [Int]) throws(ScheduleFault) -> [Int] {
        choices += 1
        let step = try step(kind)
        let count = min(step ?? values.count, values.count)
        let first = StableChoice.index(job: job, field: "\(kind)", ordinal: choices, count: count)
        return step == nil ? [values[first]] : every(step, of: values, from: first)
    }

    private func every(_ step: Int?, of values: [Int], from first: Int) -> [Int] {
        stride(from: first, to: values.count, by: step ?? 1).map { values[$0] }
    }

    /// `/` and a number; nil where there is none.
    private mutating func step(_ kind: CronFieldKind) throws(ScheduleFault) -> Int? {
        guard take("/") else { return nil }
        let start = position
        let most = kind.values.count
        let step = try number(kind, "a step from 1 to \(most)")
        guard (1...most).contains(step) else {
            throw fault(
                at: start, "a step of \(step) does not fit into the \(kind.name) field",
                "write a step from 1 to \(most)"
                    + (kind == .minute || kind == .second ? ", or `every \(step)\(kind == .minute ? "m" : "s")`" : ""))
        }
        return step
    }

    // MARK: Values

    /// A number or a name, and which of the two it was.
    mutating func value(_ kind: CronFieldKind, _ expected: String) throws(ScheduleFault) -> (number: Int, isName: Bool)
    {
        let start = position
        guard let first = current, first.isASCII, first.isLetter, !kind.names.isEmpty else {
            let number = try number(kind, expected)
            guard kind.range.contains(number) else {
                throw fault(at: start, "\(number) is not a \(kind.name)", "write \(expected)")
            }
            return (number, false)
        }
        var word = ""
        while let next = current, next.isLetter {
            word.append(next)
            position += 1
        }
        let name = word.lowercased()
        if let index = kind.names.firstIndex(of: name) { return (kind.range.lowerBound + index, true) }
        // `friL`: the name ends before the letter.
        if kind == .weekday, name.hasSuffix("l"), let index = kind.names.firstIndex(of: String(name.dropLast())) {
            position -= 1
            return (index, true)
        }
        position = start
        if word.count <= 2, Self.letters.contains(name.prefix(1)) { throw unexpected(kind, expected) }
        let near = kind.names.first { name.hasPrefix($0) }
        throw fault(at: start, "`\(word)` is not a \(kind.name)", "write \(near.map { "`\($0)`" } ?? expected)")
    }

    mutating func number(_ kind: CronFieldKind, _ expected: String) throws(ScheduleFault) -> Int {
        var digits = ""
        while let next = current, next.isASCII, next.isNumber {
            digits.append(next)
            position += 1
        }
        guard !digits.isEmpty else { throw unexpected(kind, expected) }
        // More digits than any field has are out of every range.
        return digits.count <= 6 ? Int(digits) ?? .max : 999_999
    }

    // MARK: Characters

    /// The next character of the field; nil at its end.
    var current: Character? {
        guard position < characters.count, !Self.isBlank(characters[position]) else { return nil }
        return characters[position]
    }

    /// Takes a character, if it is the next; letters in either case.
    mutating func take(_ character: Character) -> Bool {
        guard let current, current == character || current.uppercased() == character.uppercased() else { return false }
        position += 1
        return true
    }
}
