import CSeccomp

/// A system call by which programs open, change or execute files, and where its arguments name them.
struct WatchedCall: Sendable {
    /// What a call does to a path.
    enum Act: Sendable, Hashable {
        /// Opens it; the argument holds the flags.
        case open(flags: Int)
        case change
        case execute
    }

    /// A path among the arguments; `directory` is the argument that says where a relative one starts (nil: the working
    /// directory).
    struct Name: Sendable {
        let directory: Int?
        let path: Int
        let act: Act
    }

    let number: Int32
    let names: [Name]

    /// Those that this architecture has. stat(2) and the like are not among them: no rule of the kernel is about them.
    static let all: [WatchedCall] = table.compactMap { call, names in
        let number = SystemCallNumbers.newer[call] ?? seccomp_syscall_resolve_name(call)
        return number >= 0 ? WatchedCall(number: number, names: names) : nil
    }

    static func of(_ number: Int32) -> WatchedCall? { all.first { $0.number == number } }

    private static let table: [(String, [Name])] =
        [
            ("open", [Name(directory: nil, path: 0, act: .open(flags: 1))]),
            ("openat", [Name(directory: 0, path: 1, act: .open(flags: 2))]),
            ("execve", [Name(directory: nil, path: 0, act: .execute)]),
            ("execveat", [Name(directory: 0, path: 1, act: .execute)]),
            ("symlink", [Name(directory: nil, path: 1, act: .change)]),
            ("symlinkat", [Name(directory: 1, path: 2, act: .change)]),
        ]
        + ["creat", "truncate", "mkdir", "rmdir", "unlink", "mknod", "chmod", "chown", "lchown", "utime", "utimes"].map
    {
        ($0, [Name(directory: nil, path: 0, act: .change)])
    }
        + ["mkdirat", "unlinkat", "mknodat", "fchmodat", "fchmodat2", "fchownat", "utimensat", "futimesat"].map {
            ($0, [Name(directory: 0, path: 1, act: .change)])
        }
        + ["rename", "link"].map {
            ($0, [Name(directory: nil, path: 0, act: .change), Name(directory: nil, path: 1, act: .change)])
        }
        + ["renameat", "renameat2", "linkat"].map {
            ($0, [Name(directory: 0, path: 1, act: .change), Name(directory: 2, path: 3, act: .change)])
        }
}
