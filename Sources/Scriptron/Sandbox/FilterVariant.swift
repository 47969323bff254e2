/// Which of the few seccomp filters a grant needs: each is compiled once and loaded in every worker that needs it.
struct FilterVariant: Sendable, Hashable {
    /// Processes may be made and programs executed.
    var programs: Bool
    /// TCP sockets may be made.
    var connect: Bool
    /// Set-id bits may be given.
    var setid: Bool
    /// Mode, owner, times and attributes may be changed by path: only where read-only mounts guard them.
    var metadataByPath: Bool
    /// truncate(2) by path, and opening to truncate without writing: only where Landlock or the mounts guard it.
    var truncateByPath: Bool
    /// Signals may be sent: only where Landlock or a PID namespace keeps them inside.
    var signals: Bool

    /// The variant that a grant needs on this machine.
    init(_ grant: Grant, _ facts: SandboxFacts) {
        programs = !grant.programs.isEmpty
        connect = !grant.ports.isEmpty
        setid = grant.setid
        metadataByPath = facts.mountNamespaces
        truncateByPath = facts.mountNamespaces || facts.landlockABI >= 3
        signals = facts.pidNamespaces || facts.landlockABI >= 6
    }

    /// The variant compiled.
    func compiled() throws(Failure) -> SystemCallFilter {
        let builder = try FilterBuilder()
        for call in FilterRules.neverAllowed { try builder.deny(call) }
        for (call, argument) in FilterRules.onSelfAlone { try builder.deny(call, [.not(argument, 0)]) }
        for call in FilterRules.absent { try builder.deny(call, with: ErrorNumber.noSuchCall) }
        try FilterRules.denyTerminalTricks(builder)
        try FilterRules.denyNamespaces(builder)
        try FilterRules.denyPersonalities(builder)
        try FilterRules.denyPrioritiesOfMany(builder)
        if programs { try FilterRules.denyNamedSocketPairs(builder) } else { try FilterRules.denyPrograms(builder) }
        if connect { try FilterRules.denyAllButTCP(builder) } else { try FilterRules.denySockets(builder) }
        if !setid { try FilterRules.denySetIDBits(builder) }
        if !metadataByPath { try FilterRules.denyMetadataByPath(builder) }
        if !truncateByPath { try FilterRules.denyTruncateByPath(builder) }
        if !signals { try FilterRules.denySignals(builder) }
        return try builder.compiled()
    }
}
