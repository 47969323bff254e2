extension Doctor {
    /// How the limits of runs are held here, and what kills what a run started where there is no PID namespace.
    package static func limits(
        _ facts: SandboxFacts, _ groups: OwnControlGroups = .discover()
    ) -> [Fact] {
        func version(_ controller: String) -> Int { groups.legacy[controller] == nil ? 2 : 1 }
        let processes =
            if facts.pidLimits {
                Fact("Limits", "processes", .good, "by the PID namespace of each run (pid_max)")
            } else if groups.can("pids") {
                Fact("Limits", "processes", .good, "by a control group of version \(version("pids")) for each run")
            } else {
                Fact(
                    "Limits", "processes", .warning, "counted twenty times a second",
                    cure: "Linux 6.14 and a host that runs as root, or Delegate=yes in its unit")
            }
        let memory =
            if groups.can("memory") {
                Fact(
                    "Limits", "program memory", .good,
                    "by a control group of version \(version("memory")), where limits.program_memory asks for it")
            } else {
                Fact(
                    "Limits", "program memory", .warning, "by the address space of each program alone",
                    cure: "Delegate=yes in the host's unit, so that it may make control groups")
            }
        if facts.pidNamespaces { return [processes, memory] }
        let kill =
            groups.unified == nil
            ? Fact(
                "Limits", "kill", .warning, "by sweeping until nothing is left",
                cure: "Delegate=yes in the host's unit, so that it may make control groups")
            : Fact("Limits", "kill", .good, "by a control group of version 2 for each run with programs")
        return [processes, memory, kill]
    }
}
