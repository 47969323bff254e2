/// What of the sandbox this machine and this process can have.
package struct SandboxFacts: Sendable, Hashable {
    /// The Landlock ABI; 0: none.
    package var landlockABI: Int
    /// The errata of Landlock that the kernel has fixed, a bit each.
    package var landlockErrata: Int
    /// Whether the kernel has seccomp filters.
    package var seccomp: Bool
    /// What its filters can do with a call.
    package var actions = Set(SystemCallFilter.Action.allCases)
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
    /// What holds the limits of processes and memory.
    package var holders = LimitHolders()
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
        let actions = SystemCallFilter.actions()
        var facts = SandboxFacts(
            landlockABI: Landlock.abi(), landlockErrata: Landlock.errata(), seccomp: actions.contains(.fail),
            mountNamespaces: Namespaces.canMakeMountNamespaces(), pidNamespaces: pidNamespaces,
            pidLimits: pidNamespaces && Namespaces.canLimitProcesses(),
            canSwitchUser: Capabilities.current().isSuperset(of: [.setUsers, .setGroups, .dropBoundingSet]),
            broker: BrokerReach.probe(),
            uid: Users.ownID)
        facts.actions = actions
        facts.holders = LimitHolders(limitsPIDs: facts.pidLimits, OwnControlGroups.discover())
        return facts
    }

    /// Landlock's errata that this kernel has fixed, by their numbers: `errata=1,2`; nil: none.
    package var errataWord: String? {
        let numbers = (1..<32).filter { landlockErrata & 1 << ($0 - 1) != 0 }
        return numbers.isEmpty ? nil : "errata=" + numbers.map(String.init).joined(separator: ",")
    }

    /// What is there, as short text for `status` and `doctor`: `landlock-7 seccomp mounts pids users broker
    /// processes=namespace memory=cgroup-2`.
    package var text: String {
        var words = [landlockABI > 0 ? "landlock-\(landlockABI)" : "no-landlock"]
        if let errataWord { words.append(errataWord) }
        words.append(seccomp ? "seccomp" : "no-seccomp")
        words.append(mountNamespaces ? "mounts" : "no-mounts")
        words.append(pidNamespaces ? "pids" : "no-pids")
        words.append(canSwitchUser ? "users" : "no-users")
        words.append(broker == .none ? "no-broker" : "broker")
        words += ["processes=\(holders.processes.rawValue)", "memory=\(holders.memory.rawValue)"]
        return words.joined(separator: " ")
    }
}
