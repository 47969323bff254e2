import Synchronization

/// The host's front door to its zygote and workers. Events are handled on the loop's thread.
///
/// A dead zygote is replaced; its workers are killed and end as `lost`.
package final class Workers: Sendable {
    /// Seconds between the end of a worker's words and its kill.
    static let exitGrace = 5.0
    /// Seconds after a kill until the process counts as unkillable.
    static let killPatience = 5.0
    /// Seconds until the zygote hears that its spare worker is taken: a short run ends before, and the fork of the next
    /// one does not stand in its way.
    static let spareDelay = 0.01
    /// The most workers at once while which one is confined ahead: in a crowd there is no idle time to use.
    static let calm = 2

    private struct State {
        var nextID: Int64 = 1
        var sessions: [Int64: WorkerSession] = [:]
        var zygote: ZygoteProcess?
        /// Launches that came while there was no zygote.
        var waiting: [(Int64, WorkerLaunch)] = []
        var grants = GrantKeys()
        /// Whom the zygote's reports of an end are for.
        var workers: [Int32: Int64] = [:]
        var spare = SpareSlot()
        var stopped = false
        var respawns = 0
        /// Workers whose attempts nobody knew at the last look.
        var strays: Set<Int64> = []
    }

    private let loop: EventLoop
    private let executable: Path
    private let rungs: KillRungs
    private let state = Mutex(State())
    /// Whether this process is a subreaper: orphans of a dead zygote's workers come to it, and are killed.
    private let sweepsOrphans: Bool
    private let onZygote: @Sendable (ZygoteProcess.Change) -> Void
    /// The addresses of names, for connections and for `net.resolve`.
    package let names: NameDirectory
    /// Threads of brokers, for what may take as long as a disk does.
    private let brokerThreads = WorkQueue(name: "broker", width: 8)
    private let programs = ForeignPrograms()
    /// Whether a worker waits that is confined for the grant of a launch before.
    private let confinesAhead: Bool

    /// `executable` is the binary whose `zygote` subcommand is the zygote. `onZygote` hears of its births and deaths.
    package init(
        loop: EventLoop, executable: Path, sweepsOrphans: Bool = false, rungs: KillRungs = .all,
        names: NameDirectory = NameDirectory(), confinesAhead: Bool = true,
        onZygote: @escaping @Sendable (ZygoteProcess.Change) -> Void = { _ in }
    ) {
        self.sweepsOrphans = sweepsOrphans
        self.rungs = rungs
        self.confinesAhead = confinesAhead
        self.names = names
        self.loop = loop
        self.executable = executable
        self.onZygote = onZygote
    }

    /// Starts the zygote and waits until it is ready; fails where it cannot be made.
    package func start() throws(Failure) {
        let zygote = try ZygoteProcess.spawn(executable: executable, rungs: rungs)
        try adopt(zygote)
    }

    /// The zygote's pid, for tests and for `doctor`.
    package var zygotePID: Int32? { state.withLock { $0.zygote?.pid } }

    /// The pid of the worker that waits for its part, for tests.
    package var sparePID: Int32? { state.withLock { $0.spare.worker?.process.pid } }

    /// The pids of the workers that wait confined already, for tests.
    package var aheadPIDs: Set<Int32> { state.withLock { Set($0.spare.ahead.values.map(\.worker.process.pid)) } }

    /// Whether there is a worker of this number.
    package func holds(_ id: Int64) -> Bool { state.withLock { $0.sessions[id] != nil } }

    /// Kills workers that run attempts which nobody knows, now and at the last look; what there was, in words.
    package func mendStrays(known: Set<Int64>) -> [String] {
        let (gone, names) = state.withLock { state -> ([Int64], [String]) in
            let strays = state.sessions.values.filter { $0.isRun && !known.contains($0.id) }
            let again = strays.filter { state.strays.contains($0.id) }
            state.strays = Set(strays.map(\.id))
            return (again.map(\.id), again.map(\.job))
        }
        for id in gone { cancel(id) }
        return names.map { "a worker of job \($0) had no run: it is killed" }
    }

    /// How many workers there are.
    package var count: Int { state.withLock { $0.sessions.count } }

    private func adopt(_ zygote: ZygoteProcess) throws(Failure) {
        do throws(SystemError) {
            try zygote.listen(on: loop) { [weak self] report, descriptors in
                self?.handle(report, descriptors)
            } onEnd: { [weak self] in
                self?.zygoteDied(zygote)
            }
        } catch {
            throw error.failure()
        }
        let waiting = state.withLock { state in
            state.zygote = zygote
            state.grants = GrantKeys()
            state.workers = [:]
            state.spare = SpareSlot()
            defer { state.waiting = [] }
            return state.waiting
        }
        onZygote(.started(pid: zygote.pid))
        for (id, launch) in waiting { request(id, launch) }
    }

    /// Starts a worker; its events come to `handler`. Returns the host's number for it.
    @discardableResult
    package func launch(
        _ launch: WorkerLaunch, _ handler: @escaping @Sendable (Int64, WorkerEvent) -> Void
    ) -> Int64 {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        // On the caller's thread: the loop's would have to wake first.
        do throws(SystemError) {
            if try !useSpare(id, launch, handler) { try useFresh(id, launch, handler) }
        } catch {
            refuse(id, error, handler)
        }
        if confinesAhead, launch.order.task == .run {
            loop.after(Self.spareDelay) { [weak self] in self?.prepareNext(launch) }
        }
        return id
    }

    /// Has the zygote make a worker.
    private func useFresh(
        _ id: Int64, _ launch: WorkerLaunch, _ handler: @escaping @Sendable (Int64, WorkerEvent) -> Void
    ) throws(SystemError) {
        let (mine, theirs) = try PacketSocket.pair()
        try begin(id, launch, channel: mine, workerEnd: theirs, handler)
        request(id, launch)
    }

    private func refuse(
        _ id: Int64, _ error: SystemError, _ handler: @escaping @Sendable (Int64, WorkerEvent) -> Void
    ) {
        state.withLock { _ = $0.sessions.removeValue(forKey: id) }
        let failure = error.failure(cure: "raise the host's limit of open files (LimitNOFILE)")
        loop.post { handler(id, .ended(WorkerEnd(verdict: .refused(failure), exit: nil))) }
    }

    @discardableResult
    private func begin(
        _ id: Int64, _ launch: WorkerLaunch, channel: PacketSocket, workerEnd: PacketSocket?,
        _ handler: @escaping @Sendable (Int64, WorkerEvent) -> Void
    ) throws(SystemError) -> WorkerSession {
        // A spare worker may be killed at any time while it waits, for want of memory above all, and its part is then
        // lost with it through no fault of the run.
        let replace: @Sendable () -> Void = { [weak self] in
            do throws(SystemError) {
                try self?.useFresh(id, launch, handler)
            } catch {
                self?.refuse(id, error, handler)
            }
        }
        let session = WorkerSession(
            id: id, loop: loop, channel: channel, workerEnd: workerEnd, order: launch.order, grant: launch.grant,
            broker: broker(launch), replace: workerEnd == nil ? replace : nil
        ) { [weak self] event in
            if case .ended = event {
                self?.state.withLock { _ = $0.sessions.removeValue(forKey: id) }
                self?.programs.forget(worker: id)
                #if DEBUG
                    // As if the host had lost sight of it.
                    if launch.order.task == .run,
                        TestEnvironment["SCRIPTRON_TEST_LOSE_END"] == launch.order.job
                    {
                        return
                    }
                #endif
            }
            handler(id, event)
        } onAnew: { [weak self] in
            self?.forget(launch)
        }
        try session.begin()
        state.withLock { $0.sessions[id] = session }
        return session
    }

    /// Gives the spare worker its part, where there is one that knows the grant's confinement.
    private func useSpare(
        _ id: Int64, _ launch: WorkerLaunch, _ handler: @escaping @Sendable (Int64, WorkerEvent) -> Void
    ) throws(SystemError) -> Bool {
        let ready = state.withLock { state -> (SpareSlot.Worker, SpawnRequest, Descriptor, ZygoteProcess)? in
            guard let zygote = state.zygote, let grant = try? state.grants.entry(launch.grant) else { return nil }
            let part = SpawnRequest(id, launch, grant)
            guard let spare = state.spare.take(for: part.confinement, launch.grant) else { return nil }
            state.workers[spare.process.pid] = id
            return (spare, part, grant.descriptor, zygote)
        }
        guard let (spare, part, grant, zygote) = ready else { return false }
        let pid = spare.process.pid
        let session = try begin(id, launch, channel: spare.channel, workerEnd: nil, handler)
        let told = (try? ValueCodec.encode(part.value)).flatMap {
            try? spare.channel.send($0, descriptors: [launch.files.number, grant.number], wait: false)
        }
        guard told == true else {
            // It died while it waited.
            guard session.abandon() else { return true }
            state.withLock { state in
                state.workers[pid] = nil
                state.sessions[id] = nil
            }
            return false
        }
        loop.post { session.spawned(spare.process, started: spare.started) }
        loop.after(Self.spareDelay) { zygote.send(.taken(pid: pid)) }
        return true
    }

    /// Has a worker confined ahead for the next run like this one, where the host has nothing else to do.
    private func prepareNext(_ launch: WorkerLaunch) {
        let order = state.withLock { state -> (ZygoteProcess, ConfinementKey)? in
            guard state.sessions.count <= Self.calm, let zygote = state.zygote,
                let grant = try? state.grants.entry(launch.grant)
            else { return nil }
            let key = SpawnRequest(0, launch, grant).confinement
            return state.spare.wantsAhead(key) ? (zygote, key) : nil
        }
        if let (zygote, key) = order { zygote.send(.ahead(key)) }
    }

    /// Makes the broker of a launch whose connections the host answers; nil: it has none.
    private func broker(_ launch: WorkerLaunch) -> WorkerSession.Broker? {
        let grant = launch.grant
        guard grant.broker != .none else { return nil }
        let (rules, job, ceiling, learns, names, threads) = (
            ConnectRules(grant), launch.order.job, launch.ceiling, launch.order.learns, names, brokerThreads
        )
        return { listener, hear throws(SystemError) in
            try ConnectBroker(
                listener, rules: rules, names: names, job: job, ceiling: ceiling, threads: threads,
                watch: grant.isWatched ? CallWatch(grant, worker: listener.process) { hear(.used($0)) } : nil,
                uses: { if learns { hear(.used($0)) } }, refused: { hear(.refusal($0)) })
        }
    }

    private func request(_ id: Int64, _ launch: WorkerLaunch) {
        let ready: (ZygoteProcess, WorkerSession, SpawnRequest, Descriptor)?
        do {
            ready = try state.withLock { state in
                guard let session = state.sessions[id] else { return nil }
                guard let zygote = state.zygote else {
                    state.waiting.append((id, launch))
                    return nil
                }
                let grant = try state.grants.entry(launch.grant)
                let spawn = SpawnRequest(id, launch, grant)
                state.spare.asked(id, spawn.confinement)
                return (zygote, session, spawn, grant.descriptor)
            }
        } catch {
            let failure = (error as? Failure) ?? Failure(code: "EGRANT", "\(error)")
            return loop.post { self.handle(.refused(id: id, failure), []) }
        }
        guard let (zygote, session, spawn, grant) = ready, let workerEnd = session.takeWorkerEnd() else { return }
        zygote.send(.spawn(spawn), descriptors: [workerEnd.descriptor, launch.files, grant])
    }

    /// Asks the zygote for a program of another user; `file` holds what is executed.
    func order(
        program pipes: ForeignPrograms.Pipes, _ file: Descriptor, as user: String, grant: Grant, scratch: Path?,
        for worker: Int64, request: Int64
    ) throws {
        let (zygote, session, order, grant) = try state.withLock { state in
            guard let zygote = state.zygote, let session = state.sessions[worker], let pid = session.pid else {
                throw Failure(code: "ESRCH", "the worker or the zygote is gone")
            }
            defer { state.nextID += 1 }
            let entry = try state.grants.entry(grant)
            let order = ProgramOrder(id: state.nextID, worker: pid, grantKey: entry.key, scratch: scratch)
            return (zygote, session, order, entry.descriptor)
        }
        let handover = ListenerHandover.Taker(loop, pipes.channel) { [weak session] listener in
            guard let session else { throw Failure(code: "ESRCH", "the worker that it is for is gone") }
            try session.answer(listener, user: user)
        }
        try handover.begin()
        do {
            try programs.expect(order.id, for: worker, request: request, pipes, handover)
        } catch {
            handover.end()
            throw error
        }
        zygote.send(.program(order), descriptors: [grant, file] + pipes.program)
    }

    /// Signals a program of another user that runs for this worker, and its process group.
    package func signal(program id: Int64, of worker: Int64, _ signal: Int32) {
        let (zygote, pid) = state.withLock { ($0.zygote, $0.sessions[worker]?.pid) }
        if let pid { zygote?.send(.signal(program: id, worker: pid, signal: signal)) }
    }

    private func answer(_ answer: ForeignPrograms.Answer) {
        guard let session = state.withLock({ $0.sessions[answer.worker] }) else { return }
        switch answer.result {
        case .success(let (id, ends)):
            session.send(.answer(id: answer.request, ["program": .int(id)]), descriptors: ends)
        case .failure(let failure): session.send(.refused(id: answer.request, failure))
        }
    }

    /// The zygote's confinement for this no longer fits the machine: the next launch lets it prepare another one.
    private func forget(_ launch: WorkerLaunch) {
        state.withLock { state in
            guard let grant = try? state.grants.entry(launch.grant) else { return }
            state.spare.forget(SpawnRequest(0, launch, grant).confinement)
        }
    }

    /// Answers a worker's request, or tells it something; a worker that is gone is passed over.
    func send(_ id: Int64, _ message: HostMessage) { tell(id) { $0.send(message) } }

    /// Does something with a worker's session, on the loop: there it is not replaced meanwhile.
    private func tell(_ id: Int64, _ action: @escaping @Sendable (WorkerSession) -> Void) {
        loop.post { if let session = self.state.withLock({ $0.sessions[id] }) { action(session) } }
    }

    /// Answers a worker's request.
    package func answer(_ id: Int64, request: Int64, _ answer: Result<Value, Failure>) {
        switch answer {
        case .success(let value): send(id, .answer(id: request, value))
        case .failure(let failure): send(id, .refused(id: request, failure))
        }
    }

    /// Hands a worker a secret, which is hidden from now on in all that it says.
    package func answer(_ id: Int64, request: Int64, secret name: String, _ answer: Result<[UInt8], Failure>) {
        if case .success(let bytes) = answer { state.withLock { $0.sessions[id] }?.hide(bytes, name: name) }
        self.answer(id, request: request, answer.map { .bytes($0) })
    }

    /// Tells a worker that sent its header the settings, or (nil) that nothing more is wanted.
    package func proceed(_ id: Int64, settings: Value?) {
        send(id, settings.map { .settings($0) } ?? .enough)
    }

    /// Kills a worker that took more than it may; it ends as `exceeded`.
    package func stop(_ id: Int64, _ limit: LimitName, _ failure: Failure) {
        tell(id) { $0.stop(limit, failure) }
    }

    /// Kills a worker; it ends as `cancelled`.
    package func cancel(_ id: Int64) {
        tell(id) { $0.cancel() }
    }

    /// Ends the zygote, which kills every worker that is left. No event comes after it.
    package func stop() {
        let (zygote, sessions) = state.withLock { state in
            state.stopped = true
            defer {
                state.zygote = nil
                state.sessions = [:]
            }
            return (state.zygote, Array(state.sessions.values))
        }
        for session in sessions { session.abandon() }
        zygote?.end(loop)
    }

    private func handle(_ report: ZygoteReport, _ descriptors: [Descriptor]) {
        switch report {
        case .ready: break
        case .spawned(let id, let pid, let confinement):
            guard let pidfd = descriptors.first else { return }
            let session = state.withLock { state in
                state.workers[pid] = id
                state.spare.prepared(id, confinement)
                return state.sessions[id]
            }
            session?.spawned(ProcessHandle(pid: pid, owning: pidfd))
        case .spare(let pid, let newest):
            guard descriptors.count == 2 else { return }
            let spare = SpareSlot.Worker(
                process: ProcessHandle(pid: pid, owning: descriptors[0]), channel: PacketSocket(descriptors[1]),
                newest: newest)
            state.withLock { $0.spare.worker = spare }
        case .ahead(let pid, let key, let looked, let files):
            guard descriptors.count == 2 else { return }
            let worker = SpareSlot.Worker(
                process: ProcessHandle(pid: pid, owning: descriptors[0]), channel: PacketSocket(descriptors[1]))
            let ahead = SpareSlot.Ahead(worker: worker, key: key, looked: looked, files: files)
            state.withLock { $0.spare.came(ahead) }
        case .program(let id, let pid):
            guard let pidfd = descriptors.first else { return }
            if let answer = programs.started(id, ProcessHandle(pid: pid, owning: pidfd)) { self.answer(answer) }
        case .refused(let id, let failure):
            if let answer = programs.refused(id, failure) { return self.answer(answer) }
            let session = state.withLock { state in
                state.spare.refused(id)
                return state.sessions[id]
            }
            session?.finish(.refused(failure), exit: nil)
        case .stuck(let worker, let pid):
            state.withLock { state in state.workers[worker].flatMap { state.sessions[$0] } }?.stuck(pid)
        case .exited(let exit, let limitsHit):
            if let worker = programs.ended(exit) {
                state.withLock { $0.sessions[worker] }?.used(exit)
                return
            }
            let session = state.withLock { state in
                state.spare.ended(exit.pid)
                return state.workers.removeValue(forKey: exit.pid).flatMap { state.sessions[$0] }
            }
            session?.exited(exit, limitsHit)
        }
    }

    private func zygoteDied(_ zygote: ZygoteProcess) {
        let (sessions, waiting, stopped) = state.withLock { state in
            state.zygote = nil
            state.spare = SpareSlot()
            state.respawns += 1
            return (Array(state.sessions.values), Set(state.waiting.map(\.0)), state.stopped)
        }
        zygote.end(loop)
        programs.forgetAll()
        if stopped { return }
        onZygote(.died(pid: zygote.pid))
        for session in sessions where !waiting.contains(session.id) { session.zygoteDied() }
        if sweepsOrphans { sweep(times: 40) }
        respawn(after: 0)
    }

    /// Orphans come as their parents die, one generation after the other.
    private func sweep(times: Int) {
        _ = Spawn.sweepOrphans()
        if times > 0 { loop.after(0.025) { [weak self] in self?.sweep(times: times - 1) } }
    }

    private func respawn(after seconds: Double) {
        loop.after(seconds) { [weak self] in
            guard let self, !self.state.withLock({ $0.stopped }) else { return }
            // A spawn waits for the new process to be ready: on a thread of its own, not on the loop.
            try? PlainThread.start(name: "zygote-start") {
                do {
                    let zygote = try ZygoteProcess.spawn(executable: self.executable, rungs: self.rungs)
                    self.loop.post { try? self.adopt(zygote) }
                } catch {
                    self.onZygote(.failed(error as? Failure ?? Failure(code: "EZYGOTE", "\(error)")))
                    self.respawn(after: 1)
                }
            }
        }
    }
}

extension SpawnRequest {
    fileprivate init(_ id: Int64, _ launch: WorkerLaunch, _ grant: GrantKeys.Entry) {
        self.init(id: id, grantKey: grant.key, scratch: launch.order.scratch, name: launch.name)
    }
}
