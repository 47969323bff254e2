import Scriptron
import Synchronization

/// A run in a confined worker, from `Workers.launch` to its `.ended` event, both on the loop's thread, where a host does
/// both.
final class WorkerContender: Sendable {
    /// The least that a script can be.
    private static let script = "return job { run = function() end }"
    private static let name = "jobs/trivial.lua"

    private struct State {
        var began = 0.0
        var ended = 0.0
        var end: WorkerEnd?
        var sandbox = ""
    }

    private let loop: EventLoop
    private let workers: Workers
    private let files: Descriptor
    private let grants: [Grant]
    private let done = Semaphore()
    private let state = Mutex(State())

    /// The layers that were in force in the last run.
    var sandbox: String { state.withLock { $0.sandbox } }

    /// More grants than workers wait for.
    private static let many: [Path] = [
        "/var/tmp", "/var/lib", "/var/cache", "/var/log", "/srv", "/opt", "/mnt", "/home",
    ]

    /// With `alternates` eight grants take turns.
    init(binary: Path, alternates: Bool = false) throws {
        loop = try EventLoop()
        workers = Workers(loop: loop, executable: binary)
        try workers.start()
        files = try SealedMemory.create(
            name: "trivial", try ValueCodec.encode([Self.name: .text(Self.script)]))
        grants = (alternates ? Self.many : ["/var/tmp"]).map { path in
            var grant = Grant()
            grant.write = [path]
            return grant
        }
        try PlainThread.start(name: "loop") { [loop] in loop.run() }
    }

    deinit {
        workers.stop()
        loop.stop()
    }

    /// One run, the `number`th; how many seconds it took. Fails where it did not succeed.
    func run(_ number: Int) throws -> Double {
        let order = WorkerOrder(
            task: .run, job: "trivial", script: Self.name, base: "/", deadline: Monotonic.now + 20, grace: 5)
        let launch = WorkerLaunch(
            order: order, files: files, grant: grants[number % grants.count], name: "trivial")
        loop.post { [self] in
            state.withLock { $0.began = Monotonic.now }
            workers.launch(launch) { [self] _, event in
                switch event {
                case .confined(let report): state.withLock { $0.sandbox = report }
                case .ended(let end):
                    state.withLock { state in
                        state.ended = Monotonic.now
                        state.end = end
                    }
                    done.signal()
                default: break
                }
            }
        }
        done.wait()
        let (end, seconds) = state.withLock { ($0.end, $0.ended - $0.began) }
        guard case .finished(let result)? = end?.verdict, result.outcome == .succeeded else {
            throw Failure(code: "ERUN", "the run did not succeed: \(String(describing: end))")
        }
        return seconds
    }
}
