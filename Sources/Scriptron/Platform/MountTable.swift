import Glibc

/// Notices that mounts of this process's mount namespace changed (proc(5), /proc/pid/mounts: POLLERR and POLLPRI).
final class MountTable: Sendable {
    private let table: Descriptor

    init() throws(SystemError) {
        let number = try retrying("open", "/proc/self/mountinfo") { open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC) }
        table = Descriptor(owning: number)
    }

    /// Whether something was mounted or unmounted since this was asked last (since `init` at first).
    func hasChanged() -> Bool {
        var entry = pollfd(fd: table.number, events: Int16(POLLPRI), revents: 0)
        return poll(&entry, 1, 0) > 0
    }
}
