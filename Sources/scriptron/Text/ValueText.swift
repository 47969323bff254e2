import Scriptron

/// Values as people read them.
enum ValueText {
    /// On one line: texts bare, all else as JSON; empty for null.
    static func short(_ value: Value) -> String {
        switch value {
        case .null: ""
        case .bytes: (value.text ?? json(value)).printable()
        case .list(let values) where values.allSatisfy { $0.text != nil }:
            values.map { short($0) }.joined(separator: ", ")
        default: json(value)
        }
    }

    /// A line a member, those of inner maps below their key; `[]` lists with an entry a line where they are long.
    static func lines(_ value: Value, _ style: TextStyle, indent: Int = 0) -> [String] {
        let space = String(repeating: " ", count: indent)
        guard let map = value.map, !map.isEmpty else {
            return style.wrap(space + short(value), indent: indent + 2)
        }
        return map.keys.sorted().flatMap { key -> [String] in
            let member = map[key] ?? .null
            if let inner = member.map, !inner.isEmpty {
                return [space + key.printable() + ":"] + lines(member, style, indent: indent + 2)
            }
            if case .list(let entries) = member, entries.contains(where: { $0.map != nil }) {
                return [space + key.printable() + ":"]
                    + entries.flatMap { style.wrap(space + "  - " + short($0), indent: indent + 6) }
            }
            return style.wrap(space + key.printable() + ": " + short(member), indent: indent + 4)
        }
    }

    private static func json(_ value: Value) -> String { (try? JSON.text(value)) ?? "?" }
}
