import Synchronization

/// The host: everything assembled, from the lock on its state directory to the socket that answers.
package final class Daemon: Sendable {
    /// Seconds between a deadline and the kill.
    static let killGrace = 5.0
    /// Seconds that attempts may finish in when the host stops.
    static let stopGrace = 10.0
    /// Seconds between two tries to load what could not be loaded.
    static let retryPeriod = 60.0
    /// Seconds between two rounds of upkeep.
    static let upkeepPeriod = 3600.0

    /// What of the daemon changes while it runs.
    struct State {
        var environment: HostEnvironment
        var loader: JobLoader
        /// Trouble that is not over: by what it is about.
        var troubles: [String: Failure] = [:]
        var stopping = false
        /// The timer of the next look at the sources.
        var rescan: EventLoop.Token?
        /// The text of the configuration in force, where it was read again since the start.
        var configurationText: [UInt8]?
    }

    let core: HostCore
    let place: ConfigurationPlace
    let directory: StateDirectory
    let store: SQLiteStore
    let logs: RunLogs
    let queues: QueueDesk
    let queueWatch: QueueWatch
    let clock: any WallClock
    let started: Timestamp
    let state: Mutex<State>
    let clockTrust = Mutex<ClockTrust?>(nil)
    let zoneWatch = ZoneWatch()
    let disk: DiskKeeper
    let parts = Parts()
    /// Whom news of runs is told.
    let watch = RunWatch()
    /// Whether it is the host of one run alone.
    private let isForOneRun: Bool
    let watcher: SourceWatcher
    let reload = WorkQueue(name: "reload", width: 1)
    let upkeep = WorkQueue(name: "upkeep", width: 1)

    /// The parts that know each other through the daemon: they are made after it.
    final class Parts: Sendable {
        struct All: Sendable {
            let supervisor: Supervisor
            let scheduler: Scheduler
            let catalog: Catalog
            let alerts: AlertKeeper
            let pauses: PauseDesk
        }

        private let made = Mutex<All?>(nil)

        func set(_ all: All) { made.withLock { $0 = all } }

        private var all: All {
            guard let made = made.withLock({ $0 }) else { preconditionFailure("the daemon is not assembled") }
            return made
        }

        var supervisor: Supervisor { all.supervisor }
        var scheduler: Scheduler { all.scheduler }
        var catalog: Catalog { all.catalog }
        var alerts: AlertKeeper { all.alerts }
        var pauses: PauseDesk { all.pauses }

        /// What had to wait may go on.
        func resume() {
            scheduler.resume()
            supervisor.resume()
        }
    }

    /// Takes the state directory and opens everything in it; nothing is scheduled before `start`.
    package init(
        _ place: ConfigurationPlace, executable: Path, clock: any WallClock = SystemClock(), isForOneRun: Bool = false,
        say: @escaping @Sendable (String) -> Void = { HostSpeech.say($0) }
    ) throws(Failure) {
        self.place = place
        self.clock = clock
        self.isForOneRun = isForOneRun
        started = clock.now()
        core = try HostCore(place, executable: executable, makesMissing: true) { change in
            switch change {
            case .started: break
            case .died(let pid): say("the zygote (pid \(pid)) died; its attempts are lost, a new one starts")
            case .failed(let failure): say("no new zygote: \(failure)")
            }
        }
        let environment = core.environment
        let configuration = environment.configuration
        do throws(Failure) {
            directory = try StateDirectory(configuration.stateDirectory)
            let places = directory.places
            do throws(SystemError) {
                for path in [places.store, places.runs] { try Directories.create(path, mode: 0o700) }
            } catch {
                throw error.failure()
            }
            let leases = try Leases(path: places.leases, boot: clock.bootID)
            let killed = try Recovery.killLeftOver(leases)
            if killed > 0 { say("killed \(killed) process(es) that an earlier host left behind") }
            disk = DiskKeeper(
                DiskKeeper.Connections(
                    directory: places.store, later: { [loop = core.loop] in loop.after($0, handler: $1) },
                    aside: { [upkeep] in upkeep.submit($0) }, say: say,
                    changed: { [parts] isFull in
                        if !isFull { parts.resume() }
                        parts.alerts.hear()
                    }))
            store = try SQLiteStore(directory: places.store)
            logs = RunLogs(directory: places.runs)
            queues = QueueDesk(store: store, now: { clock.now() }, monotonic: { clock.monotonic })
            queueWatch = QueueWatch(store: store, clock: clock)
            state = Mutex(State(environment: environment, loader: core.loader))
            watcher = try SourceWatcher(
                SourceLocations(configuration: place.file, jobs: configuration.jobsDirectory), clock: clock)
            try assemble(leases, try ScratchSlots(directory: places.scratch), say)
        } catch {
            core.close()
            throw error
        }
    }

    private func assemble(
        _ leases: Leases, _ scratch: ScratchSlots, _ say: @escaping @Sendable (String) -> Void
    ) throws(Failure) {
        let book = AlertBook(
            AlertBook.Connections(
                store: store, now: { [clock] in clock.now() },
                routing: { [unowned self] in state.withLock { $0.environment.configuration.routing } },
                alertAfter: { [unowned self] in parts.catalog.entry($0).map { $0.loaded?.header.alertAfter ?? 1 } },
                wake: { [unowned self] in parts.alerts.outbox.wake() }))
        let alerts = AlertKeeper(
            AlertKeeper.Connections(
                loop: core.loop, look: { [unowned self] in lookForAlerts() },
                trouble: { [unowned self] in trouble("alerts", $0) }), book: book, outbox: makeOutbox())
        let metrics = MetricDesk(store: store, now: { [clock] in clock.now() }) { [unowned self] in
            trouble("metrics", $0)
        }
        let desk = ServiceDesk(
            store: store,
            machine: MachineServices(names: core.workers.names) { [loop = core.loop] in loop.after($0, handler: $1) },
            alerts: book, metrics: metrics, queues: queues
        ) { [unowned self] () throws(Failure) in
            try jobFigures()
        }
        let supervisor = Supervisor(
            Supervisor.Connections(
                loop: core.loop, workers: core.workers, store: store, clock: clock, leases: leases, scratch: scratch,
                log: LogWriter(logs: logs, written: { [watch] in watch.tell($0, .anything) }) { [unowned self] in
                    trouble("logs", $0)
                },
                serve: { desk.serve($0, $1) }, release: { desk.release(run: $0) },
                discover: { [unowned self] job, reply in state.withLock { $0.loader }.discover(job, completion: reply)
                },
                secret: { [unowned self] name, grant, reply in
                    let source = SecretSource(state.withLock { $0.environment.configuration })
                    core.evaluator.aside { reply(source.read(name, for: grant)) }
                },
                isDiskFull: { [disk] in disk.isFull }, followers: { [unowned self] in followers(of: $0) },
                recorded: { [unowned self] run in
                    guard run.state == .ended else { return }
                    isUntidy.withLock { $0 = true }
                    alerts.hear()
                    watch.tell(run.id, .end)
                }, late: { alerts.hear() }, news: { [watch] in watch.tell($0, .anything) },
                trouble: { [unowned self] in trouble("store", $0) },
                shortage: { [unowned self] in trouble("shortage", $0) },
                base: core.environment.configuration.base,
                concurrency: core.environment.configuration.concurrency ?? 4 * ProcessEnvironment.cores,
                groups: { [unowned self] in state.withLock { $0.environment.configuration.groups } },
                startsFollowers: !isForOneRun, grace: Self.killGrace))
        let pauses = PauseDesk(
            PauseDesk.Connections(
                store: store, now: { [clock] in clock.now() },
                later: { [loop = core.loop] in loop.after($0, handler: $1) },
                changed: { supervisor.take($0) }))
        let alarm: any ClockAlarm
        do throws(SystemError) {
            alarm = try clock.alarm()
        } catch {
            throw error.failure()
        }
        let scheduler = Scheduler(
            Scheduler.Connections(
                clock: clock, store: store, arm: { try? alarm.arm($0) },
                soon: { [loop = core.loop] in loop.post($0) },
                later: { [loop = core.loop] in loop.after($0, handler: $1) },
                occupancy: { supervisor.occupancy($0) }, lock: { supervisor.lock($0) },
                unlock: { supervisor.unlock($0) }, pauses: { pauses.about($0) },
                mayClaim: { [disk] in !disk.isFull || $0.header.priority == .rescue },
                claimed: { supervisor.add($0) }, moved: { supervisor.move($0) },
                makeWay: { supervisor.makeWay(for: $0) }, trouble: { [unowned self] in trouble("store", $0) }))
        do throws(SystemError) {
            _ = try core.loop.watch(alarm.descriptor) { [unowned self] in
                let event = try? alarm.read()
                scheduler.tick()
                if event == .clockSet { clockWasSet() }
            }
        } catch {
            throw error.failure()
        }
        let catalog = Catalog(
            Catalog.Connections(
                load: { [unowned self] source, done in state.withLock { $0.loader }.load(source, completion: done) },
                later: { [loop = core.loop] in loop.after($0, handler: $1) },
                updated: { [unowned self] in jobUpdated($0) }, removed: { [unowned self] in jobRemoved($0) },
                broken: { [unowned self] name, failure in
                    _ = stragglers.withLock { $0.remove(name) }
                    // Whoever runs one job wants to hear of that one, and does.
                    if isForOneRun { return }
                    let state = failure.code == Approvals.code ? "held" : "broken"
                    say("job \(name) is \(state): \(Failure.told(failure.description, of: name))")
                }))
        parts.set(
            Parts.All(
                supervisor: supervisor, scheduler: scheduler, catalog: catalog, alerts: alerts, pauses: pauses))
    }

    /// Loads the jobs; nothing is scheduled yet.
    package func load() throws(Failure) {
        do {
            let cursors = try store.read { try $0.cursors() }
            try parts.pauses.load(since: cursors.values.map(\.accountedUntil).min())
        } catch {
            throw Failure.wrapping(error)
        }
        let snapshot = watcher.snapshot
        report(snapshot)
        let sources = try JobSources.collect(snapshot, core.environment)
        _ = Waiting.answer { (done: @escaping @Sendable (Bool) -> Void) in
            parts.catalog.take(sources, waitsForSlow: false) { done(true) }
        }
    }

    /// Loads the jobs, brings the store to order, and starts to schedule.
    package func start() throws(Failure) {
        try load()
        do {
            try trustClock()
            let now = clock.now()
            let recovery = Recovery(store: store, catalog: parts.catalog, environment: core.environment, now: now)
            let cursors = try store.read { try $0.cursors() }
            parts.supervisor.add(try recovery.openRuns())
            try isScheduling.withLock { isScheduling in
                // Who is loaded in this moment is in one of the two.
                stragglers.withLock { $0 = Set(parts.catalog.pending.map(\.name)) }
                let jobs = parts.catalog.entries.compactMap(\.loaded)
                stragglers.withLock { $0.subtract(jobs.map(\.name)) }
                try parts.scheduler.start(jobs, cursors: cursors)
                isScheduling = true
            }
            _ = try core.loop.watch(watcher.descriptor) { [unowned self] in sourcesSpoke() }
        } catch {
            throw Failure.wrapping(error)
        }
        parts.alerts.start()
        disk.start()
        core.loop.post { [self] in rescanLater() }
        retryLater()
        upkeepLater(after: 60)
        watchLater()
    }

    /// Whether much may have been in use since the last look.
    let isUntidy = Mutex(true)
    private let isScheduling = Mutex(false)
    /// Jobs that were still being loaded when the host began to schedule: what was due before is theirs to catch up.
    private let stragglers = Mutex<Set<String>>([])
    /// The places of sources whose failures were said.
    private let reported = Mutex<Set<String>>([])

    // Live reload.

    private func jobUpdated(_ job: LoadedJob) {
        zoneWatch.add(job.header.timezone)
        isUntidy.withLock { $0 = true }
        guard isScheduling.withLock({ $0 }) else { return }
        if stragglers.withLock({ $0.remove(job.name) }) == nil { return parts.scheduler.update(job) }
        do {
            let cursors = try store.read { try $0.cursors() }.filter { $0.key == job.name }
            try parts.scheduler.start([job], cursors: cursors)
        } catch {
            trouble("store", Failure.wrapping(error))
        }
    }

    private func jobRemoved(_ name: String) {
        _ = stragglers.withLock { $0.remove(name) }
        if isScheduling.withLock({ $0 }) { parts.scheduler.remove(name) }
        parts.alerts.hear()
    }

    func sourcesSpoke() {
        watcher.drain()
        rescanLater()
    }

    /// Looks at all sources again, as an operator may ask.
    package func rescan() {
        watcher.expectChanges()
        rescanLater()
    }

    /// Looks at the sources when the watcher says that it is time: one timer, whoever asks.
    private func rescanLater() {
        let wait = max(0.01, min(watcher.due - clock.monotonic, 60))
        let next = core.loop.after(wait) { [self] in
            if state.withLock({ $0.stopping }) { return }
            guard watcher.due <= clock.monotonic else { return rescanLater() }
            reload.submit { [self] in
                if let snapshot = watcher.look(now: clock.monotonic) { take(snapshot) }
                core.loop.post { [self] in rescanLater() }
            }
        }
        let earlier = state.withLock { state in
            defer { state.rescan = next }
            return state.rescan
        }
        if let earlier { core.loop.cancel(earlier) }
    }

    /// Takes sources that changed. A configuration that is broken leaves the last good one in force, for scripts that
    /// change meanwhile too.
    private func take(_ snapshot: SourceSnapshot) {
        do throws(Failure) {
            try takeConfiguration(snapshot)
        } catch {
            trouble("configuration", error)
        }
        do throws(Failure) {
            let sources = try JobSources.collect(snapshot, state.withLock { $0.environment })
            parts.catalog.take(sources)
            trouble("sources", nil)
            report(snapshot)
        } catch {
            trouble("sources", error)
        }
    }

    /// Tells of the failures of the sources, and of those that are over.
    private func report(_ snapshot: SourceSnapshot) {
        // One that never could be read is a broken job, and told as such.
        let failures = snapshot.failures.filter { !snapshot.unreadable.values.contains($0) }
        let places = Set(failures.map { $0.place ?? "" })
        for name in reported.withLock({ $0 }).subtracting(places) { trouble("source \(name)", nil) }
        for failure in failures { trouble("source \(failure.place ?? "")", failure) }
        reported.withLock { $0 = places }
    }

    private func takeConfiguration(_ snapshot: SourceSnapshot) throws(Failure) {
        guard let text = snapshot.configuration?.bytes, let file = place.file else { return }
        let (known, good) = state.withLock { ($0.environment.configuration, $0.configurationText) }
        if text == good { return trouble("configuration", nil) }
        let configuration = try core.evaluator.configuration(text, file: file)
        guard configuration.stateDirectory == known.stateDirectory, configuration.jobsDirectory == known.jobsDirectory,
            configuration.concurrency == known.concurrency
        else {
            throw Failure(
                code: "ECONFIG", "state_dir, jobs_dir and concurrency change only when the host starts",
                place: file.text,
                cure: "restart the host; until then it goes on with the last configuration")
        }
        let environment = try HostEnvironment(
            configuration, facts: core.environment.facts, executable: core.environment.executable)
        state.withLock { state in
            state.configurationText = text
            state.environment = environment
            state.loader = JobLoader(
                environment: environment, evaluator: core.evaluator, writeRoots: core.loader.writeRoots)
            state.loader.approvals = core.loader.approvals
        }
        trouble("configuration", nil)
        // A group may have more room now.
        parts.supervisor.resume()
    }

    /// Loads again, every minute, what only the machine can have mended: a path that a job needs, a program, a user.
    private func retryLater() {
        core.loop.after(Self.retryPeriod) { [self] in
            if state.withLock({ $0.stopping }) { return }
            parts.catalog.retry()
            reload.submit { [self] in lookAtZones() }
            retryLater()
        }
    }

    // Trouble and upkeep.

    /// Trouble in words: a place that it is named after is not said twice.
    static func text(_ about: String, _ failure: Failure) -> String {
        var failure = failure
        if let place = failure.place, about == "source \(place)" { failure.place = nil }
        return "\(about): \(failure)"
    }

    /// Notes trouble, or (nil) that it is over; each is said once.
    func trouble(_ about: String, _ failure: Failure?) {
        if let failure { disk.notice(failure) }
        let news = state.withLock { state -> Failure?? in
            let old = state.troubles[about]
            state.troubles[about] = failure
            return old == failure ? nil : .some(failure)
        }
        switch news {
        case .some(.some(let failure)): HostSpeech.say(Self.text(about, failure))
        case .some(.none): HostSpeech.say("\(about): all is well again")
        case nil: return
        }
        // At once: it may be over by the next look.
        if about != "alerts" { parts.alerts.hear() }
    }

    private func upkeepLater(after seconds: Double) {
        core.loop.after(seconds) { [self] in
            if state.withLock({ $0.stopping }) { return }
            upkeep.submit { [self] in
                keepUp()
                upkeepLater(after: Self.upkeepPeriod)
            }
        }
    }

    /// Removes what retention no longer keeps, a piece at a time.
    private func keepUp() {
        // What is removed is gone, should the clock be wrong.
        guard clockTrust.withLock({ $0?.mayForget(monotonic: clock.monotonic) ?? false }) else {
            return HostSpeech.say("nothing old is removed today: the clock leapt forward, and may be wrong")
        }
        do {
            let now = clock.now()
            let retention = Retention()
            while try !store.write({ try $0.prune(retention, now: now, limit: 500) }).isEmpty {}
            while try store.write({ try $0.pruneAlerts(before: now - retention.alerts, limit: 500) }) > 0 {}
            while try store.write({ try $0.compactSamples(before: now - retention.minutes, limit: 500) }) > 0 {}
            while try store.write({ try $0.pruneSamples(before: now - retention.samples, limit: 500) }) > 0 {}
            _ = try store.write { try $0.prunePauses(before: now - retention.history) }
            let running = Set(try store.read { try $0.openRuns() }.map(\.id))
            _ = try logs.prune(now: now, running: running)
        } catch {
            trouble("upkeep", Failure.wrapping(error))
        }
    }

    // The end.

    /// Starts nothing more, lets attempts finish for `grace` seconds, and calls `done` when all is written.
    package func stop(grace: Double = Daemon.stopGrace, done: @escaping @Sendable () -> Void) {
        state.withLock { $0.stopping = true }
        watch.tellAll()
        parts.scheduler.stop()
        parts.supervisor.stop(grace: grace, done: done)
    }

    /// Lets go of everything, after `stop`.
    package func close() {
        parts.alerts.stop()
        disk.stop()
        core.close()
        store.close()
    }
}
