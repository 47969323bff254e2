import Scriptron

/// What each layer of the sandbox costs: a fork that confines itself with all layers and ends, against one that leaves
/// this layer out, in turns. Only for a process of one thread.
struct LayerCosts {
    /// One way to be confined.
    private struct Standing {
        let name: String
        /// Nil: it is not confined at all.
        let confinement: Confinement?
        var ownProcesses = true
        var seconds: [Double] = []

        init(_ name: String, _ confinement: Confinement?, ownProcesses: Bool = true) {
            (self.name, self.confinement, self.ownProcesses) = (name, confinement, ownProcesses)
        }

        var median: Double { seconds.sorted()[seconds.count / 2] }
    }

    private var standings: [Standing]
    private let ownNamespace: Descriptor?

    /// Prepares the confinements, as a zygote does.
    init() throws {
        let facts = SandboxFacts.probe()
        ownNamespace = facts.pidNamespaces ? try Namespaces.currentPIDNamespace() : nil
        var grant = Grant()
        grant.write = ["/var/tmp"]
        func prepared(_ change: (inout SandboxFacts, inout Grant) -> Void = { _, _ in }) throws -> Confinement {
            var (facts, grant) = (facts, grant)
            change(&facts, &grant)
            return try Confinement.prepare(grant, scratch: nil, facts: facts)
        }
        standings = [
            Standing("all layers", try prepared()),
            Standing("mount namespace", try prepared { facts, _ in facts.mountNamespaces = false }),
            Standing("PID namespace", try prepared(), ownProcesses: false),
            Standing(
                "Landlock",
                try prepared { facts, grant in
                    facts.landlockABI = 0
                    grant.mode = .bestEffort
                }),
            Standing(
                "seccomp",
                try prepared { facts, grant in
                    facts.seccomp = false
                    grant.mode = .bestEffort
                }),
            Standing(
                "capabilities, limits, session",
                nil),
        ]
    }

    /// Measures, and prints what leaving each out saves.
    mutating func measure(rounds: Int) throws {
        for _ in 0..<min(rounds, 50) { for index in standings.indices { _ = try time(standings[index]) } }
        for _ in 0..<rounds {
            for index in standings.indices { standings[index].seconds.append(try time(standings[index])) }
        }
        let all = standings[0].median
        print("a fork that is confined and ends: \(Self.microseconds(all)) µs, median of \(rounds)")
        var named = 0.0
        for standing in standings.dropFirst() where standing.confinement != nil {
            named += all - standing.median
            print("  \(standing.name): \(Self.microseconds(all - standing.median)) µs")
        }
        let bare = standings[standings.count - 1].median
        print("  \(standings[standings.count - 1].name): \(Self.microseconds(all - named - bare)) µs")
        print("  the fork and its end alone: \(Self.microseconds(bare)) µs")
    }

    private func time(_ standing: Standing) throws -> Double {
        let isInit = standing.ownProcesses && standing.confinement != nil && ownNamespace != nil
        let start = Monotonic.now
        if isInit { try Namespaces.unsharePID() }
        let pid = try ProcessTree.fork()
        if pid == 0 {
            if let confinement = standing.confinement, (try? confinement.apply(keep: [0, 1, 2])) == nil {
                ProcessExit.now(1)
            }
            ProcessExit.now(0)
        }
        if isInit, let ownNamespace { try Namespaces.enterPIDNamespace(ownNamespace) }
        guard case .exit(let exit) = ProcessExit.reap(pid: pid, wait: true), exit.code == 0 else {
            throw Failure(code: "EBENCH", "\(standing.name): the fork could not be confined")
        }
        return Monotonic.now - start
    }

    private static func microseconds(_ seconds: Double) -> Int { Int((seconds * 1e6).rounded()) }
}
