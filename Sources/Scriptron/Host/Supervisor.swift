import Synchronization

/// Owns attempts: gives waiting runs a slot, launches their workers, keeps their record, judges their ends.
///
/// Every method may be called from any thread; what changes an attempt happens on the loop's.
package final class Supervisor: Sendable {
    /// What the supervisor is connected to.
    package struct Connections: Sendable {
        package var loop: EventLoop
        package var workers: Workers
        package var store: any Store
        package var clock: any WallClock
        package var leases: Leases
        package var scratch: ScratchSlots
        package var log: any LogSink
        /// Answers a worker's request; calls back from any thread.
        package var serve: @Sendable (ServiceCall, @escaping @Sendable (Result<Value, Failure>) -> Void) -> Void
        /// Forgets what a run held of the host (its locks).
        package var release: @Sendable (Int64) -> Void
        /// Finds the grant of a run whose needs depend on what is there, and the facts it was made from; also where
        /// links are in the way of what is granted.
        package var discover: @Sendable (LoadedJob, @escaping @Sendable (Result<Discovery, Failure>) -> Void) -> Void
        /// Reads a secret, where the grant names it; calls back from any thread.
        package var secret: @Sendable (String, Grant, @escaping @Sendable (Result<[UInt8], Failure>) -> Void) -> Void
        /// Whether the store's disk is full: then only runs of the priority `rescue`, and those that an operator asks
        /// for, start; the others wait for `resume`.
        package var isDiskFull: @Sendable () -> Bool
        /// The runs that follow a run which succeeded: they are claimed in the transaction that records its end.
        package var followers: @Sendable (Run) -> [Claim]
        /// Hears of every attempt that ended, and every run that ended without one, once that is durable.
        package var recorded: @Sendable (Run) -> Void
        /// Hears of runs that have not ended when they should have.
        package var late: @Sendable () -> Void
        /// Hears of news of a run: its progress.
        package var news: @Sendable (Int64) -> Void
        /// Hears of trouble with the store.
        package var trouble: @Sendable (Failure?) -> Void
        /// Hears that the machine has too little of something to start attempts; nil when it is over.
        package var shortage: @Sendable (Failure?) -> Void
        /// What relative paths of scripts are relative to.
        package var base: Path
        /// Attempts at once.
        package var concurrency: Int
        /// How many runs of a group run at once, by the group's name.
        package var groups: @Sendable () -> [String: Int]
        /// Whether runs that follow others are started here; else the next host does it.
        package var startsFollowers = true
        /// Seconds between a deadline and the kill.
        package var grace: Double
    }

    /// The grant of one run, made from what `discover` found.
    package struct Discovery: Sendable {
        package var grant: Grant
        package var facts: Value
    }

    /// Seconds until a record that the store refused is tried again.
    static let storePatience = 1.0

    struct State {
        var roster = Roster()
        var active: [Int64: ActiveAttempt] = [:]
        /// What keeps runs from starting.
        var pauses: [Pause] = []
        /// The runs whose expected end is waited for, and those that are late, with what they were expected to take.
        var expected: Set<Int64> = []
        var late: [Int64: Late] = [:]
        /// The timer for the next run whose time comes, on the monotonic clock.
        var wake: (at: Double, token: EventLoop.Token)?
        /// Slots whose process is gone, while their record is on its way to the store.
        var recording = 0
        /// What the last runs that learned their needs need.
        var learned: [Int64: Value] = [:]
        var stopping = false
        /// Whether attempts wait for what the machine has too little of.
        var isShort = false
        /// Runs that are open in the store and not held here, as of the last look.
        var strays: Set<Int64> = []
        var onIdle: (@Sendable () -> Void)?
    }

    let connections: Connections
    let state = Mutex(State())
    let scratchWatch: ScratchWatch

    package init(_ connections: Connections) {
        self.connections = connections
        scratchWatch = ScratchWatch(loop: connections.loop)
    }

    // Questions.

    /// What goes on of a job.
    package func occupancy(_ job: String) -> Occupancy { state.withLock { $0.roster.occupancy(job) } }

    /// How many runs run and wait.
    package var counts: (running: Int, waiting: Int) {
        state.withLock { ($0.active.count, $0.roster.waitingCount) }
    }

    /// The runs that should have ended by now.
    package var late: [Late] { state.withLock { $0.late.values.sorted { $0.run < $1.run } } }

    /// The runs that the kernel does not let end, with the process that it holds.
    package var unkillable: [(run: Int64, job: String, pid: Int32)] {
        state.withLock { state in
            state.active.values.compactMap { active in
                active.attempt.unkillable.map { (active.claimed.run.id, active.claimed.run.job, $0) }
            }.sorted { $0.run < $1.run }
        }
    }

    /// The newest progress of a run.
    package func progress(_ run: Int64) -> Value { state.withLock { $0.active[run]?.progress ?? .null } }

    /// The smallest needs that would have served a run that learned them; null: it is none, or long gone.
    package func learned(_ run: Int64) -> Value? { state.withLock { $0.learned[run] } }

    /// Whether the run runs or waits here.
    package func holds(_ run: Int64) -> Bool {
        state.withLock { state in state.active[run] != nil || state.roster.isWaiting(run) }
    }

    // Orders.

    /// Runs that had to wait may start again.
    package func resume() { connections.loop.post { [self] in startWaiting() } }

    /// Takes runs whose claims are durable.
    package func add(_ runs: [ClaimedRun]) {
        let (now, monotonic) = (connections.clock.now(), connections.clock.monotonic)
        let held = state.withLock { state in
            state.roster.add(runs.map { ($0, $0.delay(now: now)) }, now: monotonic)
            return state.hold(now)
        }
        keep(held)
        connections.loop.post { [self] in startWaiting() }
    }

    /// Takes what keeps runs from starting, in the place of what did.
    package func take(_ pauses: [Pause]) {
        let now = connections.clock.now()
        let changed = state.withLock { state in
            state.pauses = pauses
            return state.hold(now)
        }
        keep(changed)
        connections.loop.post { [self] in startWaiting() }
    }

    /// Has the store say which runs are held, where they have not begun or ended meanwhile.
    private func keep(_ runs: [Run]) {
        if runs.isEmpty { return }
        connections.store.submit { session in
            for changed in runs {
                guard var run = try session.run(changed.id), run.state == .waiting || run.state == .held else {
                    continue
                }
                run.state = changed.state
                try session.updateRun(run)
            }
        } completion: { [connections] result in
            if case .failure(let error) = result { connections.trouble(Failure.wrapping(error)) }
        }
    }

    /// Keeps a waiting run from starting while its fire time changes; false where it has begun or is gone.
    package func lock(_ run: Int64) -> Bool { state.withLock { $0.roster.lock(run) } }

    /// Its fire time did not change.
    package func unlock(_ run: Int64) {
        state.withLock { $0.roster.unlock(run) }
        connections.loop.post { [self] in startWaiting() }
    }

    /// A locked run has a newer fire time, durably.
    package func move(_ claimed: ClaimedRun) {
        let now = connections.clock.now()
        let held = state.withLock { state in
            _ = state.roster.move(claimed, delay: claimed.delay(now: now), now: connections.clock.monotonic)
            return state.hold(now)
        }
        keep(held)
        connections.loop.post { [self] in startWaiting() }
    }

    /// Cancels what has begun of a job, for another of its runs.
    package func makeWay(for run: Run) {
        for old in state.withLock({ $0.roster.begun(run.job) }) where old != run.id {
            _ = cancel(old, because: "overlap: run \(run.id) took its place")
        }
    }

    /// Ends a run: kills its attempt, or takes it out of the waiting ones. False where it is neither.
    package func cancel(_ run: Int64, because reason: String? = nil) -> Bool {
        let (worker, waiting) = state.withLock { state -> (Int64?, ClaimedRun?) in
            if let active = state.active[run] {
                state.active[run]?.cancelled = reason ?? "an operator cancelled it"
                return (active.worker, nil)
            }
            return (nil, state.roster.remove(run))
        }
        if let worker { connections.workers.cancel(worker) }
        guard let waiting else { return worker != nil || holds(run) }
        var ended = waiting.run
        ended.state = .ended
        ended.outcome = .cancelled
        ended.reason = reason ?? "an operator cancelled it before it started"
        ended.finished = connections.clock.now()
        state.withLock { $0.forget(run) }
        connections.store.submit { [ended] in
            try $0.updateRun(ended)
        } completion: { [self, ended] result in
            switch result {
            case .success: connections.recorded(ended)
            case .failure(let error): connections.trouble(Failure.wrapping(error))
            }
            connections.loop.post { [self] in startWaiting() }
        }
        return true
    }

    /// Starts nothing more, lets attempts finish for `grace` seconds, cancels the rest; `done` is called when no attempt
    /// is left and all records are durable. Called again with 0, it cancels at once.
    package func stop(grace: Double, done: @escaping @Sendable () -> Void) {
        state.withLock { state in
            state.stopping = true
            state.onIdle = done
        }
        connections.loop.after(grace) { [self] in
            let workers = state.withLock { state in
                for id in state.active.keys { state.active[id]?.stopped = true }
                return state.active.values.compactMap(\.worker)
            }
            for worker in workers { connections.workers.cancel(worker) }
        }
        connections.loop.post { [self] in announceIdle() }
    }

    func announceIdle() {
        let done = state.withLock { state in
            guard state.stopping, state.active.isEmpty, state.recording == 0 else {
                return nil as (@Sendable () -> Void)?
            }
            defer { state.onIdle = nil }
            return state.onIdle
        }
        done?()
    }
}

