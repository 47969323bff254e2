/// What a running host answers about runs.
extension Daemon {
    package func run(_ id: Int64, wait seconds: Double) throws(Failure) -> Value {
        var until = Monotonic.now + seconds
        return try watch.watch(id, .end) { (ticket) throws(Failure) in
            while true {
                let (run, last) = try record(id)
                if run.state == .ended || Monotonic.now >= until {
                    var row = RunRow.value(run, last: last).map ?? [:]
                    row["learned"] = parts.supervisor.learned(id)
                    return .map(row)
                }
                until = end(until)
                ticket.wait(until: until)
            }
        }
    }

    /// Until when an answer may wait: not for long where the host is stopping, for its socket closes then.
    private func end(_ until: Double) -> Double {
        state.withLock { $0.stopping } ? min(until, Monotonic.now + Self.lastWait) : until
    }

    private static var lastWait: Double { 0.2 }

    private func record(_ id: Int64) throws(Failure) -> (Run, Attempt?) {
        let found = try read { session in
            try session.run(id).map { ($0, try session.attempts(run: id).last) }
        }
        guard let found else {
            throw Failure(
                code: ControlCode.noRun, "there is no run \(id)", cure: "scriptron history lists the runs that are kept"
            )
        }
        return found
    }

    package func show(run id: Int64) throws(Failure) -> Value {
        let (run, last) = try record(id)
        let (attempts, files) = try read { (try $0.attempts(run: id), try $0.version(run.version) ?? [:]) }
        var row = RunRow.value(run, last: last).map ?? [:]
        let script = files.first { !$0.key.hasPrefix("lib/") }
        row["script"] = script.map { .bytes($0.value) } ?? .null
        row["files"] = .map(files.mapValues { .bytes($0) })
        let children = try read { try $0.runs(RunQuery(parent: id, limit: 20)) }.reversed()
        row["children"] = .list(children.map { RunRow.value($0, last: nil) })
        row["header"] = run.header
        row["settings"] = run.settings
        row["grant"] = run.grant
        row["attempts"] = .list(attempts.map { RunRow.value($0) })
        row["refusals"] = .texts(attempts.flatMap(\.refusals))
        row["limits_hit"] = .texts(attempts.flatMap(\.limitsHit))
        row["cuts"] = .int(Int64(run.cuts))
        row["log"] = .list(try logs.tail(job: run.job, run: id, count: 20).records.map(\.value))
        return .map(row)
    }

    package func logs(run id: Int64, from offset: Int64, wait seconds: Double) throws(Failure) -> LogPiece {
        var until = Monotonic.now + seconds
        let before = parts.supervisor.progress(id)
        let job = try record(id).0.job
        return try watch.watch(id, .anything) { (ticket) throws(Failure) in
            while true {
                // The end before the log: what is logged before the end is then in the page.
                let ended = try record(id).0.state == .ended
                let page = try logs.read(job: job, run: id, from: offset)
                let progress = parts.supervisor.progress(id)
                if !page.records.isEmpty || ended || progress != before || Monotonic.now >= until {
                    return LogPiece(
                        lines: page.records.map(\.value), next: page.next, ended: ended && page.records.isEmpty,
                        progress: progress)
                }
                until = end(until)
                ticket.wait(until: until)
            }
        }
    }

    package func start(_ request: StartRequest, by peer: PeerCredentials) throws(Failure) -> Int64 {
        takeEdits(of: request.job)
        let entry = try known(request.job)
        try mayStart(entry.name)
        try mayGrant(request, peer)
        // What a job lacked when it was loaded may be there by now.
        let mayBeMended = entry.loaded == nil && entry.problem?.isOfMachine == true
        if mayBeMended { parts.catalog.retry() }
        let isPlain = request.sets.isEmpty && request.grants.isEmpty && !request.learns && !mayBeMended
        let job = try isPlain ? usable(entry) : loaded(entry, request)
        try mayStart(beside: job)
        return try claim(
            job, job.newRun(trigger: .manual, fireTime: clock.now(), now: clock.now()),
            warnings: isPlain ? refusedEdits(of: entry) : [])
    }

