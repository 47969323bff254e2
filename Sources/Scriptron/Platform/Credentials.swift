import CLinux
import Glibc

/// Capabilities (capabilities(7)), a bit each.
package struct Capabilities: OptionSet, Sendable, Hashable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    package static let changeOwner = Capabilities(rawValue: 1 << 0)
    package static let overridePermissions = Capabilities(rawValue: 1 << 1)
    package static let actAsOwner = Capabilities(rawValue: 1 << 3)
    package static let keepSetID = Capabilities(rawValue: 1 << 4)
    package static let setGroups = Capabilities(rawValue: 1 << 6)
    package static let setUsers = Capabilities(rawValue: 1 << 7)
    package static let dropBoundingSet = Capabilities(rawValue: 1 << 8)
    package static let administrate = Capabilities(rawValue: 1 << 21)
    package static let makeDevices = Capabilities(rawValue: 1 << 27)
    package static let setFileCapabilities = Capabilities(rawValue: 1 << 31)

    /// The effective capabilities of this process.
    package static func current() -> Capabilities { Capabilities(rawValue: scriptron_capabilities()) }
}

/// What this process may do, given up for good. Only for a process of one thread.
package enum Credentials {
    /// The effective user of this process.
    package static var userID: UInt32 { geteuid() }

    /// The effective group of this process.
    package static var groupID: UInt32 { getegid() }

    /// Whether this process is the init of its PID namespace.
    package static var isInit: Bool { getpid() == 1 }

    /// Becomes another user: supplementary groups, group, user, in this order.
    static func become(uid: UInt32, gid: UInt32, groups: [UInt32]) throws(SystemError) {
        try checked("setresuid", String(uid), result: scriptron_become_user(uid, gid, groups, groups.count))
    }

    /// No program that is executed can have a capability that is not in `keep`.
    static func dropBoundingSet(except keep: Capabilities) throws(SystemError) {
        try checked("prctl", "PR_CAPBSET_DROP", result: scriptron_drop_bounding_set(keep.rawValue))
    }

    /// Keeps of the capabilities those in `keep` alone.
    static func keep(_ keep: Capabilities) throws(SystemError) {
        try checked("capset", result: scriptron_keep_capabilities(keep.rawValue))
    }

    /// No execve(2) gains a privilege any more.
    static func noNewPrivileges() throws(SystemError) {
        try checked("prctl", "PR_SET_NO_NEW_PRIVS", result: scriptron_no_new_privileges())
    }

    /// No core is written, and no other process of the user may look into this one.
    static func notDumpable() throws(SystemError) {
        try checked("prctl", "PR_SET_DUMPABLE", result: scriptron_not_dumpable())
    }

    /// A session of its own without a terminal; nothing changes where this process leads one already.
    static func newSession() { _ = setsid() }

    /// This process is killed when its parent's thread ends. To be called after the user was changed, which clears it.
    static func dieWithParent() throws(SystemError) {
        try checked("prctl", "PR_SET_PDEATHSIG", result: scriptron_set_parent_death_signal(SIGKILL))
    }
}
