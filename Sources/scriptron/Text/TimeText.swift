import Scriptron

/// Instants for people: in the machine's zone, and seen from now.
struct TimeText {
    var zone: Zone
    var now: Timestamp

    /// The machine's zone (UTC where it has none that can be read) and clock.
    static func current() -> TimeText {
        TimeText(zone: (try? Zone.system()) ?? .utc, now: SystemClock().now())
    }

    /// `2026-11-23 19:30:05`; empty for no instant.
    func plain(_ value: Value?) -> String { value?.double.map { zone.plain(Timestamp($0)) } ?? "" }

    /// The same, and how far away: `2026-11-23 19:30:05 (in 3 min)`.
    func plainAndDistance(_ value: Value?) -> String {
        value?.double.map { "\(zone.plain(Timestamp($0))) (\(distance($0)))" } ?? ""
    }

    /// `in 3 min 2 s`, `2 h 10 min ago`, `now`.
    func distance(_ epoch: Double) -> String {
        let seconds = (epoch - now.epoch).rounded()
        if seconds == 0 { return "now" }
        let text = Quantity.describe(seconds: abs(seconds))
        return seconds > 0 ? "in " + text : text + " ago"
    }

    /// How long something took, from its two instants; empty while one is missing.
    func duration(_ from: Value?, _ to: Value?) -> String {
        guard let from = from?.double, let to = to?.double else { return "" }
        return Self.short(max(0, to - from))
    }

    /// A short time to the millisecond, a longer one as people say it: `4 ms`, `0.5 s`, `3 min 10 s`.
    static func short(_ seconds: Double) -> String {
        seconds < 0.1 ? "\(Int((seconds * 1000).rounded())) ms" : Quantity.describe(seconds: seconds)
    }
}
