/// What each need requires of the kernel. Where a Landlock ABI is missing and nothing stands in for it, the job is
/// refused: half a sandbox is none.
enum KernelFloor {
    private static let noBroker =
        "the host cannot hold up and answer the job's connections: that takes Linux 5.9, system calls that a container "
        + "may forbid (seccomp with a listener, pidfd_getfd, process_vm_readv), and the right to look into its workers"
    private static let brokerCure =
        "run the host as root with CAP_SYS_PTRACE, or as a plain user with kernel.yama.ptrace_scope at most 1; "
        + "scriptron doctor shows what this machine has"

    /// Adds a refusal for everything of the grant that this machine cannot enforce.
    static func check(_ grant: Grant, _ facts: SandboxFacts, _ refusals: inout Refusals) {
        let isBrokered = grant.broker != .none
        if grant.mode == .bestEffort, !isBrokered, grant.dns || !grant.sockets.isEmpty {
            // Nothing stands in: any Unix socket could be connected to, any server be sent to.
            refusals.add("needs.connect", code: "ESANDBOX", noBroker, cure: brokerCure)
        }
        guard grant.mode == .enforced else { return }
        let cure = "use a newer kernel, or accept less in scriptron.lua: sandbox = \"best-effort\""
        guard facts.landlockABI >= 1 else {
            refusals.add(
                "sandbox", code: "ESANDBOX", "this kernel has no Landlock (Linux 5.13, and lsm= must name it)",
                cure: cure)
            return
        }
        if !facts.seccomp {
            refusals.add("sandbox", code: "ESANDBOX", "this kernel has no seccomp filters", cure: cure)
        }
        if (grant.identity?.uid ?? facts.uid) == 0, !facts.mountNamespaces {
            // Root's capabilities reach the mode and owner of every file, which Landlock does not guard.
            refusals.add(
                "sandbox", code: "ESANDBOX", "the job would run as root, and the host cannot make mount namespaces",
                cure: "give it CAP_SYS_ADMIN and CAP_SYS_CHROOT, or run it as another user")
        }
        if grant.connects, !isBrokered {
            // Landlock knows ports, not servers: a port alone would open every server at it.
            refusals.add("needs.connect", code: "ESANDBOX", noBroker, cure: brokerCure)
        }
        // A PID namespace stands in for Landlock's scope of signals, and a filter where there are no programs.
        if !grant.programs.isEmpty, facts.landlockABI < 6, !facts.pidNamespaces {
            refusals.add(
                "needs.run", code: "ESANDBOX",
                "this kernel has Landlock ABI \(facts.landlockABI); keeping signals of programs inside needs ABI 6 "
                    + "(Linux 6.12) or a host that runs as root", cure: cure)
        }
    }
}
