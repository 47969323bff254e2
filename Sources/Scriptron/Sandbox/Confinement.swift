/// A grant as the kernel enforces it: prepared once by the zygote, applied in each forked worker.
///
/// Only for a process of one thread, the zygote and its children. It lives as long as the zygote: a worker closes the
/// descriptors behind it, and must never let go of it.
package final class Confinement {
    package let grant: Grant
    private let facts: SandboxFacts
    private let scratch: Path?
    private let namespace: Descriptor?
    /// Nil too where it must be made in the worker, because it names files of the worker's own /proc.
    private let ruleset: Landlock.Ruleset?
    private let filter: SystemCallFilter?
    private let missing: [String]

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
        self.missing = missing
    }

    /// Confines this process, a freshly forked one of one thread, for good. Afterwards its working directory is `/`
    /// where a mount namespace was entered.
    ///
    /// - Parameters:
    ///   - keep: The descriptors that stay open, the standard ones too; all others are closed.
    /// - Throws: The step that failed. The process is then half confined and must end.
    package func apply(keep: [Int32]) throws(Failure) -> SandboxReport {
        var report = SandboxReport(layers: [], missing: missing)
        do throws(SystemError) {
            Credentials.newSession()
            let mine = [namespace?.number, ruleset?.number].compactMap { $0 }
            try Descriptor.closeAll(except: keep + mine)
            try limit()
            try enterMounts(&report)
            try becomeUser(&report)
            try Credentials.dieWithParent()
            if grant.mode != .off {
                try Credentials.noNewPrivileges()
                try Credentials.notDumpable()
            }
            try enforceRules(&report)
            if !mine.isEmpty { try Descriptor.closeAll(except: keep) }
            if let filter {
                try filter.load()
                report.layers.append("seccomp")
            }
        } catch {
            throw error.failure(cure: "scriptron doctor shows what this machine can enforce")
        }
        return report
    }

    private func limit() throws(SystemError) {
        try ResourceLimits.noCore()
        try ResourceLimits.openFiles(soft: 1024, hard: 4096)
        // A backstop for what Lua's own limit does not count. Programs would inherit it, and have no such limit.
        if grant.programs.isEmpty {
            try ResourceLimits.addressSpace(UInt64(clamping: grant.memory) * 2 + 2 << 30)
        }
    }

    private func enterMounts(_ report: inout SandboxReport) throws(SystemError) {
        guard let namespace else { return }
        try Namespaces.enterMounts(namespace)
        if Credentials.isInit, !grant.programs.isEmpty || grant.readsProcesses {
            // Its own processes alone: programs find themselves there (/proc/self/exe).
            try Namespaces.unshareMounts()
            Mounts.detach("/proc")
            try Mounts.attach(try Mounts.processes(), at: "/proc")
        }
        report.layers.append("mounts")
    }

    private func becomeUser(_ report: inout SandboxReport) throws(SystemError) {
        let identity = grant.identity
        let switches = identity.map { $0.uid != facts.uid } ?? false
        let keep: Capabilities =
            facts.uid != 0 || switches
            ? []
            : grant.setid
                ? [
                    .changeOwner, .overridePermissions, .actAsOwner, .keepSetID, .setFileCapabilities, .makeDevices,
                ] : [.changeOwner, .overridePermissions, .actAsOwner]
        let drops = grant.mode != .off
        if drops, facts.canSwitchUser { try Credentials.dropBoundingSet(except: keep) }
        if let identity, facts.canSwitchUser {
            try Credentials.become(uid: identity.uid, gid: identity.gid, groups: identity.groups)
        }
        if drops {
            try Credentials.keep(keep)
            report.layers.append("caps")
        }
        if let identity { report.layers.append("user=\(identity.name)") }
    }

    private func enforceRules(_ report: inout SandboxReport) throws(SystemError) {
        guard grant.mode != .off, facts.landlockABI > 0 else { return }
        if let ruleset {
            try ruleset.enforce()
        } else if grant.readsProcesses, facts.mountNamespaces {
            try PathRules(grant, scratch: scratch, abi: facts.landlockABI).build().enforce()
        } else {
            return
        }
        report.layers.append("landlock-\(facts.landlockABI)")
    }
}
