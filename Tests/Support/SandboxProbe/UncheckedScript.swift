import Scriptron

/// A script with the whole host API in a confined process, where every check of the API passes: it is told of a grant of
/// everything. What is refused then, the kernel refuses.
final class UncheckedScript {
    private let state: LuaState
    private let context = APIContext()
    private let text: String

    /// Made before the process is confined, as a zygote makes what its workers use.
    init(_ text: String) throws(Failure) {
        self.text = text
        state = try LuaState()
        do throws(LuaError) {
            try HostAPI.install(in: state, context)
        } catch {
            throw Failure(code: "ELUA", error.description)
        }
    }

    /// Runs the script's `run` and says each of the texts that it returns.
    func run(programs: [Path]) -> Int32 {
        var grant = Grant()
        grant.write = ["/"]
        grant.setid = true
        grant.programs = programs.map { Grant.Program(name: $0.text, path: $0, files: [$0]) }
        grant.connect = ["127.0.0.1:9"]
        grant.ports = [9]
        let effects = LiveEffects(
            LiveEffects.Settings(
                services: Answers(), grant: grant, base: "/", scratch: nil, zone: nil, deadline: Monotonic.now + 60))
        let resolver = PathResolver(grant: grant, base: "/", scratch: nil, job: "probe")
        context.session = APIContext.Session(effects: effects, resolver: resolver, grant: grant, zone: .utc)
        state.setMemoryLimit(64 << 20)
        do throws(LuaError) {
            let script = try state.evaluateJob(Array(text.utf8), name: "probe.lua")
            guard let run = script.functions["run"] else { fail("the script has no run") }
            state.phase = .run
            for line in try state.call(run, [], name: "run").list ?? [] { say(line.text ?? "?") }
            return 0
        } catch {
            fail(error.description)
        }
    }

    /// A host that knows one address.
    private final class Answers: HostServices {
        func request(_ service: HostService, _ arguments: [String: Value]) throws(Failure) -> Value {
            if service == .resolve { return ["127.0.0.1"] }
            throw Failure(code: "ESERVICE", "nobody answers \(service.rawValue)")
        }

        func post(_ note: WorkerNote) {}
    }
}
