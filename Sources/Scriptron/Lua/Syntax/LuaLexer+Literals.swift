/// Strings and numerals.
extension LuaLexer {
    /// The value of a hexadecimal digit.
    private static func hexadecimal(_ byte: UInt8?) -> UInt32? {
        switch byte {
        case let byte? where isDigit(byte): UInt32(byte - UInt8(ascii: "0"))
        case let byte? where (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte): UInt32(byte) - 87
        case let byte? where (UInt8(ascii: "A")...UInt8(ascii: "F")).contains(byte): UInt32(byte) - 55
        default: nil
        }
    }

    // MARK: Strings

    /// What stands between `[==[` and `]==]`; the first line's end does not count.
    mutating func long(_ level: Int, _ start: LuaPosition, isComment: Bool = false) throws(LuaSyntaxError) -> [UInt8] {
        advance(level + 2)
        if let byte = current, Self.isLineEnd(byte) { takeLineEnd() }
        var bytes: [UInt8] = []
        while let byte = current {
            if byte == UInt8(ascii: "]"), closes(level) {
                advance(level + 2)
                return bytes
            }
            if Self.isLineEnd(byte) {
                takeLineEnd()
                if !isComment { bytes.append(0x0A) }
            } else {
                advance()
                if !isComment { bytes.append(byte) }
            }
        }
        throw failure("unfinished long \(isComment ? "comment" : "string") near '<eof>'", at: start)
    }

    private func closes(_ level: Int) -> Bool {
        for offset in 0..<level where peek(offset + 1) != UInt8(ascii: "=") { return false }
        return peek(level + 1) == UInt8(ascii: "]")
    }

    /// What stands between quotes.
    mutating func quoted(_ quote: UInt8, _ start: LuaPosition) throws(LuaSyntaxError) -> [UInt8] {
        advance()
        var bytes: [UInt8] = []
        while let byte = current, !Self.isLineEnd(byte) {
            if byte == quote {
                advance()
                return bytes
            }
            advance()
            if byte == UInt8(ascii: "\\") {
                try escape(into: &bytes)
            } else {
                bytes.append(byte)
            }
        }
        throw failure("unfinished string near '\(String(decoding: bytes.prefix(40), as: UTF8.self))'", at: start)
    }

    /// What a backslash, which was taken, makes of what follows it.
    private mutating func escape(into bytes: inout [UInt8]) throws(LuaSyntaxError) {
        guard let byte = current else { return }
        switch byte {
        case UInt8(ascii: "a"): bytes.append(0x07)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "v"): bytes.append(0x0B)
        case UInt8(ascii: "\\"), UInt8(ascii: "\""), UInt8(ascii: "'"): bytes.append(byte)
        case 0x0A, 0x0D:
            takeLineEnd()
            bytes.append(0x0A)
            return
        case UInt8(ascii: "x"):
            guard let high = Self.hexadecimal(peek(1)), let low = Self.hexadecimal(peek(2)) else {
                throw failure("hexadecimal digit expected")
            }
            bytes.append(UInt8(high << 4 | low))
            advance(2)
        case UInt8(ascii: "z"):
            advance()
            while let byte = current, byte == 0x20 || (0x09...0x0D).contains(byte) {
                if Self.isLineEnd(byte) { takeLineEnd() } else { advance() }
            }
            return
        case UInt8(ascii: "u"): return try unicode(into: &bytes)
        default: return try decimal(into: &bytes)
        }
        advance()
    }

    /// `\ddd`: one to three digits.
    private mutating func decimal(into bytes: inout [UInt8]) throws(LuaSyntaxError) {
        var value = 0
        var digits = 0
        while digits < 3, let byte = current, Self.isDigit(byte) {
            value = value * 10 + Int(byte - UInt8(ascii: "0"))
            digits += 1
            advance()
        }
        guard digits > 0 else { throw failure("invalid escape sequence") }
        guard let byte = UInt8(exactly: value) else { throw failure("decimal escape too large") }
        bytes.append(byte)
    }

    /// `\u{XXX}`: in UTF-8 as it was first made, up to 2^31.
    private mutating func unicode(into bytes: inout [UInt8]) throws(LuaSyntaxError) {
        advance()
        guard current == UInt8(ascii: "{") else { throw failure("missing '{' in \\u{xxxx}") }
        advance()
        guard var value = Self.hexadecimal(current) else { throw failure("hexadecimal digit expected") }
        advance()
        while let digit = Self.hexadecimal(current) {
            guard value <= 0x7FFF_FFFF >> 4 else { throw failure("UTF-8 value too large") }
            value = value << 4 | digit
            advance()
        }
        guard current == UInt8(ascii: "}") else { throw failure("missing '}' in \\u{xxxx}") }
        advance()
        if value < 0x80 { return bytes.append(UInt8(value)) }
        var rest: [UInt8] = []
        // What the first byte can hold shrinks by a bit with each that follows.
        var room: UInt32 = 0x3F
        repeat {
            rest.append(UInt8(0x80 | value & 0x3F))
            value >>= 6
            room >>= 1
        } while value > room
        bytes.append(UInt8(truncatingIfNeeded: ~room << 1 | value))
        bytes += rest.reversed()
    }

    // MARK: Numerals

    /// A numeral as written. Like Lua's own lexer it takes all that looks like a part of one, and then judges.
    mutating func numeral(_ start: LuaPosition) throws(LuaSyntaxError) -> String {
        let first = index
        let isHexadecimal = current == UInt8(ascii: "0") && (peek().map { $0 | 0x20 } == UInt8(ascii: "x"))
        if isHexadecimal { advance(2) }
        let exponent = UInt8(ascii: isHexadecimal ? "p" : "e")
        while let byte = current {
            if byte | 0x20 == exponent {
                advance()
                if current == UInt8(ascii: "+") || current == UInt8(ascii: "-") { advance() }
            } else if Self.hexadecimal(byte) != nil || byte == UInt8(ascii: ".") {
                advance()
            } else {
                break
            }
        }
        // A letter behind it makes it none.
        if let byte = current, Self.isNamePart(byte), !Self.isDigit(byte) { advance() }
        let written = text[first..<index]
        guard Self.isNumeral(written, isHexadecimal: isHexadecimal) else {
            throw failure("malformed number near '\(String(decoding: written, as: UTF8.self))'", at: start)
        }
        return String(decoding: written, as: UTF8.self)
    }

    private static func isNumeral(_ written: ArraySlice<UInt8>, isHexadecimal: Bool) -> Bool {
        var rest = isHexadecimal ? written.dropFirst(2) : written
        func take(_ isWanted: (UInt8) -> Bool) -> Int {
            let count = rest.prefix(while: isWanted).count
            rest = rest.dropFirst(count)
            return count
        }
        let isMantissa: (UInt8) -> Bool = { isHexadecimal ? hexadecimal($0) != nil : isDigit($0) }
        var digits = take(isMantissa)
        if rest.first == UInt8(ascii: ".") {
            rest = rest.dropFirst()
            digits += take(isMantissa)
        }
        guard digits > 0 else { return false }
        guard let letter = rest.first else { return true }
        guard letter | 0x20 == UInt8(ascii: isHexadecimal ? "p" : "e") else { return false }
        rest = rest.dropFirst()
        if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest = rest.dropFirst() }
        return take(isDigit) > 0 && rest.isEmpty
    }
}
