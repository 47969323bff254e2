/// What a running host answers to its operators.
extension Daemon: HostControl {
    package func status() throws(Failure) -> Value {
        let counts = parts.supervisor.counts
        let entries = parts.catalog.entries
        let (environment, troubles, stopping) = state.withLock { ($0.environment, $0.troubles, $0.stopping) }
        func count(_ standing: CatalogEntry.Standing) -> Value {
            .int(Int64(entries.count { $0.standing == standing }))
        }
        let size = try? store.size()
        let stuck = parts.supervisor.unkillable.map { run, job, pid in
            "run \(run) of \(job): the kernel cannot kill its process \(pid), which is stuck in a system call; it keeps its slot"
        }
        let warnings =
            environment.warnings(entries) + stuck
            + troubles.sorted { $0.key < $1.key }.map { Self.text($0.key, $0.value) }
        return [
            "version": .text(Scriptron.version), "pid": .int(Int64(ProcessHandle.own)),
            "started": .number(started.epoch), "state_dir": .bytes(directory.places.directory.bytes),
            "config": place.file.map { .bytes($0.bytes) } ?? .null, "user": .text(Users.ownName),
            "root": .bool(Users.isRoot),
            "concurrency": .int(Int64(parts.supervisor.connections.concurrency)),
            "running": .int(Int64(counts.running)), "waiting": .int(Int64(counts.waiting)),
            "stopping": .bool(stopping),
            "jobs": [
                "loaded": .int(Int64(entries.count { $0.loaded != nil })), "broken": count(.broken),
                "unconfigured": count(.unconfigured), "disabled": count(.disabled),
            ],
            "store": ["bytes": size.map { .int($0.bytes) } ?? .null, "free": size?.free.map { .int($0) } ?? .null],
            "alerts": alertCounts, "sandbox": .text(environment.facts.text), "warnings": .texts(warnings),
        ]
    }

    /// How many alerts are firing and pending.
    private var alertCounts: Value {
        let open = (try? store.read { try $0.alerts(AlertQuery(isOpen: true)) }) ?? []
        let firing = open.count { $0.state == .firing }
        return ["firing": .int(Int64(firing)), "pending": .int(Int64(open.count - firing))]
    }

    package func jobs() throws(Failure) -> [Value] {
        try parts.catalog.entries.map { (entry) throws(Failure) in try row(entry) }
    }

    private func row(_ entry: CatalogEntry) throws(Failure) -> Value {
        let (last, success) = try read { session in
            (
                try session.lastRun(job: entry.name, outcome: nil),
                try session.lastRun(job: entry.name, outcome: .succeeded)
            )
        }
        var row = entry.row(zone: state.withLock { $0.environment.zone })
        row["next"] = (entry.loaded == nil ? nil : parts.scheduler.next(entry.name)).map { .number($0.epoch) } ?? .null
        row["last_run"] = last.map { .int($0.id) } ?? .null
        row["last_outcome"] = last?.outcome.map { .text($0.rawValue) } ?? .null
        row["last_finished"] = last?.finished.map { .number($0.epoch) } ?? .null
        row["last_success"] = success?.finished.map { .number($0.epoch) } ?? .null
        let stuck = parts.supervisor.unkillable.first { $0.job == entry.name }
        row["unkillable"] = stuck.map { .int(Int64($0.pid)) } ?? .null
        row["running"] = .bool(parts.supervisor.busy(entry.name) != nil)
        return .map(row)
    }

    package func next(job: String?, limit: Int) throws(Failure) -> [Value] {
        let entries = try job.map { (name) throws(Failure) in [try known(name)] } ?? parts.catalog.entries
        // Of one that is asked for by its name it is said why it has no fire times.
        if job != nil, let entry = entries.first { _ = try usable(entry) }
        let now = clock.now()
        var times: [(Timestamp, String)] = []
        for loaded in entries.compactMap(\.loaded) {
            var last = now
            // What each job contributes at most: the others only take places away.
            for _ in 0..<max(0, limit) {
                guard let time = loaded.schedule.next(after: last) else { break }
                times.append((time, loaded.name))
                last = time
                if job == nil, times.count > 4 * limit {
                    times.sort { $0 < $1 }
                    times.removeLast(times.count - limit)
                    if let latest = times.last, last >= latest.0 { break }
                }
            }
        }
        return times.sorted { $0 < $1 }.prefix(limit).map { ["job": .text($1), "fire_time": .number($0.epoch)] }
    }

