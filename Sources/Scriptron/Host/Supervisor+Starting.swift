/// How a waiting run becomes an attempt.
extension Supervisor {
    /// Gives slots to the runs that may have one.
    func startWaiting() {
        let limits = Roster.Limits(
            slots: connections.concurrency, groups: connections.groups(), isDiskFull: connections.isDiskFull())
        let now = connections.clock.monotonic
        while let claimed = state.withLock({ $0.stopping ? nil : $0.roster.take(now: now, limits: limits) }) {
            begin(claimed)
        }
        wakeForNext(now)
    }

    /// Has one timer set, for the next waiting run whose time comes.
    private func wakeForNext(_ now: Double) {
        let stale = state.withLock { state -> EventLoop.Token? in
            let next = state.stopping ? nil : state.roster.nextReady()
            if let next, next == state.wake?.at { return nil }
            let stale = state.wake?.token
            state.wake = next.map { next in
                let token = connections.loop.after(next - now) { [self] in
                    self.state.withLock { if $0.wake?.at == next { $0.wake = nil } }
                    startWaiting()
                }
                return (next, token)
            }
            return stale
        }
        if let stale { connections.loop.cancel(stale) }
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
        expectEnd(claimed)
        connections.store.submit { [run = claimed.run, attempt] session in
            try session.insertAttempt(attempt)
            try session.updateCourse(of: run)
        } completion: { [self, claimed] result in
            connections.loop.post { [self] in
                switch result {
                case .success: prepare(claimed.run.id)
                case .failure(let error): putBack(claimed, Failure.wrapping(error))
                }
            }
        }
    }

    /// Looks whether the run has ended when it should have, counted from its first attempt of this host.
    private func expectEnd(_ claimed: ClaimedRun) {
        guard let expect = claimed.job.header.expect else { return }
        let (id, job) = (claimed.run.id, claimed.run.job)
        guard state.withLock({ $0.expected.insert(id).inserted }) else { return }
        connections.loop.after(expect) { [self] in
            let isLate = state.withLock { state in
                guard state.expected.contains(id) else { return false }
                state.late[id] = Late(run: id, job: job, expected: expect)
                return true
            }
            guard isLate else { return }
            let text = "it is late: it should have ended within \(Quantity.describe(seconds: expect)) (expect)"
            // Not into a closed log: between two attempts there is none.
            if state.withLock({ $0.active[id]?.verdict == nil && $0.active[id] != nil }) {
                connections.log.write(
                    LogRecord(time: connections.clock.now(), level: "warn", message: text), job: job, run: id)
            }
            connections.late()
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
                state.roster.finish(claimed.run.id)
                state.roster.add([(claimed, 0)], now: connections.clock.monotonic)
            }
            startWaiting()
            announceIdle()
        }
    }

    private func prepare(_ run: Int64) {
        guard let active = state.withLock({ $0.active[run] }) else { return }
        let job = active.claimed.job
        guard job.isDiscovered else {
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
        if active.cancelled != nil || active.stopped {
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
                return state.active[run].map { $0.cancelled != nil || $0.stopped } ?? false
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
}
