import CLinux
import Glibc

/// The namespaces and mounts of a world beside the machine's. Only for a process of one thread.
package enum ShadowNamespaces {
    /// Namespaces of mounts, network, IPC, host name and (for the next child) processes. Where this process is not
    /// root, one of users too, in which it is who it was, and may mount.
    package static func unshare() throws(SystemError) {
        let (uid, gid) = (geteuid(), getegid())
        try checked("unshare", result: scriptron_shadow_unshare(uid == 0 ? 0 : 1))
        if uid != 0 {
            try write("/proc/self/setgroups", "deny")
            try write("/proc/self/uid_map", "\(uid) \(uid) 1")
            try write("/proc/self/gid_map", "\(gid) \(gid) 1")
        }
        try unshareMounts()
    }

    /// A mount namespace of its own, from which nothing goes out.
    package static func unshareMounts() throws(SystemError) {
        try checked("unshare", "mount namespace", result: scriptron_shadow_unshare_mounts())
    }

    /// Mounts a new file system, without set-user-ID bits and devices.
    package static func mount(_ type: String, at target: Path, _ options: String = "") throws(SystemError) {
        try checked(
            "mount", "\(type) at \(target.text)",
            result: target.withCString { scriptron_shadow_mount(type, $0, options) })
    }

    /// Shows what is at a path at another too.
    package static func bind(
        _ source: Path, at target: Path, recursive: Bool = false, readOnly: Bool = false
    ) throws(SystemError) {
        let result = source.withCString { source in
            target.withCString { scriptron_shadow_bind(source, $0, recursive ? 1 : 0, readOnly ? 1 : 0) }
        }
        try checked("mount", "\(source.text) at \(target.text)", result: result)
    }

    /// Makes a directory the root, and lets go of the old one.
    package static func pivot(to root: Path) throws(SystemError) {
        try checked("pivot_root", root.text, result: root.withCString { scriptron_shadow_pivot($0) })
    }

    /// Becomes another program, which has `output` as descriptor 3; returns only by throwing.
    package static func execute(
        _ program: Path, _ arguments: [String], environment: [String], output: Descriptor
    ) throws(SystemError) {
        var argv: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup($0) } + [nil]
        defer { for pointer in argv + envp { free(pointer) } }
        let result = program.withCString { scriptron_shadow_exec($0, &argv, &envp, output.number) }
        try checked("execve", program.text, result: result)
    }

    private static func write(_ path: Path, _ text: String) throws(SystemError) {
        let number = try path.withCString { name throws(SystemError) in
            try retrying("open", path.text) { open(name, O_WRONLY | O_CLOEXEC) }
        }
        try Descriptor(owning: number).write(Array(text.utf8))
    }
}
