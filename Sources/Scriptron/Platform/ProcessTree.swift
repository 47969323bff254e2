import CLinux
import Glibc

/// Children and what they leave behind, for a process of one thread.
package enum ProcessTree {
    /// fork(2): 0 in the child.
    package static func fork() throws(SystemError) -> Int32 { try checked("fork", result: scriptron_fork()) }

    /// Orphans below this process become its children (PR_SET_CHILD_SUBREAPER).
    package static func becomeSubreaper() throws(SystemError) {
        try checked("prctl", result: scriptron_set_subreaper())
    }

    /// Sets this process's name, as `ps` shows it; at most 15 bytes of it count.
    package static func nameSelf(_ name: String) { _ = scriptron_set_process_name(name) }

    /// Sends SIGKILL to a child of this process, which cannot be another process before it is waited for.
    package static func kill(_ pid: Int32) { Glibc.kill(pid, SIGKILL) }

    /// Kills every child that is not in `keeping` and waits for those that end at once; true where there was one, for
    /// their own children may have become ours meanwhile.
    package static func sweepOrphans(keeping: Set<Int32>) -> Bool {
        let orphans = children().subtracting(keeping)
        for pid in orphans { kill(pid) }
        for pid in orphans { _ = ProcessExit.reap(pid: pid, wait: true) }
        return !orphans.isEmpty
    }

    /// The pids of this process's children (/proc/PID/task/TID/children, proc(5)).
    package static func children() -> Set<Int32> {
        let path = Path("/proc/self/task/\(getpid())/children")
        guard let bytes = try? Files.readSmall(path) else { return [] }
        return Set(String(decoding: bytes, as: UTF8.self).split(separator: " ").compactMap { Int32($0) })
    }
}

/// SIGCHLD as a descriptor (signalfd(2)).
package final class ChildSignal: Sendable {
    package let descriptor: Descriptor

    /// Blocks the signal for this process.
    package init() throws(SystemError) {
        descriptor = Descriptor(owning: try checked("signalfd", result: scriptron_child_signalfd()))
    }

    /// Forgets the signals that came.
    package func drain() { while (try? descriptor.read(1024)) != nil {} }
}

extension ProcessExit {
    /// Ends this process at once (_exit(2)).
    package static func now(_ code: Int32) -> Never { scriptron_exit_now(code) }
}

extension PacketSocket {
    /// Waits until this socket or the other descriptor is ready to read (or this one to write, where asked for).
    package func waitWith(_ other: Descriptor, writable: Bool) -> (first: Bool, second: Bool) {
        var waiting = [
            pollfd(fd: descriptor.number, events: Int16(POLLIN) | (writable ? Int16(POLLOUT) : 0), revents: 0),
            pollfd(fd: other.number, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&waiting, 2, -1)
        return (waiting[0].revents & ~Int16(POLLOUT) != 0, waiting[1].revents != 0)
    }
}
