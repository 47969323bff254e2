/// What each need requires of the kernel. Where a Landlock ABI is missing and nothing stands in for it, the job is
/// refused: half a sandbox is none.
///
/// `floors` is the one table of it: grants are checked against it, `scriptron doctor` and docs/security.md show it.
package struct KernelFloor: Sendable {
    /// One thing that can hold what a floor promises.
    package struct Holder: Sendable {
        /// `Landlock ABI 6 (Linux 6.12)`.
        package let text: String
        /// Whether it is there; the grant is nil where a machine is asked and no job.
        let isThere: @Sendable (SandboxFacts, Grant?) -> Bool
    }

    /// Why a job is refused where nothing holds it.
    struct Refusal: Sendable {
        /// What the message is about: `needs.run`.
        var key = "sandbox"
        let message: @Sendable (SandboxFacts) -> String
        let cure: String
        /// Whether `sandbox = "best-effort"` does not do without it either.
        var isAlways = false
    }

    /// Which jobs it is about: `every job`, `run`.
    package let who: String
    /// What is held.
    package let what: String
    /// The best first; one that stands in for another comes after it.
    package let holders: [Holder]
    /// What is left of it under `sandbox = "best-effort"`, where nothing holds it.
    package var atBest: String?
    /// Whether there can be such a job on this machine.
    package var concerns: @Sendable (SandboxFacts) -> Bool = { _ in true }
    /// Whether it is about a job with this grant.
    let applies: @Sendable (Grant, SandboxFacts) -> Bool
    /// Nil: the last holder is on every machine that runs jobs at all, or who finds out says it himself.
    let refusal: Refusal?
    /// What would cure that nothing holds it, where another than `check` refuses such a job.
    var ownCure: String?

    /// What holds it here; nil: nothing, and such a job is refused.
    package func holder(_ facts: SandboxFacts, _ grant: Grant? = nil) -> Holder? {
        holders.first { $0.isThere(facts, grant) }
    }

    /// What would cure that nothing holds it.
    package var cure: String? { ownCure ?? refusal?.cure }

    /// Whether a job is refused where nothing holds it.
    package var refuses: Bool { cure != nil }

    /// Whether it is under `sandbox = "best-effort"` too.
    package var isRefusedAlways: Bool { ownCure != nil || refusal?.isAlways == true }

    /// Adds a refusal for everything of the grant that this machine cannot enforce.
    static func check(_ grant: Grant, _ facts: SandboxFacts, _ refusals: inout Refusals) {
        guard grant.mode != .off else { return }
        for floor in floors where floor.applies(grant, facts) {
            guard let refusal = floor.refusal, floor.holder(facts, grant) == nil,
                grant.mode == .enforced || refusal.isAlways
            else { continue }
            refusals.add(refusal.key, code: "ESANDBOX", refusal.message(facts), cure: refusal.cure)
            // Without Landlock there is no sandbox that could lack anything else.
            if facts.landlockABI < 1, grant.mode == .enforced { return }
        }
    }
}

extension KernelFloor {
    private static let newerKernel = "use a newer kernel, or accept less in scriptron.lua: sandbox = \"best-effort\""

    private static func landlock(_ abi: Int, _ linux: String) -> Holder {
        Holder(text: "Landlock ABI \(abi) (Linux \(linux))") { facts, _ in facts.landlockABI >= abi }
    }

    private static let filters = Holder(text: "seccomp filters") { facts, _ in facts.seccomp }

    private static func filter(_ text: String) -> Holder {
        Holder(text: "seccomp: \(text)") { facts, _ in facts.seccomp }
    }

    private static let mounts = Holder(text: "the mount namespace") { facts, _ in facts.mountNamespaces }
    private static let processes = Holder(text: "the PID namespace") { facts, _ in facts.pidNamespaces }
    private static let broker = Holder(text: "the host's broker (Linux 5.9)") { facts, grant in
        (grant?.broker ?? facts.broker) != .none
    }

    private static func brokerRefusal(isAlways: Bool) -> Refusal {
        Refusal(
            key: "needs.connect",
            message: { _ in
                "the host cannot hold up and answer the job's connections: that takes Linux 5.9, system calls that a "
                    + "container may forbid (seccomp with a listener, pidfd_getfd, process_vm_readv), and the right to "
                    + "look into its workers"
            },
            cure: "run the host as root with CAP_SYS_PTRACE, or as a plain user with kernel.yama.ptrace_scope at most "
                + "1; scriptron doctor shows what this machine has",
            isAlways: isAlways)
    }

    /// Whom a job with this grant runs as.
    private static func user(_ grant: Grant, _ facts: SandboxFacts) -> UInt32 { grant.identity?.uid ?? facts.uid }

