/// Reads one JSON text; the rules are `JSON`'s.
struct JSONReader {
    private let bytes: [UInt8]
    private var index = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The one value of the text, with nothing but blanks around it.
    mutating func document() throws(Failure) -> Value {
        let value = try value(depth: 0)
        skipBlanks()
        guard index == bytes.count else { throw unexpected("the end of the text") }
        return value
    }

    private mutating func value(depth: Int) throws(Failure) -> Value {
        skipBlanks()
        guard let byte = peek else { throw unexpected("a value") }
        switch byte {
        case UInt8(ascii: "{"): return try map(depth: depth)
        case UInt8(ascii: "["): return try list(depth: depth)
        case UInt8(ascii: "\""): return .bytes(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        case UInt8(ascii: "t"): return try word("true", .bool(true))
        case UInt8(ascii: "f"): return try word("false", .bool(false))
        case UInt8(ascii: "n"): return try word("null", .null)
        default: throw unexpected("a value")
        }
    }

    private mutating func list(depth: Int) throws(Failure) -> Value {
        try enter(depth)
        var values: [Value] = []
        if closes(UInt8(ascii: "]")) { return .list(values) }
        while true {
            values.append(try value(depth: depth + 1))
            if closes(UInt8(ascii: "]")) { return .list(values) }
            try expect(UInt8(ascii: ","), "a comma or ]")
        }
    }

    private mutating func map(depth: Int) throws(Failure) -> Value {
        try enter(depth)
        var values: [String: Value] = [:]
        if closes(UInt8(ascii: "}")) { return .map(values) }
        while true {
            skipBlanks()
            let start = index
            guard peek == UInt8(ascii: "\"") else { throw unexpected("a key in quotes") }
            guard let key = String(validating: try string(), as: UTF8.self) else {
                throw failure("a key that is no valid UTF-8", at: start)
            }
            try expect(UInt8(ascii: ":"), "a colon")
            values[key] = try value(depth: depth + 1)
            if closes(UInt8(ascii: "}")) { return .map(values) }
            try expect(UInt8(ascii: ","), "a comma or }")
        }
    }

    private mutating func string() throws(Failure) -> [UInt8] {
        index += 1
        var text: [UInt8] = []
        while true {
            let start = index
            while let byte = peek, byte >= 0x20, byte < 0x80, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\") {
                index += 1
            }
            text += bytes[start..<index]
            guard let byte = peek else { throw unexpected("the string's closing quote") }
            switch byte {
            case UInt8(ascii: "\""):
                index += 1
                return text
            case UInt8(ascii: "\\"): try escape(into: &text)
            case ..<0x20: throw failure("a control character inside a string, which must be escaped", at: index)
            default:
                let length = UTF8Sequence.length(in: bytes, at: index)
                guard length > 0 else { throw failure("a string that is no valid UTF-8", at: index) }
                text += bytes[index..<index + length]
                index += length
            }
        }
    }

    private mutating func escape(into text: inout [UInt8]) throws(Failure) {
        let start = index
        index += 1
        guard let byte = peek else { throw unexpected("an escape") }
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
        case UInt8(ascii: "b"): text.append(0x08)
        case UInt8(ascii: "f"): text.append(0x0C)
        case UInt8(ascii: "n"): text.append(0x0A)
        case UInt8(ascii: "r"): text.append(0x0D)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "u"): try unicode(into: &text, from: start)
        default: throw failure("an escape that JSON does not know", at: start)
        }
    }

    private mutating func unicode(into text: inout [UInt8], from start: Int) throws(Failure) {
        var code = try fourDigits()
        if (0xD800...0xDBFF).contains(code), peek == UInt8(ascii: "\\"), index + 1 < bytes.count,
            bytes[index + 1] == UInt8(ascii: "u")
        {
            index += 2
            let low = try fourDigits()
            guard (0xDC00...0xDFFF).contains(low) else { throw failure("half a surrogate pair", at: start) }
            code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        }
        if (0xDC80...0xDCFF).contains(code) {
            text.append(UInt8(code - 0xDC00))
        } else if let scalar = Unicode.Scalar(code) {
            text += Array(String(Character(scalar)).utf8)
        } else {
            throw failure("half a surrogate pair", at: start)
        }
    }

    private mutating func fourDigits() throws(Failure) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = peek, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw unexpected("four hex digits")
            }
            code = code << 4 | UInt32(digit)
            index += 1
        }
        return code
    }

    private mutating func number() throws(Failure) -> Value {
        let start = index
        if peek == UInt8(ascii: "-") { index += 1 }
        let digits = index
        try digitsRequired()
        if bytes[digits] == UInt8(ascii: "0"), index > digits + 1 {
            throw failure("a number with a leading zero", at: digits)
        }
        var whole = true
        if peek == UInt8(ascii: ".") {
            whole = false
            index += 1
            try digitsRequired()
        }
        if peek == UInt8(ascii: "e") || peek == UInt8(ascii: "E") {
            whole = false
            index += 1
            if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { index += 1 }
            try digitsRequired()
        }
        let text = String(decoding: bytes[start..<index], as: UTF8.self)
        if whole, text != "-0", let int = Int64(text) { return .int(int) }
        guard let number = Double(text), number.isFinite else {
            throw failure("a number too large for a double", at: start)
        }
        return .number(number)
    }

    private mutating func digitsRequired() throws(Failure) {
        let start = index
        while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { index += 1 }
        guard index > start else { throw unexpected("a digit") }
    }

    private mutating func word(_ word: String, _ value: Value) throws(Failure) -> Value {
        guard bytes[index...].starts(with: word.utf8) else { throw unexpected("a value") }
        index += word.utf8.count
        return value
    }

    private var peek: UInt8? { index < bytes.count ? bytes[index] : nil }

    private mutating func skipBlanks() {
        while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { index += 1 }
    }

    private mutating func closes(_ byte: UInt8) -> Bool {
        skipBlanks()
        guard peek == byte else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ byte: UInt8, _ what: String) throws(Failure) {
        skipBlanks()
        guard peek == byte else { throw unexpected(what) }
        index += 1
    }

    private mutating func enter(_ depth: Int) throws(Failure) {
        guard depth < JSON.depthLimit else { throw failure("nesting deeper than \(JSON.depthLimit)", at: index) }
        index += 1
    }

    private func unexpected(_ expected: String) -> Failure {
        guard let byte = peek else {
            return Failure(code: "EJSON", "the JSON text ends at byte \(index) where \(expected) is expected")
        }
        let found = (0x21...0x7E).contains(byte) ? "'\(Character(Unicode.Scalar(byte)))'" : "the byte \(byte)"
        return Failure(code: "EJSON", "not JSON: expected \(expected) at byte \(index), found \(found)")
    }

    private func failure(_ what: String, at index: Int) -> Failure {
        Failure(code: "EJSON", "not JSON: \(what) at byte \(index)")
    }
}
