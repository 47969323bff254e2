/// What of the sandbox this machine and this process can have.
package struct SandboxFacts: Sendable, Hashable {
    /// The Landlock ABI; 0: none.
    package var landlockABI: Int
    /// The errata of Landlock that the kernel has fixed, a bit each.
    package var landlockErrata: Int
    /// Whether the kernel has seccomp filters.
    package var seccomp: Bool
    /// Whether mount namespaces can be made and changed.
    package var mountNamespaces: Bool
    /// Whether PID namespaces can be made.
    package var pidNamespaces: Bool
    /// Whether the user can be switched and capabilities be dropped from the bounding set.
    package var canSwitchUser: Bool
    /// The effective user of this process.
    package var uid: UInt32

    package init(
        landlockABI: Int, landlockErrata: Int = 0, seccomp: Bool, mountNamespaces: Bool, pidNamespaces: Bool,
        canSwitchUser: Bool, uid: UInt32
    ) {
        self.landlockABI = landlockABI
        self.landlockErrata = landlockErrata
        self.seccomp = seccomp
        self.mountNamespaces = mountNamespaces
        self.pidNamespaces = pidNamespaces
        self.canSwitchUser = canSwitchUser
        self.uid = uid
    }

    /// Asks the kernel; namespaces are tried in a child that ends at once. About a millisecond.
    package static func probe() -> SandboxFacts {
        SandboxFacts(
            landlockABI: Landlock.abi(), landlockErrata: Landlock.errata(), seccomp: SystemCallFilter.isAvailable(),
            mountNamespaces: Namespaces.canMakeMountNamespaces(), pidNamespaces: Namespaces.canMakePIDNamespaces(),
            canSwitchUser: Capabilities.current().isSuperset(of: [.setUsers, .setGroups, .dropBoundingSet]),
            uid: Users.ownID)
    }

    /// What is there, as short text for the record and for `doctor`: `landlock-7 seccomp mounts pids users`.
    package var text: String {
        var words = [landlockABI > 0 ? "landlock-\(landlockABI)" : "no-landlock"]
        words.append(seccomp ? "seccomp" : "no-seccomp")
        words.append(mountNamespaces ? "mounts" : "no-mounts")
        words.append(pidNamespaces ? "pids" : "no-pids")
        words.append(canSwitchUser ? "users" : "no-users")
        return words.joined(separator: " ")
    }
}
