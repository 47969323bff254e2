/// What operators ask of pauses, and what follows a run.
extension Daemon {
    package func pause(
        jobs names: [String], drains: Bool, for seconds: Double?, by peer: PeerCredentials
    ) throws(Failure) -> Value {
        if let seconds, !(seconds > 0 && seconds <= 10 * 366 * 86400) {
            throw Failure(code: ControlCode.usage, "a pause lasts ten years at most, and more than no time")
        }
        let jobs = try targets(names)
        guard !drains || jobs == [Pause.everything] else {
            throw Failure(
                code: ControlCode.usage, "drain is for the whole host", cure: "scriptron pause JOB pauses one job")
        }
        // What was due before is started as ever.
        parts.scheduler.tick()
        _ = try parts.pauses.pause(jobs, drains ? .drain : .pause, for: seconds, by: Users.name(of: peer.uid))
        return pauseFigures
    }

    package func resume(jobs names: [String], by peer: PeerCredentials) throws(Failure) -> Value {
        let ended = try parts.pauses.resume(try targets(names))
        parts.scheduler.tick()
        var figures = pauseFigures.map ?? [:]
        figures["resumed"] = .list(ended.map(\.row))
        return .map(figures)
    }

    package func pauses(wait seconds: Double) throws(Failure) -> Value {
        let until = Monotonic.now + seconds
        return try watch.watch(nil, .end) { (ticket) throws(Failure) in
            while parts.supervisor.counts.running > 0, Monotonic.now < until, !state.withLock({ $0.stopping }) {
                // The end of a run is told a moment before its slot is counted as free.
                ticket.wait(until: min(until, Monotonic.now + 1))
            }
            return pauseFigures
        }
    }

    private var pauseFigures: Value {
        let counts = parts.supervisor.counts
        return [
            "paused": .list(parts.pauses.inForce.map(\.row)), "running": .int(Int64(counts.running)),
            "waiting": .int(Int64(counts.waiting)),
        ]
    }

    private func targets(_ names: [String]) throws(Failure) -> [String] {
        if names.isEmpty { return [Pause.everything] }
        var jobs: [String] = []
        for name in names {
            let job = try known(name).name
            if !jobs.contains(job) { jobs.append(job) }
        }
        return jobs
    }

    /// The runs that follow a success, as the jobs that are loaded now want it.
    func followers(of run: Run) -> [Supervisor.Claim] {
        let now = clock.now()
        return parts.catalog.followers(of: run.job).map { job in
            let exclusions = Exclusions(blackouts: job.blackouts, pauses: parts.pauses.about(job.name))
            let admission = Admission(job.header, parts.supervisor.occupancy(job.name), exclusions, now: now)
            let row = job.newRun(trigger: .after, fireTime: now, now: now, parent: run.id)
            return admission.claim(row, of: job, now: now)
        }
    }
}

extension Pause {
    /// `job` (`@host`: all of them), `kind`, `since`, `until`, `by`.
    var row: Value {
        [
            "job": .text(job), "kind": .text(kind.rawValue), "since": .number(since.epoch),
            "until": until.map { .number($0.epoch) } ?? .null, "by": .text(by),
        ]
    }
}
