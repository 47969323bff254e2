/// Which of the few seccomp filters a grant needs: each is compiled once and loaded in every worker that needs it.
struct FilterVariant: Sendable, Hashable {
    /// Ways to connect.
    enum Connect: Sendable, Hashable {
        case none
        /// By TCP; Landlock judges the port.
        case ports
        /// By TCP, and as these say by Unix streams and to name servers; connect(2) is held up for a broker.
        case broker(unix: Bool, dns: Bool)
    }

    /// Processes may be made and programs executed.
    var programs: Bool
    /// Which sockets may be made, and who judges where they connect to.
    var connect: Connect
    /// The calls that open, change and execute files are held up, to be looked at.
    var watches: Bool
    /// Set-id bits may be given.
    var setid: Bool
    /// Mode, owner, times and attributes may be changed by path: only where read-only mounts guard them.
    var metadataByPath: Bool
    /// The same of a file that is open for reading alone: not where there is nothing that may be written, unless those
    /// mounts guard it.
    var metadataByDescriptor: Bool
    /// truncate(2) by path, and opening to truncate without writing: only where Landlock or the mounts guard it.
    var truncateByPath: Bool
    /// Signals may be sent: only where Landlock or a PID namespace keeps them inside.
    var signals: Bool

    /// The variant that a grant needs on this machine.
    ///
    /// - Parameter hasScratch: Whether the run has a directory of its own to write in.
    init(_ grant: Grant, _ facts: SandboxFacts, hasScratch: Bool) {
        programs = !grant.programs.isEmpty
        connect =
            grant.broker != .none && grant.connects
            ? .broker(unix: !grant.sockets.isEmpty, dns: grant.dns) : grant.ports.isEmpty ? .none : .ports
        watches = grant.isWatched
        setid = grant.setid
        metadataByPath = facts.mountNamespaces
        metadataByDescriptor = facts.mountNamespaces || hasScratch || !grant.write.isEmpty
        truncateByPath = facts.mountNamespaces || facts.landlockABI >= 3
        signals = facts.pidNamespaces || facts.landlockABI >= 6
    }

    /// The variant compiled.
    func compiled() throws(Failure) -> SystemCallFilter {
        let builder = try FilterBuilder()
        for call in FilterRules.neverAllowed { try builder.deny(call) }
        for (call, argument) in FilterRules.onSelfAlone { try builder.deny(call, [.not(argument, 0)]) }
        for call in FilterRules.absent + FilterRules.watches { try builder.deny(call, with: ErrorNumber.noSuchCall) }
        try FilterRules.denyTerminalTricks(builder)
        try FilterRules.denyNamespaces(builder)
        try FilterRules.denyForeignParents(builder)
        try FilterRules.denyPersonalities(builder)
        try FilterRules.denyPrioritiesOfMany(builder)
        if programs { try FilterRules.denyNamedSocketPairs(builder) } else { try FilterRules.denyPrograms(builder) }
        switch connect {
        case .none: try FilterRules.denySockets(builder)
        case .ports: try FilterRules.denySockets(builder, butUnix: false, butDatagrams: false)
        case .broker(let unix, let dns):
            try FilterRules.denySockets(builder, butUnix: unix, butDatagrams: dns)
            try FilterRules.holdConnections(builder, sends: dns)
        }
        if !setid { try FilterRules.denySetIDBits(builder) }
        if !metadataByPath { try FilterRules.denyMetadataByPath(builder) }
        if !metadataByDescriptor { try FilterRules.denyMetadataByDescriptor(builder) }
        if !truncateByPath { try FilterRules.denyTruncateByPath(builder) }
        if !signals { try FilterRules.denySignals(builder) }
        let filter = try builder.compiled()
        return watches ? filter.holding(WatchedCall.all.map(\.number)) : filter
    }
}
