/// The process that workers are forked from: one thread, warm, and nothing of its own to do.
///
/// It is started by its host as `scriptron zygote`, with the control socket as descriptor 3. It ends when that socket
/// does, and takes all workers along.
package enum Zygote {
    /// The control socket's number.
    static let controlNumber: Int32 = 3

    /// Serves until the host is gone. `arguments` follow its name.
    package static func main(_ arguments: [String] = []) -> Never {
        let control = PacketSocket(owning: controlNumber)
        do {
            var loop = try ZygoteLoop(control: control, KillRungs(arguments: arguments))
            loop.serve()
        } catch {
            let failure = Failure.wrapping(error)
            if let bytes = try? ValueCodec.encode(ZygoteReport.refused(id: 0, failure).value) {
                _ = try? control.send(bytes)
            }
            ProcessExit.now(1)
        }
        ProcessExit.now(0)
    }
}

/// What the zygote keeps between forks.
struct ZygoteLoop {
    /// Seconds between two counts of the processes of a run that nothing else limits.
    private static let countPeriod = 0.05
    /// Seconds between two tries to remove control groups of which something is still ending.
    private static let removalPeriod = 0.1

    /// A worker that runs or waits.
    private struct Worker {
        var group: RunGroup?
        /// Whether it can leave processes behind.
        var hasPrograms = true
        /// The most processes, where only counting limits them.
        var counted: Int?
        var limitsHit: [LimitName] = []
    }

    private let control: PacketSocket
    /// The namespace that the zygote itself lives in; nil where it can make no other.
    private let pidNamespace: Descriptor?
    private let children: ChildSignal
    private let stage: WorkerStage
    private let grants = GrantCache()
    private let confinements: ConfinementCache
    /// Workers, the spare one too.
    private var workers: [Int32: Worker] = [:]
    private let groups: RunGroups
    private let holders: LimitHolders
    private var endings: Endings
    /// Programs of other users, beside workers in their PID namespaces.
    private var programs = ProgramsBeside()
    /// The one that waits for its part, as far as is known here.
    private var spare: Int32?
    private var pending: [(bytes: [UInt8], descriptors: [Descriptor])] = []

    /// Warms up: opens Lua, compiles filters, asks the kernel what it can do.
    init(control: PacketSocket, _ rungs: KillRungs) throws {
        self.control = control
        // A host that the kernel is to spare when memory is short must not have its jobs spared too.
        ProcessTree.beOrdinaryVictim()
        ResourceLimits.raiseOpenFiles()
        try control.descriptor.setCloseOnExec()
        ProcessTree.keepTextInHugePages()
        try Rehearsal.run()
        var facts = SandboxFacts.probe()
        if !rungs.contains(.namespaces) { (facts.pidNamespaces, facts.pidLimits) = (false, false) }
        // What no worker keeps, no worker need drop.
        if facts.canSwitchUser { try Capabilities.dropBoundingSet(keeping: .ofJobs) }
        let own = rungs.contains(.groups) ? OwnControlGroups.discover() : OwnControlGroups()
        facts.holders = LimitHolders(limitsPIDs: facts.pidLimits, own)
        holders = facts.holders
        confinements = ConfinementCache(facts: facts)
        pidNamespace = facts.pidNamespaces ? try Namespaces.currentPIDNamespace() : nil
        children = try ChildSignal()
        if rungs.contains(.sweep) { try ProcessTree.becomeSubreaper() }
        groups = RunGroups(own)
        endings = Endings(sweeps: rungs.contains(.sweep) && !facts.pidNamespaces)
        stage = try WorkerStage()
        report(.ready)
    }

    /// Takes requests and reaps workers until the host is gone; then kills what is left.
    mutating func serve() {
        var alive = true
        while alive {
            let counts = workers.values.contains { $0.counted != nil }
            let ready = control.waitWith(
                children.descriptor, writable: !pending.isEmpty,
                seconds: min(
                    endings.nextLook, programs.next, counts ? Self.countPeriod : .infinity,
                    groups.hasLeft ? Self.removalPeriod : .infinity))
            if groups.hasLeft { groups.removeLeft() }
            if counts { count() }
            let hadPrograms = !programs.isEmpty
            programs.letGoOfLate()
            if ready.second { reap() }
            settle()
            if ready.first { alive = takeRequests() }
            // Others are only looked for where all may be waited for.
            if hadPrograms, programs.isEmpty { reap() }
            flush()
            if alive { keepSpare() }
        }
        for (pid, worker) in workers {
            ProcessTree.kill(pid)
            worker.group?.kill()
        }
        programs.killAll()
        ProcessTree.sweepAll(seconds: 3)
        for worker in workers.values { if let group = worker.group { groups.remove(group) } }
    }

