import Scriptron

/// Needs as Lua text that can be put into a configuration.
enum NeedsText {
    private static let order = [
        "read", "write", "run", "connect", "dns", "secrets", "signal", "service", "setid", "user",
    ]

    /// `needs = { … },`, a key a line.
    static func lines(_ needs: Value) -> [String] {
        let members = needs.map ?? [:]
        guard !members.isEmpty else { return ["needs = {},"] }
        return ["needs = {"] + order.compactMap { key in members[key].map { "  \(key) = \(text($0))," } } + ["},"]
    }

    private static func text(_ value: Value) -> String {
        switch value {
        case .bool(let bool): bool ? "true" : "false"
        case .bytes(let bytes): quoted(bytes)
        case .list(let values): "{ " + values.map(text).joined(separator: ", ") + " }"
        case .map(let members):
            // A program with its user: { "pg_dump", user = "postgres" }.
            "{ "
                + ([members["1"]].compactMap { $0.map(text) }
                + members.filter { $0.key != "1" }.sorted { $0.key < $1.key }.map { "\($0.key) = \(text($0.value))" })
                .joined(separator: ", ") + " }"
        default: "nil"
        }
    }

    /// A string of Lua: any bytes come back.
    private static func quoted(_ bytes: [UInt8]) -> String {
        let valid = String(validating: bytes, as: UTF8.self) != nil
        var text = "\""
        var plain: [UInt8] = []
        for byte in bytes {
            let isPlain = byte >= 0x20 && byte != 0x7F && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
            if isPlain && (valid || byte < 0x80) {
                plain.append(byte)
            } else {
                text += String(decoding: plain, as: UTF8.self)
                plain = []
                let digits = String(byte)
                text += "\\" + String(repeating: "0", count: 3 - digits.count) + digits
            }
        }
        return text + String(decoding: plain, as: UTF8.self) + "\""
    }
}
