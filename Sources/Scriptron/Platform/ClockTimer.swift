import CLinux
import Glibc

/// An alarm of the machine's wall clock: timerfd_create(2) on CLOCK_REALTIME, cancelled when the clock is set.
///
/// It counts the time of a suspend, and rings at the resume.
package struct ClockTimer: ClockAlarm {
    package let descriptor: Descriptor

    /// Without an alarm it waits for the year 2286, for only a timer that is set hears of the clock being set.
    private static let never = Timestamp(seconds: 10_000_000_000)

    package init() throws(SystemError) {
        let flags = Int32(TFD_NONBLOCK | TFD_CLOEXEC)
        descriptor = Descriptor(owning: try retrying("timerfd_create") { timerfd_create(CLOCK_REALTIME, flags) })
        try arm(nil)
    }

    package func arm(_ instant: Timestamp?) throws(SystemError) {
        do throws(SystemError) {
            try set(instant ?? Self.never)
        } catch {
            // The clock was set since the last call, and this one took that news (timerfd_setup in fs/timerfd.c): the
            // alarm rings at once, so that its owner looks at the clock again.
            guard error.number == ECANCELED else { throw error }
            try set(Timestamp(microseconds: 1))
        }
    }

    private func set(_ instant: Timestamp) throws(SystemError) {
        // A time of zero would clear the timer, and one before the epoch is refused.
        let due = min(max(instant, Timestamp(microseconds: 1)), Self.never)
        var setting = itimerspec()
        setting.it_value.tv_sec = Int(due.seconds)
        setting.it_value.tv_nsec = Int(due.microseconds - due.seconds * 1_000_000) * 1000
        let flags = Int32(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET)
        try retrying("timerfd_settime") { timerfd_settime(descriptor.number, flags, &setting, nil) }
    }

    package func read() throws(SystemError) -> ClockEvent? {
        do throws(SystemError) {
            return try descriptor.read(8).isEmpty ? nil : .expired
        } catch {
            switch error.number {
            case EAGAIN: return nil
            case ECANCELED: return .clockSet
            default: throw error
            }
        }
    }
}
