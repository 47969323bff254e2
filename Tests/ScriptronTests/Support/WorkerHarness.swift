import Synchronization

@testable import Scriptron

/// A zygote of its own, and workers from it whose events are collected.
final class WorkerHarness: Sendable {
    let loop: EventLoop
    let workers: Workers

    init(rungs: KillRungs = .all, names: NameDirectory = NameDirectory(), confinesAhead: Bool = true) throws {
        let loop = try EventLoop()
        self.loop = loop
        workers = Workers(
            loop: loop, executable: TestBinary.path, rungs: rungs, names: names, confinesAhead: confinesAhead)
        try workers.start()
        try PlainThread.start(name: "test-loop") { loop.run() }
    }

    deinit {
        workers.stop()
        loop.stop()
    }

    /// How a worker ended, and what it said before.
    struct Ended: Sendable {
        var end: WorkerEnd
        var notes: [WorkerNote] = []
        var sandbox = ""
        var header: Value = .null
        var pid: Int32 = 0
        var seconds = 0.0
    }

    /// An order for one script.
    static func order(_ task: WorkerOrder.Task, timeout: Double = 20, grace: Double = 0.5) -> WorkerOrder {
        WorkerOrder(
            task: task, job: "test", script: "jobs/test.lua", base: "/", deadline: Monotonic.now + timeout,
            grace: grace)
    }

    /// Answers a service that a script asks for.
    typealias Answer = @Sendable (HostService, [String: Value]) -> Result<Value, Failure>

    /// Answers with what was asked.
    static let echo: Answer = { service, arguments in
        .success(["service": .text(service.rawValue), "got": .map(arguments)])
    }

    /// Runs a script to its end.
    func run(
        _ text: String, order: WorkerOrder = order(.run), grant: Grant = .nothing, settings: Value? = [:],
        libraries: [String: String] = [:], answer: @escaping Answer = echo,
        onSpawn: @escaping @Sendable (Int64, Int32) -> Void = { _, _ in }
    ) async throws -> Ended {
        var files: [String: Value] = [order.script: .text(text)]
        for (name, text) in libraries { files["lib/\(name).lua"] = .text(text) }
        let descriptor = try SealedMemory.create(name: "test", try ValueCodec.encode(.map(files)))
        let launch = WorkerLaunch(order: order, files: descriptor, grant: grant, name: "test")
        let started = Monotonic.now
        let seen = Collected()
        return await withCheckedContinuation { continuation in
            workers.launch(launch) { id, event in
                switch event {
                case .spawned(let pid, _):
                    seen.ended.withLock { $0.pid = pid }
                    onSpawn(id, pid)
                case .confined(let report): seen.ended.withLock { $0.sandbox = report }
                case .note(let note): seen.ended.withLock { $0.notes.append(note) }
                case .header(let header):
                    seen.ended.withLock { $0.header = header }
                    self.workers.proceed(id, settings: settings)
                case .request(let request, .programStart, let arguments):
                    do {
                        let program = try ForeignProgram(arguments, grant: grant)
                        self.workers.start(program, grant: grant, scratch: order.scratch, for: id, request: request)
                    } catch {
                        self.workers.answer(id, request: request, .failure(Failure.wrapping(error)))
                    }
                case .request(let request, .programSignal, let arguments):
                    self.workers.signal(
                        program: arguments["program"]?.integer ?? 0, of: id,
                        Int32(arguments["signal"]?.integer ?? 0))
                    self.workers.answer(id, request: request, .success(.null))
                case .request(let request, let service, let arguments):
                    self.workers.answer(id, request: request, answer(service, arguments))
                case .unkillable: break
                case .ended(let end):
                    let ended = seen.ended.withLock { ended in
                        ended.end = end
                        ended.seconds = Monotonic.now - started
                        return ended
                    }
                    continuation.resume(returning: ended)
                }
            }
        }
    }

    private final class Collected: Sendable {
        let ended = Mutex(Ended(end: WorkerEnd(verdict: .lost, exit: nil)))
    }
}