    // Requests.

    private mutating func takeRequests() -> Bool {
        while true {
            switch try? control.receive(descriptors: 7, wait: false) {
            case .packet(let packet):
                guard let value = try? ValueCodec.decode(packet.bytes), let request = ZygoteRequest(value) else {
                    continue
                }
                switch request {
                case .spawn(let request) where packet.descriptors.count == 3: spawn(request, packet.descriptors)
                case .taken(let pid): if spare == pid { spare = nil }
                case .ahead(let key): makeAhead(key)
                case .program(let order) where packet.descriptors.count == 7: start(order, packet.descriptors)
                case .signal(let program, let worker, let signal): programs.signal(program, of: worker, signal)
                case .spawn, .program: continue
                }
            case .nothing: return true
            case .end, nil: return false
            }
        }
    }

    private mutating func spawn(_ request: SpawnRequest, _ descriptors: [Descriptor]) {
        do {
            let grant = try grants.grant(request.grantKey, in: descriptors[2])
            let confinement = try confinements.confinement(for: grant, scratch: request.scratch)
            let worker = try worker(grant)
            let pid = try fork()
            if pid == 0 {
                ProcessTree.nameSelf(request.name)
                WorkerMain.run(stage, channel: descriptors[0].number, files: descriptors[1].number) {
                    try limitProcesses()
                    return WorkerMain.Part(confinement: confinement, group: worker.group)
                }
            }
            workers[pid] = worker
            // No spare worker ever knows the last number: of what it does the zygote hears nothing.
            let isOwn = worker.group != nil || worker.counted != nil
            let report = ZygoteReport.spawned(id: request.id, pid: pid, confinement: isOwn ? .max : confinement.number)
            self.report(report, descriptors: [try handle(pid).descriptor])
        } catch {
            report(.refused(id: request.id, Failure.wrapping(error)))
        }
    }

    /// What is to be known of a worker with this grant, and the control groups that it needs: a PID namespace kills and
    /// counts without them.
    private func worker(_ grant: Grant) throws -> Worker {
        guard grant.hasPrograms else { return Worker(hasPrograms: false) }
        var wants = RunGroup.Wants()
        wants.kill = pidNamespace == nil && groups.canKill
        if holders.memory.isGroup { wants.memory = grant.limits.programMemory }
        if holders.processes.isGroup { wants.processes = grant.limits.processes }
        let counted = holders.processes == .count ? grant.limits.processes : nil
        return Worker(group: wants.isEmpty ? nil : try groups.make(wants), counted: counted)
    }

    /// Starts a program of another user beside its worker: in the worker's PID namespace, so that it ends with it.
    private mutating func start(_ order: ProgramOrder, _ descriptors: [Descriptor]) {
        do {
            guard let worker = workers[order.worker], let own = pidNamespace else {
                throw Failure(code: "ESRCH", "the worker that it is for is gone")
            }
            let program = try ForeignProgram(
                decoding: try ValueCodec.decode(try SealedMemory.read(descriptors[1].number)))
            var grant = try grants.grant(order.grantKey, in: descriptors[0])
            grant.identity = program.identity
            let confinement = try confinements.confinement(for: grant, scratch: order.scratch)
            try Namespaces.enterPIDNamespace(try Namespaces.pidNamespace(of: order.worker))
            let forked = Result { try ProcessTree.fork() }
            if case .success(0) = forked {
                program.become(confinement, worker.group, descriptors[2...].map(\.number))
            }
            // Only fails where the descriptor is none, which it is.
            try? Namespaces.enterPIDNamespace(own)
            let pid = try forked.get()
            programs.add(order.id, pid: pid, worker: order.worker)
            report(.program(id: order.id, pid: pid), descriptors: [try handle(pid).descriptor])
        } catch {
            report(.refused(id: order.id, Failure.wrapping(error)))
        }
    }

    /// A new worker's pidfd. One that nobody can hold is killed.
    private func handle(_ pid: Int32) throws -> ProcessHandle {
        do {
            return try ProcessHandle(pid: pid)
        } catch {
            ProcessTree.kill(pid)
            throw error
        }
    }

