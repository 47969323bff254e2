extension Value {
    /// The value as a message tells it that expected another one: what is short in full, of the rest what it is.
    package var shown: String {
        switch self {
        case .null: return "nil"
        case .bool(let value): return value ? "true" : "false"
        case .int(let value): return "\(value)"
        case .number(let value): return "\(value)"
        case .list(let list): return list.isEmpty ? "an empty table" : "a table"
        case .map: return "a table"
        case .handle(let kind, _): return "a \(kind)"
        case .bytes(let bytes):
            guard bytes.count <= 40, let text = String(validating: bytes, as: UTF8.self),
                text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) })
            else { return bytes.count == 1 ? "a string of 1 byte" : "a string of \(bytes.count) bytes" }
            return "\"\(text)\""
        }
    }
}
