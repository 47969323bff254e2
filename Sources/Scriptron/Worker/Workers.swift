import Synchronization

/// What is started: an order, the version's files and the grant.
package struct WorkerLaunch: Sendable {
    package var order: WorkerOrder
    /// A sealed memory file with the version's files (`VersionFiles`).
    package var files: Descriptor
    package var grant: Grant
    /// The worker's process name.
    package var name: String

    package init(order: WorkerOrder, files: Descriptor, grant: Grant, name: String) {
        self.order = order
        self.files = files
        self.grant = grant
        self.name = name
    }
}

/// What happens to a worker, in the order in which it happens.
package enum WorkerEvent: Sendable {
    /// It runs, with this pid and start time.
    case spawned(pid: Int32, started: UInt64)
    /// The layers that are in force.
    case confined(String)
    /// It asks for a service; `Workers.answer` takes the number.
    case request(id: Int64, service: HostService, arguments: [String: Value])
    case note(WorkerNote)
    /// The header of its script; `Workers.send` tells it the settings.
    case header(Value)
    /// SIGKILL did not end it; it keeps its place until it ends.
    case unkillable(pid: Int32)
    /// It and everything it started is gone. The last event.
    case ended(WorkerEnd)
}

/// How a worker ended, as the host judges it.
package struct WorkerEnd: Sendable {
    /// The judgement.
    package enum Verdict: Sendable, Hashable {
        /// It said how its work ended, in time, and ended itself.
        case finished(WorkerResult)
        /// Its deadline came first.
        case timedOut
        case cancelled
        /// It ended without a word: why (`SIGSEGV`, `exit code 3`, `a message that is none`).
        case crashed(String)
        /// The zygote died under it.
        case lost
        /// It could not be made or confined.
        case refused(Failure)
    }

    package var verdict: Verdict
    /// Nil where no process was made, or nobody could wait for it.
    package var exit: ProcessExit?
}