    package func history(_ query: RunQuery) throws(Failure) -> [Value] {
        if let job = query.job, parts.catalog.entry(job) == nil, try read({ try $0.runs(query) }).isEmpty {
            _ = try known(job)
        }
        return try read { session in
            try session.runs(query).map { RunRow.value($0, last: try session.attempts(run: $0.id).last) }
        }
    }

    package func missed(job: String?, limit: Int) throws(Failure) -> [Value] {
        try read { session in
            try session.missed(job: job, limit: limit).map { range in
                [
                    "job": .text(range.job), "kind": .text(range.kind.rawValue), "from": .number(range.from.epoch),
                    "to": .number(range.to.epoch), "count": .int(range.count), "reason": .text(range.reason),
                ]
            }
        }
    }

    package func run(_ id: Int64, wait seconds: Double) throws(Failure) -> Value {
        let until = Monotonic.now + seconds
        while true {
            try waitWhileHeld(id, until: until) { false }
            let (run, last) = try record(id)
            if run.state == .ended || Monotonic.now >= until || state.withLock({ $0.stopping }) {
                var row = RunRow.value(run, last: last).map ?? [:]
                row["learned"] = parts.supervisor.learned(id)
                return .map(row)
            }
            Monotonic.sleep(until: min(until, Monotonic.now + 0.02))
        }
    }

