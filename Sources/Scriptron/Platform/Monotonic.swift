import Glibc

/// The clock that only runs forward.
package enum Monotonic {
    /// Seconds since boot, suspend not counted (CLOCK_MONOTONIC).
    package static var now: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Waits until the instant.
    package static func sleep(until instant: Double) {
        while true {
            let left = instant - now
            if left <= 0 { return }
            var time = timespec(tv_sec: Int(min(left, 3600)), tv_nsec: 0)
            if left < 3600 { time.tv_nsec = Int((left - left.rounded(.down)) * 1e9) }
            nanosleep(&time, nil)
        }
    }
}
