extension Doctor {
    /// How the limits of runs are held here, and what kills what a run started.
    ///
    /// - Parameters:
    ///   - groups: The control groups of this process; a host that a service manager started has its own.
    package static func limits(
        _ facts: SandboxFacts, _ groups: OwnControlGroups = .discover()
    ) -> [Fact] {
        [
            controlGroups(groups), processes(facts), memory(facts), kill(facts, groups),
            Fact("Limits", "Lua's memory", .good, "by Lua's own allocator, the worker's address space behind it"),
            Fact("Limits", "open files", .good, "of each process, by RLIMIT_NOFILE"),
            Fact("Limits", "file size", .good, "where limits.file_size asks for it, by RLIMIT_FSIZE"),
            Fact("Limits", "scratch", .good, "by a look once a second; the run is killed"),
            Fact("Limits", "output, log", .good, "by the worker for its programs, and by the host for the log"),
        ]
    }

    private static func controlGroups(_ groups: OwnControlGroups) -> Fact {
        let usable = [
            groups.unified.map { _ in
                let used = groups.controllers.intersection(["memory", "pids"]).sorted()
                return "version 2" + (used.isEmpty ? " (to kill by)" : " (\(used.joined(separator: " ")))")
            }, groups.legacy.isEmpty ? nil : "version 1 (\(groups.legacy.keys.sorted().joined(separator: " ")))",
        ].compactMap { $0 }
        if groups.hierarchy == .none { return Fact("Limits", "control groups", .fact, "none are mounted") }
        if usable.isEmpty {
            return Fact(
                "Limits", "control groups", .fact, "\(groups.hierarchy.rawValue), none that may be divided from here")
        }
        return Fact(
            "Limits", "control groups", .good,
            "\(groups.hierarchy.rawValue), may be divided: " + usable.joined(separator: ", "))
    }

    private static func processes(_ facts: SandboxFacts) -> Fact {
        switch facts.holders.processes {
        case .namespace: Fact("Limits", "processes", .good, "by the PID namespace of each run (pid_max)")
        case .group1, .group2:
            Fact(
                "Limits", "processes", .good,
                "by a control group of version \(facts.holders.processes == .group1 ? 1 : 2) for each run with programs"
            )
        case .count:
            Fact(
                "Limits", "processes", .warning, "counted twenty times a second",
                cure: "Linux 6.14 and a host that runs as root, or Delegate=yes in its unit")
        }
    }

    private static func memory(_ facts: SandboxFacts) -> Fact {
        switch facts.holders.memory {
        case .group1, .group2:
            Fact(
                "Limits", "program memory", .good,
                "by a control group of version \(facts.holders.memory == .group1 ? 1 : 2), where limits.program_memory "
                    + "asks for it")
        case .addressSpace:
            Fact(
                "Limits", "program memory", .warning,
                "by the address space of each program alone, where limits.program_memory asks for it",
                cure: "Delegate=yes in the host's unit, so that it may make control groups")
        }
    }

    private static func kill(_ facts: SandboxFacts, _ groups: OwnControlGroups) -> Fact {
        if facts.pidNamespaces { return Fact("Limits", "kill", .good, "by the end of the run's PID namespace") }
        if groups.unified != nil {
            return Fact("Limits", "kill", .good, "by a control group of version 2 for each run with programs")
        }
        return Fact(
            "Limits", "kill", .warning, "by sweeping until nothing is left",
            cure: "Delegate=yes in the host's unit, so that it may make control groups")
    }
}
