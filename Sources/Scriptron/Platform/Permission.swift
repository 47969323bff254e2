import Glibc

/// What the modes and owners of files let this process do, worked out without trying (path_resolution(7)).
package enum Permission {
    /// Whether it may make, rename and remove names in the directory; for a file, change its content.
    package static func mayWrite(_ status: FileStatus) -> Bool {
        let bits: UInt32 = status.kind == .directory ? 0o3 : 0o2
        let user = geteuid()
        if user == 0 { return true }
        if status.uid == user { return status.mode >> 6 & bits == bits }
        if isMember(of: status.gid) { return status.mode >> 3 & bits == bits }
        return status.mode & bits == bits
    }

    /// Whether it may read what is in the file.
    package static func mayRead(_ status: FileStatus) -> Bool {
        let user = geteuid()
        if user == 0 { return true }
        if status.uid == user { return status.mode & 0o400 != 0 }
        if isMember(of: status.gid) { return status.mode & 0o040 != 0 }
        return status.mode & 0o004 != 0
    }

    /// Whether it may remove or rename this file of the directory: in a sticky one only its own.
    package static func mayRemove(_ status: FileStatus, from directory: FileStatus) -> Bool {
        let user = geteuid()
        if user == 0 { return true }
        guard mayWrite(directory) else { return false }
        return directory.mode & 0o1000 == 0 || status.uid == user || directory.uid == user
    }

    /// Whether it may change the file's mode and times.
    package static func mayChange(_ status: FileStatus) -> Bool { geteuid() == 0 || geteuid() == status.uid }

    /// Whether it may give a file of its own to this user and group.
    package static func mayGive(uid: UInt32, gid: UInt32) -> Bool {
        geteuid() == 0 || uid == geteuid() && isMember(of: gid)
    }

    /// The user and group that new files belong to.
    package static var owner: (uid: UInt32, gid: UInt32) { (geteuid(), getegid()) }

    private static func isMember(of group: UInt32) -> Bool {
        if group == getegid() { return true }
        var groups = [gid_t](repeating: 0, count: Int(max(0, getgroups(0, nil))))
        let count = getgroups(Int32(groups.count), &groups)
        return groups.prefix(Int(max(0, count))).contains(group)
    }
}

extension SystemError {
    /// Links that lead to each other.
    package static let tooManyLinks = SystemError(ELOOP, call: "openat")
}
