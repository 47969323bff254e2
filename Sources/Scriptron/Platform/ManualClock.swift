import CLinux
import Glibc
import Synchronization

/// A wall clock that stands still until it is moved: for tests, which must not wait, and for trying out what a clock
/// that is set does to a host.
package final class ManualClock: WallClock {
    fileprivate struct State {
        var now: Timestamp
        var monotonic = 0.0
        var bootID: String
        var alarms: [WeakAlarm] = []
    }

    fileprivate struct WeakAlarm {
        weak var alarm: ManualAlarm?
    }

    private let state: Mutex<State>

    package init(_ now: Timestamp, bootID: String = "manual") {
        state = Mutex(State(now: now, bootID: bootID))
    }

    package func now() -> Timestamp { state.withLock { $0.now } }
    package var monotonic: Double { state.withLock { $0.monotonic } }
    package var bootID: String { state.withLock { $0.bootID } }

    package func alarm() throws(SystemError) -> any ClockAlarm {
        let alarm = try ManualAlarm(clock: self)
        state.withLock { state in
            state.alarms.removeAll { $0.alarm == nil }
            state.alarms.append(WeakAlarm(alarm: alarm))
        }
        return alarm
    }

    /// Lets time pass, in seconds; alarms whose instant is reached ring.
    package func advance(by seconds: Double) {
        let (now, alarms) = state.withLock { state in
            state.now = state.now + seconds
            state.monotonic += seconds
            return (state.now, state.alarms)
        }
        for entry in alarms { entry.alarm?.look(at: now) }
    }

    /// Lets time pass up to an instant that is not over.
    package func advance(to instant: Timestamp) { advance(by: max(0, instant - now())) }

    /// Sets the clock, as NTP or a person does: the monotonic clock does not move, and all alarms tell it.
    package func set(to instant: Timestamp) {
        let alarms = state.withLock { state in
            state.now = instant
            return state.alarms
        }
        for entry in alarms { entry.alarm?.clockWasSet() }
    }

    /// As after a boot: the monotonic clock begins again.
    package func reboot(bootID: String) {
        state.withLock { state in
            state.bootID = bootID
            state.monotonic = 0
        }
    }
}

/// An alarm of a manual clock, over an eventfd(2).
private final class ManualAlarm: ClockAlarm {
    private struct State {
        var due: Timestamp?
        var event: ClockEvent?
    }

    let descriptor: Descriptor
    private let clock: ManualClock
    private let state = Mutex(State())

    init(clock: ManualClock) throws(SystemError) {
        self.clock = clock
        descriptor = Descriptor(
            owning: try retrying("eventfd") { eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)) })
    }

    func arm(_ instant: Timestamp?) throws(SystemError) {
        state.withLock { state in
            state.due = instant
            if state.event == .expired { state.event = nil }
        }
        look(at: clock.now())
    }

    func read() throws(SystemError) -> ClockEvent? {
        var count: UInt64 = 0
        // Nothing to read is fine: the event decides.
        _ = Glibc.read(descriptor.number, &count, 8)
        return state.withLock { state in
            defer { state.event = nil }
            return state.event
        }
    }

    func look(at now: Timestamp) {
        let rings = state.withLock { state in
            guard let due = state.due, due <= now else { return false }
            state.due = nil
            state.event = state.event ?? .expired
            return true
        }
        if rings { ring() }
    }

    func clockWasSet() {
        state.withLock { state in
            state.due = nil
            state.event = .clockSet
        }
        ring()
    }

    private func ring() {
        var one: UInt64 = 1
        _ = Glibc.write(descriptor.number, &one, 8)
    }
}
