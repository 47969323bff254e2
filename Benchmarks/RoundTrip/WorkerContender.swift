import Scriptron
import Synchronization

/// A run in a confined worker, from `Workers.launch` to its `.ended` event, as the host does it.
final class WorkerContender: Sendable {
    /// The least that a script can be.
    private static let script = "return job { run = function() end }"
    private static let name = "jobs/trivial.lua"

    private struct State {
        var end: WorkerEnd?
        var sandbox = ""
    }

    private let loop: EventLoop
    private let workers: Workers
    private let files: Descriptor
    private let grant: Grant
    private let done = Semaphore()
    private let state = Mutex(State())

    /// The layers that were in force in the last run.
    var sandbox: String { state.withLock { $0.sandbox } }

    init(binary: Path) throws {
        loop = try EventLoop()
        workers = Workers(loop: loop, executable: binary)
        try workers.start()
        files = try SealedMemory.create(
            name: "trivial", try ValueCodec.encode([Self.name: .text(Self.script)]))
        var grant = Grant()
        grant.write = ["/var/tmp"]
        self.grant = grant
        try PlainThread.start(name: "loop") { [loop] in loop.run() }
    }

    deinit {
        workers.stop()
        loop.stop()
    }

    /// One run; fails where it did not succeed.
    func run() throws {
        let order = WorkerOrder(
            task: .run, job: "trivial", script: Self.name, base: "/", deadline: Monotonic.now + 20, grace: 5)
        let launch = WorkerLaunch(order: order, files: files, grant: grant, name: "trivial")
        workers.launch(launch) { [self] _, event in
            switch event {
            case .confined(let report): state.withLock { $0.sandbox = report }
            case .ended(let end):
                state.withLock { $0.end = end }
                done.signal()
            default: break
            }
        }
        done.wait()
        guard case .finished(let result)? = state.withLock({ $0.end?.verdict }), result.outcome == .succeeded else {
            throw Failure(
                code: "ERUN", "the run did not succeed: \(state.withLock { String(describing: $0.end) })")
        }
    }
}