    /// Waits while the run runs or waits here, which the supervisor knows and the store need not be asked for.
    private func waitWhileHeld(_ id: Int64, until: Double, or something: () throws(Failure) -> Bool) throws(Failure) {
        while parts.supervisor.holds(id), Monotonic.now < until, !state.withLock({ $0.stopping }), try !something() {
            Monotonic.sleep(until: min(until, Monotonic.now + 0.02))
        }
    }

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
        let until = Monotonic.now + seconds
        let before = parts.supervisor.progress(id)
        let job = try record(id).0.job
        while true {
            try waitWhileHeld(id, until: until) { () throws(Failure) in
                if parts.supervisor.progress(id) != before { return true }
                return try logs.size(job: job, run: id) > offset
            }
            // The end before the log: what is logged before the end is then in the page.
            let ended = try record(id).0.state == .ended
            let page = try logs.read(job: job, run: id, from: offset)
            let progress = parts.supervisor.progress(id)
            if !page.records.isEmpty || ended || progress != before || Monotonic.now >= until {
                return LogPiece(
                    lines: page.records.map(\.value), next: page.next, ended: ended && page.records.isEmpty,
                    progress: progress)
            }
            Monotonic.sleep(until: min(until, Monotonic.now + 0.02))
        }
    }

    package func start(_ request: StartRequest, by peer: PeerCredentials) throws(Failure) -> Int64 {
        if state.withLock({ $0.stopping }) {
            throw Failure(code: ControlCode.stopping, "the host is stopping and takes no new runs")
        }
        let entry = try known(request.job)
        try mayGrant(request, peer)
        if let busy = parts.supervisor.busy(entry.name) {
            throw Failure(
                code: ControlCode.conflict, "job \(entry.name) cannot start now: \(busy)",
                cure: "wait for it, or scriptron cancel it")
        }
        // What a job lacked when it was loaded may be there by now.
        let mayBeMended = entry.loaded == nil && entry.problem?.isOfMachine == true
        if mayBeMended { parts.catalog.retry() }
        let isPlain = request.sets.isEmpty && request.grants.isEmpty && !request.learns && !mayBeMended
        let job = try isPlain ? usable(entry) : loaded(entry, request)
        let now = clock.now()
        let run = job.newRun(trigger: .manual, fireTime: now, now: now)
        do {
            let claimed = try store.write { session in
                try session.saveVersion(job.version.hash, files: job.version.files)
                return try session.insertRun(run)
            }
            guard let claimed else { throw Failure(code: ControlCode.conflict, "the run exists already") }
            parts.supervisor.add([ClaimedRun(run: claimed, job: job)])
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

    package func approve(job name: String, by peer: PeerCredentials) throws(Failure) -> Value {
        let entry = try known(name)
        guard peer.uid == 0 || peer.uid == Users.owner(of: directory.places.directory) else {
            throw Failure(code: ControlCode.denied, "only root and the owner of the state directory may approve")
        }
        guard let approvals = core.loader.approvals, let source = entry.jobSource,
            state.withLock({ $0.environment.configuration.job(entry.name).approve })
        else {
            throw Failure(
                code: ControlCode.conflict, "job \(entry.name) needs no approval",
                cure:
                    "say jobs = { [\"\(entry.name)\"] = { approve = true } } in scriptron.lua to hold edits that widen it"
            )
        }
        let known = approvals.record(entry.name)
        var lines = known?.lines ?? GrantLines()
        let held = entry.held.map { GrantLines($0.grant, ownUser: Users.ownName).widening(lines) } ?? []
        let approved = Set(held + approvals.wanted(entry.name)).sorted { ($0.kind, $0.value) < ($1.kind, $1.value) }
        guard !approved.isEmpty else {
            throw Failure(code: ControlCode.conflict, "nothing of job \(entry.name) waits for an approval")
        }
        lines.add(approved)
        let files = entry.held?.version.files ?? known?.files ?? source.files
        try approvals.keep(Approvals.Record(lines: lines, files: files), of: entry.name)
        approvals.forgetWanted(entry.name)
        _ = Waiting.answer { (done: @escaping @Sendable (Bool) -> Void) in
            parts.catalog.reload(entry.name) { done(true) }
        }
        let shown = approved.map { "+" + $0.text }
        HostSpeech.say("job \(entry.name): approved by \(Users.name(of: peer.uid)): \(shown.joined(separator: ", "))")
        return ["job": .text(entry.name), "approved": .texts(shown)]
    }

    package func settings(job name: String) throws(Failure) -> [Value] {
        let entry = try known(name)
        guard let declarations = entry.declarations else {
            throw entry.problem ?? Failure(code: ControlCode.conflict, "job \(name) is not loaded")
        }
        let words = state.withLock { $0.environment.configuration.job(name) }
        return declarations.settings.sorted { $0.key < $1.key }.map { name, declaration in
            [
                "name": .text(name), "type": .text(declaration.kind.rawValue),
                "value": entry.loaded?.settings[name] ?? .null, "default": declaration.defaultValue ?? .null,
                "required": .bool(declaration.required), "about": declaration.about.map { .text($0) } ?? .null,
                "source": words.settings[name] == nil ? "default" : "config",
            ]
        }
    }

    package func queue(_ order: QueueOrder) throws(Failure) -> [Value] {
        try queues.obey(order)
    }

    // Helpers.

    /// The rows that scripts see (`sys.jobs`).
    func jobFigures() throws(Failure) -> Value {
        .list(
            try parts.catalog.entries.map { (entry) throws(Failure) in
                let (last, success, attempt) = try read { session in
                    let last = try session.lastRun(job: entry.name, outcome: nil)
                    let success = try session.lastRun(job: entry.name, outcome: .succeeded)
                    return (last, success, try last.flatMap { try session.attempts(run: $0.id).last })
                }
                return [
                    "name": .text(entry.name), "scheduled": .bool(entry.standing == .scheduled),
                    "last_success": success?.finished.map { .number($0.epoch) } ?? .null,
                    "outcome": last?.outcome.map { .text($0.rawValue) } ?? .null,
                    "result": attempt?.result ?? .null,
                    "next": parts.scheduler.next(entry.name).map { .number($0.epoch) } ?? .null,
                ]
            })
    }

    private func read<Result>(_ body: (any StoreSession) throws -> Result) throws(Failure) -> Result {
        do {
            return try store.read(body)
        } catch {
            throw Failure.wrapping(error)
        }
    }

    /// The job by its name or its script's path.
    private func known(_ name: String) throws(Failure) -> CatalogEntry {
        if let entry = parts.catalog.entry(name) { return entry }
        let entries = parts.catalog.entries
        if name.hasPrefix("/"), let entry = entries.first(where: { $0.script == Path(name).normalized }) {
            return entry
        }
        let nearest = Nearest.names(to: name, among: entries.map(\.name), limit: 1).first
        throw Failure(
            code: ControlCode.noJob, "there is no job \(name)",
            cure: nearest.map { "did you mean \($0)?" } ?? "scriptron jobs lists them")
    }

    private func usable(_ entry: CatalogEntry) throws(Failure) -> LoadedJob {
        if let loaded = entry.loaded { return loaded }
        switch entry.standing {
        case .unconfigured:
            throw Failure(
                code: ControlCode.conflict,
                "job \(entry.name) is unconfigured: its setting \(entry.missing.joined(separator: ", ")) has no value",
                cure: "give it one in scriptron.lua or by --set")
        case .disabled:
            throw Failure(
                code: ControlCode.conflict, "job \(entry.name) is disabled",
                cure: "take enabled = false out of jobs.\(entry.name) in scriptron.lua")
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
