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
        let chains = parts.catalog.chainProblems.sorted { $0.key < $1.key }.map { "job \($0.key): \($0.value)" }
        let full = disk.failure.map { ["disk: \($0)"] } ?? []
        let warnings =
            environment.warnings(entries) + full + chains + stuck
            + troubles.sorted { $0.key < $1.key }.map { Self.text($0.key, $0.value) }
        return [
            "version": .text(Scriptron.version), "pid": .int(Int64(ProcessHandle.own)),
            "started": .number(started.epoch), "state_dir": .bytes(directory.places.directory.bytes),
            "config": place.file.map { .bytes($0.bytes) } ?? .null, "user": .text(Users.ownName),
            "root": .bool(Users.isRoot),
            "concurrency": .int(Int64(parts.supervisor.connections.concurrency)),
            "running": .int(Int64(counts.running)), "waiting": .int(Int64(counts.waiting)),
            "stopping": .bool(stopping), "paused": .list(parts.pauses.inForce.map(\.row)),
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
        let chains = parts.catalog.chainProblems
        let late = Dictionary(parts.supervisor.late.map { ($0.job, $0.run) }) { first, _ in first }
        return try parts.catalog.entries.map { (entry) throws(Failure) in
            var row = try row(entry).map ?? [:]
            if row["error"]?.isNull ?? true, let problem = chains[entry.name] {
                row["error"] = .text("\(entry.loaded?.script ?? entry.script.text): \(problem)")
            }
            row["late"] = late[entry.name].map { .int($0) } ?? .null
            return .map(row)
        }
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
        let occupancy = parts.supervisor.occupancy(entry.name)
        row["running"] = .bool(!occupancy.isIdle)
        row["begun"] = .bool(occupancy.begun != nil)
        row["waiting"] = .int(Int64(occupancy.waiting))
        row["paused"] = parts.pauses.inForce(for: entry.name)?.row ?? .null
        return .map(row)
    }

    package func next(job: String?, limit: Int) throws(Failure) -> [Value] {
        let entries = try job.map { (name) throws(Failure) in [try known(name)] } ?? parts.catalog.entries
        // Of one that is asked for by its name it is said why it has no fire times.
        if job != nil, let entry = entries.first { _ = try usable(entry) }
        let now = clock.now()
        var times: [(Timestamp, String)] = []
        let jobs = entries.compactMap(\.loaded)
        for loaded in jobs {
            let exclusions = Exclusions(blackouts: loaded.blackouts, pauses: parts.pauses.about(loaded.name))
            var last = now
            // What each job contributes at most: the others only take places away.
            for _ in 0..<max(0, limit) {
                guard let time = exclusions.next(loaded.schedule, after: last) else { break }
                times.append((time, loaded.name))
                last = time
                if job == nil, times.count > 4 * limit {
                    times.sort { $0 < $1 }
                    times.removeLast(times.count - limit)
                    if let latest = times.last, last >= latest.0 { break }
                }
            }
        }
        let schedules = Dictionary(jobs.map { ($0.name, $0.schedule) }, uniquingKeysWith: { first, _ in first })
        return times.sorted { $0 < $1 }.prefix(limit).map { time, job in
            var row = schedules[job]?.row(time) ?? [:]
            row["job"] = .text(job)
            return .map(row)
        }
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
        let configuration = state.withLock { $0.environment.configuration }
        return SettingRows.rows(declarations, configuration.job(name), base: configuration.base)
    }

    package func queue(_ order: QueueOrder) throws(Failure) -> [Value] {
        try queues.obey(order)
    }

    // Helpers.

    /// The rows that scripts see (`sys.jobs`).
    func jobFigures() throws(Failure) -> Value {
        .list(
            try parts.catalog.entries.map { (entry) throws(Failure) in
                let next = parts.scheduler.next(entry.name)
                return try read { session in
                    try JobFigures.row(
                        entry.name, scheduled: entry.standing == .scheduled, next: next, session)
                }
            })
    }

    func read<Result>(_ body: (any StoreSession) throws -> Result) throws(Failure) -> Result {
        do {
            return try store.read(body)
        } catch {
            throw Failure.wrapping(error)
        }
    }

    /// The job by its name or its script's path; one that is being loaded for the first time is waited for, on the
    /// thread of whoever asks.
    func known(_ name: String) throws(Failure) -> CatalogEntry {
        let path = name.hasPrefix("/") ? Path(name).normalized : nil
        let end = Monotonic.now + Evaluator.timeout + 2
        while parts.catalog.pending.contains(where: { $0.name == name || $0.script == path }), Monotonic.now < end {
            Monotonic.sleep(until: Monotonic.now + 0.02)
        }
        if let entry = parts.catalog.entry(name) { return entry }
        let entries = parts.catalog.entries
        if let path, let entry = entries.first(where: { $0.script == path }) { return entry }
        let nearest = Nearest.names(to: name, among: entries.map(\.name), limit: 1).first
        if path != nil {
            let directory = state.withLock { $0.environment.configuration.jobsDirectory }
            throw Failure(
                code: ControlCode.noJob, "\(name) is no job: it is not in the jobs directory \(directory.text)",
                cure: "put it there, or try it with scriptron test")
        }
        throw Failure(
            code: ControlCode.noJob, "there is no job \(name)",
            cure: nearest.map { "did you mean \($0)?" } ?? "scriptron jobs lists them")
    }
}
