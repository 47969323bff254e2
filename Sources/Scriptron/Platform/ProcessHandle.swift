import CLinux
import Glibc

/// A process held by a pidfd, so that a signal never reaches another process that got its number (pidfd_open(2)).
package final class ProcessHandle: Sendable {
    package let pid: Int32
    /// The pidfd: readable when the process has ended.
    package let descriptor: Descriptor

    /// This process's pid.
    package static var own: Int32 { getpid() }

    /// Takes over a pidfd of `pid`.
    package init(pid: Int32, owning descriptor: Descriptor) {
        self.pid = pid
        self.descriptor = descriptor
    }

    /// Opens the process `pid` as it is now.
    package convenience init(pid: Int32) throws(SystemError) {
        let number = try checked("pidfd_open", String(pid), result: scriptron_pidfd_open(pid))
        self.init(pid: pid, owning: Descriptor(owning: number))
    }

    /// Sends a signal; false where the process has ended.
    @discardableResult
    package func signal(_ number: Int32) -> Bool { scriptron_pidfd_signal(descriptor.number, number) == 0 }

    /// Kills it (SIGKILL); as the init of a PID namespace it takes all in it along.
    package func kill() { signal(SIGKILL) }

    /// Waits until it has ended, at most so many seconds; whether it has.
    @discardableResult
    package func waitForEnd(seconds: Double) -> Bool {
        var waiting = pollfd(fd: descriptor.number, events: Int16(POLLIN), revents: 0)
        return ((try? retrying("poll") { poll(&waiting, 1, Int32(seconds * 1000)) }) ?? 0) > 0
    }

    /// The start time of a process in clock ticks since boot (proc(5), stat field 22); nil where there is none.
    /// Together with the pid it names a process for ever (within one boot).
    package static func startTime(pid: Int32) -> UInt64? {
        guard let text = try? Files.readSmall(Path("/proc/\(pid)/stat")) else { return nil }
        // The name in field 2 may hold spaces and parentheses: count from the last one.
        guard let close = text.lastIndex(of: UInt8(ascii: ")")) else { return nil }
        let fields = text[text.index(after: close)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19 else { return nil }
        return UInt64(String(decoding: fields[19], as: UTF8.self))
    }
}
