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
            try filters.filter(FilterVariant(grant, facts))
        }
        let ruleset =
            grant.readsProcesses && facts.mountNamespaces
            ? nil
            : try layer("Landlock", available: facts.landlockABI > 0) { () throws(Failure) in
                try PathRules(grant, scratch: scratch, abi: facts.landlockABI).ruleset()
            }
        // Without root there is no mount namespace, and the filter stands in for it.
        let namespace =
            facts.mountNamespaces
            ? try layer("mount namespace", available: true) { () throws(Failure) in
                do throws(SystemError) {
                    return try MountPlan(grant, scratch: scratch).make()
                } catch {
                    throw error.failure()
                }
            } : nil
        return Confinement(grant, facts, scratch, namespace, ruleset, filter, missing)
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
            givesUpPrivileges: grant.mode != .off, dropsBoundingSet: facts.canSwitchUser,
            keeps: grant.capabilities(facts), user: identity.map { ($0.uid, $0.gid, $0.groups) },
            // A backstop for what Lua's own limit does not count. Programs would inherit it, and have no such limit.
            addressSpace: grant.programs.isEmpty ? UInt64(clamping: grant.memory) * 2 + 2 << 30 : nil,
            openFiles: (soft: 1024, hard: 4096))
        makesRulesInside = grant.mode != .off && ruleset == nil && grant.readsProcesses && facts.landlockABI > 0
        var layers: [String] = []
        if namespace != nil { layers.append("mounts") }
        if grant.mode != .off { layers.append("caps") }
        if let name = grant.identity?.name { layers.append("user=\(name)") }
        if ruleset != nil || makesRulesInside { layers.append("landlock-\(facts.landlockABI)") }
        if filter != nil { layers.append("seccomp") }
        report = SandboxReport(layers: layers, missing: missing)
    }

    /// Confines this process, a freshly forked one of one thread, for good. Afterwards its working directory is `/`
    /// where a mount namespace was entered.
    ///
    /// - Parameters:
    ///   - keep: The descriptors that stay open, the standard ones too (at most 64); all others are closed.
    /// - Throws: The step that failed. The process is then half confined and must end.
    package func apply(keep: [Int32]) throws(Failure) -> SandboxReport {
        do throws(SystemError) {
            try process.begin(keep: keep)
            let rules = makesRulesInside ? try PathRules(grant, scratch: scratch, abi: facts.landlockABI).build() : nil
            try process.finish(ruleset: rules ?? ruleset, filter: filter, keep: keep)
        } catch {
            throw error.failure(cure: "scriptron doctor shows what this machine can enforce")
        }
        return report
    }
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
