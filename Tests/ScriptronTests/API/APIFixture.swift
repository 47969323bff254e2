import Glibc
import Testing

@testable import Scriptron

/// A host for scripts of tests: it keeps state and locks in memory and notes what it is told.
final class FakeServices: HostServices {
    var state: [String: Value] = [:]
    var notes: [WorkerNote] = []
    var requests: [(service: HostService, arguments: [String: Value])] = []
    /// What the other services answer.
    var answers: [HostService: Value] = [:]
    /// Answers before the others do, where it does.
    var answer: ((HostService, [String: Value]) -> Value?)?
    /// Changes the state behind the script's back before the next replacement, once.
    var interference: (() -> Void)?

    func request(_ service: HostService, _ arguments: [String: Value]) throws(Failure) -> Value {
        requests.append((service, arguments))
        if let answer = answer?(service, arguments) { return answer }
        let key = arguments["key"]?.text ?? ""
        switch service {
        case .stateGet: return state[key] ?? .null
        case .stateSet:
            state[key] = arguments["value"]
            return .null
        case .stateReplace:
            interference?()
            interference = nil
            guard (state[key] ?? .null) == arguments["expected"] else { return false }
            state[key] = arguments["value"] == .null ? nil : arguments["value"]
            return true
        case .stateDelete: return .bool(state.removeValue(forKey: key) != nil)
        case .stateKeys: return .texts(state.keys.sorted())
        default: return answers[service] ?? .null
        }
    }

    func post(_ note: WorkerNote) { notes.append(note) }

    var warnings: [String] { notes.compactMap { if case .warning(let text) = $0 { text } else { nil } } }
    var refusals: [String] { notes.compactMap { if case .refusal(let text) = $0 { text } else { nil } } }
    var lines: [String] { notes.compactMap { if case .log(_, let message, _) = $0 { message } else { nil } } }
}

/// Runs scripts against the whole host API: the files of a temporary directory, of which `box` is granted.
final class APIFixture {
    let directory: TemporaryDirectory
    let services = FakeServices()
    let context = APIContext()
    var grant = Grant()
    /// Seconds that the attempt has.
    var timeout = 30.0
    var zone = Zone.utc
    /// Whether runs only plan; what they planned is here afterwards.
    var isDry = false
    private(set) var planned: PlannedEffects?
    /// What plans are told of every disk; nil: what it has.
    var disk: FileSystemSpace?
    /// What scripts can `require`.
    var libraries: [String: [UInt8]] = [:]

    init() throws {
        directory = try TemporaryDirectory()
        try directory.directory("box")
        try directory.directory("scratch")
        grant.write = [directory.at("box")]
        for name in ["sh", "cat", "gzip"] {
            let path = Path("/bin/" + name)
            grant.programs.append(Grant.Program(name: name, path: path, files: [path]))
        }
    }

    /// A path of the box.
    func at(_ name: String) -> Path { directory.at("box").appending(name) }

    /// What `run` returns, with this body; relative paths are of the box.
    @discardableResult
    func run(_ body: String, settings: [String: Value] = [:]) throws -> Value {
        try run(LuaFixture.job(body), name: "jobs/test.lua", settings: settings)
    }

    /// What `run` of a job of the repository returns.
    func run(file: String, settings: [String: Value], source: String = #filePath) throws -> Value {
        let root = Path(source).parent.parent.parent.parent
        return try run(try Files.readSmall(root.appending(file)), name: file, settings: settings)
    }

    func run(_ text: [UInt8], name: String, settings: [String: Value]) throws -> Value {
        let scratch = directory.at("scratch")
        var means = LiveEffects.Settings(
            services: services, grant: grant, base: directory.at("box"), scratch: scratch, zone: "UTC",
            deadline: Monotonic.now + timeout)
        means.grace = 0.3
        means.reapsOrphans = false
        let live = LiveEffects(means)
        planned = isDry ? PlannedEffects(live, disk: disk.map { disk in { _ in disk } }) : nil
        let effects: any Effects = planned ?? live
        let resolver = PathResolver(grant: grant, base: directory.at("box"), scratch: scratch, job: "test")
        context.session = APIContext.Session(effects: effects, resolver: resolver, grant: grant, zone: zone)
        let state = try LuaState()
        state.libraries = libraries
        if !isDry {
            let calls = ParallelCalls(turn: means.turn, names: ParallelCall.names)
            context.session?.calls = calls
            state.parallelCalls = calls
        }
        try HostAPI.install(in: state, context)
        state.setMemoryLimit(256 << 20)
        let script = try state.evaluateJob(text, name: name)
        state.phase = .run
        try state.setFields(
            of: "this",
            ["job": "test", "dry_run": .bool(effects.isDry), "deadline": .number(effects.now().epoch + timeout)])
        let function = try #require(script.functions["run"])
        return try state.call(function, [.value(.map(settings)), .module("this")], name: "run")
    }

    /// The error that `run` ends with.
    func failure(_ body: String) throws -> LuaError {
        do {
            let result = try run(body)
            Issue.record("the script ended well, with \(result)")
            return LuaError(.runtime, "")
        } catch let error as LuaError {
            return error
        }
    }

    /// The steps of the last plan, as `effect name` with the path's last name.
    var steps: [String] {
        (planned?.plan.steps ?? []).map { step in
            var text = step.effect
            for key in ["path", "from", "to", "key"] {
                if case .bytes(let bytes)? = step.arguments[key] {
                    text += " " + (key == "key" ? Path(bytes: bytes).text : Path(bytes: Path(bytes: bytes).name).text)
                }
            }
            return text + (step.assumed ? " (assumed)" : "")
        }
    }
}
