/// Effects that are only recorded: the dry run.
///
/// Looking is real, through the overlay; changing puts a line in the plan and its result into the overlay, so that
/// every later call sees it. What is refused or would fail live is refused or fails here alike, as far as it can be
/// told without trying: names that are there or not, kinds of files, owners and modes.
package final class PlannedEffects: Effects {
    let live: LiveEffects
    let overlay = Overlay.forRun()
    package internal(set) var plan = Plan()
    let terms: DryRunTerms
    /// The smallest grant that would have served, collected on the way.
    var used = UsedNeeds()
    /// The roots of walks, as scripts name them and without links on the way.
    var walked: [(path: Path, canonical: Path)] = []
    private var clock: Timestamp?
    private var slept = 0.0
    private var state: [String: Value] = [:]
    private var nextLock: Int64 = 1
    /// What the run would tell: `{name, kind, value, labels}` and `{how, key, state, severity, summary}`.
    private var metrics: [Value] = []
    private var alerts: [Value] = []
    /// The most of each that are kept.
    private static let mostTold = 10_000
    /// Bytes of contents that were compressed to know what will come.
    var measured: Int64 = 0
    /// Of the file systems that the plan changes.
    let space: PlannedSpace
    var temporaryDirectories = 0
    /// Bytes of differences that the plan may still take.
    var leftForDifferences = 256 << 10
    /// Addresses, without their queries, that a planned request would have changed.
    var sent: Set<String> = []
    /// SQLite files that a planned statement would have changed.
    var changedDatabases: Set<Path> = []
    /// Bytes of contents that are kept.
    var kept = 0
    /// The most of them; what comes beyond has a size only.
    static let mostKept = 64 << 20

    /// Where a dry run's scratch directory is, which is there in the overlay only.
    package static let scratch: Path = "/scriptron-dry-run"

    /// - Parameters:
    ///   - at: The time that the run pretends it to be; nil: as it is.
    ///   - terms: What it really asks, and what is answered for it.
    ///   - disk: What the file system that holds a path has, where it is not asked itself.
    package init(
        _ live: LiveEffects, at clock: Timestamp? = nil, _ terms: DryRunTerms = DryRunTerms(),
        disk: ((Path) -> FileSystemSpace?)? = nil
    ) {
        self.live = live
        self.clock = clock
        self.terms = terms
        space = PlannedSpace.forRun { path in
            if let disk { return disk(path).map { ($0, $0.readOnly) } }
            guard let space = try? FileSystemSpace.of(path) else { return nil }
            // The worker's own view is read-only everywhere: the host knows what the disk is.
            let usage = try? live.request(.diskUsage, ["path": .bytes(path.bytes), "timeout": 2])
            return (space, usage?["read_only"]?.bool ?? false)
        }
        dress()
        overlay.clock = { [unowned self] in nanoseconds }
    }

    package var isDry: Bool { true }
    package var asksNetwork: Bool { terms.network }

    /// The dry run's findings: `plan`, `totals`, `omitted` steps and `smallest_needs`.
    package var report: Value {
        [
            "plan": plan.stepValues, "totals": plan.totalValues, "omitted": .int(plan.omitted),
            "real": .int(plan.real),
            "smallest_needs": used.value, "metrics": .list(metrics), "alerts": .list(alerts),
        ]
    }

    // The host and the clock.

    package func post(_ note: WorkerNote) { live.post(note) }
    package var turn: Turn? { nil }
    package func apart<Result>(_ body: () throws -> Result) rethrows -> Result { try body() }

    package func now() -> Timestamp { (clock ?? live.now()) + slept }
    package func steady() -> Double { live.steady() + slept }

    package func sleep(seconds: Double) throws(Failure) {
        try live.checkDeadline("time.sleep")
        slept += seconds
    }

    package func connect(addresses: [String], port: UInt16, timeout: Double) throws(Failure) -> Double {
        let address = addresses.first ?? ""
        let step: [String: Value] = ["address": .text(address), "port": .int(Int64(port))]
        used.places.insert((address.contains(":") ? "[\(address)]" : address) + ":\(port)")
        if terms.network {
            plan.addReal("connect", step)
            return try live.connect(addresses: addresses, port: port, timeout: timeout)
        }
        plan.add("connect", step)
        plan.isAssumed = true
        return 0
    }

    package func request(_ service: HostService, _ arguments: [String: Value]) throws(Failure) -> Value {
        let key = arguments["key"]?.text ?? ""
        switch service {
        case .stateGet: return try stateNow(key)
        case .stateSet:
            set(key, arguments["value"] ?? .null)
            return .null
        case .stateReplace:
            let now = try stateNow(key)
            guard now == arguments["expected"] ?? .null else { return false }
            set(key, arguments["value"] ?? .null)
            return true
        case .stateDelete:
            let now = try stateNow(key)
            if now.isNull { return false }
            state[key] = .null
            plan.add("delete state", ["key": .text(key)])
            return true
        case .stateKeys:
            let real = try live.request(service, arguments).list?.compactMap(\.text) ?? []
            let all = Set(real).union(state.keys).filter { state[$0]?.isNull != true }
            return .texts(all.sorted())
        case .lockHold:
            nextLock += 1
            return .int(nextLock)
        case .lockRelease: return .null
        case .alertReport:
            let answer = try live.request(.alertLook, arguments)
            var told = arguments.filter { ["how", "key", "severity", "summary"].contains($0.key) }
            told["state"] = answer["state"]
            if alerts.count < Self.mostTold { alerts.append(.map(told)) }
            return answer
        case .metricAdd:
            if metrics.count < Self.mostTold { metrics.append(.map(arguments)) }
            return .null
        case .signalProcesses:
            let count = try live.request(.signalable, arguments).integer ?? 0
            if count > 0 { plan.add("signal", arguments, count: count) }
            if let name = arguments["name"]?.text { used.signalled.insert(name) }
            return .int(count)
        case .unitReload, .unitRestart:
            let verb = service == .unitReload ? "reload" : "restart"
            let unit = arguments["unit"] ?? .null
            _ = try live.request(.unitCheck, ["unit": unit, "change": .text(verb)])
            plan.add(verb, ["unit": unit])
            if let name = unit.text { used.units.insert(name) }
            return .null
        case .storeCopy: return .bytes(try storeCopy().bytes)
        case .diskUsage: return try usage(arguments)
        case .resolve where !terms.network: return .list([arguments["host"] ?? ""])
        case let service where service.isOfQueue: return try planQueue(service, arguments)
        default: return try live.request(service, arguments)
        }
    }

    /// A key's value as it would be.
    private func stateNow(_ key: String) throws(Failure) -> Value {
        if let planned = state[key] { return planned }
        return try live.request(.stateGet, ["key": .text(key)])
    }

    private func set(_ key: String, _ value: Value) {
        state[key] = value
        plan.add(value.isNull ? "delete state" : "set state", ["key": .text(key), "value": value])
    }

    // Programs.

    package func run(_ call: ProgramCall) throws(Failure) -> ProgramOutcome {
        if let outcome = try planRun(call) { return outcome }
        return try live.run(call)
    }

    package func start(_ call: ProgramCall) throws(Failure) -> any RunningPrograms {
        guard let outcome = try planRun(call) else { return try live.start(call) }
        return PlannedPrograms(outcome, writer: call.stages.count - 1)
    }

    /// Plans it: what the script takes instead of its result; nil where it is to run, for it changes nothing.
    private func planRun(_ call: ProgramCall) throws(Failure) -> ProgramOutcome? {
        for stage in call.stages { used.programs.insert(stage.name) }
        var takesFile = false
        if case .file = call.output { takesFile = true }
        let answer = terms.answer(call)
        // It would see the real files, not those of the plan.
        let isOwn = call.stages.allSatisfy { $0.user == nil }
        if call.readsOnly, !takesFile, isOwn, answer == nil, overlay.isUntouched { return nil }
        let argv = call.stages.map { Value.list($0.arguments.map { .bytes($0) }) }
        var step: [String: Value] = argv.count == 1 ? ["argv": argv[0]] : ["stages": .list(argv)]
        if let user = call.stages.lazy.compactMap(\.user).first { step["user"] = .text(user) }
        if case .file(let path) = call.output {
            step["stdout"] = .bytes(path.path.bytes)
            let dry = answer.map { .bytes($0.standardOutput) } ?? call.dry?["stdout"] ?? call.dry ?? .null
            var content = PlannedFile.Content.unknown
            var size: Int64 = 0
            if case .bytes(let bytes) = dry {
                content = .bytes(bytes)
                size = Int64(bytes.count)
            }
            try place(path.path, call.call) { directory, _ in
                overlay.make(
                    .file, in: directory, mode: 0o644, owner: Permission.owner, now: nanoseconds, content: content,
                    size: size)
            }
        }
        plan.add("run", step)
        if let answer { return .ran(answer) }
        plan.isAssumed = true
        return .assumed(call.dry ?? .null)
    }

    var nanoseconds: Int64 { now().microseconds * 1000 }
}

/// Programs that do not run: their lines are those of what the script, or a spec, gives for their result.
private final class PlannedPrograms: RunningPrograms {
    private let outcome: ProgramOutcome
    private var blocks: [ProgramLines.Block] = []

    /// - Parameter writer: Which of the programs writes them: the last one.
    init(_ outcome: ProgramOutcome, writer: Int) {
        var output: [UInt8] = []
        switch outcome {
        case .ran(var result):
            output = result.standardOutput
            result.standardOutput = []
            self.outcome = .ran(result)
        case .assumed(let dry):
            if case .bytes(let bytes) = dry["stdout"] ?? dry { output = bytes }
            self.outcome = outcome
        }
        guard let last = output.last else { return }
        if last != UInt8(ascii: "\n") { output.append(UInt8(ascii: "\n")) }
        blocks = [ProgramLines.Block(stage: writer, isError: false, bytes: output)]
    }

    func next() throws(Failure) -> [ProgramLines.Block] {
        defer { blocks = [] }
        return blocks
    }

    func finish() throws(Failure) -> ProgramOutcome { outcome }

    func close() {}
}
