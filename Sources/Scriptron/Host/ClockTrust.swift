/// How far the clock on the wall may be believed: what is old by it is removed for good.
///
/// A machine whose clock says 2099 at its boot, or jumps there, must not lose its history for that. Time that seems to
/// have passed while nobody was there, or in an instant, is doubted for a day.
package struct ClockTrust: Sendable {
    /// Seconds that may pass unseen.
    static let leap = 7 * 86400.0
    /// Seconds on the monotonic clock for which more than that is doubted.
    static let patience = 86400.0

    private var doubtUntil = -Double.infinity
    /// When the clock was last looked at, by itself and by the monotonic one.
    private var last: (wall: Timestamp, monotonic: Double)

    /// `newest` is the last instant that was recorded before.
    package init(now: Timestamp, monotonic: Double, newest: Timestamp?) {
        last = (now, monotonic)
        if let newest, now - newest > Self.leap { doubtUntil = monotonic + Self.patience }
    }

    /// Looks at the clock again: by how many seconds it was set since the last look. A suspend counts as one.
    package mutating func look(now: Timestamp, monotonic: Double) -> Double {
        let step = (now - last.wall) - (monotonic - last.monotonic)
        last = (now, monotonic)
        if step > Self.leap { doubtUntil = monotonic + Self.patience }
        if step < -Self.leap { doubtUntil = -.infinity }
        return step
    }

    /// Whether the clock may decide what is removed.
    package func mayForget(monotonic: Double) -> Bool { monotonic >= doubtUntil }
}
