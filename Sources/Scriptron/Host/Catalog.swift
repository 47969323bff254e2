import Synchronization

/// The jobs that are loaded, kept in step with their sources.
///
/// A source that cannot be loaded leaves the last good version in place, and its problem is shown. Running attempts
/// have their own copy of the job and are not disturbed.
package final class Catalog: Sendable {
    /// How many jobs are loaded at the same time.
    static let width = 8
    /// A load that takes longer no longer holds up others, in seconds; and how many such there are at the same time.
    static let slowAfter = 5.0
    static let mostSlow = 24

    /// What the catalog is connected to.
    package struct Connections: Sendable {
        /// Loads a job; calls back once, from any thread.
        package var load: @Sendable (JobSource, @escaping @Sendable (LoadResult) -> Void) -> Void
        /// Calls back after some seconds.
        package var later: @Sendable (Double, @escaping @Sendable () -> Void) -> Void
        /// A new or changed job is ready.
        package var updated: @Sendable (LoadedJob) -> Void
        /// A job runs no more: it is gone, disabled or unconfigured.
        package var removed: @Sendable (String) -> Void
        /// A load failed; said loudly.
        package var broken: @Sendable (String, Failure) -> Void
    }

    fileprivate struct State {
        // Boxed, or a table with room to grow would take a multiple of what they are.
        var entries: [String: Boxed<CatalogEntry>] = [:] {
            didSet { (overview, chains, chainProblems) = (nil, nil, nil) }
        }
        /// What alerting was told last, while it holds.
        var overview: Overview?
        var queue = LoadQueue()
        /// What jobs have in common.
        var parts = LoadedJob.Parts()
        /// What is being loaded: those that hold up others, and those that take long.
        var loading: [Int: JobSource] = [:]
        var slow: [Int: JobSource] = [:]
        var lastLoad = 0
        /// Called when nothing is left to load; some do not wait for what takes long.
        var whenDone: [(waitsForSlow: Bool, body: @Sendable () -> Void)] = []
        /// Which jobs follow which, and what is wrong with that; nil: to be worked out anew.
        var chains: Chains?
        var chainProblems: [String: Failure]?
        /// Grows with each set of sources, so that a load of an older one is not taken.
        var wanted: [String: String] = [:]
    }

    /// What alerting asks of all jobs after every run: kept, for there may be many jobs.
    struct Overview: Sendable {
        /// The jobs that are not disabled.
        var jobs: Set<String> = []
        /// What is wrong with some of them, and whether an earlier version runs meanwhile.
        var problems: [(job: String, failure: Failure, runs: Bool)] = []
    }

    private let connections: Connections
    private let state = Mutex(State())

    package init(_ connections: Connections) { self.connections = connections }

    /// All entries, by their names.
    package var entries: [CatalogEntry] {
        // Sorted as they are kept: an entry is large, its box is not.
        state.withLock { $0.entries.sorted { $0.key < $1.key }.map(\.value.wrappedValue) }
    }

    /// The jobs that are not disabled, and their problems by the jobs' names.
    var overview: Overview {
        state.withLock { state in
            if let known = state.overview { return known }
            var overview = Overview()
            for (name, entry) in state.entries.mapValues(\.wrappedValue) where entry.isEnabled {
                overview.jobs.insert(name)
                if let problem = entry.problem { overview.problems.append((name, problem, entry.loaded != nil)) }
            }
            overview.problems.sort { $0.job < $1.job }
            state.overview = overview
            return overview
        }
    }

    package func entry(_ name: String) -> CatalogEntry? { state.withLock { $0.entry(name) } }

    /// The jobs that run after a success of this one.
    package func followers(of job: String) -> [LoadedJob] {
        state.withLock { state in
            state.currentChains().followers(of: job).compactMap { state.entry($0)?.loaded }
        }
    }

    /// What is wrong with what jobs say of each other, by the job.
    package var chainProblems: [String: Failure] {
        state.withLock { state in
            if let known = state.chainProblems { return known }
            let (chains, names) = (state.currentChains(), state.entries.keys)
            let problems = state.entries.compactMapValues { entry in
                entry.wrappedValue.loaded?.header.after.isEmpty == false
                    ? chains.problem(of: entry.wrappedValue.name, known: names) : nil
            }
            state.chainProblems = problems
            return problems
        }
    }

    /// The jobs that have never been loaded so far, and are being: as entries without anything.
    package var pending: [CatalogEntry] {
        state.withLock { state in
            let sources = state.queue.sources + state.loading.values + state.slow.values
            return sources.filter { state.entries[$0.name] == nil && state.wanted[$0.name] == $0.key }.map { source in
                var entry = CatalogEntry(name: source.name, script: source.path)
                entry.isEnabled = source.isEnabled
                return entry
            }
        }
    }

    /// Whether the job of this name, or of the script at `path`, is being loaded from its newest source.
    func isLoading(_ name: String, _ path: Path?) -> Bool {
        state.withLock { state in
            (state.queue.sources + state.loading.values + state.slow.values).contains { source in
                (source.name == name || source.path == path) && state.wanted[source.name] == source.key
            }
        }
    }

    /// Takes the sources as they are now: loads what is new or changed, forgets what is gone. `done` is called when all
    /// that is loaded, or (without `waitsForSlow`) all but what takes long.
    package func take(
        _ sources: [JobSource], waitsForSlow: Bool = true, done: @escaping @Sendable () -> Void = {}
    ) {
        let (gone, finished) = state.withLock { state -> ([String], Bool) in
            let names = Set(sources.map(\.name))
            let gone = state.entries.keys.filter { !names.contains($0) }
            for name in gone {
                state.entries.removeValue(forKey: name)
                state.wanted.removeValue(forKey: name)
            }
            state.queue.keep(names)
            for source in sources where state.wanted[source.name] != source.key {
                state.wanted[source.name] = source.key
                state.queue.append(source)
            }
            let finished = state.isDone(waitsForSlow: waitsForSlow)
            if !finished { state.whenDone.append((waitsForSlow, done)) }
            return (gone, finished)
        }
        for name in gone { connections.removed(name) }
        if finished { done() } else { loadMore() }
    }

    /// Loads the broken jobs once more: what they need may be there by now.
    package func retry() {
        state.withLock { state in
            let troubled = state.entries.values.filter { $0.wrappedValue.problem?.isOfMachine == true }
            for entry in troubled.map(\.wrappedValue).sorted(by: { $0.name < $1.name }) {
                guard let source = entry.jobSource, source.key == state.wanted[entry.name],
                    !state.queue.contains(entry.name)
                else { continue }
                state.queue.append(source)
            }
        }
        loadMore()
    }

    /// Loads a job once more, whatever became of it; `done` is called when all that is loaded.
    package func reload(_ name: String, done: @escaping @Sendable () -> Void) {
        let isKnown = state.withLock { state in
            guard let source = state.entry(name)?.jobSource, source.key == state.wanted[name] else { return false }
            state.queue.append(source)
            state.whenDone.append((true, done))
            return true
        }
        if isKnown { loadMore() } else { done() }
    }

    /// Gives the jobs the zones as they are now; `zone` finds one by the name in a header (nil: the host's). Those whose
    /// zone is another one are updated, so that their schedule goes by it from now on.
    package func rezone(_ zone: (String?) throws(Failure) -> Zone) throws(Failure) {
        var zones: [String?: Zone] = [:]
        for entry in entries {
            guard let job = entry.loaded else { continue }
            let name = job.header.timezone
            let now: Zone
            if let known = zones[name] { now = known } else { now = try zone(name) }
            zones[name] = now
            guard now != job.zone else { continue }
            let rezoned = try job.inZone(now)
            let isCurrent = state.withLock { state in
                // A load that ended meanwhile has read the zone itself.
                guard state.entry(entry.name)?.loaded?.version.hash == job.version.hash else { return false }
                state.entries[entry.name]?.wrappedValue.loaded = rezoned
                return true
            }
            if isCurrent { connections.updated(rezoned) }
        }
    }

    private func loadMore() {
        while true {
            let next = state.withLock { state -> (Int, JobSource)? in
                guard state.loading.count < Self.width, let source = state.queue.popFirst() else { return nil }
                state.lastLoad += 1
                state.loading[state.lastLoad] = source
                return (state.lastLoad, source)
            }
            guard let (load, source) = next else { return }
            if let refusal = source.refusal {
                settle(load, source, .failed(refusal))
            } else if !source.isEnabled {
                settle(load, source, nil)
            } else {
                connections.load(source) { [self] result in settle(load, source, result) }
                connections.later(Self.slowAfter) { [weak self] in self?.takesLong(load) }
            }
        }
    }

    /// Lets others pass a load that takes long, a header that loops, say.
    private func takesLong(_ load: Int) {
        let done = state.withLock { state -> [@Sendable () -> Void] in
            guard state.slow.count < Self.mostSlow, let source = state.loading.removeValue(forKey: load) else {
                return []
            }
            state.slow[load] = source
            return state.takeDone()
        }
        for body in done { body() }
        loadMore()
    }

    /// Takes the result of a load; nil: the job is disabled.
    private func settle(_ load: Int, _ source: JobSource, _ result: LoadResult?) {
        var result = result
        if case .loaded(var job) = result {
            state.withLock { job.share(&$0.parts) }
            result = .loaded(job)
        }
        let (stale, hadJob, problem) = state.withLock { [result] state -> (Bool, Bool, Failure?) in
            guard state.wanted[source.name] == source.key else { return (true, false, nil) }
            let earlier = state.entry(source.name)
            var entry = earlier ?? CatalogEntry(name: source.name, script: source.path)
            entry.take(source, result)
            state.entries[source.name] = Boxed(wrappedValue: entry)
            return (false, earlier?.loaded != nil, earlier?.problem)
        }
        if !stale {
            switch result {
            case .loaded(let job): connections.updated(job)
            case .failed(let failure): if failure != problem { connections.broken(source.name, failure) }
            case .held(_, let widens, let fallback):
                let failure = Approvals.failure(source.name, widens)
                if failure != problem { connections.broken(source.name, failure) }
                if let fallback {
                    connections.updated(fallback)
                } else if hadJob {
                    connections.removed(source.name)
                }
            case .unconfigured, nil: if hadJob { connections.removed(source.name) }
            }
        }
        let done = state.withLock { state -> [@Sendable () -> Void] in
            state.loading[load] = nil
            state.slow[load] = nil
            return state.takeDone()
        }
        for body in done { body() }
        loadMore()
    }
}