/// The host's front door to its zygote and workers. Events are handled on the loop's thread.
///
/// A dead zygote is replaced; its workers are killed and end as `lost`.
package final class Workers: Sendable {
    /// Seconds between the end of a worker's words and its kill.
    static let exitGrace = 5.0
    /// Seconds after a kill until the process counts as unkillable.
    static let killPatience = 10.0

    private struct State {
        var nextID: Int64 = 1
        var sessions: [Int64: WorkerSession] = [:]
        var zygote: ZygoteProcess?
        /// Launches that came while there was no zygote.
        var waiting: [(Int64, WorkerLaunch)] = []
        var grants = GrantKeys()
        var stopped = false
        var respawns = 0
    }

    private let loop: EventLoop
    private let executable: Path
    private let state = Mutex(State())
    /// Whether this process is a subreaper: orphans of a dead zygote's workers come to it, and are killed.
    private let sweepsOrphans: Bool
    private let onZygote: @Sendable (ZygoteProcess.Change) -> Void

    /// `executable` is the binary whose `zygote` subcommand is the zygote. `onZygote` hears of its births and deaths.
    package init(
        loop: EventLoop, executable: Path, sweepsOrphans: Bool = false,
        onZygote: @escaping @Sendable (ZygoteProcess.Change) -> Void = { _ in }
    ) {
        self.sweepsOrphans = sweepsOrphans
        self.loop = loop
        self.executable = executable
        self.onZygote = onZygote
    }

    /// Starts the zygote and waits until it is ready; fails where it cannot be made.
    package func start() throws(Failure) {
        let zygote = try ZygoteProcess.spawn(executable: executable)
        try adopt(zygote)
    }

    /// The zygote's pid, for tests and for `doctor`.
    package var zygotePID: Int32? { state.withLock { $0.zygote?.pid } }

    /// How many workers there are.
    package var count: Int { state.withLock { $0.sessions.count } }

    private func adopt(_ zygote: ZygoteProcess) throws(Failure) {
        do throws(SystemError) {
            try zygote.listen(on: loop) { [weak self] report, pidfd in
                self?.handle(report, pidfd)
            } onEnd: { [weak self] in
                self?.zygoteDied(zygote)
            }
        } catch {
            throw error.failure()
        }
        let waiting = state.withLock { state in
            state.zygote = zygote
            state.grants = GrantKeys()
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
        do throws(SystemError) {
            let (mine, theirs) = try PacketSocket.pair()
            let session = WorkerSession(
                id: id, loop: loop, channel: mine, workerEnd: theirs, order: launch.order
            ) { [weak self] event in
                if case .ended = event { self?.state.withLock { _ = $0.sessions.removeValue(forKey: id) } }
                handler(id, event)
            }
            // On the caller's thread: the loop's would have to wake first.
            try session.begin()
            state.withLock { $0.sessions[id] = session }
            request(id, launch)
        } catch {
            let failure = error.failure(cure: "raise the host's limit of open files (LimitNOFILE)")
            loop.post { handler(id, .ended(WorkerEnd(verdict: .refused(failure), exit: nil))) }
        }
        return id
    }

    private func request(_ id: Int64, _ launch: WorkerLaunch) {
        let ready: (ZygoteProcess, WorkerSession, GrantKeys.Entry)?
        do {
            ready = try state.withLock { state in
                guard let session = state.sessions[id] else { return nil }
                guard let zygote = state.zygote else {
                    state.waiting.append((id, launch))
                    return nil
                }
                return (zygote, session, try state.grants.entry(launch.grant))
            }
        } catch {
            let failure = (error as? Failure) ?? Failure(code: "EGRANT", "\(error)")
            return loop.post { self.handle(.refused(id: id, failure), nil) }
        }
        guard let (zygote, session, grant) = ready, let workerEnd = session.takeWorkerEnd() else { return }
        let spawn = SpawnRequest(id: id, grantKey: grant.key, scratch: launch.order.scratch, name: launch.name)
        zygote.send(spawn, descriptors: [workerEnd.descriptor, launch.files, grant.descriptor])
    }

    /// Answers a worker's request, or tells it something; a worker that is gone is passed over.
    func send(_ id: Int64, _ message: HostMessage) {
        guard let session = state.withLock({ $0.sessions[id] }) else { return }
        loop.post { session.send(message) }
    }

    /// Answers a worker's request.
    package func answer(_ id: Int64, request: Int64, _ answer: Result<Value, Failure>) {
        switch answer {
        case .success(let value): send(id, .answer(id: request, value))
        case .failure(let failure): send(id, .refused(id: request, failure))
        }
    }

    /// Tells a worker that sent its header the settings, or (nil) that nothing more is wanted.
    package func proceed(_ id: Int64, settings: Value?) {
        send(id, settings.map { .settings($0) } ?? .enough)
    }

    /// Kills a worker; it ends as `cancelled`.
    package func cancel(_ id: Int64) {
        guard let session = state.withLock({ $0.sessions[id] }) else { return }
        loop.post { session.cancel() }
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

    private func handle(_ report: ZygoteReport, _ pidfd: Descriptor?) {
        switch report {
        case .ready: break
        case .spawned(let id, let pid):
            state.withLock { $0.sessions[id] }?.spawned(pid: pid, pidfd: pidfd)
        case .refused(let id, let failure):
            state.withLock { $0.sessions[id] }?.finish(.refused(failure), exit: nil)
        case .exited(let id, let exit):
            state.withLock { $0.sessions[id] }?.exited(exit)
        }
    }

    private func zygoteDied(_ zygote: ZygoteProcess) {
        let (sessions, waiting, stopped) = state.withLock { state in
            state.zygote = nil
            state.respawns += 1
            return (Array(state.sessions.values), Set(state.waiting.map(\.0)), state.stopped)
        }
        zygote.end(loop)
        if stopped { return }
        onZygote(.died(pid: zygote.pid))
        for session in sessions where !waiting.contains(session.id) { session.zygoteDied() }
        if sweepsOrphans { sweep(times: 20) }
        respawn(after: 0)
    }

    /// Orphans come as their parents die, one generation after the other.
    private func sweep(times: Int) {
        while Spawn.sweepOrphans() {}
        if times > 0 { loop.after(0.05) { [weak self] in self?.sweep(times: times - 1) } }
    }

    private func respawn(after seconds: Double) {
        loop.after(seconds) { [weak self] in
            guard let self, !self.state.withLock({ $0.stopped }) else { return }
            // A spawn waits for the new process to be ready: on a thread of its own, not on the loop.
            try? PlainThread.start(name: "zygote-start") {
                do {
                    let zygote = try ZygoteProcess.spawn(executable: self.executable)
                    self.loop.post { try? self.adopt(zygote) }
                } catch {
                    self.onZygote(.failed(error as? Failure ?? Failure(code: "EZYGOTE", "\(error)")))
                    self.respawn(after: 1)
                }
            }
        }
    }
}

/// The grants that the zygote knows, each under a short key and in a sealed memory file.
struct GrantKeys {
    struct Entry {
        let key: String
        let descriptor: Descriptor
    }

    /// How many are kept; the zygote's own cache forgets by itself.
    private static let capacity = 256
    private var entries: [Grant: Entry] = [:]
    private var next = 1

    /// The key of a grant, made at its first use.
    mutating func entry(_ grant: Grant) throws -> Entry {
        if let entry = entries[grant] { return entry }
        if entries.count >= Self.capacity { entries = [:] }
        let bytes = try ValueCodec.encode(grant.value)
        let entry = Entry(key: String(next), descriptor: try SealedMemory.create(name: "grant", bytes))
        next += 1
        entries[grant] = entry
        return entry
    }
}
