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
    /// Whether the processes in one can be limited (pid_max of the namespace).
    package var pidLimits: Bool
    /// Whether the user can be switched and capabilities be dropped from the bounding set.
    package var canSwitchUser: Bool
    /// Whose connections can be judged one by one.
    package var broker: BrokerReach
    /// The effective user of this process.
    package var uid: UInt32

    package init(
        landlockABI: Int, landlockErrata: Int = 0, seccomp: Bool, mountNamespaces: Bool, pidNamespaces: Bool,
        pidLimits: Bool = false, canSwitchUser: Bool, broker: BrokerReach = .any, uid: UInt32
    ) {
        self.landlockABI = landlockABI
        self.landlockErrata = landlockErrata
        self.seccomp = seccomp
        self.mountNamespaces = mountNamespaces
        self.pidNamespaces = pidNamespaces
        self.pidLimits = pidLimits
        self.canSwitchUser = canSwitchUser
        self.broker = broker
        self.uid = uid
    }

    /// Asks the kernel; what cannot be asked is tried in children that end at once. About two milliseconds.
    package static func probe() -> SandboxFacts {
        let pidNamespaces = Namespaces.canMakePIDNamespaces()
        return SandboxFacts(
            landlockABI: Landlock.abi(), landlockErrata: Landlock.errata(), seccomp: SystemCallFilter.isAvailable(),
            mountNamespaces: Namespaces.canMakeMountNamespaces(), pidNamespaces: pidNamespaces,
            pidLimits: pidNamespaces && Namespaces.canLimitProcesses(),
            canSwitchUser: Capabilities.current().isSuperset(of: [.setUsers, .setGroups, .dropBoundingSet]),
            broker: BrokerReach.probe(),
            uid: Users.ownID)
    }

    /// What is there, as short text for the record and for `doctor`: `landlock-7 seccomp mounts pids users`.
    package var text: String {
        var words = [landlockABI > 0 ? "landlock-\(landlockABI)" : "no-landlock"]
        words.append(seccomp ? "seccomp" : "no-seccomp")
        words.append(mountNamespaces ? "mounts" : "no-mounts")
        words.append(pidNamespaces ? "pids" : "no-pids")
        words.append(canSwitchUser ? "users" : "no-users")
        words.append(broker == .none ? "no-broker" : "broker")
        return words.joined(separator: " ")
    }
}
