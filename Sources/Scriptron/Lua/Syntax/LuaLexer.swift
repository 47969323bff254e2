/// Cuts a script's text into tokens, as Lua 5.4 does.
struct LuaLexer {
    let text: [UInt8]
    private(set) var index = 0
    private(set) var line = 1
    /// Where the current line begins.
    private var lineStart = 0

    init(_ text: [UInt8]) { self.text = text }

    /// The byte here; nil at the end.
    var current: UInt8? { index < text.count ? text[index] : nil }

    /// Where the next byte is.
    var position: LuaPosition { LuaPosition(line: line, column: index - lineStart + 1) }

    func peek(_ distance: Int = 1) -> UInt8? { index + distance < text.count ? text[index + distance] : nil }

    mutating func advance(_ count: Int = 1) { index += count }

    /// Takes a line's end: `\n`, `\r`, or both in either order.
    mutating func takeLineEnd() {
        let first = text[index]
        index += 1
        if let second = current, second != first, Self.isLineEnd(second) { index += 1 }
        line += 1
        lineStart = index
    }

    static func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    func failure(_ message: String, at position: LuaPosition? = nil) -> LuaSyntaxError {
        LuaSyntaxError(position: position ?? self.position, message: message)
    }

    /// The next token.
    mutating func next() throws(LuaSyntaxError) -> LuaToken {
        try skipBlanks()
        let start = position
        guard let byte = current else { return LuaToken(kind: .end, position: start) }
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"):
            let name = word()
            return LuaToken(kind: LuaKeyword.byText[name].map { .keyword($0) } ?? .name(name), position: start)
        case UInt8(ascii: "0")...UInt8(ascii: "9"):
            return LuaToken(kind: .number(try numeral(start)), position: start)
        case UInt8(ascii: "\""), UInt8(ascii: "'"):
            return LuaToken(kind: .string(try quoted(byte, start)), position: start)
        case UInt8(ascii: "["):
            if let level = longBracket() { return LuaToken(kind: .string(try long(level, start)), position: start) }
        case UInt8(ascii: "."):
            if let digit = peek(), Self.isDigit(digit) {
                return LuaToken(kind: .number(try numeral(start)), position: start)
            }
        default: break
        }
        return LuaToken(kind: .symbol(try symbol(byte)), position: start)
    }

    private static let symbols: [[String]] = [
        ["..."], ["..", "==", "~=", "<=", ">=", "//", "::", "<<", ">>"],
        [
            "+", "-", "*", "/", "%", "^", "#", "&", "~", "|", "<", ">", "=", "(", ")", "{", "}", "[", "]", ";", ":",
            ",", ".",
        ],
    ]

    /// The longest operator that is here.
    private mutating func symbol(_ byte: UInt8) throws(LuaSyntaxError) -> String {
        for (candidates, length) in zip(Self.symbols, [3, 2, 1]) where index + length <= text.count {
            let here = text[index..<index + length]
            if let found = candidates.first(where: { $0.utf8.elementsEqual(here) }) {
                advance(length)
                return found
            }
        }
        let shown = (0x21..<0x7F).contains(byte) ? String(UnicodeScalar(byte)) : "<\\\(byte)>"
        throw failure("unexpected symbol near '\(shown)'")
    }

    private mutating func word() -> String {
        let start = index
        while let byte = current, Self.isNamePart(byte) { index += 1 }
        return String(decoding: text[start..<index], as: UTF8.self)
    }

    /// Skips blanks and comments.
    private mutating func skipBlanks() throws(LuaSyntaxError) {
        while let byte = current {
            switch byte {
            case 0x0A, 0x0D: takeLineEnd()
            case 0x20, 0x09, 0x0B, 0x0C: index += 1
            case UInt8(ascii: "-") where peek() == UInt8(ascii: "-"):
                let start = position
                advance(2)
                if current == UInt8(ascii: "["), let level = longBracket() {
                    _ = try long(level, start, isComment: true)
                } else {
                    while let byte = current, !Self.isLineEnd(byte) { index += 1 }
                }
            default: return
            }
        }
    }

    /// The number of `=` in the opening of a long string that is here; nil where none is.
    private func longBracket() -> Int? {
        var level = 0
        while peek(level + 1) == UInt8(ascii: "=") { level += 1 }
        return peek(level + 1) == UInt8(ascii: "[") ? level : nil
    }

    static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    static func isNamePart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
        default: isDigit(byte)
        }
    }
}
