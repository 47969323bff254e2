/// Durations and sizes as people write them.
package enum Quantity {
    private static let durations: [String: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800]
    private static let sizes: [String: Double] = [
        "B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9, "TB": 1e12,
        "KiB": 1024, "MiB": 1_048_576, "GiB": 1_073_741_824, "TiB": 1_099_511_627_776,
    ]

    /// Seconds from `90s`, `5m`, `2h`, `7d`, `2w`, several in a row (`1h30m`), or a number of seconds; nil where it
    /// is none of these, negative, or beyond 100 years.
    package static func seconds(_ value: Value) -> Double? {
        if let text = value.text { return parse(text, units: durations) { $0 <= 3_155_760_000 } }
        guard let number = value.double, number >= 0, number <= 3_155_760_000 else { return nil }
        return number
    }

    /// Bytes from `64KiB`, `10MiB`, `2GiB`, `5kB`, `5MB`, `5GB`, or a number of bytes; nil where it is none of
    /// these, negative, or beyond 2^62.
    package static func bytes(_ value: Value) -> Int64? {
        let number = value.text.map { parse($0, units: sizes) { $0 <= 4.6e18 } } ?? value.double
        guard let number, number >= 0, number <= 4.6e18 else { return nil }
        return Int64(number.rounded())
    }

    private static func parse(_ text: String, units: [String: Double], fits: (Double) -> Bool) -> Double? {
        if let plain = Double(text), plain >= 0, fits(plain) {
            return text.allSatisfy { $0.isNumber || $0 == "." } ? plain : nil
        }
        var rest = text[...]
        var total = 0.0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { ($0.isASCII && $0.isNumber) || $0 == "." }
            rest = rest.dropFirst(digits.count)
            let unit = rest.prefix { $0.isLetter }
            rest = rest.dropFirst(unit.count)
            guard let number = Double(digits), let factor = units[String(unit)] else { return nil }
            total += number * factor
        }
        return fits(total) ? total : nil
    }

    /// Seconds as people read them: `0.4 s`, `12 s`, `5 min 2 s`, `3 h 10 min`, `2 d 4 h`.
    package static func describe(seconds: Double) -> String {
        let magnitude = abs(seconds)
        if magnitude < 10 {
            let tenths = Int((magnitude * 10).rounded())
            return tenths % 10 == 0 ? "\(tenths / 10) s" : "\(tenths / 10).\(tenths % 10) s"
        }
        let whole = Int(magnitude.rounded())
        let parts: [(Int, String)] = [
            (whole / 86400, "d"), (whole % 86400 / 3600, "h"), (whole % 3600 / 60, "min"), (whole % 60, "s"),
        ]
        let first = parts.firstIndex { $0.0 > 0 } ?? 3
        return parts[first...].prefix(2).filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }.joined(separator: " ")
    }

    /// Bytes as people read them: `512 B`, `1.5 KiB`, `3.1 GiB`.
    package static func describe(bytes: Int64) -> String {
        if bytes < 1024 { return "\(bytes) B" }
        var value = Double(bytes)
        var unit = "B"
        for next in ["KiB", "MiB", "GiB", "TiB"] where value >= 1024 {
            value /= 1024
            unit = next
        }
        let tenths = Int((value * 10).rounded())
        return "\(tenths / 10).\(tenths % 10) \(unit)"
    }
}
