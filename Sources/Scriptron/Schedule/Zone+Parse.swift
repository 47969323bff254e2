extension Zone {
    /// An instant from text: `2026-11-23`, `2026-11-23 19:30`, `2026-11-23T19:30:05.25`, each in this zone or with
    /// `Z`, `+01:00` or `+0100` behind the time; or seconds since the epoch (`1795462200`, `@1795462200.5`).
    ///
    /// A local time that the clock shows twice is the first of the two; one that it passes over is the instant after.
    package func instant(parsing text: String) throws(Failure) -> Timestamp {
        var reader = InstantReader(rest: text.utf8[...])
        guard let found = reader.instant(in: self) else {
            throw Failure(
                code: "ETIME", "`\(text.prefix(100))` is not a time",
                cure: "write one like 2026-11-23 19:30, 2026-11-23T19:30:00+01:00, or seconds since 1970")
        }
        return found
    }
}

/// Reads the pieces of a time from the front of its text; nil where they do not follow.
private struct InstantReader {
    var rest: Substring.UTF8View

    mutating func instant(in zone: Zone) -> Timestamp? {
        let marked = take("@")
        if marked || !rest.dropFirst().contains(UInt8(ascii: "-")) && !rest.contains(UInt8(ascii: ":")) {
            guard let seconds = Double(String(rest) ?? ""), abs(seconds) < 253_402_300_800 else { return nil }
            return Timestamp(seconds)
        }
        guard let year = number(digits: 4), take("-"), let month = number(digits: 2), (1...12).contains(month),
            take("-"), let day = number(digits: 2),
            (1...CivilDate.days(inMonth: month, of: Int64(year))).contains(day)
        else { return nil }
        var local = LocalTime(year: Int64(year), month: month, day: day)
        var fraction: Int64 = 0
        var offset: Int64?
        if take("T") || take("t") || take(" ") {
            guard let hour = number(digits: 2), hour < 24, take(":"), let minute = number(digits: 2), minute < 60 else {
                return nil
            }
            (local.hour, local.minute) = (hour, minute)
            if take(":") {
                guard let second = number(digits: 2), second < 60 else { return nil }
                local.second = second
                if take(".") {
                    guard let found = microseconds() else { return nil }
                    fraction = found
                }
            }
            while take(" ") {}
            if !rest.isEmpty {
                guard let found = self.offset() else { return nil }
                offset = found
            }
        }
        guard rest.isEmpty else { return nil }
        let whole = offset.map { Timestamp(seconds: local.localSeconds - $0) } ?? zone.instant(of: local)
        return Timestamp(microseconds: whole.microseconds + fraction)
    }

    private mutating func take(_ character: Character) -> Bool {
        guard let first = rest.first, first == character.asciiValue else { return false }
        rest = rest.dropFirst()
        return true
    }

    private mutating func number(digits: Int) -> Int? {
        let piece = rest.prefix(digits)
        guard piece.count == digits, piece.allSatisfy({ (48...57).contains($0) }) else { return nil }
        rest = rest.dropFirst(digits)
        return piece.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// The digits behind a decimal point; those beyond the sixth are dropped.
    private mutating func microseconds() -> Int64? {
        let piece = rest.prefix { (48...57).contains($0) }
        guard !piece.isEmpty else { return nil }
        rest = rest.dropFirst(piece.count)
        let digits = piece.prefix(6)
        let value = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 48) }
        return (digits.count..<6).reduce(value) { value, _ in value * 10 }
    }

    /// `Z`, `+01:00`, `+0100` or `+01`, in seconds.
    private mutating func offset() -> Int64? {
        if take("Z") || take("z") { return 0 }
        let negative = take("-")
        guard negative || take("+"), let hours = number(digits: 2), hours < 24 else { return nil }
        var minutes = 0
        if take(":") || !rest.isEmpty {
            guard let found = number(digits: 2), found < 60 else { return nil }
            minutes = found
        }
        let seconds = Int64(hours * 3600 + minutes * 60)
        return negative ? -seconds : seconds
    }
}
