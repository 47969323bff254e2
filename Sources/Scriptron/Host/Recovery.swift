/// Brings the store to order after the end of an earlier host: kills what that left running, and finds the runs that
/// are to be run.
package struct Recovery {
    let store: any Store
    let catalog: Catalog
    let environment: HostEnvironment
    let now: Timestamp
    /// The jobs that are still being loaded.
    private let pending: [String: CatalogEntry]

    package init(store: any Store, catalog: Catalog, environment: HostEnvironment, now: Timestamp) {
        self.store = store
        self.catalog = catalog
        self.environment = environment
        self.now = now
        pending = Dictionary(catalog.pending.map { ($0.name, $0) }) { first, _ in first }
    }

    /// Kills the processes that a dead host's leases still name, and waits until they are gone, a few seconds at most.
    package static func killLeftOver(_ leases: Leases) throws(Failure) -> Int {
        let left = try leases.leftOver()
        for lease in left { lease.kill() }
        for lease in left { lease.waitUntilGone(seconds: 5) }
        try leases.forgetLeftOver()
        return left.count
    }

    /// The runs that go on, the oldest first; the others are ended with their reason.
    package func openRuns() throws -> [ClaimedRun] {
        try store.write { [self] session in
            // Their runs are dead: this host has none yet.
            try session.endLeases(run: nil, crash: "the host died", now: now)
            var claimed: [ClaimedRun] = []
            for run in try session.openRuns() {
                if let again = try recover(run, session) { claimed.append(again) }
            }
            return claimed
        }
    }

    /// Those of these runs that go on, as above: nobody holds them, though no host has ended.
    package func strays(_ runs: [Run]) throws -> [ClaimedRun] {
        try store.write { [self] session in
            // As they are now: what ended meanwhile is left alone.
            try runs.compactMap { run in
                guard let now = try session.run(run.id), now.state != .ended else { return nil }
                try session.endLeases(run: run.id, crash: "nobody held its run", now: self.now)
                return try recover(now, session, because: "the host lost sight of it")
            }
        }
    }

    private func recover(
        _ run: Run, _ session: any StoreSession, because cause: String = "the host died"
    ) throws -> ClaimedRun? {
        var run = run
        if run.state == .running {
            run.cuts += 1
            for var attempt in try session.attempts(run: run.id) where attempt.outcome == nil {
                attempt.outcome = .lost
                attempt.reason = cause
                attempt.finished = now
                try session.updateAttempt(attempt)
            }
        }
        // What takes long to load is there too.
        let entry = catalog.entry(run.job) ?? pending[run.job]
        let job = try entry.flatMap { try self.job(of: run, $0, session) }
        let isCut = run.state == .running
        guard let job, entry?.isEnabled == true, !isCut || (job.header.redo && run.cuts == 1) else {
            run.state = .ended
            run.outcome = .lost
            run.finished = now
            run.reason =
                job == nil || entry?.isEnabled != true
                ? "\(cause), and its job is not there any more"
                : cause + (job?.header.redo == true && isCut ? " under it a second time" : " under it")
            try session.updateRun(run)
            return nil
        }
        run.state = .waiting
        try session.updateRun(run)
        return ClaimedRun(run: run, job: job)
    }

    /// The job as it was at the claim: its text, settings, header and grant are the run's. Of a run that was claimed by
    /// a host which kept no header, the header is that of today.
    private func job(of run: Run, _ entry: CatalogEntry, _ session: any StoreSession) throws -> LoadedJob? {
        let header = run.header.isNull ? entry.loaded?.header ?? JobHeader() : JobHeader(run.header)
        let zone = (try? header.timezone.map { (name) throws(Failure) in try Zone(named: name) }) ?? environment.zone
        let blackouts = (try? Blackouts(header.except, zone: zone)) ?? .none
        if var loaded = entry.loaded, loaded.version.hash == run.version {
            if loaded.grant.value != run.grant, let grant = Grant(run.grant) {
                loaded.grant = grant
                loaded.terms = nil
            }
            loaded.header = header
            loaded.zone = zone
            loaded.blackouts = blackouts
            return loaded
        }
        guard let files = try session.version(run.version), let grant = Grant(run.grant),
            let script = files.keys.first(where: { !$0.hasPrefix("lib/") })
        else { return nil }
        let version = try JobVersion(files: files, settings: run.settings)
        if var loaded = entry.loaded {
            loaded.version = version
            loaded.script = script
            loaded.settings = run.settings
            loaded.header = header
            loaded.zone = zone
            loaded.blackouts = blackouts
            loaded.grant = grant
            loaded.terms = nil
            return loaded
        }
        return LoadedJob(
            name: run.job, path: entry.script, script: script, header: header,
            schedule: try JobSchedule([], zone: zone, job: run.job), blackouts: blackouts, version: version,
            settings: run.settings,
            needs: Needs(), grant: grant, zone: zone)
    }
}

extension Leases.Lease {
    /// Waits until the leased process is gone, at most so many seconds.
    func waitUntilGone(seconds: Double) {
        guard let process = try? ProcessHandle(pid: pid), ProcessHandle.startTime(pid: pid) == started else { return }
        process.waitForEnd(seconds: seconds)
    }
}