extension Catalog.State {
    fileprivate func entry(_ name: String) -> CatalogEntry? { entries[name]?.wrappedValue }

    fileprivate func isDone(waitsForSlow: Bool) -> Bool {
        queue.isEmpty && loading.isEmpty && (!waitsForSlow || slow.isEmpty)
    }

    /// Takes out those who wait for what is done now.
    fileprivate mutating func takeDone() -> [@Sendable () -> Void] {
        let (all, most) = (isDone(waitsForSlow: true), isDone(waitsForSlow: false))
        let waiting = whenDone
        whenDone = waiting.filter { !($0.waitsForSlow ? all : most) }
        return waiting.filter { $0.waitsForSlow ? all : most }.map(\.body)
    }

    fileprivate mutating func currentChains() -> Chains {
        if let chains { return chains }
        let made = Chains(entries.values.compactMap(\.wrappedValue.loaded).map { ($0.name, $0.header.after) })
        chains = made
        return made
    }
}

extension CatalogEntry {
    fileprivate mutating func take(_ source: JobSource, _ result: LoadResult?) {
        script = source.path
        jobSource = source
        problem = nil
        held = nil
        missing = []
        isEnabled = result != nil
        switch result {
        case .loaded(let job):
            loaded = job
            declarations = job.declarations
        case .failed(let failure): problem = failure
        case .unconfigured(let names, let declared):
            missing = names
            declarations = declared
            loaded = nil
        case .held(let job, let widens, let fallback):
            problem = Approvals.failure(source.name, widens)
            held = job
            loaded = fallback
            declarations = job.declarations
        case nil: loaded = nil
        }
    }
}

extension Failure {
    /// Whether a change of the machine alone can mend it, not of the text: a path, program or user that was not there.
    var isOfMachine: Bool { ["ENOENT", "ENOTDIR", "EACCES", "EPERM", "ELOOP", "EIO"].contains(code) }
}
