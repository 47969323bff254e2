/// Workers that ended, until all that they left behind is gone too. For a zygote, a process of one thread.
struct Endings {
    /// Seconds until what SIGKILL did not end counts as unkillable.
    private static let patience = 5.0

    private struct Ending {
        let exit: ProcessExit
        let group: RunGroup?
        /// What of it became the zygote's child.
        var orphans: Set<Int32> = []
        let since = Monotonic.now
        var isTold = false
        var limitsHit: [LimitName]
    }

    /// What is to be reported.
    enum News {
        case over(ProcessExit, limitsHit: [LimitName], group: RunGroup?)
        case stuck(worker: Int32, pid: Int32)
    }

    private var endings: [Ending] = []
    /// Whether orphans are looked for.
    let sweeps: Bool

    init(sweeps: Bool) { self.sweeps = sweeps }

    /// Seconds until the next look; infinite where there is nothing to look for.
    var nextLook: Double {
        guard let last = endings.last else { return .infinity }
        return Monotonic.now - last.since < 1 ? 0.005 : 0.1
    }

    mutating func add(_ exit: ProcessExit, _ group: RunGroup?, limitsHit: [LimitName]) {
        endings.append(Ending(exit: exit, group: group, limitsHit: limitsHit))
    }

    /// Kills what is left of them, and tells which are over. `known` are the zygote's own children.
    mutating func look(known: Set<Int32>) -> [News] {
        if endings.isEmpty { return [] }
        for ending in endings where ending.group?.member != nil { ending.group?.kill() }
        let orphans = sweeps ? ProcessTree.children().subtracting(known) : []
        let named = endings.reduce(into: Set<Int32>()) { $0.formUnion($1.orphans) }
        // Whose a new one is cannot be told; most often only one worker has just ended.
        endings[endings.count - 1].orphans.formUnion(orphans.subtracting(named))
        for pid in orphans { ProcessDescendants.kill(pid) }
        var news: [News] = []
        endings = endings.filter { ending in
            let left = ending.orphans.first { orphans.contains($0) } ?? ending.group?.member
            guard left == nil else { return true }
            let hit = ending.limitsHit + (ending.group?.limitsHit ?? [])
            news.append(.over(ending.exit, limitsHit: hit, group: ending.group))
            return false
        }
        for index in endings.indices where !endings[index].isTold {
            guard Monotonic.now - endings[index].since >= Self.patience else { continue }
            let left = endings[index].orphans.first { orphans.contains($0) } ?? endings[index].group?.member
            guard let left else { continue }
            endings[index].isTold = true
            news.append(.stuck(worker: endings[index].exit.pid, pid: ProcessDescendants.stuck(left) ?? left))
        }
        return news
    }
}
