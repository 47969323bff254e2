import Glibc

/// The clock on the wall, which people and NTP set.
package protocol WallClock: Sendable {
    /// The time of day.
    func now() -> Timestamp
}

/// The machine's own (CLOCK_REALTIME).
package struct SystemClock: WallClock {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }
}
