/// What the seccomp filters deny, by group. Numbers are those of the kernel's headers, the same on x86-64 and arm64.
enum FilterRules {
    /// Never allowed, whatever the grant.
    static let neverAllowed = [
        // Other processes.
        "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp", "pidfd_getfd",
        "move_pages", "migrate_pages",
        // Mounts, roots and namespaces.
        "mount", "umount", "umount2", "pivot_root", "chroot", "open_tree", "open_tree_attr", "move_mount", "fsopen",
        "fsconfig", "fsmount", "fspick", "mount_setattr", "statmount", "listmount", "unshare", "setns", "swapon",
        "swapoff", "quotactl", "quotactl_fd", "acct",
        // Files without a path.
        "name_to_handle_at", "open_by_handle_at", "fanotify_init",
        // Kernel interfaces with a large surface.
        "bpf", "perf_event_open", "io_uring_setup", "io_uring_enter", "io_uring_register", "userfaultfd", "add_key",
        "request_key", "keyctl", "lookup_dcookie", "modify_ldt", "vm86", "vm86old", "uselib", "_sysctl", "nfsservctl",
        // The machine itself.
        "kexec_load", "kexec_file_load", "init_module", "finit_module", "delete_module", "create_module", "reboot",
        "syslog", "sethostname", "setdomainname", "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime",
        "iopl", "ioperm", "vhangup",
        // Memory and queues that are shared by key or name, past all paths.
        "shmget", "shmat", "shmctl", "shmdt", "msgget", "msgsnd", "msgrcv", "msgctl", "semget", "semop", "semtimedop",
        "semctl", "ipc", "mq_open", "mq_unlink",
    ]

    /// Allowed on the calling process alone: this argument, a pid, must be 0.
    static let onSelfAlone: [(String, UInt32)] = [
        ("prlimit64", 0), ("sched_setaffinity", 0), ("sched_setscheduler", 0), ("sched_setparam", 0),
        ("sched_setattr", 0), ("setpriority", 1), ("ioprio_set", 1),
    ]

    /// Priorities of a whole user or group, which may have processes outside: only PRIO_PROCESS (0) and
    /// IOPRIO_WHO_PROCESS (1) stay.
    static func denyPrioritiesOfMany(_ builder: FilterBuilder) throws(Failure) {
        try builder.deny("setpriority", [.not(0, 0)])
        try builder.deny("ioprio_set", [.not(0, 1)])
    }

    /// As if the kernel did not have them: their arguments lie in memory, where no filter can look. The C library then
    /// takes the older call.
    static let absent = ["clone3", "openat2"]

    /// As if the kernel did not have them either: Landlock does not guard watches, which tell the names of files in
    /// directories that cannot be listed, and when each is used. Programs then look again and again instead.
    static let watches = ["inotify_init", "inotify_init1"]

    /// Typing into or taking over a terminal: TIOCSTI, TIOCLINUX, TIOCCONS, TIOCSETD.
    static func denyTerminalTricks(_ builder: FilterBuilder) throws(Failure) {
        for request: UInt64 in [0x5412, 0x541C, 0x541D, 0x5423] {
            try builder.deny("ioctl", [.equals(1, request)])
        }
    }

    /// New namespaces by clone(2): NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET.
    static func denyNamespaces(_ builder: FilterBuilder) throws(Failure) {
        let flags: [UInt64] = [
            0x2_0000, 0x200_0000, 0x400_0000, 0x800_0000, 0x1000_0000, 0x2000_0000, 0x4000_0000,
        ]
        for flag in flags { try builder.deny("clone", [.flag(0, flag)]) }
    }

    /// A process made by CLONE_PARENT is no child of who made it, but of its parent: outside a PID namespace that is the
    /// zygote, where nobody counts it with the run.
    static func denyForeignParents(_ builder: FilterBuilder) throws(Failure) {
        try builder.deny("clone", [.flag(0, 0x8000)])
    }

    /// personality(2) but for the usual one, 0: others make memory executable or addresses foreseeable.
    static func denyPersonalities(_ builder: FilterBuilder) throws(Failure) {
        try builder.deny("personality", [.not(0, 0)])
    }

    /// No new process, no program, no memory that could become one; threads (CLONE_THREAD) stay.
    static func denyPrograms(_ builder: FilterBuilder) throws(Failure) {
        for call in ["execve", "execveat", "fork", "vfork", "memfd_create"] { try builder.deny(call) }
        try builder.deny("clone", [.masked(0, mask: 0x1_0000, equals: 0)])
        try builder.deny("socketpair")
    }

    /// Set-id bits (S_ISUID, S_ISGID) in a mode; in open's only where it makes a file (O_CREAT, __O_TMPFILE).
    static func denySetIDBits(_ builder: FilterBuilder) throws(Failure) {
        let modes: [(String, UInt32)] = [
            ("chmod", 1), ("fchmod", 1), ("fchmodat", 2), ("fchmodat2", 2), ("mkdir", 1), ("mkdirat", 2), ("mknod", 1),
            ("mknodat", 2), ("creat", 1),
        ]
        let opens: [(call: String, flags: UInt32, mode: UInt32)] = [("open", 1, 2), ("openat", 2, 3)]
        for bit: UInt64 in [0o4000, 0o2000] {
            for (call, mode) in modes { try builder.deny(call, [.flag(mode, bit)]) }
            for open in opens {
                for making: UInt64 in [0o100, 0o20_000_000] {
                    try builder.deny(open.call, [.flag(open.flags, making), .flag(open.mode, bit)])
                }
            }
        }
    }

    /// Mode, owner, times and attributes by path. By descriptor they stay: a job must hold the file open for that.
    static func denyMetadataByPath(_ builder: FilterBuilder) throws(Failure) {
        let calls = [
            "chmod", "fchmodat", "fchmodat2", "chown", "lchown", "fchownat", "utime", "utimes", "futimesat", "setxattr",
            "lsetxattr", "setxattrat", "removexattr", "lremovexattr", "removexattrat", "file_setattr",
        ]
        for call in calls { try builder.deny(call) }
        // With no path it is futimens(3).
        try builder.deny("utimensat", [.not(1, 0)])
    }

    /// Mode, owner, times and attributes of a file that is open, for which the right to read is enough.
    static func denyMetadataByDescriptor(_ builder: FilterBuilder) throws(Failure) {
        for call in ["fchmod", "fchown", "fsetxattr", "fremovexattr", "utimensat"] { try builder.deny(call) }
        // FS_IOC_SETFLAGS, its form of 32 bits, FS_IOC_SETVERSION, FS_IOC_FSSETXATTR: what chattr(1) sets.
        for request: UInt64 in [0x4008_6602, 0x4004_6602, 0x4008_7602, 0x401C_5820] {
            try builder.deny("ioctl", [.equals(1, request)])
        }
    }

    /// truncate(2), and O_RDONLY | O_TRUNC, which truncates what is open for reading.
    static func denyTruncateByPath(_ builder: FilterBuilder) throws(Failure) {
        try builder.deny("truncate")
        for (call, flags): (String, UInt32) in [("open", 1), ("openat", 2)] {
            try builder.deny(call, [.masked(flags, mask: 0o1003, equals: 0o1000)])
        }
    }

    /// Every way to send a signal to a process, and to have one sent by a descriptor (F_SETOWN, F_SETSIG, F_SETOWN_EX).
    static func denySignals(_ builder: FilterBuilder) throws(Failure) {
        let calls = ["kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "pidfd_send_signal"]
        for call in calls { try builder.deny(call) }
        for command: UInt64 in [8, 10, 15] { try builder.deny("fcntl", [.equals(1, command)]) }
    }
}
