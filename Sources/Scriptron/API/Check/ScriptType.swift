/// A type as the reference writes it (`path|Entry`), and which literals fit it.
struct ScriptType {
    let text: String
    /// What it may be, each without the others.
    let alternatives: [String]

    init(_ text: String) {
        self.text = text
        alternatives = Self.split(text)
    }

    /// Cuts at each `|` that stands in no bracket.
    private static func split(_ text: String) -> [String] {
        var parts: [String] = [""]
        var depth = 0
        for character in text {
            if "([{<".contains(character) { depth += 1 }
            if ")]}>".contains(character) { depth -= 1 }
            if character == "|", depth == 0 {
                parts.append("")
            } else {
                parts[parts.count - 1].append(character)
            }
        }
        return parts
    }

    /// The texts that are allowed, where it is one of a few; nil: any text, or none.
    var words: [String]? {
        guard !alternatives.isEmpty, alternatives.allSatisfy({ $0.hasPrefix("\"") && $0.hasSuffix("\"") }) else {
            return nil
        }
        return alternatives.map { String($0.dropFirst().dropLast()) }
    }

    var isList: Bool { alternatives.allSatisfy { $0.hasSuffix("[]") } }
    var isDuration: Bool { alternatives.contains("duration") && !alternatives.contains("string") }
    var isSize: Bool { alternatives.contains("size") && !alternatives.contains("string") }

    /// Whether a literal may be of the type; what is no literal may be.
    func allows(_ expression: LuaExpression, _ vocabulary: ScriptVocabulary) -> Bool {
        alternatives.contains { Self.allows($0, expression, vocabulary) }
    }

    private static func allows(_ type: String, _ expression: LuaExpression, _ vocabulary: ScriptVocabulary) -> Bool {
        let kinds: Set<Kind>
        switch type {
        case "string", "path", "Pattern", "Kind", "Secret", "mode": kinds = [.text]
        case "integer", "number": kinds = [.number]
        case "duration", "size": kinds = [.text, .number]
        case "boolean", "true", "false": kinds = [.boolean]
        default:
            if type.hasSuffix("[]") || type.hasPrefix("{") || type.hasPrefix("table") || vocabulary.records[type] != nil
            {
                kinds = [.table]
            } else if type.hasPrefix("fun(") {
                kinds = [.function]
            } else if type.hasPrefix("\"") {
                kinds = [.text]
            } else {
                return true
            }
        }
        return Kind(expression).map { kinds.contains($0) } ?? true
    }

    /// What a literal is; nil is let pass: it stands for what is left out.
    private enum Kind {
        case text
        case number
        case boolean
        case table
        case function

        init?(_ expression: LuaExpression) {
            switch expression.kind {
            case .string: self = .text
            case .number: self = .number
            case .boolean: self = .boolean
            case .table: self = .table
            case .function: self = .function
            default: return nil
            }
        }
    }

    /// In words: `a list`, `text`.
    var described: String {
        if let words { return "one of " + words.map { "\"\($0)\"" }.joined(separator: ", ") }
        if isList { return "a list" }
        switch text {
        case "path", "string": return "text"
        case "mode": return "text of octal digits"
        case "integer": return "a whole number"
        case "number": return "a number"
        case "boolean": return "true or false"
        case "duration": return "a duration such as \"90s\", \"5m\" or a number of seconds"
        case "size": return "a size such as \"16MiB\" or a number of bytes"
        default: return text.hasPrefix("fun(") ? "a function" : text.hasPrefix("table") ? "a table" : text
        }
    }
}
