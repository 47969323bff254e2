/// One `--set a.b=v` of the command line.
package struct SetArgument: Sendable, Hashable {
    /// The setting, and the keys inside it.
    package var keys: [String]
    package var text: String

    /// Fails (code `EUSAGE`) where it is not of that form.
    package init(_ argument: String) throws(Failure) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
            throw Failure(
                code: "EUSAGE", "--set \(argument): expected NAME=VALUE", cure: "for instance --set older_than=7d")
        }
        keys = argument[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        text = String(argument[argument.index(after: equals)...])
        guard !keys.contains("") else {
            throw Failure(code: "EUSAGE", "--set \(argument): a name is empty")
        }
    }

    /// The value of each setting that is named: repeated ones make a list where the setting is one, else the last holds.
    static func combined(
        _ arguments: [SetArgument], _ declarations: SettingDeclarations
    ) throws(Failure) -> [(name: String, value: Value)] {
        var values: [String: Value] = [:]
        var order: [String] = []
        for argument in arguments {
            let place = "--set \(argument.keys.joined(separator: "."))"
            guard let name = argument.keys.first, let declaration = declarations.settings[name] else {
                throw Settings.unknown(argument.keys.first ?? "", declarations.settings.keys, at: place)
            }
            if values[name] == nil { order.append(name) }
            values[name] = try add(argument.text, argument.keys.dropFirst(), to: values[name], declaration, place)
        }
        return order.map { ($0, values[$0] ?? .null) }
    }

    /// `old` with the text put where `keys` lead.
    private static func add(
        _ text: String, _ keys: ArraySlice<String>, to old: Value?, _ declaration: SettingDeclaration?, _ place: String
    ) throws(Failure) -> Value {
        let kind = declaration?.kind
        guard let key = keys.first else { return try value(text, old, declaration, place) }
        guard kind == nil || kind == .map || kind == .table else {
            throw Failure(code: "ECONFIG", "the setting has nothing inside it", place: place)
        }
        var members = old?.map ?? [:]
        members[key] = try add(text, keys.dropFirst(), to: members[key], declaration?.members[key], place)
        return .map(members)
    }

    private static func value(
        _ text: String, _ old: Value?, _ declaration: SettingDeclaration?, _ place: String
    ) throws(Failure) -> Value {
        switch declaration?.kind {
        case .string, .duration, .size, .path: return .text(text)
        case .number:
            guard let number = number(text) else {
                throw Failure(code: "ECONFIG", "must be a number, not \"\(text)\"", place: place)
            }
            return number
        case .boolean:
            switch text {
            case "true", "yes", "on", "1": return true
            case "false", "no", "off", "0": return false
            default: throw Failure(code: "ECONFIG", "must be true or false, not \"\(text)\"", place: place)
            }
        case .paths: return .list((old?.list ?? []) + (text.isEmpty ? [] : [.text(text)]))
        case .list, .table: return .list((old?.list ?? []) + (text.isEmpty ? [] : [inferred(text)]))
        case .oneOf: return declaration?.choices.first { written($0) == text } ?? .text(text)
        case .secret: return .secret(text)
        case .map:
            throw Failure(code: "ECONFIG", "is a table", place: place, cure: "say which member: \(place).NAME=VALUE")
        case nil: return inferred(text)
        }
    }

    private static func number(_ text: String) -> Value? {
        if let int = Int64(text) { return .int(int) }
        guard let number = Double(text), number.isFinite else { return nil }
        return .number(number)
    }

    private static func inferred(_ text: String) -> Value {
        switch text {
        case "true": true
        case "false": false
        default: number(text) ?? .text(text)
        }
    }

    private static func written(_ value: Value) -> String? {
        if case .bytes = value { return value.text }
        return Section.describe(value)
    }
}
