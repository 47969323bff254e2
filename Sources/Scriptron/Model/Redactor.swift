/// Takes secrets out of what people may see: each stands as `secret:NAME`, whether it was written as it is, in base64 (at
/// any place of a longer text), percent-encoded, in hexadecimal or as a text of JSON.
package struct Redactor: Sendable {
    private struct Pattern {
        let bytes: [UInt8]
        let shown: [UInt8]
    }

    /// Shorter ones would hit words that are none.
    private static let least = 4

    /// The longest first.
    private var patterns: [Pattern] = []

    package init() {}

    package var isEmpty: Bool { patterns.isEmpty }

    /// Hides a secret from now on. One of fewer than four bytes cannot be told from other text.
    package mutating func hide(_ secret: [UInt8], name: String) {
        guard secret.count >= Self.least else { return }
        let shown = Array("secret:\(name)".utf8)
        for form in Self.forms(secret) where form.count >= Self.least && !patterns.contains(where: { $0.bytes == form })
        {
            patterns.append(Pattern(bytes: form, shown: shown))
        }
        patterns.sort { $0.bytes.count > $1.bytes.count }
    }

    /// The value without secrets, names of members too.
    package func redacted(_ value: Value) -> Value {
        if isEmpty { return value }
        switch value {
        case .bytes(let bytes): return .bytes(redacted(bytes))
        case .list(let values): return .list(values.map(redacted))
        case .map(let values):
            return .map(
                Dictionary(
                    values.map { (String(decoding: redacted(Array($0.key.utf8)), as: UTF8.self), redacted($0.value)) },
                    uniquingKeysWith: { first, _ in first }))
        default: return value
        }
    }

    /// The bytes without secrets.
    package func redacted(_ bytes: [UInt8]) -> [UInt8] {
        patterns.reduce(bytes) { Self.replacing($1.bytes, in: $0, by: $1.shown) }
    }

    private static func replacing(_ pattern: [UInt8], in bytes: [UInt8], by shown: [UInt8]) -> [UInt8] {
        guard bytes.count >= pattern.count, let first = pattern.first else { return bytes }
        var result: [UInt8] = []
        var copied = 0
        var index = 0
        while index <= bytes.count - pattern.count {
            if bytes[index] == first, bytes[index..<(index + pattern.count)].elementsEqual(pattern) {
                result += bytes[copied..<index]
                result += shown
                index += pattern.count
                copied = index
            } else {
                index += 1
            }
        }
        return copied == 0 ? bytes : result + bytes[copied...]
    }

    /// The ways in which a secret is commonly written.
    private static func forms(_ secret: [UInt8]) -> [[UInt8]] {
        var forms = [secret]
        for digits in ["0123456789ABCDEF", "0123456789abcdef"].map({ Array($0.utf8) }) {
            var percent: [UInt8] = []
            var all: [UInt8] = []
            for byte in secret {
                let hexadecimal = [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                all += hexadecimal
                let isPlain =
                    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                    || "-._~".utf8.contains(byte)
                percent += isPlain ? [byte] : [UInt8(ascii: "%")] + hexadecimal
            }
            forms += [percent, all]
        }
        let json = (try? JSON.encode(.bytes(secret))).map { Array($0.dropFirst().dropLast()) }
        if let json { forms.append(json) }
        for alphabet in ["+/", "-_"] {
            for shift in 0..<3 {
                // The first and last characters also hold bits of the neighbours.
                let text = base64([UInt8](repeating: 0, count: shift) + secret, alphabet)
                let sure = (shift + secret.count) * 8 / 6
                forms.append(Array(text[(shift == 0 ? 0 : shift + 1)..<sure]))
            }
        }
        return forms
    }

    private static func base64(_ bytes: [UInt8], _ last: String) -> [UInt8] {
        let alphabet = Array(("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" + last).utf8)
        var text: [UInt8] = []
        var bits: UInt32 = 0
        var count = 0
        for byte in bytes {
            bits = bits << 8 | UInt32(byte)
            count += 8
            while count >= 6 {
                count -= 6
                text.append(alphabet[Int(bits >> UInt32(count) & 63)])
            }
        }
        if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count) & 63)]) }
        return text
    }
}
