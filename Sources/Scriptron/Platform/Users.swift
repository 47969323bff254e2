import Glibc
import Synchronization

/// The machine's users, as nsswitch.conf(5) finds them.
package enum Users {
    /// The effective user's id.
    package static var ownID: UInt32 { geteuid() }

    /// The effective group's id.
    package static var ownGroup: UInt32 { getegid() }

    /// Whether this process is root.
    package static var isRoot: Bool { geteuid() == 0 }

    /// The effective user's name, or its number where it has none; as it was found within the last minute, for each
    /// attempt bears it, and whom nsswitch.conf(5) asks may be slow.
    package static var ownName: String {
        let (uid, now) = (geteuid(), Monotonic.now)
        return own.withLock { own in
            if let known = own, known.uid == uid, now < known.until { return known.name }
            let name = name(of: uid)
            own = (uid, name, now + 60)
            return name
        }
    }

    private static let own = Mutex<(uid: UInt32, name: String, until: Double)?>(nil)

    /// A user's name, or its number where it has none (getpwuid_r(3)).
    package static func name(of uid: UInt32) -> String {
        var record = passwd()
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        var found: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil else { return String(uid) }
        return String(cString: record.pw_name)
    }

    /// Whom a path belongs to; of one that is not there yet, whom the directory belongs to where it will be.
    package static func owner(of path: Path) -> UInt32? {
        var status = stat()
        if path.withCString({ stat($0, &status) }) == 0 { return status.st_uid }
        return path.parent == path ? nil : owner(of: path.parent)
    }

    /// Whether a group is a user's own: the primary group that has the user's name and nobody else in it.
    package static func isOwnGroup(_ gid: UInt32, of uid: UInt32) -> Bool {
        guard let user = account(uid: uid), user.gid == gid else { return false }
        var record = group()
        var buffer = [CChar](repeating: 0, count: 64 << 10)
        var found: UnsafeMutablePointer<group>?
        guard getgrgid_r(gid, &record, &buffer, buffer.count, &found) == 0, found != nil,
            String(cString: record.gr_name) == user.name
        else { return false }
        var member = record.gr_mem
        while let name = member?.pointee {
            if String(cString: name) != user.name { return false }
            member = member?.advanced(by: 1)
        }
        return true
    }
}

extension Users {
    /// A user of the machine.
    package struct Account: Sendable, Hashable {
        package var name: String
        package var uid: UInt32
        package var gid: UInt32
        /// Every group it is in, its own included.
        package var groups: [UInt32]
        package var home: Path
    }

    /// The account of this name (getpwnam_r(3), getgrouplist(3)); nil where there is none.
    package static func account(named name: String) -> Account? {
        find { getpwnam_r(name, $0, $1, $2, $3) }
    }

    /// The account of this number; nil where there is none.
    package static func account(uid: UInt32) -> Account? {
        find { getpwuid_r(uid, $0, $1, $2, $3) }
    }

    private typealias Lookup = (
        UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
        UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> Int32

    private static func find(_ look: Lookup) -> Account? {
        var record = passwd()
        var buffer = [CChar](repeating: 0, count: 64 << 10)
        var found: UnsafeMutablePointer<passwd>?
        guard look(&record, &buffer, buffer.count, &found) == 0, found != nil else { return nil }
        var count: Int32 = 1024
        var groups = [gid_t](repeating: 0, count: Int(count))
        if getgrouplist(record.pw_name, record.pw_gid, &groups, &count) < 0 { count = 1024 }
        let home = Path(String(cString: record.pw_dir))
        return Account(
            name: String(cString: record.pw_name), uid: record.pw_uid, gid: record.pw_gid,
            groups: Array(groups.prefix(Int(count))), home: home.isAbsolute ? home : "/")
    }
}
