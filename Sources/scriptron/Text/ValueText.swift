import Scriptron

/// Values as people read them.
enum ValueText {
    /// On one line: texts bare, numbers to three decimals, all else as JSON; empty for null.
    static func short(_ value: Value) -> String {
        switch value {
        case .null: ""
        case .bytes: (value.text ?? json(value)).printable()
        case .number(let number): short(number)
        case .list(let values) where values.allSatisfy { $0.list == nil && $0.map == nil }:
            values.map { short($0) }.joined(separator: ", ")
        default: json(value)
        }
    }

    /// A line a member, those of inner maps below their key; a table for a list of flat maps, or a map of them, where
    /// it fits without cutting anything.
    static func lines(_ value: Value, _ style: TextStyle, indent: Int = 0) -> [String] {
        let space = String(repeating: " ", count: indent)
        guard let map = value.map, !map.isEmpty else {
            return style.wrap(space + short(value), indent: indent + 2)
        }
        return map.keys.sorted().flatMap { key -> [String] in
            let member = map[key] ?? .null
            let head = space + key.printable() + ":"
            if let inner = member.map, !inner.isEmpty {
                let rows = inner.sorted { $0.key < $1.key }.map { named($0.key, $0.value) }
                return [head] + (table(rows, style, indent: indent + 2) ?? lines(member, style, indent: indent + 2))
            }
            if case .list(let entries) = member, entries.contains(where: { $0.map != nil }) {
                return [head] + (table(entries, style, indent: indent + 2) ?? dashes(entries, style, space))
            }
            return style.wrap(head + " " + short(member, key: key), indent: indent + 4)
        }
    }

    /// A member of a map as a row: its key in a column without a heading.
    private static func named(_ key: String, _ value: Value) -> Value {
        guard case .map(let members) = value, !members.isEmpty else { return value }
        return .map(members.merging(["": .text(key)]) { member, _ in member })
    }

    /// A value under a key that says what it is: bytes are shown as such, and nothing as `none`.
    private static func short(_ value: Value, key: String) -> String {
        if value.map?.isEmpty == true { return "none" }
        if key == "bytes" || key.hasSuffix("_bytes"), let bytes = value.integer {
            return Quantity.describe(bytes: bytes)
        }
        return short(value)
    }

    /// Rows of maps without inner maps, as a table: what names a row first, then the other keys sorted.
    private static func table(_ rows: [Value], _ style: TextStyle, indent: Int) -> [String]? {
        let maps = rows.compactMap(\.map)
        let isFlat = maps.allSatisfy { $0.values.allSatisfy { $0.map?.isEmpty != false && $0.list?.isEmpty != false } }
        guard maps.count == rows.count, maps.allSatisfy({ !$0.isEmpty }), isFlat else { return nil }
        let keys = Set(maps.flatMap(\.keys))
        let order = ordered(keys)
        var table = TextTable(
            order.map { key in
                let isNumber = maps.allSatisfy { $0[key]?.double != nil || $0[key] == nil }
                return .init(key.printable(), right: isNumber, flexible: !isNumber)
            })
        for map in maps {
            table.add(order.map { key in .init(map[key].map { short($0, key: key) } ?? "") })
        }
        var narrow = style
        narrow.width -= indent
        guard table.fits(narrow.width) else { return nil }
        return table.lines(narrow).map { String(repeating: " ", count: indent) + $0 }
    }

    /// What names a row first, then the other keys sorted.
    private static func ordered(_ keys: Set<String>) -> [String] {
        let names = ["", "name", "path", "job", "service"].filter(keys.contains)
        return names + keys.subtracting(names).sorted()
    }

    /// A paragraph an entry: `- path /srv, bytes 2 B, files 1`.
    private static func dashes(_ entries: [Value], _ style: TextStyle, _ space: String) -> [String] {
        entries.flatMap { entry in
            let map = entry.map ?? [:]
            let parts = ordered(Set(map.keys)).map { "\($0.printable()) \(short(map[$0] ?? .null, key: $0))" }
            let text = map.isEmpty ? short(entry) : parts.joined(separator: ", ")
            return style.wrap(space + "  - " + text, indent: space.count + 6)
        }
    }

    /// A number without the decimals that nobody reads: whole ones bare, others to three.
    private static func short(_ number: Double) -> String {
        if let whole = Int64(exactly: number.rounded()), abs(number) < 1e15 {
            let rounded = (number * 1000).rounded() / 1000
            return rounded == Double(whole) ? String(whole) : "\(rounded)"
        }
        return "\(number)"
    }

    private static func json(_ value: Value) -> String { (try? JSON.text(value)) ?? "?" }
}