    /// Makes a spare worker for the next launch, while the last one is at work.
    private mutating func keepSpare() {
        guard spare == nil, confinements.newest > 0 else { return }
        // Without one, the next request makes its own.
        guard
            let made = try? SpareWorker.make(
                stage, confinements, grants: grants, control: control.descriptor.number, fork: forkSpare)
        else { return }
        workers[made.pid] = Worker()
        spare = made.pid
        guard let process = try? handle(made.pid) else { return }
        report(
            .spare(pid: made.pid, newest: confinements.newest),
            descriptors: [process.descriptor, made.channel.descriptor])
    }

    /// Makes a worker that is confined before its part comes. Where it cannot, none comes: the next launch says why.
    private mutating func makeAhead(_ key: ConfinementKey) {
        guard let grant = grants.known(key.grant),
            let ahead = try? SpareWorker.makeAhead(
                stage, confinements, grant: grant, scratch: key.scratch, control: control.descriptor.number,
                fork: forkSpare)
        else { return }
        let (pid, channel) = (ahead.made.pid, ahead.made.channel)
        workers[pid] = Worker(hasPrograms: grant.hasPrograms)
        guard let process = try? handle(pid) else { return }
        report(
            .ahead(pid: pid, key, looked: ahead.looked, ahead.files),
            descriptors: [process.descriptor, channel.descriptor])
    }

    /// fork(2), where possible into a PID namespace of the child's own. The child must never throw out of here: it would
    /// go on as a second zygote.
    private func fork() throws -> Int32 {
        guard let pidNamespace else { return try ProcessTree.fork() }
        try Namespaces.unsharePID()
        let pid = Result { try ProcessTree.fork() }
        if case .success(0) = pid { return 0 }
        // Only fails where the descriptor is none, which it is.
        try? Namespaces.enterPIDNamespace(pidNamespace)
        return try pid.get()
    }

    /// The same for a worker that waits: one that cannot be limited ends, and the next one tells the host why.
    private func forkSpare() throws -> Int32 {
        let pid = try fork()
        if pid == 0, (try? limitProcesses()) == nil { ProcessExit.now(0) }
        return pid
    }

    /// In a worker: the usual limit, for a run without programs too; one that waits sets it while nobody waits for it.
    private func limitProcesses() throws {
        guard pidNamespace != nil, holders.processes == .namespace else { return }
        try Namespaces.limitOwnProcesses(JobLimits.usualProcesses)
    }

    // Ends.

    private mutating func reap() {
        children.drain()
        for exit in programs.look() { report(.exited(exit, limitsHit: [])) }
        while let exit = nextExit() {
            if exit.pid == spare { spare = nil }
            guard let worker = workers.removeValue(forKey: exit.pid) else { continue }
            if worker.group != nil || (worker.hasPrograms && endings.sweeps) {
                endings.add(exit, worker.group, limitsHit: worker.limitsHit)
            } else {
                report(.exited(exit, limitsHit: worker.limitsHit))
            }
        }
    }

    /// The next child that ended, none of `programs`.
    private func nextExit() -> ProcessExit? {
        // Any child: what became the zygote's own by its parent's end is waited for too.
        if programs.isEmpty {
            if case .exit(let exit) = ProcessExit.reap(wait: false) { return exit }
            return nil
        }
        for pid in workers.keys {
            if case .exit(let exit) = ProcessExit.reap(pid: pid, wait: false) { return exit }
        }
        return nil
    }

    /// Kills what ended workers left behind, and reports those of which nothing is left.
    private mutating func settle() {
        for news in endings.look(known: programs.pids.union(workers.keys)) {
            switch news {
            case .stuck(let worker, let pid): report(.stuck(worker: worker, pid: pid))
            case .over(let exit, let limitsHit, let group):
                if let group { groups.remove(group) }
                report(.exited(exit, limitsHit: limitsHit))
            }
        }
    }

    /// Kills the workers that have more processes and threads than they may, where nothing else limits them.
    private mutating func count() {
        for (pid, worker) in workers {
            guard let most = worker.counted, ProcessDescendants.threads(from: pid, most: most) > most else { continue }
            workers[pid]?.limitsHit = [.processes]
            ProcessDescendants.kill(pid)
            worker.group?.kill()
        }
    }

    // Reports.

    private mutating func report(_ report: ZygoteReport, descriptors: [Descriptor] = []) {
        guard let bytes = try? ValueCodec.encode(report.value) else { return }
        pending.append((bytes, descriptors))
        flush()
    }

    private mutating func flush() {
        while let first = pending.first,
            (try? control.send(first.bytes, descriptors: first.descriptors.map(\.number), wait: false)) == true
        {
            pending.removeFirst()
        }
    }
}
