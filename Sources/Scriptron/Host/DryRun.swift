/// Runs a job without touching anything: in a worker whose grant can change nothing, with effects that are planned,
/// reading a copy of the store.
struct DryRun {
    let core: HostCore
    let request: DryRunRequest
    /// The configuration, as it was named.
    let place: ConfigurationPlace
    private let now: Timestamp

    init(core: HostCore, request: DryRunRequest, place: ConfigurationPlace, now: Timestamp) {
        self.core = core
        self.place = place
        self.request = request
        self.now = now
    }

    /// The report, with the keys that `HostCommands.dryRun` names.
    func report() throws(Failure) -> Value {
        let source = try source()
        let sets = try request.sets.map { (text) throws(Failure) in try SetArgument(text) }
        let loader = loader
        let given = try request.settings.map { (file) throws(Failure) in
            try GivenSettings(file) { (text) throws(Failure) in
                try core.evaluator.spec(text, name: file.name, libraries: [:])
            }
        }
        let header = Shared<JobHeader?>(nil)
        let needed = Shared<(needs: Needs, terms: GrantTerms)?>(nil)
        let result = Waiting.answer { (done: @escaping @Sendable (LoadResult) -> Void) in
            loader.load(
                source, sets: sets, given: given ?? request.given,
                described: { known in header.value.withLock { $0 = known } },
                needed: { needs, terms in needed.value.withLock { $0 = (needs, terms) } }, completion: done)
        }
        switch result {
        case .loaded(let job), .held(let job, _, _): return try report(job)
        case .unconfigured(let names, _):
            throw Failure(
                code: "ECONFIG", "job \(source.name) is unconfigured: \(names.joined(separator: ", ")) has no value",
                cure: "give it one by --set \(names.first ?? "NAME")=…, or in scriptron.lua")
        case .failed(let failure) where failure.code == "EGRANT":
            var report: [String: Value] = [
                "job": .text(source.name), "script": .text(source.script), "outcome": "failed",
                "reason": "its needs are refused",
                "refused": .texts(failure.description.split(separator: "\n").map(String.init)), "plan": [],
            ]
            if let (needs, terms) = needed.value.withLock({ $0 }) {
                report["judged"] = .list(JudgedNeeds(job: source.name, terms: terms).rows(needs))
                report["ceiling"] = terms.ceiling?.value ?? .null
            }
            if let header = header.value.withLock({ $0 }) {
                let zone = try header.timezone.map { (name) throws(Failure) in try Zone(named: name) }
                let schedule = try JobSchedule(
                    header.schedules, zone: zone ?? core.environment.zone, job: source.name)
                report.merge(head(header, schedule, zone ?? core.environment.zone)) { known, _ in known }
            }
            return .map(report)
        case .failed(let failure): throw failure
        }
    }

    /// What changes nothing needs no approval.
    private var loader: JobLoader {
        var loader = core.loader
        loader.approvals = nil
        return loader
    }

    // What is run.

    private func snapshot() throws(Failure) -> SourceSnapshot {
        let configuration = core.environment.configuration
        let locations = SourceLocations(configuration: configuration.file, jobs: configuration.jobsDirectory)
        return try SourceWatcher(locations, clock: SystemClock()).snapshot
    }

