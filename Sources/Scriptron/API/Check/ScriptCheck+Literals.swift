/// Options, and what is written out in the text: numbers, texts, lists.
extension ScriptCheck {
    mutating func judgeOptions(_ given: LuaExpression, number: Int, of function: Reference.Function) {
        switch given.kind {
        case .table(let fields): judgeOptions(fields, at: given.position, of: function)
        case .string, .number, .boolean, .function:
            let first = function.options.first { $0.name != "..." }?.name ?? "name"
            report(
                .error, "EARGUMENT", given.position,
                "\(function.name): argument \(number) must be a table of options, not \(shown(given))",
                cure: "write { \(first) = … }")
        default: return
        }
    }

    private mutating func judgeOptions(_ fields: [LuaField], at position: LuaPosition, of function: Reference.Function)
    {
        let known = function.options.filter { $0.name != "..." }
        for field in fields {
            guard let key = ScriptScan.key(field) else {
                if case .none = field.key, !function.takesMore {
                    report(
                        .error, "EOPTION", field.value.position, "\(function.name): an option has no name",
                        cure: "it takes " + known.map(\.name).joined(separator: ", "))
                }
                continue
            }
            let place: LuaPosition =
                switch field.key {
                case .name(let name): name.position
                case .computed(let key): key.position
                case .none: field.value.position
                }
            if let option = known.first(where: { $0.name == key }) {
                judge(field.value, as: option.type, "option \(key)", of: function)
            } else if !function.takesMore {
                report(
                    .error, "EOPTION", place, "\(function.name): unknown option \(key)",
                    cure: cure(
                        key, among: known.map(\.name),
                        else: "it takes " + known.map(\.name).sorted().joined(separator: ", ")))
            }
        }
        guard ScriptScan.isPlain(fields) else { return }
        let given = fields.compactMap { ScriptScan.key($0) }
        for option in known where option.isRequired && !given.contains(option.name) {
            let near = Nearest.names(
                to: option.name, among: given.filter { name in !known.contains { $0.name == name } })
            report(
                .error, "EOPTION", position, "\(function.name): option \(option.name) is missing",
                cure: near.first.map { "did you mean \(option.name) where \($0) is written?" }
                    ?? option.text.withSmallStart)
        }
    }

    /// Judges one argument or option, where the text says what it is.
    mutating func judge(
        _ given: LuaExpression, as type: String, _ what: String, of function: Reference.Function
    ) {
        let expected = ScriptType(type)
        if function.owner == "process", type.hasPrefix("(string|integer)[]"),
            judgeProgram(given, of: function, isPipe: type.hasSuffix("[][]"))
        {
            return
        }
        guard expected.allows(given, vocabulary) else {
            return report(
                .error, "EARGUMENT", given.position,
                "\(function.name): \(what) must be \(expected.described), not \(shown(given))",
                cure: cure(for: given, expected))
        }
        if let words = expected.words, let text = given.text, !words.contains(text) {
            return report(
                .error, "EARGUMENT", given.position,
                "\(function.name): \(what) must be \(expected.described), not \"\(text)\"",
                cure: Nearest.names(to: text, among: words, limit: 1).first.map { "did you mean \"\($0)\"?" })
        }
        if let text = given.text { judgeQuantity(text, expected, what, of: function, at: given.position) }
        if case .table(let fields) = given.kind, expected.isList { judgeHoles(fields, what, of: function) }
    }

    private func cure(for given: LuaExpression, _ expected: ScriptType) -> String? {
        switch (given.kind, expected.text) {
        case (.number(let written), "mode"):
            return "write \"0\(written.drop { $0 == "0" })\": permissions are octal digits, as text"
        case (.string, _) where expected.isList: return "write { \(shown(given)) }"
        default: return nil
        }
    }

    /// Texts that stand for durations and sizes.
    private mutating func judgeQuantity(
        _ text: String, _ expected: ScriptType, _ what: String, of function: Reference.Function,
        at position: LuaPosition
    ) {
        let isDuration = expected.isDuration
        guard isDuration || expected.isSize else { return }
        let isRight = isDuration ? Quantity.seconds(.text(text)) != nil : Quantity.bytes(.text(text)) != nil
        guard isRight else {
            let isShort = isDuration && text.hasSuffix("ms")
            return report(
                .error, "EARGUMENT", position,
                "\(function.name): \(what) must be \(expected.described), not \"\(text)\"",
                cure: isShort ? "write a part of a second as a number: 0.5" : nil)
        }
        guard text.allSatisfy({ $0.isNumber || $0 == "." }) else { return }
        report(
            .warning, "EUNIT", position,
            "\(function.name): \(what) is \"\(text)\" without a unit, which means \(isDuration ? "seconds" : "bytes")",
            cure: "write " + (isDuration ? "\"\(text)s\" or \"\(text)m\"" : "\"\(text)B\" or \"\(text)MiB\""))
    }

    /// A nil inside a list, which ends it there.
    private mutating func judgeHoles(_ fields: [LuaField], _ what: String, of function: Reference.Function) {
        for (index, field) in fields.enumerated().dropLast() {
            guard case .none = field.key, case .nil = field.value.kind else { continue }
            report(
                .error, "EARGUMENT", field.value.position, "\(function.name): \(what) has a nil at place \(index + 1)",
                cure: "leave the item out, or write \"\" where a text may be empty")
        }
    }

    // MARK: Programs

    /// A program and its arguments; whether there was something to say.
    private mutating func judgeProgram(_ given: LuaExpression, of function: Reference.Function, isPipe: Bool) -> Bool {
        switch given.kind {
        case .string:
            let list = Self.list(given.text ?? "")
            report(
                .error, "EARGUMENT", given.position,
                "\(function.name) takes a program and its arguments as a list, not a line for a shell",
                cure: "write \(function.name) " + (isPipe ? "{ \(list) }" : list))
            return true
        case .table(let fields) where isPipe:
            for field in fields {
                if judgeProgram(field.value, of: function, isPipe: false) { return true }
            }
            return false
        case .table(let fields):
            guard let first = fields.first, case .none = first.key, let text = first.value.text, fields.count == 1,
                text.contains(" "), !text.hasPrefix("/")
            else { return false }
            report(
                .warning, "EARGUMENT", first.value.position,
                "\(function.name): \"\(text)\" is the name of one program, blanks and all",
                cure: "write " + Self.list(text))
            return true
        default: return false
        }
    }

    /// A line's words as a list: `{ "ls", "-l" }`.
    private static func list(_ line: String) -> String {
        let words = line.split { $0 == " " || $0 == "\t" || $0 == "\n" }
        return "{ " + words.map { "\"\($0)\"" }.joined(separator: ", ") + " }"
    }

    /// A literal as messages show it.
    func shown(_ expression: LuaExpression) -> String {
        switch expression.kind {
        case .string(let bytes):
            bytes.count <= 60 ? "\"\(String(decoding: bytes, as: UTF8.self))\"" : "a text of \(bytes.count) bytes"
        case .number(let written): written
        case .boolean(let value): value ? "true" : "false"
        case .table: "a table"
        case .function: "a function"
        default: names.shown(expression) ?? "this"
        }
    }
}

extension ScriptType {
    /// Whether nil may be given.
    var takesNil: Bool { alternatives.contains("nil") || alternatives.contains("any") }
}
