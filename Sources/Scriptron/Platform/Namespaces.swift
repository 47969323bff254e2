import CLinux
import Glibc

/// PID and mount namespaces (namespaces(7)). Only for a process of one thread: they belong to the thread that asks.
package enum Namespaces {
    /// The namespace that children of this process are born in now, to be returned to.
    package static func currentPIDNamespace() throws(SystemError) -> Descriptor { try open("/proc/self/ns/pid") }

    /// From now on, until `enterPIDNamespace`, the next child is the init of a PID namespace of its own: when it
    /// dies, the kernel kills all in it. Needs CAP_SYS_ADMIN; EINVAL where an earlier one was not returned from.
    package static func unsharePID() throws(SystemError) {
        try checked("unshare", "PID namespace", result: scriptron_unshare_pid_namespace())
    }

    /// The PID namespace that a child of this process lives in, to have further children born in it. Needs
    /// CAP_SYS_PTRACE where the child has another user.
    package static func pidNamespace(of pid: Int32) throws(SystemError) -> Descriptor {
        try open(Path("/proc/\(pid)/ns/pid"))
    }

    /// From now on children are born in this namespace.
    package static func enterPIDNamespace(_ namespace: Descriptor) throws(SystemError) {
        try checked("setns", "PID namespace", result: scriptron_enter_pid_namespace(namespace.number))
    }

    /// The mount namespace of this process, to be entered later.
    static func currentMountNamespace() throws(SystemError) -> Descriptor { try open("/proc/self/ns/mnt") }

    /// A mount namespace of its own for this process, as a copy.
    static func unshareMounts() throws(SystemError) {
        try checked("unshare", "mount namespace", result: scriptron_unshare_mount_namespace())
    }

    /// Enters a mount namespace; the working directory becomes its root.
    static func enterMounts(_ namespace: Descriptor) throws(SystemError) {
        try checked("setns", "mount namespace", result: scriptron_enter_mount_namespace(namespace.number))
    }

    /// Whether this process can make mount namespaces, found out by a child that tries.
    package static func canMakeMountNamespaces() -> Bool { scriptron_try_namespaces(1, 0) == 0 }

    /// Whether this process can make PID namespaces, found out by a child that tries.
    package static func canMakePIDNamespaces() -> Bool { scriptron_try_namespaces(0, 1) == 0 }

    /// Whether the processes of a PID namespace can be limited in it (pid_max, Linux 6.14), found out by a child that
    /// tries.
    package static func canLimitProcesses() -> Bool { scriptron_try_process_limit() == 0 }

    /// Lets this process, the init of a PID namespace, and all below it be at most so many processes and threads.
    package static func limitOwnProcesses(_ most: Int) throws(SystemError) {
        try checked("pid_max", result: scriptron_limit_own_processes(UInt32(clamping: most)))
    }

    private static func open(_ path: Path) throws(SystemError) -> Descriptor {
        let number = try path.withCString { name throws(SystemError) in
            try retrying("open", path.text) { Glibc.open(name, O_RDONLY | O_CLOEXEC) }
        }
        return Descriptor(owning: number)
    }
}
