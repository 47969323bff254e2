/// A pattern for names and paths, as shells have them.
///
/// `*` stands for any bytes but `/`, `**` for any, `**/` for any directories or none, `?` for one character, `[a-z]` and
/// `[!a-z]` for one byte, `{a,b}` for either, `\` takes the next byte as it is. A pattern without a slash is matched
/// against the last name, one with a slash against the whole path. Matching takes time in proportion to both lengths.
package struct Glob: Sendable, Hashable {
    private enum Token: Hashable {
        case byte(UInt8)
        /// The first byte of a character.
        case character
        /// The bytes that continue it.
        case continuations
        case set(ranges: [ClosedRange<UInt8>], negated: Bool)
        /// `*`
        case star
        /// `**`
        case deep
        /// `**/`
        case directories
    }

    /// The pattern as written.
    package let text: String
    private let alternatives: [[Token]]
    private let wholePath: Bool

    /// The pattern; throws `EPATTERN` where a bracket or brace is not closed, or it is unreasonably large.
    package init(_ text: String) throws(Failure) {
        self.text = text
        var bytes = Array(text.utf8)
        wholePath = bytes.contains(UInt8(ascii: "/"))
        if bytes.first == UInt8(ascii: "/") { bytes.removeFirst() }
        guard bytes.count <= 4096 else { throw Failure(code: "EPATTERN", "the pattern is longer than 4096 bytes") }
        let expanded = try Self.expand(bytes, text)
        var alternatives: [[Token]] = []
        for pattern in expanded { alternatives.append(try Self.tokens(pattern, text)) }
        self.alternatives = alternatives
    }

    /// Whether it holds anything but plain bytes.
    package static func isPattern(_ text: String) -> Bool { text.contains { "*?[{\\".contains($0) } }

    /// Whether the pattern matches the path (or its last name).
    package func matches(_ path: [UInt8]) -> Bool {
        let slash = UInt8(ascii: "/")
        let subject = wholePath ? path[...] : path[...].suffix { $0 != slash }
        return alternatives.contains { Self.matches($0, subject) }
    }

    private static func unclosed(_ what: String, _ text: String) -> Failure {
        Failure(
            code: "EPATTERN", "the pattern \(text) has a \(what) that is not closed",
            cure: "close it, or write \\\(what) for the character itself")
    }

    /// The patterns that `{a,b}` stands for.
    private static func expand(_ bytes: [UInt8], _ text: String) throws(Failure) -> [[UInt8]] {
        var index = 0
        while index < bytes.count {
            if bytes[index] == UInt8(ascii: "\\") {
                index += 2
                continue
            }
            if bytes[index] == UInt8(ascii: "{") { break }
            index += 1
        }
        guard index < bytes.count else { return [bytes] }
        var depth = 0
        var start = index + 1
        var choices: [[UInt8]] = []
        for end in index..<bytes.count {
            switch bytes[end] {
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: ",") where depth == 1:
                choices.append(Array(bytes[start..<end]))
                start = end + 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth > 0 { continue }
                choices.append(Array(bytes[start..<end]))
                var all: [[UInt8]] = []
                for choice in choices {
                    all += try expand(Array(bytes[..<index]) + choice + Array(bytes[(end + 1)...]), text)
                    guard all.count <= 256 else {
                        throw Failure(code: "EPATTERN", "the pattern \(text) stands for more than 256 patterns")
                    }
                }
                return all
            default: break
            }
        }
        throw unclosed("{", text)
    }

    private static func tokens(_ bytes: [UInt8], _ text: String) throws(Failure) -> [Token] {
        var tokens: [Token] = []
        var rest = bytes[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "*"):
                guard rest.first == byte else {
                    tokens.append(.star)
                    continue
                }
                rest = rest.drop { $0 == byte }
                if rest.first == UInt8(ascii: "/") {
                    rest.removeFirst()
                    tokens.append(.directories)
                } else {
                    tokens.append(.deep)
                }
            case UInt8(ascii: "?"): tokens += [.character, .continuations]
            case UInt8(ascii: "\\"): tokens.append(.byte(rest.popFirst() ?? byte))
            case UInt8(ascii: "["): tokens.append(try set(&rest, text))
            default: tokens.append(.byte(byte))
            }
        }
        return tokens
    }

    private static func set(_ rest: inout ArraySlice<UInt8>, _ text: String) throws(Failure) -> Token {
        let negated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
        if negated { rest.removeFirst() }
        var ranges: [ClosedRange<UInt8>] = []
        while let low = rest.popFirst() {
            if low == UInt8(ascii: "]"), !ranges.isEmpty { return .set(ranges: ranges, negated: negated) }
            let next = rest.dropFirst().first
            if rest.first == UInt8(ascii: "-"), let high = next, high != UInt8(ascii: "]"), high >= low {
                rest = rest.dropFirst(2)
                ranges.append(low...high)
            } else {
                ranges.append(low...low)
            }
        }
        throw unclosed("[", text)
    }

    /// Follows all ways through the tokens at once, so that no pattern takes exponential time.
    private static func matches(_ tokens: [Token], _ subject: ArraySlice<UInt8>) -> Bool {
        var states = [Bool](repeating: false, count: tokens.count + 1)
        enter(0, tokens, &states)
        for byte in subject {
            var next = [Bool](repeating: false, count: tokens.count + 1)
            for (index, token) in tokens.enumerated() where states[index] {
                switch token {
                case .byte(let expected):
                    if byte == expected { enter(index + 1, tokens, &next) }
                case .character:
                    if byte != UInt8(ascii: "/"), byte & 0xC0 != 0x80 { enter(index + 1, tokens, &next) }
                case .continuations:
                    if byte & 0xC0 == 0x80 { enter(index, tokens, &next) }
                case .set(let ranges, let negated):
                    if byte != UInt8(ascii: "/"), ranges.contains(where: { $0.contains(byte) }) != negated {
                        enter(index + 1, tokens, &next)
                    }
                case .star:
                    if byte != UInt8(ascii: "/") { enter(index, tokens, &next) }
                case .deep: enter(index, tokens, &next)
                case .directories:
                    next[index] = true
                    if byte == UInt8(ascii: "/") { enter(index + 1, tokens, &next) }
                }
            }
            states = next
        }
        return states[tokens.count]
    }

    /// Reaches a state, and those that it stands for without a byte.
    private static func enter(_ index: Int, _ tokens: [Token], _ states: inout [Bool]) {
        states[index] = true
        guard index < tokens.count else { return }
        switch tokens[index] {
        case .star, .deep, .directories, .continuations: enter(index + 1, tokens, &states)
        case .byte, .character, .set: break
        }
    }
}

extension ArraySlice where Element == UInt8 {
    /// What stands behind the last element that does not satisfy the condition.
    fileprivate func suffix(_ condition: (UInt8) -> Bool) -> ArraySlice<UInt8> {
        var start = endIndex
        while start > startIndex, condition(self[start - 1]) { start -= 1 }
        return self[start...]
    }
}
