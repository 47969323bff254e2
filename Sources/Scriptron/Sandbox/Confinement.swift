/// A grant as the kernel enforces it: prepared once by the zygote, applied in each forked worker.
///
/// Only for a process of one thread, the zygote and its children. It lives as long as the zygote: a worker closes the
/// descriptors behind it, and must never let go of it.
package final class Confinement {
    package let grant: Grant
    /// Its place among those that a cache prepared, counted from 1: 0 outside of one.
    package internal(set) var number = 0
    private let facts: SandboxFacts
    private let scratch: Path?
    private let namespace: Descriptor?
    private let ruleset: Landlock.Ruleset?
    private let filter: SystemCallFilter?
    private let process: ProcessConfinement
    /// Whether the rules name files of the worker's own /proc, and so must be made there.
    private let makesRulesInside: Bool
    private let report: SandboxReport
    /// The rules that were made inside. Let go of, they would close a number that is the listener's by then.
    private var rulesInside: Landlock.Ruleset?

    /// What can be prepared, prepared: the mount namespace, the Landlock ruleset, the seccomp filter.
    ///
    /// - Parameters:
    ///   - scratch: The run's own directory, which exists and belongs to the job's user.
    /// - Throws: What cannot be enforced, unless the grant's mode is `bestEffort` or `off`.
    package static func prepare(
        _ grant: Grant, scratch: Path?, facts: SandboxFacts, filters: FilterCache = FilterCache()
    ) throws(Failure) -> Confinement {
        var missing: [String] = []
        /// The layer, or nil and a note where the grant can do without.
        func layer<Layer>(
            _ name: String, available: Bool, _ make: () throws(Failure) -> Layer
        ) throws(Failure) -> Layer? {
            if grant.mode == .off { return nil }
            do throws(Failure) {
                guard available else { throw Failure(code: "ESANDBOX", "this kernel has no \(name)") }
                return try make()
            } catch {
                guard grant.mode == .bestEffort else { throw error }
                missing.append("\(name): \(error.message)")
                return nil
            }
        }
        let filter = try layer("seccomp", available: facts.seccomp) { () throws(Failure) in
            try filters.filter(FilterVariant(grant, facts, hasScratch: scratch != nil))
        }
        // Without root there is no mount namespace, and the filter stands in for it.
        let mounts =
            facts.mountNamespaces
            ? try layer("mount namespace", available: true) { () throws(Failure) in
                try told { () throws(SystemError) in try MountPlan(grant, scratch: scratch).make() }
            } : nil
        let ruleset =
            grant.readsProcesses && facts.mountNamespaces
            ? nil
            : try layer("Landlock", available: facts.landlockABI > 0) { () throws(Failure) in
                try told { () throws(SystemError) in
                    let rules = PathRules(grant, abi: facts.landlockABI)
                    if let mounts { return try rules.ruleset(mounts.files) }
                    return try rules.ruleset(GrantFiles(grant, scratch: scratch))
                }
            }
        if grant.connects, grant.broker == .none, grant.mode == .bestEffort {
            missing.append(
                ruleset != nil && facts.landlockABI >= 4
                    ? "broker: connections are judged by their ports alone"
                    : "broker: TCP connections are not judged at all")
        }
        let namespace = mounts?.namespace
        return Confinement(grant, facts, scratch, namespace, ruleset, filter, missing)
    }

    /// Runs `body` with its errors told by what cures them.
    private static func told<Result>(_ body: () throws(SystemError) -> Result) throws(Failure) -> Result {
        do throws(SystemError) { return try body() } catch { throw error.failure(cure: GrantFiles.cure(error)) }
    }

    private init(
        _ grant: Grant, _ facts: SandboxFacts, _ scratch: Path?, _ namespace: Descriptor?,
        _ ruleset: Landlock.Ruleset?, _ filter: SystemCallFilter?, _ missing: [String]
    ) {
        self.grant = grant
        self.facts = facts
        self.scratch = scratch
        self.namespace = namespace
        self.ruleset = ruleset
        self.filter = filter
        let identity = facts.canSwitchUser ? grant.identity : nil
        process = ProcessConfinement(
            mounts: namespace, ownProcesses: !grant.programs.isEmpty || grant.readsProcesses, ruleset: ruleset,
            givesUpPrivileges: grant.mode != .off, staysDumpable: grant.broker == .ownUser,
            dropsBoundingSet: facts.canSwitchUser,
            keeps: grant.capabilities(facts), user: identity.map { ($0.uid, $0.gid, $0.groups) },
            limits: Self.limits(grant, facts))
        makesRulesInside = grant.mode != .off && ruleset == nil && grant.readsProcesses && facts.landlockABI > 0
        var layers: [String] = []
        if grant.mode == .off { layers.append("off") }
        if namespace != nil { layers.append("mounts") }
        if facts.pidNamespaces { layers.append("pids") }
        if grant.mode != .off { layers.append("caps") }
        if let name = grant.identity?.name { layers.append("user=\(name)") }
        let hasRules = ruleset != nil || makesRulesInside
        if hasRules { layers += ["landlock-\(facts.landlockABI)", facts.errataWord].compactMap { $0 } }
        if filter != nil { layers.append("seccomp") }
        if grant.connects, filter != nil, grant.broker != .none {
            layers.append("broker")
        } else if !grant.ports.isEmpty, hasRules, facts.landlockABI >= 4 {
            layers.append("ports")
        }
        report = SandboxReport(
            layers: layers, limits: Self.limitWords(grant, facts, isFiltered: filter != nil), missing: missing)
    }

    /// What holds the limits of processes and memory for this grant.
    private static func limitWords(_ grant: Grant, _ facts: SandboxFacts, isFiltered: Bool) -> [String] {
        let processes =
            grant.programs.isEmpty && isFiltered && facts.holders.processes != .namespace
            ? "seccomp" : facts.holders.processes.rawValue
        // Without programs the address space of the worker stands behind Lua's own limit.
        let memory =
            !grant.hasPrograms
            ? "lua+address-space" : grant.limits.programMemory == nil ? "lua" : facts.holders.memory.rawValue
        return ["processes=\(processes)", "memory=\(memory)"]
    }

    private static func limits(_ grant: Grant, _ facts: SandboxFacts) -> ProcessConfinement.Limits {
        let hasPrograms = grant.hasPrograms
        return ProcessConfinement.Limits(
            // A backstop for what Lua's own limit does not count.
            addressSpace: UInt64(clamping: grant.memory) * 2 + 2 << 30, programsAreFree: hasPrograms,
            openFiles: grant.limits.files, fileSize: grant.limits.fileSize,
            // A worker is born with the usual limit.
            processes: facts.pidLimits && grant.limits.processes != JobLimits.usualProcesses
                ? grant.limits.processes : nil,
            takesOrphans: hasPrograms && !facts.pidNamespaces)
    }

    /// Says that this process, a freshly forked one, joined the PID namespace of another worker.
    package func join() { process.join() }

    /// Confines this process, a freshly forked one of one thread, for good. Afterwards its working directory is `/`
    /// where a mount namespace was entered.
    ///
    /// - Parameters:
    ///   - keep: The descriptors that stay open, the standard ones too (at most 64); all others are closed.
    /// - Returns: What is in force; and where connections wait for a broker, the number of the listener at which it hears
    ///   of them. Whoever has it decides over them: it is to be handed over and closed before anything else.
    /// - Throws: The step that failed. The process is then half confined and must end.
    package func apply(keep: [Int32]) throws(Failure) -> (report: SandboxReport, listener: Int32?) {
        do throws(SystemError) {
            try process.begin(keep: keep)
            rulesInside =
                makesRulesInside
                ? try PathRules(grant, abi: facts.landlockABI).ruleset(
                    GrantFiles(grant, scratch: scratch, asUser: true), asUser: true) : nil
            return (report, try process.finish(ruleset: rulesInside ?? ruleset, filter: filter, keep: keep))
        } catch {
            throw error.failure(cure: "scriptron doctor shows what this machine can enforce")
        }
    }
}

extension Capabilities {
    /// The most that any job keeps.
    package static let ofJobs: Capabilities = [
        .changeOwner, .overridePermissions, .actAsOwner, .keepSetID, .setFileCapabilities, .makeDevices,
    ]
}

extension Grant {
    /// The capabilities that a job of root keeps: for the files of others; with `setid` also for what restores them.
    /// Who is granted nothing, as the evaluation of a script is, keeps none.
    fileprivate func capabilities(_ facts: SandboxFacts) -> Capabilities {
        guard facts.uid == 0, identity.map({ $0.uid == 0 }) ?? true else { return [] }
        if read.isEmpty, write.isEmpty, programs.isEmpty { return [] }
        let files: Capabilities = [.changeOwner, .overridePermissions, .actAsOwner]
        return setid ? files.union([.keepSetID, .setFileCapabilities, .makeDevices]) : files
    }
}
