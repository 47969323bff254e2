/// How long a failed attempt is followed by nothing.
package enum Backoff {
    /// Seconds before the attempt after `failed` failed ones: doubled each time, at most the longest delay; drawn from
    /// all of that ("full jitter"), so that jobs which failed together do not come back together (`random` in 0..<1).
    package static func delay(_ retry: Retry, failed: Int, random: Double) -> Double {
        var delay = retry.delay
        for _ in 1..<max(failed, 1) where delay < retry.maxDelay { delay *= 2 }
        delay = min(delay, retry.maxDelay)
        return delay * random
    }
}
