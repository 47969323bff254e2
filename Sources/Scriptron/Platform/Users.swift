import Glibc

/// The machine's users, as nsswitch.conf(5) finds them.
package enum Users {
    /// The effective user's id.
    package static var ownID: UInt32 { geteuid() }

    /// Whether this process is root.
    package static var isRoot: Bool { geteuid() == 0 }

    /// The effective user's name, or its number where it has none.
    package static var ownName: String { name(of: geteuid()) }

    /// A user's name, or its number where it has none (getpwuid_r(3)).
    package static func name(of uid: UInt32) -> String {
        var record = passwd()
        var buffer = [CChar](repeating: 0, count: 16 << 10)
        var found: UnsafeMutablePointer<passwd>?
        guard getpwuid_r(uid, &record, &buffer, buffer.count, &found) == 0, found != nil else { return String(uid) }
        return String(cString: record.pw_name)
    }
}
