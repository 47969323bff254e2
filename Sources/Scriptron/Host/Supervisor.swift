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
        /// Whether an attempt of this run may start now; those that may not wait for `resume`.
        package var mayStart: @Sendable (ClaimedRun) -> Bool
        /// Hears of every attempt that ended, once that is durable.
        package var recorded: @Sendable (Run, Attempt) -> Void
        /// Hears of trouble with the store.
        package var trouble: @Sendable (Failure?) -> Void
        /// Hears that the machine has too little of something to start attempts; nil when it is over.
        package var shortage: @Sendable (Failure?) -> Void
        /// What relative paths of scripts are relative to.
        package var base: Path
        /// Attempts at once.
        package var concurrency: Int
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
        var waiting: [ClaimedRun] = []
        var active: [Int64: ActiveAttempt] = [:]
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
    private let scratchWatch: ScratchWatch

    package init(_ connections: Connections) {
        self.connections = connections
        scratchWatch = ScratchWatch(loop: connections.loop)
    }

    // Questions.

    /// Why the job cannot start a run now; nil: it can.
    package func busy(_ job: String) -> String? {
        state.withLock { state in
            if let active = state.active.values.first(where: { $0.claimed.run.job == job }) {
                return "overlap: run \(active.claimed.run.id) still runs"
            }
            if let waiting = state.waiting.first(where: { $0.run.job == job }) {
                return "overlap: run \(waiting.run.id) still waits"
            }
            return nil
        }
    }

    /// How many runs run and wait.
    package var counts: (running: Int, waiting: Int) { state.withLock { ($0.active.count, $0.waiting.count) } }

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
        state.withLock { state in state.active[run] != nil || state.waiting.contains { $0.run.id == run } }
    }

    // Orders.

    /// Takes runs whose claims are durable.
    package func add(_ runs: [ClaimedRun]) {
        state.withLock { state in
            state.waiting += runs
            state.waiting.sort { $0.run.fireTime < $1.run.fireTime }
        }
        connections.loop.post { [self] in startWaiting() }
    }

    /// Ends a run: kills its attempt, or takes it out of the waiting ones. False where it is neither.
    package func cancel(_ run: Int64) -> Bool {
        let (worker, waiting) = state.withLock { state -> (Int64?, ClaimedRun?) in
            if let active = state.active[run] {
                state.active[run]?.cancelled = true
                return (active.worker, nil)
            }
            guard let index = state.waiting.firstIndex(where: { $0.run.id == run }) else { return (nil, nil) }
            return (nil, state.waiting.remove(at: index))
        }
        if let worker { connections.workers.cancel(worker) }
        guard let waiting else { return worker != nil || holds(run) }
        var ended = waiting.run
        ended.state = .ended
        ended.outcome = .cancelled
        ended.reason = "an operator cancelled it before it started"
        ended.finished = connections.clock.now()
        connections.store.submit { [ended] in
            try $0.updateRun(ended)
        } completion: { [connections] result in
            if case .failure(let error) = result { connections.trouble(Failure.wrapping(error)) }
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

    private func announceIdle() {
        let done = state.withLock { state in
            guard state.stopping, state.active.isEmpty, state.recording == 0 else {
                return nil as (@Sendable () -> Void)?
            }
            defer { state.onIdle = nil }
            return state.onIdle
        }
        done?()
    }

    // Starting.

    /// Runs that had to wait may start again.
    package func resume() { connections.loop.post { [self] in startWaiting() } }

    private func startWaiting() {
        let now = connections.clock.now()
        while let claimed = state.withLock({ $0.takeReady(now, connections) }) { begin(claimed) }
        let nextRetry = state.withLock { state in
            state.active.count < connections.concurrency && !state.stopping
                ? state.waiting.compactMap(\.run.notBefore).filter { $0 > now }.min() : nil
        }
        // At most a minute, for the clock may be set meanwhile.
        if let nextRetry { connections.loop.after(min(nextRetry - now, 60)) { [self] in startWaiting() } }
    }

    /// Writes the attempt down, and launches it when that is durable.
    private func begin(_ claimed: ClaimedRun) {
        var claimed = claimed
        let now = connections.clock.now()
        claimed.run.attempts += 1
        claimed.run.state = .running
        claimed.run.notBefore = nil
        claimed.run.started = claimed.run.started ?? now
        var attempt = Attempt(run: claimed.run.id, number: claimed.run.attempts, started: now)
        attempt.user = claimed.job.userName
        state.withLock { $0.active[claimed.run.id] = ActiveAttempt(claimed: claimed, attempt: attempt) }
        connections.store.submit { [run = claimed.run, attempt] session in
            try session.insertAttempt(attempt)
            try session.updateRun(run)
        } completion: { [self, claimed] result in
            connections.loop.post { [self] in
                switch result {
                case .success: prepare(claimed.run.id)
                case .failure(let error): putBack(claimed, Failure.wrapping(error))
                }
            }
        }
    }

    /// The start could not be written down: the run waits, as it was.
    private func putBack(_ claimed: ClaimedRun, _ failure: Failure) {
        connections.trouble(failure)
        var claimed = claimed
        claimed.run.attempts -= 1
        claimed.run.state = .waiting
        connections.loop.after(Self.storePatience) { [self, claimed] in
            state.withLock { state in
                state.active.removeValue(forKey: claimed.run.id)
                state.waiting.insert(claimed, at: 0)
            }
            startWaiting()
            announceIdle()
        }
    }

    private func prepare(_ run: Int64) {
        guard let active = state.withLock({ $0.active[run] }) else { return }
        let job = active.claimed.job
        guard job.header.discovers || !job.grant.links.isEmpty else {
            return launch(run, grant: job.grant, facts: .null)
        }
        connections.discover(job) { [self] result in
            connections.loop.post { [self] in
                switch result {
                case .success(let discovery):
                    state.withLock { $0.active[run]?.claimed.run.grant = discovery.grant.value }
                    launch(run, grant: discovery.grant, facts: discovery.facts)
                case .failure(let failure): conclude(run, WorkerEnd(verdict: .refused(failure), exit: nil))
                }
            }
        }
    }

    func launch(_ run: Int64, grant: Grant, facts: Value) {
        guard let active = state.withLock({ $0.active[run] }) else { return }
        if active.cancelled || active.stopped {
            return conclude(run, WorkerEnd(verdict: .cancelled, exit: nil))
        }
        state.withLock { state in
            state.active[run]?.grant = grant
            state.active[run]?.facts = facts
            state.active[run]?.launched = Monotonic.now
        }
        let scratch: Path
        do throws(Failure) {
            scratch = try connections.scratch.take(grant.identity)
        } catch {
            return conclude(run, WorkerEnd(verdict: .refused(error), exit: nil))
        }
        state.withLock { $0.active[run]?.scratch = scratch }
        previousFacts(of: active.claimed) { [self] previous in
            var order = active.order(base: connections.base, grace: connections.grace)
            order.facts = facts
            order.scratch = scratch
            order.this.merge(previous) { _, new in new }
            var launch = WorkerLaunch(
                order: order, files: active.claimed.job.version.descriptor, grant: grant, name: active.claimed.run.job)
            launch.ceiling = active.claimed.job.terms?.ceiling
            let worker = connections.workers.launch(launch) { [self] worker, event in
                handle(run, worker, event)
            }
            let cancelled = state.withLock { state in
                state.active[run]?.worker = worker
                return state.active[run].map { $0.cancelled || $0.stopped } ?? false
            }
            if cancelled { connections.workers.cancel(worker) }
            scratchWatch.add(run, scratch, grant.limits) { [connections] failure in
                connections.workers.stop(worker, .scratch, failure)
            }
        }
    }

    /// What `this` says of earlier runs.
    private func previousFacts(of claimed: ClaimedRun, _ body: @escaping @Sendable ([String: Value]) -> Void) {
        let store = connections.store
        let facts: [String: Value]? = try? store.read { session in
            let success = try session.lastRun(job: claimed.run.job, outcome: .succeeded)
            let last = try session.lastRun(job: claimed.run.job, outcome: nil)
            var facts: [String: Value] = [:]
            facts["last_success"] = success?.finished.map { .number($0.epoch) }
            facts["previous_fire_time"] = last.map { .number($0.fireTime.epoch) }
            if let success {
                facts["previous"] = try session.attempts(run: success.id).last?.result
            }
            return facts
        }
        body(facts ?? [:])
    }

    // Events.

    private func handle(_ run: Int64, _ worker: Int64, _ event: WorkerEvent) {
        switch event {
        case .spawned(let pid, let started):
            endShortage()
            let attempt = state.withLock { state in
                state.active[run]?.attempt.pid = pid
                state.active[run]?.attempt.pidStart = started
                return state.active[run]?.attempt.number ?? 0
            }
            connections.leases.take(
                Leases.Lease(run: run, attempt: Int64(attempt), pid: pid, started: started))
        case .confined(let report): state.withLock { $0.active[run]?.attempt.sandbox = report }
        case .request(let id, let service, let arguments):
            guard let active = state.withLock({ $0.active[run] }), let grant = active.grant else { return }
            switch service {
            case .ceiling:
                let ceiling = active.claimed.job.terms?.ceiling?.value ?? .null
                return connections.workers.answer(worker, request: id, .success(ceiling))
            case .secret:
                let name = arguments["name"]?.text ?? ""
                return connections.secret(name, grant) { [connections] in
                    connections.workers.answer(worker, request: id, secret: name, $0)
                }
            case .programStart:
                do throws(Failure) {
                    let program = try ForeignProgram(arguments, grant: grant)
                    let scratch = active.scratch
                    connections.workers.start(program, grant: grant, scratch: scratch, for: worker, request: id)
                } catch {
                    connections.workers.answer(worker, request: id, .failure(error))
                }
                return
            case .programSignal:
                if let program = arguments["program"]?.integer, let number = arguments["signal"]?.integer,
                    let signal = Int32(exactly: number), (1...64).contains(signal)
                {
                    connections.workers.signal(program: program, of: worker, signal)
                }
                return connections.workers.answer(worker, request: id, .success(.null))
            default: break
            }
            let call = ServiceCall(
                service: service, arguments: arguments, job: active.claimed.run.job, run: run, grant: grant,
                scratch: active.scratch)
            connections.serve(call) { [connections] answer in
                connections.workers.answer(worker, request: id, answer)
            }
        case .note(let note): take(note, of: run)
        case .header: connections.workers.proceed(worker, settings: nil)
        case .unkillable(let pid): recordUnkillable(run, pid)
        case .ended(let end): conclude(run, end)
        }
    }

    private func take(_ note: WorkerNote, of run: Int64) {
        let now = connections.clock.now()
        let (active, line) = state.withLock { state in
            let line = state.active[run]?.take(note, now: now)
            return (state.active[run], line ?? nil)
        }
        guard let active, let line else { return }
        connections.log.write(line, job: active.claimed.run.job, run: run)
    }

    private func recordUnkillable(_ run: Int64, _ pid: Int32) {
        let record = state.withLock { state -> (Run, Attempt)? in
            guard var active = state.active[run] else { return nil }
            active.attempt.unkillable = pid
            active.attempt.outcome = .timedOut
            active.attempt.reason = "the kernel cannot kill its process \(pid) (it is stuck in a system call)"
            state.active[run] = active
            return (active.claimed.run, active.attempt)
        }
        guard let (_, attempt) = record else { return }
        connections.store.submit {
            try $0.updateAttempt(attempt)
        } completion: { [connections] result in
            if case .failure(let error) = result { connections.trouble(Failure.wrapping(error)) }
        }
    }

    /// Judges the end of an attempt and writes it down; the slot is free at once.
    func conclude(_ run: Int64, _ end: WorkerEnd) {
        let now = connections.clock.now()
        guard var active = state.withLock({ $0.active[run] }), active.verdict == nil else { return }
        connections.leases.release(run: run)
        connections.release(run)
        scratchWatch.remove(run)
        if let scratch = active.scratch { connections.scratch.giveBack(scratch, active.grant?.identity) }
        if let failure = end.refusal(wasConfined: !active.attempt.sandbox.isEmpty), waitsFor(failure, run) { return }
        active.conclude(end, now: now, random: Double.random(in: 0..<1))
        if let learned = active.learned, let grant = active.grant {
            let needs = learned.needs(of: active.claimed.job, grant, base: connections.base)
            state.withLock { state in
                if state.learned.count >= 100 { state.learned = [:] }
                state.learned[run] = needs
            }
            let line = LogRecord(
                time: now, level: "info", message: "the smallest needs that would have served",
                fields: ["needs": needs])
            connections.log.write(line, job: active.claimed.run.job, run: run)
        }
        let outcome = active.attempt.outcome
        if active.verdict?.error != nil || outcome != .succeeded, let line = active.closingLine(now) {
            connections.log.write(line, job: active.claimed.run.job, run: run)
        }
        state.withLock { state in
            state.active[run] = active
            state.active[run]?.worker = nil
            state.recording += 1
        }
        connections.log.close(job: active.claimed.run.job, run: run) { [self, active] isCut in
            var active = active
            if isCut { active.hit(.log) }
            record(active)
        }
    }

    private func record(_ active: ActiveAttempt) {
        let (run, attempt) = (active.claimed.run, active.attempt)
        let (now, crash) = (connections.clock.now(), active.crashOfTasks)
        connections.store.submit { session in
            try session.updateAttempt(attempt)
            try session.updateRun(run)
            try session.endLeases(run: run.id, crash: crash, now: now)
        } completion: { [self] result in
            if case .failure(let error) = result {
                connections.trouble(Failure.wrapping(error))
                connections.loop.after(Self.storePatience) { [self] in record(active) }
                return
            }
            connections.trouble(nil)
            connections.loop.post { [self] in settle(active) }
            connections.recorded(run, attempt)
        }
    }

    /// The record is durable: the run has ended, or waits for its next attempt.
    private func settle(_ active: ActiveAttempt) {
        state.withLock { state in
            state.recording -= 1
            state.active.removeValue(forKey: active.claimed.run.id)
            if active.claimed.run.state == .waiting, active.verdict?.next != .redoAtNextStart {
                state.waiting.append(active.claimed)
            }
        }
        startWaiting()
        announceIdle()
    }
}

extension Supervisor.State {
    /// The first waiting run that may start now, where a slot is free.
    fileprivate mutating func takeReady(_ now: Timestamp, _ connections: Supervisor.Connections) -> ClaimedRun? {
        let busy = active.values.count { $0.worker != nil || $0.verdict == nil }
        guard !stopping, busy < connections.concurrency else { return nil }
        guard let index = waiting.firstIndex(where: { $0.isReady(now) && connections.mayStart($0) }) else {
            return nil
        }
        return waiting.remove(at: index)
    }
}

extension ClaimedRun {
    /// Whether its next attempt may start. A wait that is longer than any that its retries may have was set under a
    /// clock that was wrong.
    fileprivate func isReady(_ now: Timestamp) -> Bool {
        guard let notBefore = run.notBefore, notBefore > now else { return true }
        return notBefore - now > (job.header.retry?.maxDelay ?? 0) + 1
    }
}
