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

    /// Has this process killed when its parent dies (PR_SET_PDEATHSIG); not when that happened already.
    package static func dieWithParent() { _ = scriptron_set_parent_death_signal(SIGKILL) }

    /// Takes no part in its parent's protection from the kernel's search for memory (proc(5), oom_score_adj).
    package static func beOrdinaryVictim() {
        let path: Path = "/proc/self/oom_score_adj"
        guard let text = try? Files.readSmall(path), String(decoding: text, as: UTF8.self).hasPrefix("-") else {
            return
        }
        try? StateFiles.open(path, .write).write(Array("0".utf8))
    }

    /// Puts this program's text into huge pages, so that a fork need not map it again; where the machine has none, it
    /// stays where it is. It costs as much memory as the text is large (some 12 MB), which all forks share.
    package static func keepTextInHugePages() { _ = scriptron_text_in_huge_pages() }

    /// Sets this process's name, as `ps` shows it; at most 15 bytes of it count.
    package static func nameSelf(_ name: String) { _ = scriptron_set_process_name(name) }

    /// Sends SIGKILL to a child of this process, which cannot be another process before it is waited for.
    package static func kill(_ pid: Int32) { Glibc.kill(pid, SIGKILL) }

    /// SIGKILL.
    package static let killing = SIGKILL

    /// Signals the process group that this process leads or led.
    package static func signalGroup(_ pid: Int32, _ number: Int32) { Glibc.kill(-pid, number) }

    /// Kills every child that is not in `keeping`, with all below it, and waits for none; true where there was one, for
    /// their own children may have become ours meanwhile.
    package static func sweepOrphans(keeping: Set<Int32>) -> Bool {
        let orphans = children().subtracting(keeping)
        for pid in orphans { ProcessDescendants.kill(pid) }
        for pid in orphans { _ = ProcessExit.reap(pid: pid, wait: false) }
        return !orphans.isEmpty
    }

    /// Sweeps until nothing is left, or so many seconds: what the kernel holds cannot be waited for.
    package static func sweepAll(seconds: Double) {
        let end = Monotonic.now + seconds
        while sweepOrphans(keeping: []), Monotonic.now < end { Monotonic.sleep(until: Monotonic.now + 0.001) }
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
    /// Waits until this socket or the other descriptor is ready to read (or this one to write, where asked for), or so
    /// many seconds have passed.
    package func waitWith(
        _ other: Descriptor, writable: Bool, seconds: Double = .infinity
    ) -> (first: Bool, second: Bool) {
        var waiting = [
            pollfd(fd: descriptor.number, events: Int16(POLLIN) | (writable ? Int16(POLLOUT) : 0), revents: 0),
            pollfd(fd: other.number, events: Int16(POLLIN), revents: 0),
        ]
        _ = poll(&waiting, 2, seconds.isFinite ? Int32(max(1, seconds * 1000)) : -1)
        return (waiting[0].revents & ~Int16(POLLOUT) != 0, waiting[1].revents != 0)
    }
}
