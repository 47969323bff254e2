/// Counts lines against so many a second, with as many at once after a silence.
package struct LineRate: Sendable {
    private let rate: Double
    private var left: Double
    private var last: Double
    /// How many were refused since the last that was let through.
    package private(set) var dropped = 0

    /// - Parameters:
    ///   - rate: Lines a second; at least 1.
    ///   - now: On the monotonic clock, in seconds.
    package init(_ rate: Int, now: Double) {
        self.rate = Double(max(1, rate))
        left = self.rate
        last = now
    }

    /// Whether a line is let through now.
    package mutating func take(now: Double) -> Bool {
        left = min(rate, left + max(0, now - last) * rate)
        last = now
        guard left >= 1 else {
            dropped += 1
            return false
        }
        left -= 1
        return true
    }

    /// Forgets how many were refused, and returns it.
    package mutating func takeDropped() -> Int {
        defer { dropped = 0 }
        return dropped
    }
}
