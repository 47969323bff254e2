import Synchronization

/// Makes jobs out of their sources: header, overrides, settings, needs, grant.
package struct JobLoader: Sendable {
    package let environment: HostEnvironment
    private let evaluator: Evaluator

    package init(environment: HostEnvironment, evaluator: Evaluator) {
        self.environment = environment
        self.evaluator = evaluator
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
    ///   - adjust: Changes the needs and the terms of one run (`--grant`).
    package func load(
        _ source: JobSource, sets: [SetArgument] = [],
        adjust: @escaping @Sendable (inout Needs, inout GrantTerms) throws(Failure) -> Void = { _, _ in },
        completion: @escaping @Sendable (LoadResult) -> Void
    ) {
        let missing = Failure(code: "ECRASHED", "the script's header did not come", place: source.script)
        let prepared = Shared(Result<Prepared, Failure>.failure(missing))
        let words = environment.configuration.job(source.name)
        evaluator.describe(job: source.name, script: source.script, files: source.files) { header in
            let result = prepare(source, header, sets)
            prepared.value.withLock { $0 = result }
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
                completion(.loaded(try finish(source, prepared, description, adjust)))
            } catch {
                completion(.failed(error))
            }
        }
    }

    private func prepare(
        _ source: JobSource, _ header: Value, _ sets: [SetArgument]
    ) -> Result<Prepared, Failure> {
        do throws(Failure) {
            let file = SourceFile(source.script, text: source.files[source.script] ?? [])
            let definition = try JobDefinition(header: header, file: file)
            let words = environment.configuration.job(source.name)
            let settings = try Settings(
                definition.settings, layers: [words.layer], sets: sets, base: environment.configuration.base)
            return .success(
                Prepared(
                    header: try words.applied(to: definition.header), settings: settings,
                    declarations: definition.settings))
        } catch {
            return .failure(error)
        }
    }

    private func finish(
        _ source: JobSource, _ prepared: Prepared, _ description: Evaluator.Description,
        _ adjust: (inout Needs, inout GrantTerms) throws(Failure) -> Void
    ) throws(Failure) -> LoadedJob {
        let header = prepared.header
        let zone = try header.timezone.map { (name) throws(Failure) in
            try placed(source, "timezone") { () throws(Failure) in try Zone(named: name) }
        }
        let schedule = try placed(source, "schedule") { () throws(Failure) in
            try JobSchedule(header.schedules, zone: zone ?? environment.zone)
        }
        var needs = try self.needs(source, description.needs)
        if let words = environment.configuration.job(source.name).needs { needs = words }
        var terms = environment.terms(source.name, header: header)
        try adjust(&needs, &terms)
        needs.user = needs.user ?? header.user
        let grant = try header.discovers ? Grant.nothing : resolve(source.name, needs, terms)
        return LoadedJob(
            name: source.name, path: source.path, script: source.script, header: header, schedule: schedule,
            version: try JobVersion(files: source.files, settings: prepared.settings.values),
            settings: prepared.settings.values, declarations: prepared.declarations, needs: needs, grant: grant,
            zone: zone ?? environment.zone)
    }

    /// The grant of a run of a job whose needs depend on what is there: `discover` reads within the ceiling, then
    /// `needs` is asked.
    package func discover(
        _ job: LoadedJob, completion: @escaping @Sendable (Result<Supervisor.Discovery, Failure>) -> Void
    ) {
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
                        let grant = try resolve(job.name, needs, terms)
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

    private func needs(_ source: JobSource, _ value: Value) throws(Failure) -> Needs {
        if value.isNull { return Needs() }
        return try Needs(value, of: SourceFile(source.script, text: source.files[source.script] ?? []))
    }

    private func resolve(_ job: String, _ needs: Needs, _ terms: GrantTerms) throws(Failure) -> Grant {
        do throws(GrantRefusals) {
            return try GrantResolver(job: job, terms: terms).resolve(needs)
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
