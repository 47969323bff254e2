extension CronExpression {
    /// Reads five fields, or six with the second first. An error names the character and what may stand there.
    package init(_ text: String) throws(Failure) {
        var parser = CronParser(text: text)
        self = try parser.expression()
    }
}

/// Reads a cron expression from left to right. Positions count characters from 1, as people do.
private struct CronParser {
    private let text: String
    private let characters: [Character]
    private var position = 0

    init(text: String) {
        self.text = text
        self.characters = Array(text)
    }

    mutating func expression() throws(Failure) -> CronExpression {
        let starts = fieldStarts()
        guard starts.count == 5 || starts.count == 6 else {
            let at = starts.count > 6 ? starts[6] : characters.count
            throw failure(
                at: at, starts.isEmpty ? "it is empty" : "it has \(starts.count) fields",
                "write 5 fields (minute, hour, day of the month, month, day of the week), 6 with the second first, "
                    + "a macro like @daily, or `every 5m`")
        }
        var fields: [CronField] = []
        let kinds = CronFieldKind.allCases.suffix(starts.count)
        for (kind, start) in zip(kinds, starts) {
            position = start
            fields.append(try field(kind))
        }
        let zero = CronField(bits: 1, startsWithStar: false)
        if fields.count == 5 { fields.insert(zero, at: 0) }
        let expression = CronExpression(
            second: fields[0], minute: fields[1], hour: fields[2], day: fields[3], month: fields[4], weekday: fields[5])
        guard expression.canFire else {
            throw failure(
                at: starts[starts.count - 3], "no month that it names has such a day, it can never fire",
                "take a day that the month has")
        }
        return expression
    }

    private static func isBlank(_ character: Character) -> Bool { character == " " || character == "\t" }

    /// Where the fields begin.
    private func fieldStarts() -> [Int] {
        characters.indices.filter { index in
            !Self.isBlank(characters[index]) && (index == 0 || Self.isBlank(characters[index - 1]))
        }
    }

    /// The next character of the field; nil at its end.
    private var current: Character? {
        guard position < characters.count, !Self.isBlank(characters[position]) else { return nil }
        return characters[position]
    }

    private mutating func take(_ character: Character) -> Bool {
        guard current == character else { return false }
        position += 1
        return true
    }

    private mutating func field(_ kind: CronFieldKind) throws(Failure) -> CronField {
        var field = CronField(bits: 0, startsWithStar: current == "*")
        repeat {
            for value in try item(kind) { field.bits |= 1 << UInt64(kind == .weekday ? value % 7 : value) }
        } while take(",")
        guard current == nil else { throw unexpected(kind, "a comma, a blank, or `/` and a step") }
        return field
    }

    /// `*`, a value or a range, each with a step behind it where one is wanted.
    private mutating func item(_ kind: CronFieldKind) throws(Failure) -> [Int] {
        let range = kind.range
        var values: [Int]
        var open = false
        if take("*") {
            values = Array(range.lowerBound..<range.lowerBound + kind.values)
        } else {
            let start = position
            let (from, fromName) = try value(kind)
            if take("-") {
                let (to, toName) = try value(kind)
                if from <= to {
                    values = Array(from...to)
                } else if fromName || toName {
                    // Names wrap around: `fri-mon`, `nov-feb`.
                    values = Array(from..<range.lowerBound + kind.values) + Array(range.lowerBound...to)
                } else {
                    let (first, last) = (range.lowerBound, range.lowerBound + kind.values - 1)
                    throw failure(
                        at: start, "the range \(from)-\(to) runs backwards",
                        "write \(from)-\(last),\(first)-\(to) if it goes around the end")
                }
            } else {
                values = [from]
                open = true
            }
        }
        guard take("/") else { return values }
        // `5/15` means from 5 to the end of the range.
        if open, let from = values.first { values = Array(from..<max(from + 1, range.lowerBound + kind.values)) }
        let start = position
        let step = try number(kind, "a step from 1 to \(kind.values)")
        guard (1...kind.values).contains(step) else {
            throw failure(
                at: start, "a step of \(step) does not fit into the \(kind.name) field",
                "write a step from 1 to \(kind.values)"
                    + (kind == .minute || kind == .second ? ", or `every \(step)\(kind == .minute ? "m" : "s")`" : ""))
        }
        return stride(from: 0, to: values.count, by: step).map { values[$0] }
    }

    /// A number or a name, and which of the two it was.
    private mutating func value(_ kind: CronFieldKind) throws(Failure) -> (value: Int, isName: Bool) {
        let start = position
        let expected = Self.expected(kind)
        guard let first = current, first.isASCII, first.isLetter, !kind.names.isEmpty else {
            let number = try number(kind, expected)
            guard kind.range.contains(number) else {
                throw failure(at: start, "\(number) is not a \(kind.name)", "write \(expected)")
            }
            return (number, false)
        }
        var word = ""
        while let next = current, next.isLetter {
            word.append(next)
            position += 1
        }
        guard let index = kind.names.firstIndex(of: word.lowercased()) else {
            position = start
            if !Self.later.isDisjoint(with: word.uppercased()), word.count <= 2 { throw unexpected(kind, expected) }
            let near = kind.names.first { word.lowercased().hasPrefix($0) }
            throw failure(
                at: start, "`\(word)` is not a \(kind.name)", "write \(near.map { "`\($0)`" } ?? expected)")
        }
        return (kind.range.lowerBound + index, true)
    }

    private mutating func number(_ kind: CronFieldKind, _ expected: String) throws(Failure) -> Int {
        var digits = ""
        while let next = current, next.isASCII, next.isNumber {
            digits.append(next)
            position += 1
        }
        guard !digits.isEmpty else { throw unexpected(kind, expected) }
        // More digits than any field has are out of every range.
        return digits.count <= 6 ? Int(digits) ?? .max : 999_999
    }

    private static func expected(_ kind: CronFieldKind) -> String {
        let range = "a number from \(kind.range.lowerBound) to \(kind.range.upperBound)"
        guard let first = kind.names.first, let last = kind.names.last else { return range + ", or `*`" }
        return range + ", a name from `\(first)` to `\(last)`, or `*`"
    }

    /// Parts of the grammar that are known and not there yet.
    private static let later: Set<Character> = ["L", "W", "#", "~", "?"]

    private func unexpected(_ kind: CronFieldKind, _ expected: String) -> Failure {
        guard let character = current else {
            return failure(at: position, "the \(kind.name) field ends here", "write \(expected)")
        }
        if Self.later.contains(Character(character.uppercased())) {
            return failure(at: position, "`\(character)` is not supported yet", "write \(expected)")
        }
        return failure(
            at: position, "`\(character)` cannot stand here, in the \(kind.name) field", "write \(expected)")
    }

    private func failure(at index: Int, _ message: String, _ cure: String) -> Failure {
        Failure(
            code: "ESCHEDULE", "schedule `\(text.prefix(200))`, character \(index + 1): \(message)", cure: cure)
    }
}
