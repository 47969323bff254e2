import CLinux
import Glibc

/// PID and mount namespaces (namespaces(7)). Only for a process of one thread: they belong to the thread that asks.
package enum Namespaces {
    /// The namespace that children of this process are born in now, to be returned to.
    package static func currentPIDNamespace() throws(SystemError) -> Descriptor { try open("/proc/self/ns/pid") }

    /// From now on, until `returnToPIDNamespace`, the next child is the init of a PID namespace of its own: when it
    /// dies, the kernel kills all in it. Needs CAP_SYS_ADMIN; EINVAL where an earlier one was not returned from.
    package static func unsharePID() throws(SystemError) {
        try checked("unshare", "PID namespace", result: scriptron_unshare_pid_namespace())
    }

    /// Children are born in this namespace again.
    package static func returnToPIDNamespace(_ namespace: Descriptor) throws(SystemError) {
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

    private static func open(_ path: Path) throws(SystemError) -> Descriptor {
        let number = try path.withCString { name throws(SystemError) in
            try retrying("open", path.text) { Glibc.open(name, O_RDONLY | O_CLOEXEC) }
        }
        return Descriptor(owning: number)
    }
}
