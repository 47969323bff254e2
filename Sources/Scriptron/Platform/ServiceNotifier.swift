import Glibc

/// Tells the service manager how the host is doing: systemd's protocol, datagrams to `$NOTIFY_SOCKET` (sd_notify(3)),
/// without its library.
package final class ServiceNotifier: Sendable {
    private let socket: Descriptor
    private let address: UnixAddress
    /// How often the manager wants to hear from the host, in seconds; nil: it does not watch. Half of what it waits
    /// (sd_watchdog_enabled(3)).
    package let watchdogInterval: Double?

    /// The notifier of this process; nil where no service manager asked to be told. It takes the variables out of the
    /// environment, so that no program that the host starts speaks in its name.
    package static func ofEnvironment() -> ServiceNotifier? {
        let path = ProcessEnvironment.variable("NOTIFY_SOCKET")
        let timeout = ProcessEnvironment.variable("WATCHDOG_USEC").flatMap { Double($0) }
        let pid = ProcessEnvironment.variable("WATCHDOG_PID")
        for name in ["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"] { unsetenv(name) }
        guard let path else { return nil }
        let isMine = pid == nil || pid == String(getpid())
        return ServiceNotifier(path: Path(path), watchdogMicroseconds: isMine ? timeout : nil)
    }

    /// A notifier for a socket's path (`@` in front: an abstract name); nil where no socket can be had.
    package init?(path: Path, watchdogMicroseconds: Double? = nil) {
        let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue)
        let number = Glibc.socket(AF_UNIX, kind, 0)
        guard number >= 0 else { return nil }
        socket = Descriptor(owning: number)
        guard let address = try? UnixAddress(path) else { return nil }
        self.address = address
        watchdogInterval = watchdogMicroseconds.flatMap { $0 > 0 ? $0 / 2e6 : nil }
    }

    /// The host is up.
    package func ready() { send("READY=1") }
    /// The host is stopping.
    package func stopping() { send("STOPPING=1") }
    /// The host is alive: due every `watchdogInterval`.
    package func alive() { send("WATCHDOG=1") }
    /// One line on how the host is doing, for `systemctl status`.
    package func status(_ line: String) {
        send("STATUS=" + String(line.unicodeScalars.map { $0 == "\n" ? " " : Character($0) }))
    }

    /// A manager that does not listen is no trouble of the host's: nothing waits, nothing fails.
    private func send(_ message: String) {
        let bytes = Array(message.utf8)
        let number = socket.number
        _ = try? address.withSocketAddress { pointer, length throws(SystemError) in
            try retrying("sendto") {
                sendto(number, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT), pointer, length)
            }
        }
    }
}
