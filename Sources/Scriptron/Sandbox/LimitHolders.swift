/// What holds the limits of a run that more than one thing can hold, on this machine.
package struct LimitHolders: Sendable, Hashable {
    /// What limits the processes of a run.
    package enum Processes: String, Sendable, Hashable {
        /// pid_max of the run's PID namespace.
        case namespace
        /// pids.max of a control group of version 2.
        case group2 = "cgroup-2"
        /// The same of version 1.
        case group1 = "cgroup-1"
        /// The zygote counts them, and kills a run that has too many.
        case count

        /// Whether a run needs a control group for it.
        package var isGroup: Bool { self == .group1 || self == .group2 }
    }

    /// What limits the memory of a run's worker and programs together, where that is asked for.
    package enum Memory: String, Sendable, Hashable {
        /// memory.max of a control group of version 2.
        case group2 = "cgroup-2"
        /// memory.limit_in_bytes of one of version 1.
        case group1 = "cgroup-1"
        /// RLIMIT_AS, of each program by itself.
        case addressSpace = "address-space"

        /// Whether a run needs a control group for it.
        package var isGroup: Bool { self != .addressSpace }
    }

    package var processes: Processes
    package var memory: Memory

    package init(processes: Processes = .count, memory: Memory = .addressSpace) {
        self.processes = processes
        self.memory = memory
    }

    /// What holds them for a process that is in these groups.
    ///
    /// - Parameters:
    ///   - limitsPIDs: Whether the processes of a PID namespace can be limited.
    package init(limitsPIDs: Bool, _ groups: OwnControlGroups) {
        func isOld(_ controller: String) -> Bool { groups.legacy[controller] != nil }
        processes =
            limitsPIDs ? .namespace : groups.can("pids") ? isOld("pids") ? .group1 : .group2 : .count
        memory = groups.can("memory") ? isOld("memory") ? .group1 : .group2 : .addressSpace
    }
}
