/// Values as JSON (RFC 8259), for records, the command line, HTTP and the scripts' `json`.
///
/// What JSON cannot say is settled here, once:
/// - Whole numbers stay whole: `.int` has no point, `.number` always has a point or an exponent, and both come back
///   as what they were. A whole number beyond 64 bits is read as `.number`.
/// - NaN and the infinities, handles, and nesting deeper than `depthLimit` are errors.
/// - A byte that is not part of valid UTF-8 is written as `\udcNN`, a lone low surrogate, NN being the byte (Python's
///   `surrogateescape`), and read back as that byte; so any bytes survive. Other lone surrogates are errors.
/// - Keys are written in the order of their bytes; of a doubled key the last wins.
package enum JSON {
    /// How deep lists and maps may nest, both ways.
    package static let depthLimit = 512

    /// The value as JSON; `pretty` puts each member on a line of its own, indented by two spaces.
    package static func encode(_ value: Value, pretty: Bool = false) throws(Failure) -> [UInt8] {
        var writer = JSONWriter(pretty: pretty)
        try writer.write(value, depth: 0)
        return writer.output
    }

    /// The value as JSON text.
    package static func text(_ value: Value, pretty: Bool = false) throws(Failure) -> String {
        String(decoding: try encode(value, pretty: pretty), as: UTF8.self)
    }

    /// The one value that `bytes` hold; the error (code `EJSON`) names the offset of the byte it stumbled over.
    package static func decode(_ bytes: [UInt8]) throws(Failure) -> Value {
        var reader = JSONReader(bytes)
        return try reader.document()
    }

    /// The one value that `text` holds.
    package static func decode(_ text: String) throws(Failure) -> Value { try decode(Array(text.utf8)) }
}

private struct JSONWriter {
    var output: [UInt8] = []
    let pretty: Bool

    init(pretty: Bool) { self.pretty = pretty }

    mutating func write(_ value: Value, depth: Int) throws(Failure) {
        switch value {
        case .null: append("null")
        case .bool(let bool): append(bool ? "true" : "false")
        case .int(let int): append(String(int))
        case .number(let number):
            guard number.isFinite else {
                throw Failure(code: "EJSON", "JSON has no form for the number \(number)")
            }
            append(number.description)
        case .bytes(let bytes): write(string: bytes)
        case .list(let values): try write(values, depth: depth)
        case .map(let values): try write(values, depth: depth)
        case .handle(let kind, _):
            throw Failure(code: "EJSON", "JSON has no form for a \(kind)")
        }
    }

    private mutating func write(_ values: [Value], depth: Int) throws(Failure) {
        try enter(depth)
        output.append(UInt8(ascii: "["))
        for (index, value) in values.enumerated() {
            separate(first: index == 0, depth: depth + 1)
            try write(value, depth: depth + 1)
        }
        finish("]", empty: values.isEmpty, depth: depth)
    }

    private mutating func write(_ values: [String: Value], depth: Int) throws(Failure) {
        try enter(depth)
        output.append(UInt8(ascii: "{"))
        let members = values.map { (key: Array($0.key.utf8), value: $0.value) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
        for (index, member) in members.enumerated() {
            separate(first: index == 0, depth: depth + 1)
            write(string: member.key)
            append(pretty ? ": " : ":")
            try write(member.value, depth: depth + 1)
        }
        finish("}", empty: values.isEmpty, depth: depth)
    }

    private func enter(_ depth: Int) throws(Failure) {
        guard depth < JSON.depthLimit else {
            throw Failure(code: "EJSON", "the value nests deeper than \(JSON.depthLimit) levels")
        }
    }

    private mutating func separate(first: Bool, depth: Int) {
        if !first { output.append(UInt8(ascii: ",")) }
        if pretty { breakLine(depth) }
    }

    private mutating func finish(_ end: String, empty: Bool, depth: Int) {
        if pretty, !empty { breakLine(depth) }
        append(end)
    }

    private mutating func breakLine(_ depth: Int) {
        output.append(UInt8(ascii: "\n"))
        output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: 2 * depth))
    }

    private mutating func append(_ text: String) { output.append(contentsOf: text.utf8) }

    /// A string; every control character is escaped, DEL and the C1 controls too, so that a log cannot move a cursor.
    private mutating func write(string bytes: [UInt8]) {
        output.append(UInt8(ascii: "\""))
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            switch byte {
            case 0x20, 0x21, 0x23...0x5B, 0x5D...0x7E:
                let start = index
                while index + 1 < bytes.count, Self.isPlain(bytes[index + 1]) { index += 1 }
                output += bytes[start...index]
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): output += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): append("\\n")
            case UInt8(ascii: "\r"): append("\\r")
            case UInt8(ascii: "\t"): append("\\t")
            case 0..<0x20, 0x7F: append("\\u00" + hex(byte))
            default:
                let length = UTF8Sequence.length(in: bytes, at: index)
                if length == 0 {
                    append("\\udc" + hex(byte))
                } else if byte == 0xC2, bytes[index + 1] < 0xA0 {
                    append("\\u00" + hex(bytes[index + 1]))
                } else {
                    output += bytes[index..<index + length]
                }
                index += max(length, 1) - 1
            }
            index += 1
        }
        output.append(UInt8(ascii: "\""))
    }

    private static func isPlain(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7F && byte != 0x22 && byte != 0x5C }

    private func hex(_ byte: UInt8) -> String {
        (byte < 0x10 ? "0" : "") + String(byte, radix: 16)
    }
}
