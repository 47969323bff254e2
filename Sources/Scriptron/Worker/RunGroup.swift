/// The control groups of one run: what it starts is in them too, and dies with them.
final class RunGroup {
    /// What a run needs of control groups.
    struct Wants: Sendable, Hashable {
        /// All that it starts can be killed by it.
        var kill = false
        /// The memory of all, in bytes.
        var memory: Int64?
        /// Processes and threads.
        var processes: Int?

        var isEmpty: Bool { !kill && memory == nil && processes == nil }
    }

    private let groups: [ControlGroup]
    private let unified: ControlGroup?
    private let wants: Wants

    init(_ groups: [ControlGroup], unified: ControlGroup?, _ wants: Wants) {
        self.groups = groups
        self.unified = unified
        self.wants = wants
    }

    /// Whether it limits memory.
    var limitsMemory: Bool { wants.memory != nil }

    /// Puts this process into it, with all that it will start.
    func enter() throws(SystemError) {
        for group in groups { try group.write("0", to: "cgroup.procs") }
    }

    /// Kills all that is in it; with version 2 at once (`cgroup.kill`), so that no fork escapes.
    func kill() {
        if let unified, (try? unified.write("1", to: "cgroup.kill")) != nil { return }
        for pid in groups.first?.processes ?? [] { try? ProcessHandle(pid: pid).kill() }
    }

    /// A process that is still in it; nil: none is.
    var member: Int32? {
        if let unified, unified.number("populated", in: "cgroup.events") == 0 { return nil }
        return groups.lazy.compactMap { $0.processes.first }.first
    }

    /// The limits that were hit in it.
    var limitsHit: [LimitName] {
        var hit: [LimitName] = []
        if wants.memory != nil, counts(["memory.events", "memory.oom_control"], "oom_kill") {
            hit.append(.programMemory)
        }
        if wants.processes != nil, counts(["pids.events"], "max") { hit.append(.processes) }
        return hit
    }

    private func counts(_ files: [String], _ word: String) -> Bool {
        groups.contains { group in files.contains { (group.number(word, in: $0) ?? 0) > 0 } }
    }

    /// Removes it; what cannot be removed yet is returned.
    func remove() -> [ControlGroup] { groups.filter { (try? $0.remove()) == nil } }
}

/// The control groups that a zygote makes for its runs: one a run, made where it is needed and gone with it. Going into
/// one takes milliseconds (the kernel waits for its other processors), so that a run that needs none gets none.
final class RunGroups {
    private static let prefix = "scriptron-"

    private let own: OwnControlGroups
    private var next = 1
    /// Those that could not be removed when their runs ended.
    private var left: [ControlGroup] = []
    private var givesControllers = false

    /// Kills and removes what dead zygotes left.
    init(_ own: OwnControlGroups) {
        self.own = own
        for base in [own.unified].compactMap({ $0 }) + own.legacy.values {
            for name in base.children where name.hasPrefix(Self.prefix) {
                guard let pid = name.dropFirst(Self.prefix.count).split(separator: "-").first.flatMap({ Int32($0) }),
                    // One that its host has not reaped yet is dead too.
                    (ProcessDescendants.state(of: pid) ?? "Z") == "Z"
                else { continue }
                let group = ControlGroup(base.path.appending(name))
                let run = RunGroup([group], unified: group, RunGroup.Wants())
                run.kill()
                left += run.remove()
            }
        }
    }

    /// Whether all in a group can be killed at once.
    var canKill: Bool { own.unified != nil }

    /// Makes the groups of a run.
    func make(_ wants: RunGroup.Wants) throws(SystemError) -> RunGroup {
        removeLeft()
        let name = Self.prefix + "\(ProcessHandle.own)-\(next)"
        next += 1
        var made: [ControlGroup] = []
        do throws(SystemError) {
            var unified: ControlGroup?
            let isNeeded =
                wants.kill || (wants.memory != nil && own.legacy["memory"] == nil)
                || (wants.processes != nil && own.legacy["pids"] == nil)
            if isNeeded, let base = own.unified {
                giveControllers(base)
                let group = try base.child(name)
                made.append(group)
                unified = group
            }
            if let memory = wants.memory {
                let group = try group("memory", name, unified, &made)
                try limit(group, to: memory)
            }
            if let processes = wants.processes {
                try group("pids", name, unified, &made).write(String(processes), to: "pids.max")
            }
            return RunGroup(made, unified: unified?.has("cgroup.kill") == true ? unified : nil, wants)
        } catch {
            for group in made { try? group.remove() }
            throw error
        }
    }

    /// Where a controller's limit is set for a run.
    private func group(
        _ controller: String, _ name: String, _ unified: ControlGroup?, _ made: inout [ControlGroup]
    ) throws(SystemError) -> ControlGroup {
        guard let base = own.legacy[controller] else {
            guard let unified else { throw SystemError.notSupported("cgroup", controller) }
            return unified
        }
        let group = try base.child(name)
        made.append(group)
        return group
    }

    private func limit(_ group: ControlGroup, to bytes: Int64) throws(SystemError) {
        if group.has("memory.max") {
            try group.write(String(bytes), to: "memory.max")
            if group.has("memory.swap.max") { try group.write("0", to: "memory.swap.max") }
        } else {
            try group.write(String(bytes), to: "memory.limit_in_bytes")
            if group.has("memory.memsw.limit_in_bytes") {
                try group.write(String(bytes), to: "memory.memsw.limit_in_bytes")
            }
        }
    }

    /// Lets groups in it have the controllers that limits need; where it cannot, a limit's own failure says so.
    private func giveControllers(_ base: ControlGroup) {
        if givesControllers { return }
        givesControllers = true
        for controller in ["memory", "pids"] where own.controllers.contains(controller) && own.legacy[controller] == nil
        {
            try? base.write("+" + controller, to: "cgroup.subtree_control")
        }
    }

    /// Removes the groups of a run that is over.
    func remove(_ group: RunGroup) { left += group.remove() }

    /// Whether there are groups that could not be removed yet: what was killed in them takes a moment to be gone.
    var hasLeft: Bool { !left.isEmpty }

    /// Tries again to remove what is left.
    func removeLeft() { left = left.filter { $0.exists && (try? $0.remove()) == nil } }
}
