import Glibc
import Synchronization

/// Starting another process image of our own binary.
package enum Spawn {
    /// The pids of all that was started: what else becomes a child of this process is an orphan.
    private static let pids = Mutex<Set<Int32>>([])

    /// POSIX_SPAWN_SETSID of glibc's spawn.h, which Swift does not see.
    private static let ownSession: Int32 = 0x80

    /// A child that was waited for: its number may be another's from now on.
    static func forget(_ pid: Int32) { pids.withLock { _ = $0.remove(pid) } }

    /// Whether it was started here, and not yet waited for.
    static func isKept(_ pid: Int32) -> Bool { pids.withLock { $0.contains(pid) } }

    /// Starts a child by `body`, which returns its pid, or what is no pid.
    static func keeping(_ body: () -> Int32) -> Int32 {
        pids.withLock { pids in
            let pid = body()
            if pid > 0 { pids.insert(pid) }
            return pid
        }
    }

    /// Kills the children of this process that it did not start itself, which came to it as a subreaper; true where
    /// there was one.
    package static func sweepOrphans() -> Bool {
        // Under the lock, or a child that is just being started would count as an orphan.
        pids.withLock { ProcessTree.sweepOrphans(keeping: $0) }
    }

    /// Starts `executable` with an environment of its own and the socket as descriptor 3; standard input and output
    /// are the null device, standard error is the caller's. Signals start unblocked, with their default dispositions. It
    /// has a session of its own: what a terminal sends to all that runs in it (Ctrl-C) is for the caller alone to answer.
    package static func start(
        _ executable: Path, _ arguments: [String], environment: [String], socket: Descriptor
    ) throws(SystemError) -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        // dup2 onto itself would keep close-on-exec; a socket that is 3 already goes by way of another number.
        let moved = try socket.duplicated(from: 10)
        posix_spawn_file_actions_adddup2(&actions, moved.number, 3)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | ownSession))

        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        var pid: pid_t = 0
        let result = pids.withLock { pids in
            let result = executable.withCString { posix_spawn(&pid, $0, &actions, &attributes, &argv, &envp) }
            if result == 0 { pids.insert(pid) }
            return result
        }
        if result != 0 { throw SystemError(result, call: "posix_spawn", subject: executable.text) }
        return pid
    }
}

extension Descriptor {
    /// A second descriptor of the same open file with a number of at least `least`, close-on-exec.
    fileprivate func duplicated(from least: Int32) throws(SystemError) -> Descriptor {
        Descriptor(owning: try retrying("fcntl") { fcntl(number, F_DUPFD_CLOEXEC, least) })
    }
}
