import Glibc

/// The clock that only runs forward.
package enum Monotonic {
    /// Seconds since boot, suspend not counted (CLOCK_MONOTONIC).
    package static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