    /// Starts a script, or a job, as the job of this name, by settings that were worked out already: in a shadow, where
    /// nothing needs an approval, for nothing is changed. `at` is the fire time that it sees; nil: now.
    func start(_ script: String, as job: String, settings: Value, at: Timestamp?) throws(Failure) -> Int64 {
        try mayStart(job)
        let environment = core.environment
        let snapshot = try SourceWatcher(
            SourceLocations(
                configuration: environment.configuration.file, jobs: environment.configuration.jobsDirectory),
            clock: clock
        ).snapshot
        let sources = try JobSources.collect(snapshot, environment)
        let source = try JobSources.find(script, as: job, among: sources, snapshot, environment)
        var loader = state.withLock { $0.loader }
        loader.approvals = nil
        let result = Waiting.answer { [loader] reply in
            loader.load(source, settings: settings, completion: reply)
        }
        let loaded: LoadedJob
        switch result {
        case .loaded(let known), .held(let known, _, _): loaded = known
        case .failed(let failure): throw failure
        case .unconfigured(let names, _):
            throw Failure(code: "ECONFIG", "job \(job) is unconfigured: \(names.joined(separator: ", ")) has no value")
        }
        let now = clock.now()
        return try claim(loaded, loaded.newRun(trigger: .manual, fireTime: at ?? now, now: now))
    }

    package func rerun(run id: Int64, by peer: PeerCredentials) throws(Failure) -> Int64 {
        let (old, _) = try record(id)
        let entry: CatalogEntry
        do throws(Failure) {
            entry = try known(old.job)
        } catch {
            throw Failure(
                code: ControlCode.conflict, "run \(id) cannot run again: its job \(old.job) is gone",
                cure: "put the script back into the jobs directory")
        }
        try mayStart(entry.name)
        guard let files = try read({ try $0.version(old.version) }), var source = entry.jobSource else {
            throw Failure(
                code: ControlCode.conflict, "run \(id) cannot run again: the text that it ran is no longer kept",
                cure: "scriptron run \(old.job) runs the job as it is now")
        }
        guard entry.isEnabled else { throw disabled(entry.name) }
        source.files = files
        source.script = files.keys.first { !$0.hasPrefix("lib/") } ?? source.script
        source.refusal = nil
        let result = Waiting.answer { reply in
            state.withLock { $0.loader }.load(source, settings: old.settings, completion: reply)
        }
        let job = try usable(result, entry)
        try mayStart(beside: job)
        return try claim(job, job.newRun(trigger: .manual, fireTime: old.fireTime, now: clock.now(), parent: id))
    }

    /// Fails where nothing is started.
    private func mayStart(_ job: String) throws(Failure) {
        if state.withLock({ $0.stopping }) {
            throw Failure(code: ControlCode.stopping, "the host is stopping and takes no new runs")
        }
        if let pause = parts.pauses.inForce(for: job), pause.kind == .drain {
            throw Failure(
                code: ControlCode.conflict, "nothing starts: \(pause.reason)", cure: "scriptron resume ends that")
        }
    }

    /// Fails where the job's word on overlaps leaves no room for a run by hand.
    private func mayStart(beside job: LoadedJob) throws(Failure) {
        let occupancy = parts.supervisor.occupancy(job.name)
        let reason = job.header.overlap == .skip ? occupancy.reason : nil
        let isFull = occupancy.waiting >= Occupancy.mostWaiting
        guard let reason = reason ?? (isFull ? Occupancy.fullReason : nil) else { return }
        throw Failure(
            code: ControlCode.conflict, "job \(job.name) cannot start now: \(reason)",
            cure: "wait for it, or scriptron cancel it")
    }

