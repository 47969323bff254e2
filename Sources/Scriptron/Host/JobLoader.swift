import Synchronization

/// Makes jobs out of their sources: header, overrides, settings, needs, grant.
package struct JobLoader: Sendable {
    package let environment: HostEnvironment
    private let evaluator: Evaluator
    /// What operators approved; nil: whatever a job needs, it is loaded.
    package var approvals: Approvals?
    /// What jobs may write, of this loader and those before it.
    package let writeRoots: WriteRoots

    package init(environment: HostEnvironment, evaluator: Evaluator, writeRoots: WriteRoots = WriteRoots()) {
        self.environment = environment
        self.evaluator = evaluator
        self.writeRoots = writeRoots
    }

    /// What a header came to, with the operator's words over it.
    private struct Prepared: Sendable {
        var header: JobHeader
        var settings: Settings
        var declarations: SettingDeclarations
    }

    /// Loads a job; `completion` is called once, from any thread.
    ///
    /// - Parameters:
    ///   - sets: Settings of one run (`--set`).
    ///   - given: Settings of one try, between the configuration's and `sets`.
    ///   - settings: All settings of one run, resolved, in the place of what anybody says now.
    ///   - learns: Whether the ceiling alone bounds it (`--learn`).
    ///   - adjust: Changes the needs and the terms of one run (`--grant`).
    ///   - needed: Hears what is needed, and on which terms, whether it is granted or not.
    ///   - described: Hears what the header came to, with the operator's words over it, whatever becomes of the rest.
    package func load(
        _ source: JobSource, sets: [SetArgument] = [], given: GivenSettings? = nil, settings: Value? = nil,
        learns: Bool = false,
        adjust: @escaping @Sendable (inout Needs, inout GrantTerms) throws(Failure) -> Void = { _, _ in },
        described: @escaping @Sendable (JobHeader) -> Void = { _ in },
        needed: @escaping @Sendable (Needs, GrantTerms) -> Void = { _, _ in },
        completion: @escaping @Sendable (LoadResult) -> Void
    ) {
        let missing = Failure(code: "ECRASHED", "the script's header did not come", place: source.script)
        let prepared = Shared(Result<Prepared, Failure>.failure(missing))
        let words = environment.configuration.job(source.name)
        evaluator.describe(job: source.name, script: source.script, files: source.files) { header in
            let result = prepare(source, header, sets, given, settings)
            prepared.value.withLock { $0 = result }
            if case .success(let prepared) = result { described(prepared.header) }
            guard case .success(let prepared) = result, prepared.settings.missing.isEmpty,
                !prepared.header.discovers, words.needs == nil
            else { return nil }
            return prepared.settings.values
        } completion: { result in
            evaluator.aside { conclude(result) }
        }
        @Sendable func conclude(_ result: Result<Evaluator.Description, Failure>) {
            do throws(Failure) {
                let description = try result.get()
                let known: Result<Prepared, Failure> = prepared.value.withLock { $0 }
                let prepared = try known.get()
                if !prepared.settings.missing.isEmpty {
                    return completion(.unconfigured(prepared.settings.missing, prepared.declarations))
                }
                let job = try finish(source, prepared, description, learns: learns, adjust, needed)
                guard let approvals, words.approve, !learns else { return completion(.loaded(job)) }
                try judge(job, source, approvals, plain: try unadjusted(job), completion: completion)
            } catch {
                completion(.failed(error))
            }
        }
    }

    /// What the script itself needs, without the additions of one run.
    private func unadjusted(_ job: LoadedJob) throws(Failure) -> GrantLines {
        let ownUser = Users.ownName
        guard !job.header.discovers, let plain = job.plainNeeds else { return GrantLines(job.grant, ownUser: ownUser) }
        let terms = environment.terms(job.name, header: job.header)
        return GrantLines(try resolve(job.name, plain, terms, learns: false), ownUser: ownUser)
    }

    /// Lets a job pass that needs no more than was approved, and keeps its text; holds any other.
    private func judge(
        _ job: LoadedJob, _ source: JobSource, _ approvals: Approvals, plain: GrantLines,
        completion: @escaping @Sendable (LoadResult) -> Void
    ) throws(Failure) {
        guard let record = approvals.record(job.name) else {
            return completion(.held(job, widens: plain.widening(GrantLines()), fallback: nil))
        }
        let widens = plain.widening(record.lines)
        if widens.isEmpty {
            // A run with settings of its own is not what the job is from now on.
            try approvals.keep(Approvals.Record(lines: record.lines, files: source.files), of: job.name)
            return completion(.loaded(job))
        }
        var approved = source
        approved.files = record.files
        guard source.files != record.files else { return completion(.held(job, widens: widens, fallback: nil)) }
        load(approved) { result in
            if case .loaded(let fallback) = result {
                completion(.held(job, widens: widens, fallback: fallback))
            } else {
                completion(.held(job, widens: widens, fallback: nil))
            }
        }
    }

    /// Holds a run that needs more than was approved of its job.
    private func hold(_ job: String, _ grant: Grant) throws(Failure) {
        guard let approvals, environment.configuration.job(job).approve else { return }
        let widens = GrantLines(grant, ownUser: Users.ownName).widening(approvals.record(job)?.lines ?? GrantLines())
        if widens.isEmpty { return }
        approvals.want(widens, for: job)
        throw Approvals.failure(job, widens)
    }

    private func prepare(
        _ source: JobSource, _ header: Value, _ sets: [SetArgument], _ given: GivenSettings?, _ values: Value?
    ) -> Result<Prepared, Failure> {
        do throws(Failure) {
            let file = SourceFile(source.script, text: source.files[source.script] ?? [])
            let definition = try JobDefinition(header: header, file: file)
            let words = environment.configuration.job(source.name)
            let settings: Settings
            if let values {
                settings = Settings(values: values, missing: [])
            } else {
                settings = try Settings(
                    definition.settings, layers: [words.layer] + (given.map { [$0.layer] } ?? []), sets: sets,
                    base: environment.configuration.base)
            }
            return .success(
                Prepared(
                    header: try words.applied(to: definition.header), settings: settings,
                    declarations: definition.settings))
        } catch {
            return .failure(error)
        }
    }

    private func finish(
        _ source: JobSource, _ prepared: Prepared, _ description: Evaluator.Description, learns: Bool,
        _ adjust: (inout Needs, inout GrantTerms) throws(Failure) -> Void, _ needed: (Needs, GrantTerms) -> Void
    ) throws(Failure) -> LoadedJob {
        let header = prepared.header
        let zone = try header.timezone.map { (name) throws(Failure) in
            try placed(source, "timezone") { () throws(Failure) in try Zone(named: name) }
        }
        let schedule = try placed(source, "schedule") { () throws(Failure) in
            try JobSchedule(header.schedules, zone: zone ?? environment.zone, job: source.name)
        }
        let blackouts = try placed(source, "except") { () throws(Failure) in
            try Blackouts(header.except, zone: zone ?? environment.zone)
        }
        try checkStart(source, header, schedule, blackouts)
        var needs = try self.needs(source, description.needs)
        var terms = environment.terms(source.name, header: header)
        if let words = environment.configuration.job(source.name).needs {
            needs = words
            terms.needsAreOperators = true
        }
        let plain = needs
        try adjust(&needs, &terms)
        needs.user = needs.user ?? header.user
        needed(needs, terms)
        let grant = try header.discovers ? Grant.nothing : resolve(source.name, needs, terms, learns: learns)
        return LoadedJob(
            name: source.name, path: source.path, script: source.script, header: header, schedule: schedule,
            blackouts: blackouts, version: try JobVersion(files: source.files, settings: prepared.settings.values),
            settings: prepared.settings.values, declarations: prepared.declarations, needs: needs, terms: terms,
            plainNeeds: plain == needs ? nil : plain, grant: grant, zone: zone ?? environment.zone,
            learns: learns)
    }

    /// The grant of one run, made from what is there now: `discover` reads within the ceiling, then `needs` is asked;
    /// without it, links in the way of granted paths are followed again.
    package func discover(
        _ job: LoadedJob, completion: @escaping @Sendable (Result<Supervisor.Discovery, Failure>) -> Void
    ) {
        guard job.header.discovers else {
            return evaluator.aside {
                do throws(Failure) {
                    let grant = try job.terms.map { (terms) throws(Failure) in
                        try resolve(job.name, job.needs, terms, learns: job.learns)
                    }
                    // What one run was given beyond its needs was given by an operator.
                    if let grant, job.plainNeeds == nil, !job.learns { try hold(job.name, grant) }
                    completion(.success(Supervisor.Discovery(grant: grant ?? job.grant, facts: .null)))
                } catch {
                    completion(.failure(error))
                }
            }
        }
        let terms = environment.terms(job.name, header: job.header)
        do throws(GrantRefusals) {
            let grant = try GrantResolver(job: job.name, terms: terms).discovery()
            evaluator.describe(
                job: job.name, script: job.script, files: job.version.files, grant: grant,
                timeout: min(job.header.timeout, 600), timezone: job.header.timezone
            ) { _ in
                job.settings
            } completion: { result in
                evaluator.aside {
                    do throws(Failure) {
                        let description = try result.get()
                        var needs = try Needs(description.needs, of: SourceFile(job.script))
                        needs.user = needs.user ?? job.header.user
                        let grant = try resolve(job.name, needs, terms, learns: job.learns)
                        if !job.learns { try hold(job.name, grant) }
                        completion(.success(Supervisor.Discovery(grant: grant, facts: description.facts)))
                    } catch {
                        completion(.failure(error))
                    }
                }
            }
        } catch {
            completion(.failure(error.failure))
        }
    }

    /// What the header's words on starting mean together, and with the configuration.
    private func checkStart(
        _ source: JobSource, _ header: JobHeader, _ schedule: JobSchedule, _ blackouts: Blackouts
    ) throws(Failure) {
        func failure(_ key: String, _ message: String, _ cure: String) -> Failure {
            Failure(code: "ECONFIG", message, place: "\(source.script): \(key)", cure: cure)
        }
        let groups = environment.configuration.groups
        for group in header.groups where groups[group] == nil {
            let near = Nearest.names(to: group, among: groups.keys.sorted(), limit: 1).first
            throw failure(
                "group", "there is no group \(group)",
                near.map { "did you mean \($0)?" } ?? "say groups = { [\"\(group)\"] = 1 } in scriptron.lua")
        }
        if header.overlap == .cancel, header.catchUp == .all {
            throw failure(
                "catch_up", "\"all\" and overlap = \"cancel\" contradict each other",
                "take catch_up = \"once\", or overlap = \"queue\"")
        }
        // A new year of our time, as for schedules that never fire.
        let exclusions = Exclusions(blackouts: blackouts)
        if !blackouts.isEmpty, !schedule.isEmpty,
            exclusions.next(schedule, after: Timestamp(seconds: 1_704_067_200)) == nil
        {
            throw failure("except", "it holds every fire time of the schedule", "narrow the windows")
        }
    }

    private func needs(_ source: JobSource, _ value: Value) throws(Failure) -> Needs {
        if value.isNull { return Needs() }
        return try Needs(value, of: SourceFile(source.script, text: source.files[source.script] ?? []))
    }

    private func resolve(
        _ job: String, _ needs: Needs, _ terms: GrantTerms, learns: Bool
    ) throws(Failure) -> Grant {
        var terms = terms
        terms.otherJobsWrite = writeRoots.ofOthers(job)
        do throws(GrantRefusals) {
            let resolver = GrantResolver(job: job, terms: terms)
            let grant = try learns ? resolver.widest(needs) : resolver.resolve(needs)
            writeRoots.note(job, grant)
            return grant
        } catch {
            throw error.failure
        }
    }

    private func placed<Result>(
        _ source: JobSource, _ key: String, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        do throws(Failure) {
            return try body()
        } catch {
            throw error.at("\(source.script): \(key)")
        }
    }
}
