import Glibc

/// The clock on the wall, which people and NTP set, and what else of time a host looks at.
package protocol WallClock: Sendable {
    /// The time of day.
    func now() -> Timestamp

    /// Seconds on a clock that only runs forward, since an instant that says nothing.
    var monotonic: Double { get }

    /// Another text after every boot of the machine.
    var bootID: String { get }

    /// A new alarm of this clock.
    func alarm() throws(SystemError) -> any ClockAlarm
}

/// Wakes its owner at an instant of a wall clock, and when that clock is set.
package protocol ClockAlarm: Sendable {
    /// Readable (for poll and the like) when `read` has something to tell.
    var descriptor: Descriptor { get }

    /// Sets the alarm to an instant (one that is over rings at once), or clears it. That the clock is set is told in
    /// both cases.
    func arm(_ instant: Timestamp?) throws(SystemError)

    /// What happened since the last call; nil where nothing did. Never blocks.
    func read() throws(SystemError) -> ClockEvent?
}

/// What an alarm tells.
package enum ClockEvent: Sendable, Hashable {
    /// The instant is there, or was passed over. The alarm is cleared.
    case expired
    /// The clock was set, forward or back; the alarm must be armed again.
    case clockSet
}

/// The machine's own (CLOCK_REALTIME).
package struct SystemClock: WallClock {
    package init() {}

    package func now() -> Timestamp {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Timestamp(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
    }

    package var monotonic: Double { Monotonic.now }

    /// The kernel's (random(4)); empty where /proc is not there.
    package var bootID: String {
        let bytes = (try? Files.readSmall("/proc/sys/kernel/random/boot_id")) ?? []
        return String(decoding: bytes.prefix { $0 > 0x20 }, as: UTF8.self)
    }

    package func alarm() throws(SystemError) -> any ClockAlarm { try ClockTimer() }
}