    /// Claims a run by hand, whose log begins with these warnings; its number.
    private func claim(_ job: LoadedJob, _ run: Run, warnings: [String] = []) throws(Failure) -> Int64 {
        do {
            let claimed = try store.write { session in
                try session.saveVersion(job.version.hash, files: job.version.files)
                return try session.insertRun(run)
            }
            guard let claimed else { throw Failure(code: ControlCode.conflict, "the run exists already") }
            for warning in warnings {
                parts.supervisor.connections.log.write(
                    LogRecord(time: clock.now(), level: "warn", message: warning), job: job.name, run: claimed.id)
            }
            parts.supervisor.add([ClaimedRun(run: claimed, job: job)])
            if job.header.overlap == .cancel { parts.supervisor.makeWay(for: claimed) }
            return claimed.id
        } catch {
            throw Failure.wrapping(error)
        }
    }

    package func cancel(run id: Int64, by peer: PeerCredentials) throws(Failure) {
        let (run, _) = try record(id)
        guard run.state != .ended else {
            throw Failure(
                code: ControlCode.conflict, "run \(id) has ended already: \(run.outcome?.rawValue ?? "")")
        }
        _ = parts.supervisor.cancel(id)
    }

    // Helpers.

    func usable(_ entry: CatalogEntry) throws(Failure) -> LoadedJob {
        if let loaded = entry.loaded { return loaded }
        switch entry.standing {
        case .unconfigured:
            throw Failure(
                code: ControlCode.conflict,
                "job \(entry.name) is unconfigured: its setting \(entry.missing.joined(separator: ", ")) has no value",
                cure: "give it one in scriptron.lua or by --set")
        case .disabled: throw disabled(entry.name)
        default: throw entry.problem ?? Failure(code: ControlCode.conflict, "job \(entry.name) is broken")
        }
    }

    /// The job with the settings and grants of one run.
    private func loaded(_ entry: CatalogEntry, _ request: StartRequest) throws(Failure) -> LoadedJob {
        guard entry.isEnabled, let source = entry.jobSource else { return try usable(entry) }
        let sets = try request.sets.map { (text) throws(Failure) in try SetArgument(text) }
        let grants = try request.grants.map { (text) throws(Failure) in try GrantArgument(text) }
        let loader = state.withLock { $0.loader }
        let result = Waiting.answer { reply in
            loader.load(
                source, sets: sets, learns: request.learns, adjust: { GrantArgument.apply(grants, to: &$0, &$1) },
                completion: reply)
        }
        return try usable(result, entry)
    }

    private func disabled(_ job: String) -> Failure {
        Failure(
            code: ControlCode.conflict, "job \(job) is disabled",
            cure: "take enabled = false out of jobs.\(job) in scriptron.lua")
    }

    /// What a load gave, as a job that runs.
    private func usable(_ result: LoadResult, _ entry: CatalogEntry) throws(Failure) -> LoadedJob {
        switch result {
        case .loaded(let job): return job
        case .unconfigured: return try usable(entry)
        case .held(_, let widens, _): throw Approvals.failure(entry.name, widens)
        case .failed(let failure): throw failure.code == "ECONFIG" ? Failure.usage(failure) : failure
        }
    }

    private func mayGrant(_ request: StartRequest, _ peer: PeerCredentials) throws(Failure) {
        let owner = Users.owner(of: directory.places.directory)
        guard (request.grants.isEmpty && !request.learns) || peer.uid == 0 || peer.uid == owner else {
            throw Failure(
                code: ControlCode.denied,
                "only root and the owner of the state directory may use \(request.learns ? "--learn" : "--grant")")
        }
    }
}

extension Failure {
    /// The same failure as the caller's mistake.
    fileprivate static func usage(_ failure: Failure) -> Failure {
        var usage = failure
        usage.code = ControlCode.usage
        return usage
    }
}