    /// What `sys.jobs` answers: the jobs that there are, as the store knows them.
    private func jobFigures(_ store: SQLiteStore) throws(Failure) -> Value {
        let sources = try JobSources.collect(try snapshot(), core.environment)
        do {
            return try store.read { session in
                .list(
                    try sources.map { try JobFigures.row($0.name, scheduled: $0.isEnabled, next: nil, session) })
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    private func source() throws(Failure) -> JobSource {
        let environment = core.environment
        let snapshot = try snapshot()
        let sources = try JobSources.collect(snapshot, environment)
        if let job = request.job, !sources.contains(where: { $0.name == job }) {
            let nearest = Nearest.names(to: job, among: sources.map(\.name), limit: 1).first
            throw Failure(
                code: ControlCode.noJob, "there is no job \(job), whose configuration could apply",
                cure: nearest.map { "did you mean --as \($0)?" } ?? "leave --as out, or name the job in scriptron.lua")
        }
        return try JobSources.find(request.script, as: request.job, among: sources, snapshot, environment)
    }

    // The run.

    private func report(_ job: LoadedJob) throws(Failure) -> Value {
        if request.shadow != nil { return try shadowReport(job) }
        let directory: Path
        do throws(SystemError) {
            directory = try Directories.temporary()
        } catch {
            throw error.failure()
        }
        defer { try? Directories.remove(directory) }
        let store = try openCopy(in: directory)
        defer { store.close() }
        if let scene = request.scene { try lay(scene, job.name, in: store) }
        var grant = job.grant
        var facts = Value.null
        if job.header.discovers {
            let discovery = try Waiting.answer {
                (done: @escaping @Sendable (Result<Supervisor.Discovery, Failure>) -> Void) in
                loader.discover(job, completion: done)
            }.get()
            (grant, facts) = (discovery.grant, discovery.facts)
        }
        let ended = run(job, grant, facts, store)
        return text(job, grant, ended)
    }

    /// The host's store as it is now, or an empty one where there is none yet.
    private func openCopy(in directory: Path) throws(Failure) -> SQLiteStore {
        try SQLiteStore.copy(from: core.environment.places.store, to: directory)
        return try SQLiteStore(directory: directory)
    }

    /// Puts into the copy of the store what a spec says is there.
    private func lay(_ scene: DryRunScene, _ job: String, in store: SQLiteStore) throws(Failure) {
        let now = request.at ?? now
        do {
            try store.write { session in
                for (key, value) in scene.state { try session.setState(job: job, key: key, value: value) }
                for (queue, tasks) in scene.queues.sorted(by: { $0.key < $1.key }) {
                    for task in tasks {
                        let (body, key) = task["body"].map { ($0, task["key"]?.text) } ?? (task, nil)
                        _ = try session.pushTask(queue: queue, body: body, key: key, delay: 0, now: now)
                    }
                }
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    fileprivate struct Ended {
        var end: WorkerEnd
        var sandbox = ""
        var log: [Value] = []
        var warnings: [String] = []
        var refusals: [String] = []
        var seconds = 0.0
    }

    private func run(_ job: LoadedJob, _ grant: Grant, _ facts: Value, _ store: SQLiteStore) -> Ended {
        let fireTime = request.at ?? now
        var order = WorkerOrder(
            task: .dryRun, job: job.name, script: job.script, base: core.environment.configuration.base,
            deadline: Monotonic.now + job.header.timeout, grace: 1)
        order.settings = job.settings
        order.facts = facts
        order.timezone = job.zone.name
        order.grant = grant.value
        order.this = [
            "job": .text(job.name), "id": 0, "fire_time": .number(fireTime.epoch), "attempt": 1, "trigger": "manual",
            "dry_run": true, "deadline": .number(fireTime.epoch + job.header.timeout),
        ]
        let success = try? store.read { try $0.lastRun(job: job.name, outcome: .succeeded) }
        order.this["last_success"] = success?.finished.map { .number($0.epoch) }
        if let scene = request.scene {
            order.this.merge(scene.this) { $1 }
            order.dry = .map(scene.terms)
        }
        if request.network { order.dry = .map((order.dry.map ?? [:]).merging(["network": true]) { $1 }) }
        let loop = core.loop
        let desk = ServiceDesk(
            store: store, machine: MachineServices(names: core.workers.names) { loop.after($0, handler: $1) },
            alerts: AlertBook(.looking(store)), metrics: MetricDesk(store: store),
            queues: QueueDesk(store: store, now: { fireTime })
        ) { () throws(Failure) in try jobFigures(store) }
        let launch = WorkerLaunch(
            order: order, files: job.version.descriptor, grant: grant.forDryRun(network: request.network),
            name: job.name)
        let secrets = SecretSource(core.environment.configuration)
        let started = Monotonic.now
        let seen = Shared(Ended(end: WorkerEnd(verdict: .lost, exit: nil)))
        return Waiting.answer { (done: @escaping @Sendable (Ended) -> Void) in
            core.workers.launch(launch) { [workers = core.workers] worker, event in
                switch event {
                case .confined(let report): seen.value.withLock { $0.sandbox = report }
                case .note(let note): seen.value.withLock { $0.take(note) }
                case .request(let id, .secret, let arguments):
                    let name = arguments["name"]?.text ?? ""
                    let real = secrets.read(name, for: grant)
                    // One that this user may not read is as good as none: nothing is sent in a dry run.
                    let isThere = (try? real.get()) != nil || !grant.secrets.contains(name)
                    workers.answer(
                        worker, request: id, secret: name, isThere ? real : .success(Array("secret:\(name)".utf8)))
                case .request(let id, .ceiling, _):
                    workers.answer(worker, request: id, .success(job.terms?.ceiling?.value ?? .null))
                case .request(let id, let service, _) where request.scene?.machine[service.rawValue] != nil:
                    workers.answer(
                        worker, request: id, .success(request.scene?.machine[service.rawValue] ?? .null))
                case .request(let id, let service, let arguments):
                    let call = ServiceCall(service: service, arguments: arguments, job: job.name, run: 0, grant: grant)
                    // What a dry run does to queues, it does to its copy of the store.
                    guard service.isReading || service.isOfQueue else {
                        let failure = Failure(
                            code: "EDRYRUN", "\(service.rawValue) changes something: not in a dry run")
                        return workers.answer(worker, request: id, .failure(failure))
                    }
                    desk.serve(call) { workers.answer(worker, request: id, $0) }
                case .ended(let end):
                    done(
                        seen.value.withLock { ended in
                            ended.end = end
                            ended.seconds = Monotonic.now - started
                            return ended
                        })
                default: break
                }
            }
        }
    }

    // The report.

    private func text(_ job: LoadedJob, _ grant: Grant, _ ended: Ended) -> Value {
        let verdict = Verdict(
            ended.end.verdict, header: job.header, failed: 1, cuts: 0, cancelled: nil, random: 0)
        let plan: Value =
            if case .finished(let result) = ended.end.verdict { result.plan } else { .null }
        let rest: [String: Value] = [
            "job": .text(job.name), "script": .text(job.script), "needs": grant.needs,
            "refused": .texts(ended.refusals), "plan": plan["plan"] ?? [],
            "totals": plan["totals"] ?? [], "omitted": plan["omitted"] ?? 0, "real": plan["real"] ?? 0,
            "smallest_needs": plan["smallest_needs"] ?? .null, "log": .list(ended.log),
            "metrics": plan["metrics"] ?? [],
            "alerts": plan["alerts"] ?? [],
            "warnings": .texts(ended.warnings), "outcome": .text(verdict.outcome.rawValue),
            "reason": verdict.reason.map { .text($0) } ?? .null, "error": verdict.error.map { .text($0) } ?? .null,
            "result": verdict.result, "seconds": .number(ended.seconds), "sandbox": .text(ended.sandbox),
            "user": .text(job.userName), "ceiling": job.terms?.ceiling?.value ?? .null,
        ]
        return .map(rest.merging(head(job.header, job.schedule, job.zone)) { known, _ in known })
    }

    /// What the job is, and when it would run next.
    func head(_ header: JobHeader, _ schedule: JobSchedule, _ zone: Zone) -> [String: Value] {
        var next: [Value] = []
        var last = request.at ?? now
        for _ in 0..<3 {
            guard let time = schedule.next(after: last) else { break }
            next.append(.number(time.epoch))
            last = time
        }
        return [
            "schedule_words": .texts(schedule.explanations.map(\.words)),
            "about": header.about.map { .text($0) } ?? .null, "schedule": .texts(header.schedules),
            "timezone": .text(zone.name), "next": .list(next),
        ]
    }
}

extension DryRun.Ended {
    fileprivate mutating func take(_ note: WorkerNote) {
        switch note {
        case .log(let level, let message, let fields):
            guard log.count < 1000 else { return }
            log.append(["level": .text(level), "message": .text(message), "fields": .map(fields)])
        case .warning(let text): if warnings.count < 1000 { warnings.append(text) }
        case .refusal(let text): if refusals.count < 1000 { refusals.append(text) }
        case .progress, .limit, .dropped, .used: break
        }
    }
}

extension Grant {
    /// The same grant without any right to change something: what may be written may be read. With `network` it may
    /// connect as the job may: what is said there, the effects decide.
    func forDryRun(network: Bool) -> Grant {
        var grant = self
        // What the host would make when it loads the job is not there yet.
        grant.read = (read + write).filter { (try? FileStatus.of($0, follow: true)) ?? nil != nil }
        grant.write = []
        if !network {
            grant.plansConnections = connects
            grant.connect = []
            grant.ports = []
            grant.sockets = []
            grant.dns = false
            grant.broker = .none
        }
        grant.signal = []
        grant.setid = false
        return grant
    }

    /// The grant as people read needs: kinds to texts.
    var needs: Value {
        var map: [String: Value] = [:]
        func put(_ key: String, _ texts: [String]) { if !texts.isEmpty { map[key] = .texts(texts) } }
        put("read", read.map(\.text))
        put("write", write.map(\.text))
        put("run", programs.map { $0.path.text + ($0.user.map { " as \($0.name)" } ?? "") })
        put("connect", connect)
        if dns { map["dns"] = true }
        put("secrets", secrets)
        put("signal", signal)
        put("service", service)
        if setid { map["setid"] = true }
        if let identity { map["user"] = .text(identity.name) }
        return .map(map)
    }
}

extension HostService {
    /// Whether it only looks.
    fileprivate var isReading: Bool {
        switch self {
        case .stateSet, .stateReplace, .stateDelete, .signalProcesses, .lockHold, .lockRelease, .programStart,
            .programSignal, .alertReport, .metricAdd, .unitReload, .unitRestart:
            false
        default: true
        }
    }
}
