/// What each need requires of the kernel. Where a Landlock ABI is missing and nothing stands in for it, the job is
/// refused: half a sandbox is none.
enum KernelFloor {
    /// Adds a refusal for everything of the grant that this machine cannot enforce.
    static func check(_ grant: Grant, _ facts: SandboxFacts, _ refusals: inout Refusals) {
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
        if !grant.ports.isEmpty, facts.landlockABI < 4 {
            refusals.add(
                "needs.connect", code: "ESANDBOX",
                "this kernel has Landlock ABI \(facts.landlockABI); TCP ports need ABI 4 (Linux 6.7)", cure: cure)
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
