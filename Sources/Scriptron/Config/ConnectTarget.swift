/// Where a job may connect to, as needs and ceilings write it.
package enum ConnectTarget: Sendable, Hashable {
    /// A name, or `*.domain` for every name under it, in lower case; or an address. In a ceiling also `*`.
    case host(String, port: Port)
    /// `10.0.0.0/8:5432`, `[fd00::/8]:5432`.
    case network(String, bits: Int, port: Port)
    /// `unix:/path`.
    case unix(Path)

    /// A port, or in a ceiling any.
    package enum Port: Sendable, Hashable, ExpressibleByIntegerLiteral {
        case number(UInt16)
        case any

        package init(integerLiteral value: UInt16) { self = .number(value) }
    }

    /// An entry of needs; nil where the text is none.
    package init?(need text: String) { self.init(text, isCeiling: false) }

    /// An entry of a ceiling, where host and port may be `*`; nil where the text is none.
    package init?(ceiling text: String) { self.init(text, isCeiling: true) }

    private init?(_ text: String, isCeiling: Bool) {
        if text.hasPrefix("unix:") {
            let path = Path(String(text.dropFirst(5)))
            guard path.isAbsolute, path.bytes.count <= 107, !path.bytes.contains(0) else { return nil }
            self = .unix(path)
            return
        }
        guard let colon = text.lastIndex(of: ":"),
            let port = Self.port(text[text.index(after: colon)...], isCeiling: isCeiling)
        else { return nil }
        var host = text[..<colon]
        if isCeiling, host == "*" {
            self = .host("*", port: port)
            return
        }
        let isSix = host.hasPrefix("[") && host.hasSuffix("]")
        if isSix { host = host.dropFirst().dropLast() }
        let parts = host.split(separator: "/", omittingEmptySubsequences: false)
        let isAddress = parts.first.map { isSix ? Self.isIPv6($0) : Self.isIPv4($0) } ?? false
        if parts.count == 2 {
            guard isAddress, let bits = Int(parts[1]), (0...(isSix ? 128 : 32)).contains(bits), String(bits) == parts[1]
            else { return nil }
            self = .network(String(parts[0]), bits: bits, port: port)
        } else {
            guard isAddress || (!isSix && Self.isName(host)) else { return nil }
            self = .host(host.lowercased(), port: port)
        }
    }

    /// The key `connect` of needs or a ceiling, each text checked; as written.
    static func texts(_ section: inout Section, isCeiling: Bool) throws(Failure) -> [String] {
        let expected = "\"host:port\", \"*.domain:port\", \"network/bits:port\" or \"unix:/path\", or a list of these"
        let texts = try section.texts("connect", expected)
        for (index, text) in texts.enumerated() where ConnectTarget(text, isCeiling: isCeiling) == nil {
            // What a ceiling may say, copied from there.
            if !isCeiling, ConnectTarget(text, isCeiling: true) != nil {
                throw section.failure(
                    ["connect", "[\(index + 1)]"], "must be \(expected), not \"\(text)\"",
                    cure: "a job names its hosts and ports; * for any is for a ceiling")
            }
            throw section.mismatch(["connect", "[\(index + 1)]"], expected, .text(text))
        }
        return texts
    }

    private static func port(_ text: Substring, isCeiling: Bool) -> Port? {
        if isCeiling, text == "*" { return .any }
        guard let port = UInt16(text), port > 0, String(port) == text else { return nil }
        return .number(port)
    }

    /// A name of DNS (RFC 1123), or `*.` before one; a name of digits and dots alone would be an address.
    private static func isName(_ text: Substring) -> Bool {
        let name = text.hasPrefix("*.") ? text.dropFirst(2) : text
        guard (1...253).contains(name.utf8.count), !name.allSatisfy({ $0 == "." || $0.isNumber }) else { return false }
        return name.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { byte in
                    switch byte {
                    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
                        true
                    default: false
                    }
                }
        }
    }

    private static func isIPv4(_ text: Substring) -> Bool {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts.allSatisfy { part in UInt8(part).map { String($0) == part } ?? false }
    }

    /// RFC 4291: eight groups of up to four hexadecimal digits, `::` once for a run of zeros.
    private static func isIPv6(_ text: Substring) -> Bool {
        let halves = text.split(separator: "::", maxSplits: 2, omittingEmptySubsequences: false)
        guard halves.count <= 2 else { return false }
        var groups = 0
        for half in halves where !half.isEmpty {
            for group in half.split(separator: ":", omittingEmptySubsequences: false) {
                guard (1...4).contains(group.utf8.count), group.allSatisfy(\.isHexDigit) else { return false }
                groups += 1
            }
        }
        return halves.count == 2 ? groups < 8 : groups == 8
    }
}
