import CLinux
import Glibc

/// Words to the service manager that started this process, where one did (sd_notify(3)).
package enum ServiceManager {
    /// The host is up.
    package static func ready() { tell("READY=1") }

    /// The host is well; to be said more often than `watchdogPeriod`.
    package static func alive() { tell("WATCHDOG=1") }

    /// The host ends.
    package static func stopping() { tell("STOPPING=1") }

    /// Seconds after which the manager takes a silent host for dead; nil: it does not watch.
    package static var watchdogPeriod: Double? {
        guard let text = getenv("WATCHDOG_USEC"), let microseconds = Double(String(cString: text)), microseconds > 0
        else { return nil }
        return microseconds / 1e6
    }

    private static func tell(_ text: String) {
        guard let place = getenv("NOTIFY_SOCKET") else { return }
        _ = scriptron_notify(place, text)
    }
}