extension Supervisor {
    /// A run to be claimed beside something else, in its transaction.
    package struct Claim: Sendable {
        package var run: Run
        package var job: LoadedJob
        /// Whether what has begun of the job is cancelled for it.
        package var cancels = false
    }

    /// A run that should have ended by now.
    package struct Late: Sendable, Hashable {
        package var run: Int64
        package var job: String
        /// Seconds that it was expected to take.
        package var expected: Double
    }
}

extension Supervisor.State {
    /// Has waiting runs held, or not, as the pauses say now; those that change.
    mutating func hold(_ now: Timestamp) -> [Run] {
        roster.hold { run in pauses.contains { $0.holds(run, at: now) } }
    }

    /// The run has ended: it can no longer be late.
    mutating func forget(_ run: Int64) {
        expected.remove(run)
        late[run] = nil
    }
}

extension Pause {
    /// Whether it keeps a waiting run from starting.
    fileprivate func holds(_ run: Run, at now: Timestamp) -> Bool {
        guard isAbout(run.job), covers(now) else { return false }
        return kind == .drain || run.attempts == 0 && run.trigger != .manual
    }
}

extension ClaimedRun {
    /// Seconds until it may start. What was noted by a clock that was set meanwhile counts as far as its job can mean it.
    func delay(now: Timestamp) -> Double {
        guard let notBefore = run.notBefore else { return 0 }
        var most = run.attempts > 0 ? job.header.retry?.maxDelay ?? 0 : job.header.jitter
        if run.attempts == 0, let end = job.blackouts.window(at: now)?.end { most = max(most, end - now) }
        return min(max(0, notBefore - now), most)
    }
}