    /// Jobs of other users than the host's; `GrantResolver` refuses them, by the user's name.
    static let users = KernelFloor(
        who: "user", what: "running as a user that is not the host's",
        holders: [
            Holder(text: "a host of root, with CAP_SETUID, CAP_SETGID and CAP_SETPCAP") { facts, _ in
                facts.uid == 0 && facts.canSwitchUser
            }
        ], concerns: { $0.uid == 0 }, applies: { _, _ in false }, refusal: nil,
        ownCure: "give the host CAP_SETUID, CAP_SETGID and CAP_SETPCAP")

    /// Programs of other users than their job's; `GrantResolver` refuses them too.
    static let programsOfOthers = KernelFloor(
        who: "run, with user", what: "that programs of another user have the job's files and its end",
        holders: [
            Holder(text: "the mount namespace and the PID namespace") { facts, _ in
                facts.mountNamespaces && facts.pidNamespaces
            }
        ], concerns: { $0.uid == 0 }, applies: { _, _ in false }, refusal: nil,
        ownCure: "give the host CAP_SYS_ADMIN and CAP_SYS_CHROOT")

    /// All of them.
    package static let floors: [KernelFloor] = [
        KernelFloor(
            who: "every job", what: "reading, changing, making, removing and executing files",
            holders: [landlock(1, "5.13")], applies: { _, _ in true },
            refusal: Refusal(
                message: { _ in "this kernel has no Landlock (Linux 5.13, and lsm= must name it)" }, cure: newerKernel)),
        KernelFloor(
            who: "every job", what: "system calls", holders: [filters], applies: { _, _ in true },
            refusal: Refusal(message: { _ in "this kernel has no seccomp filters" }, cure: newerKernel)),
        KernelFloor(
            who: "every job", what: "moving and linking files from one directory to another",
            holders: [
                landlock(2, "5.19"),
                Holder(text: "Landlock ABI 1: there is none, fs.rename copies") { facts, _ in facts.landlockABI >= 1 },
            ], applies: { _, _ in true }, refusal: nil),
        KernelFloor(
            who: "every job", what: "truncating files",
            holders: [
                landlock(3, "6.2"), mounts, filter("none by path or by opening to read"),
            ], applies: { _, _ in true }, refusal: nil),
        KernelFloor(
            who: "every job", what: "control of devices (ioctl)",
            holders: [
                landlock(5, "6.10"), mounts, filter("none that types into a terminal, the rest as the user may"),
            ], applies: { _, _ in true }, refusal: nil),
        KernelFloor(
            who: "as root", what: "mode, owner, times and attributes of files", holders: [mounts],
            concerns: { $0.uid == 0 }, applies: { user($0, $1) == 0 },
            // Root's capabilities reach the mode and owner of every file, which Landlock does not guard.
            refusal: Refusal(
                message: { _ in "the job would run as root, and the host cannot make mount namespaces" },
                cure: "give it CAP_SYS_ADMIN and CAP_SYS_CHROOT, or run it as another user")),
        KernelFloor(
            who: "as another user", what: "mode, owner, times and attributes of files",
            holders: [mounts, filter("none by path, by descriptor on files that the job owns and may read")],
            applies: { user($0, $1) != 0 }, refusal: nil),
        KernelFloor(
            who: "without run", what: "signals to processes outside",
            holders: [landlock(6, "6.12"), processes, filter("none at all")],
            applies: { grant, _ in grant.programs.isEmpty }, refusal: nil),
        KernelFloor(
            who: "run", what: "signals to processes outside", holders: [landlock(6, "6.12"), processes],
            applies: { grant, _ in !grant.programs.isEmpty },
            refusal: Refusal(
                key: "needs.run",
                message: { facts in
                    "this kernel has Landlock ABI \(facts.landlockABI); keeping signals of programs inside needs ABI 6 "
                        + "(Linux 6.12) or a host that runs as root"
                }, cure: newerKernel)),
        KernelFloor(
            who: "every job", what: "sockets that no need opens: abstract ones, datagrams, raw ones, other families",
            holders: [filters], applies: { _, _ in true }, refusal: nil),
        KernelFloor(
            who: "connect", what: "which server, by its address and port", holders: [broker],
            atBest: "the port alone, by Landlock ABI 4 (Linux 6.7)",
            applies: { grant, _ in grant.connects && !grant.dns && grant.sockets.isEmpty },
            // Landlock knows ports, not servers: a port alone would open every server at it.
            refusal: brokerRefusal(isAlways: false)),
        KernelFloor(
            who: "connect unix:, dns", what: "which socket, which name server", holders: [broker],
            applies: { grant, _ in grant.dns || !grant.sockets.isEmpty },
            // Nothing stands in: any Unix socket could be connected to, any server be sent to.
            refusal: brokerRefusal(isAlways: true)),
        users, programsOfOthers,
    ]
}
