/// What is wrong with the configuration and the jobs.
extension LocalCommands {
    package func check(_ place: ConfigurationPlace, only: [String]) throws(Failure) -> CheckReport {
        let core = try HostCore(place, executable: executable, makesMissing: false)
        defer { core.close() }
        if !only.isEmpty { return try check(only, core) }
        let (snapshot, catalog) = try loadAll(core)
        let problems = catalog.entries.compactMap(\.problem)
        var findings = snapshot.failures.filter { !problems.contains($0) }.map { finding("error", $0) }
        for entry in catalog.entries {
            if let problem = entry.problem { findings.append(finding("error", problem, job: entry.name)) }
        }
        for (job, problem) in catalog.chainProblems.sorted(by: { $0.key < $1.key }) {
            findings.append(finding("error", problem.at(catalog.entry(job)?.loaded?.script ?? job)))
        }
        if Users.isRoot, core.environment.configuration.ceiling == nil {
            let failure = Failure(
                code: Doctor.noCeiling, "there is no ceiling: under a root host every job gets what it declares",
                place: place.file?.text, cure: "add ceiling = { read = {…}, write = {…} } to it")
            findings.append(finding("error", failure))
        }
        for warning in core.environment.warnings([]) where !warning.contains("ceiling") {
            findings.append(finding("warning", Failure(code: "EWARNING", warning)))
        }
        let sources = catalog.entries.compactMap(\.jobSource)
        let checks = ScriptChecks(snapshot: snapshot, configuration: core.environment.configuration)
        findings += scripts(checks.failures(sources, libraries: Array(snapshot.libraries.keys), known: problems))
        let zone = core.environment.zone
        let now = SystemClock().now()
        let jobs = catalog.entries.map { entry in
            var row = entry.row(zone: zone)
            row["next"] = entry.loaded?.schedule.next(after: now).map { .number($0.epoch) } ?? .null
            return Value.map(row)
        }
        let configuration = core.environment.configuration
        return CheckReport(
            findings: findings, jobs: jobs, hasCeiling: configuration.ceiling != nil,
            channels: configuration.channels.keys.sorted(), heard: configuration.routing.channels)
    }

    private func finding(_ level: String, _ failure: Failure, job: String? = nil) -> Value {
        [
            "level": .text(level), "code": .text(failure.code),
            "place": (failure.place ?? job.map { "job \($0)" }).map { .text($0) } ?? .null,
            "message": .text(failure.message), "cure": failure.cure.map { .text($0) } ?? .null,
        ]
    }

    /// What is wrong with these jobs, scripts and libraries alone.
    private func check(_ operands: [String], _ core: HostCore) throws(Failure) -> CheckReport {
        let snapshot = try snapshot(core)
        let known = try JobSources.collect(snapshot, core.environment)
        var sources: [JobSource] = []
        var libraries: [String] = []
        for operand in operands {
            let path = Path(operand).normalized
            if let library = snapshot.libraries.first(where: { $0.value.path == path })?.key {
                libraries.append(library)
            } else {
                sources.append(try JobSources.find(operand, among: known, snapshot, core.environment))
            }
        }
        var findings: [Value] = []
        var problems: [Failure] = []
        var jobs: [Value] = []
        for source in sources {
            jobs.append(["job": .text(source.name)])
            guard let problem = source.refusal ?? self.problem(source, core) else { continue }
            problems.append(problem)
            findings.append(finding("error", problem, job: source.name))
        }
        let checks = ScriptChecks(snapshot: snapshot, configuration: core.environment.configuration)
        findings += scripts(checks.failures(sources, libraries: libraries, known: problems))
        return CheckReport(findings: findings, jobs: jobs)
    }

    /// Why a job cannot be loaded; nil where it can.
    private func problem(_ source: JobSource, _ core: HostCore) -> Failure? {
        let result = Waiting.answer { (done: @escaping @Sendable (LoadResult) -> Void) in
            core.loader.load(source, completion: done)
        }
        if case .failed(let failure) = result { return failure }
        return nil
    }

    package func settings(job: String, _ place: ConfigurationPlace) throws(Failure) -> [Value] {
        let core = try HostCore(place, executable: executable, makesMissing: false)
        defer { core.close() }
        let snapshot = try snapshot(core)
        let known = try JobSources.collect(snapshot, core.environment)
        let source = try JobSources.find(job, among: known, snapshot, core.environment)
        if let refusal = source.refusal { throw refusal }
        let configuration = core.environment.configuration
        let declarations = try declarations(source, core)
        return SettingRows.rows(declarations, configuration.job(source.name), base: configuration.base)
    }

    /// What a script declares, whether or not the job has all that it needs to run.
    private func declarations(_ source: JobSource, _ core: HostCore) throws(Failure) -> SettingDeclarations {
        let header = try Waiting.answer {
            (done: @escaping @Sendable (Result<Evaluator.Description, Failure>) -> Void) in
            core.evaluator.describe(job: source.name, script: source.script, files: source.files) { _ in
                nil
            } completion: {
                done($0)
            }
        }.get().header
        let file = SourceFile(source.script, text: source.files[source.script] ?? [])
        return try JobDefinition(header: header, file: file).settings
    }

    private func scripts(_ found: [(level: ScriptFinding.Level, failure: Failure)]) -> [Value] {
        found.map { finding($0.level.rawValue, $0.failure) }
    }

    func snapshot(_ core: HostCore) throws(Failure) -> SourceSnapshot {
        let locations = SourceLocations(
            configuration: core.environment.configuration.file, jobs: core.environment.configuration.jobsDirectory)
        return try SourceWatcher(locations, clock: SystemClock()).snapshot
    }

    /// Loads every job as the host would.
    func loadAll(_ core: HostCore) throws(Failure) -> (SourceSnapshot, Catalog) {
        let snapshot = try snapshot(core)
        let catalog = Catalog(
            Catalog.Connections(
                load: { core.loader.load($0, completion: $1) }, later: { core.loop.after($0, handler: $1) },
                updated: { _ in }, removed: { _ in },
                broken: { _, _ in }))
        let sources = try JobSources.collect(snapshot, core.environment)
        _ = Waiting.answer { (done: @escaping @Sendable (Bool) -> Void) in catalog.take(sources) { done(true) } }
        return (snapshot, catalog)
    }
}
