import CLinux
import Glibc

/// Signals by their names (signal(7)).
package enum SignalName {
    /// The number of `HUP`, `SIGHUP` or `1`; nil for what is no signal that may be sent.
    package static func number(_ text: String) -> Int32? {
        if let number = Int32(text) { return (1...64).contains(number) ? number : nil }
        let upper = text.uppercased()
        let name = upper.hasPrefix("SIG") ? String(upper.dropFirst(3)) : upper
        return (1..<32).first { number in
            scriptron_signal_name(number).map { String(cString: $0) == name } ?? false
        }
    }
}

extension ProcessHandle {
    /// Sends a signal; false where the process has ended. Fails where this process may not (EPERM).
    package func send(_ number: Int32) throws(SystemError) -> Bool {
        let result = scriptron_pidfd_signal(descriptor.number, number)
        if result == -ESRCH { return false }
        try checked("pidfd_send_signal", "pid \(pid)", result: result)
        return true
    }
}
