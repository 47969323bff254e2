/// The process that workers are forked from: one thread, warm, and nothing of its own to do.
///
/// It is started by its host as `scriptron zygote`, with the control socket as descriptor 3. It ends when that socket
/// does, and takes all workers along.
package enum Zygote {
    /// The control socket's number.
    static let controlNumber: Int32 = 3

    /// Serves until the host is gone.
    package static func main() -> Never {
        let control = PacketSocket(owning: controlNumber)
        do {
            var loop = try ZygoteLoop(control: control)
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
    /// How many grants are kept decoded.
    private static let grantsKept = 1024

    private let control: PacketSocket
    /// The namespace that the zygote itself lives in; nil where it can make no other.
    private let pidNamespace: Descriptor?
    private let children: ChildSignal
    private let stage: WorkerStage
    private var grants: [String: Grant] = [:]
    private let confinements: ConfinementCache
    private var workers: [Int32: Int64] = [:]
    private var spare: SpareWorker?
    private var pending: [(bytes: [UInt8], descriptors: [Descriptor])] = []

    /// Warms up: opens Lua, compiles filters, asks the kernel what it can do.
    init(control: PacketSocket) throws {
        self.control = control
        ResourceLimits.raiseOpenFiles()
        try control.descriptor.setCloseOnExec()
        try Rehearsal.run()
        let facts = SandboxFacts.probe()
        confinements = ConfinementCache(facts: facts)
        pidNamespace = facts.pidNamespaces ? try Namespaces.currentPIDNamespace() : nil
        children = try ChildSignal()
        try ProcessTree.becomeSubreaper()
        stage = try WorkerStage()
        report(.ready)
    }

    /// Takes requests and reaps workers until the host is gone; then kills what is left.
    mutating func serve() {
        var alive = true
        while alive {
            let ready = control.waitWith(children.descriptor, writable: !pending.isEmpty)
            if ready.second { reap() }
            if ready.first { alive = takeRequests() }
            flush()
            if alive { keepSpare() }
        }
        for pid in workers.keys { ProcessTree.kill(pid) }
        spare?.process.kill()
        while ProcessTree.sweepOrphans(keeping: []) {}
    }

    // Requests.

    private mutating func takeRequests() -> Bool {
        while true {
            switch try? control.receive(descriptors: 3, wait: false) {
            case .packet(let packet):
                guard let value = try? ValueCodec.decode(packet.bytes), let request = SpawnRequest(value),
                    packet.descriptors.count == 3
                else { continue }
                spawn(request, packet.descriptors)
            case .nothing: return true
            case .end, nil: return false
            }
        }
    }

    private mutating func spawn(_ request: SpawnRequest, _ descriptors: [Descriptor]) {
        do {
            let prepared = try confinement(request, descriptors[2])
            if let spare = takeSpare(knowing: prepared) {
                // Reported first: the host makes its records of it while it confines itself.
                workers[spare.process.pid] = request.id
                report(.spawned(id: request.id, pid: spare.process.pid), descriptors: [spare.process.descriptor])
                spare.become(prepared, name: request.name, channel: descriptors[0], files: descriptors[1])
                return
            }
            let pid = try fork()
            if pid == 0 {
                ProcessTree.nameSelf(request.name)
                WorkerMain.run(stage, channel: descriptors[0].number, files: descriptors[1].number, prepared)
            }
            workers[pid] = request.id
            let process = try ProcessHandle(pid: pid)
            report(.spawned(id: request.id, pid: pid), descriptors: [process.descriptor])
        } catch {
            report(.refused(id: request.id, Failure.wrapping(error)))
        }
    }

    /// The request's sandbox, prepared now or before.
    private mutating func confinement(_ request: SpawnRequest, _ file: Descriptor) throws -> Confinement {
        if let known = grants[request.grantKey] {
            return try confinements.confinement(for: known, scratch: request.scratch)
        }
        let value = try ValueCodec.decode(try SealedMemory.read(file.number))
        let grant = try Grant(decoding: value)
        if grants.count >= Self.grantsKept { grants = [:] }
        grants[request.grantKey] = grant
        return try confinements.confinement(for: grant, scratch: request.scratch)
    }

    /// The spare worker, where there is one that can be confined so; another one is killed.
    private mutating func takeSpare(knowing confinement: Confinement) -> SpareWorker? {
        guard let spare else { return nil }
        self.spare = nil
        if spare.knows(confinement) { return spare }
        spare.process.kill()
        return nil
    }

    /// Makes a spare worker for the next request, while the last one is at work.
    private mutating func keepSpare() {
        guard spare == nil, confinements.newest > 0 else { return }
        // Without one, the next request makes its own.
        spare = try? SpareWorker.make(stage, confinements, control: control.descriptor.number, fork: fork)
    }

    /// fork(2), where possible into a PID namespace of the child's own.
    private func fork() throws -> Int32 {
        guard let pidNamespace else { return try ProcessTree.fork() }
        try Namespaces.unsharePID()
        let pid = Result { try ProcessTree.fork() }
        if case .success(0) = pid { return 0 }
        // Only fails where the descriptor is none, which it is.
        try? Namespaces.returnToPIDNamespace(pidNamespace)
        return try pid.get()
    }

    // Ends.

    private mutating func reap() {
        children.drain()
        while case .exit(let exit) = ProcessExit.reap(wait: false) {
            if exit.pid == spare?.process.pid { spare = nil }
            guard let id = workers.removeValue(forKey: exit.pid) else { continue }
            if pidNamespace == nil {
                // What the worker left behind became a child of the zygote: it goes too, before its end is told.
                while ProcessTree.sweepOrphans(keeping: Set(workers.keys).union(spare.map { [$0.process.pid] } ?? [])) {
                }
            }
            report(.exited(id: id, exit))
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
