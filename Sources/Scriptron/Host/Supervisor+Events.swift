/// What workers tell, and how attempts end.
extension Supervisor {
    func handle(_ run: Int64, _ worker: Int64, _ event: WorkerEvent) {
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
        if case .progress = note { connections.news(run) }
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
            // An operator may have cancelled it in this moment: of a run that goes on that counts.
            active.cancelled = state.active[run]?.cancelled ?? active.cancelled
            state.active[run] = active
            state.active[run]?.worker = nil
            state.roster.freeSlot(run)
            state.recording += 1
        }
        startWaiting()
        connections.log.close(job: active.claimed.run.job, run: run) { [self, active] isCut in
            var active = active
            if isCut { active.hit(.log) }
            record(active)
        }
    }

    /// Writes the end down, and with it the claims of the runs that follow.
    private func record(_ active: ActiveAttempt) {
        let (run, attempt) = (active.claimed.run, active.attempt)
        let (now, crash) = (connections.clock.now(), active.crashOfTasks)
        let isDiscovered = active.claimed.job.isDiscovered
        let followers = run.outcome == .succeeded && !active.claimed.job.learns ? connections.followers(run) : []
        connections.store.submit { session -> [Run?] in
            try session.updateAttempt(attempt)
            // `discover` names the grant when a run starts.
            try isDiscovered ? session.updateRun(run) : session.updateCourse(of: run)
            try session.endLeases(run: run.id, crash: crash, now: now)
            return try followers.map { follower in
                try session.saveVersion(follower.job.version.hash, files: follower.job.version.files)
                return try session.insertRun(follower.run)
            }
        } completion: { [self] result in
            switch result {
            case .success(let runs):
                connections.trouble(nil)
                if run.state == .ended { state.withLock { $0.forget(run.id) } }
                connections.loop.post { [self] in settle(active) }
                connections.recorded(run)
                take(zip(followers, runs).compactMap { claim, run in run.map { (claim, $0) } })
            case .failure(let error):
                connections.trouble(Failure.wrapping(error))
                connections.loop.after(Self.storePatience) { [self] in record(active) }
            }
        }
    }

    /// Takes runs that were claimed beside something else.
    func take(_ claims: [(claim: Claim, run: Run)]) {
        for (claim, run) in claims {
            if run.state == .ended {
                connections.recorded(run)
            } else if connections.startsFollowers {
                add([ClaimedRun(run: run, job: claim.job)])
                if claim.cancels { makeWay(for: run) }
            }
        }
    }

    /// The record is durable: the run has ended, or waits for its next attempt.
    private func settle(_ active: ActiveAttempt) {
        let run = active.claimed.run
        let cancelled = state.withLock { state in
            state.recording -= 1
            let cancelled = state.active.removeValue(forKey: run.id)?.cancelled
            state.roster.finish(run.id)
            return run.state == .waiting ? cancelled : nil
        }
        if run.state == .waiting, active.verdict?.next != .redoAtNextStart { add([active.claimed]) }
        if let cancelled { _ = cancel(run.id, because: cancelled) }
        startWaiting()
        announceIdle()
    }
}
