/// Has Lua evaluated in workers that have no API: configurations, headers, needs. The host itself never does.
package final class Evaluator: Sendable {
    /// What a script said of itself.
    package struct Description: Sendable {
        /// The header, as `JobDefinition` reads it.
        package var header: Value
        /// What `needs` returned; null where the settings were not given.
        package var needs: Value
        package var facts: Value
    }

    /// Seconds that an evaluation may take.
    static let timeout = 10.0
    /// The memory of an evaluation, in bytes.
    static let memory: Int64 = 64 << 20

    private let workers: Workers
    private let base: Path
    /// Whom evaluations run as; nil: the host's own user.
    private let identity: Grant.Identity?
    private let queue = WorkQueue(name: "loading", width: 1)

    package init(workers: Workers, base: Path, identity: Grant.Identity?) {
        self.workers = workers
        self.base = base
        self.identity = identity
    }

    /// Works out what follows an evaluation on a thread for that: it looks for paths and programs, and the loop, which
    /// keeps every deadline, must not wait for a disk.
    func aside(_ body: @escaping @Sendable () -> Void) { queue.submit(body) }

    private var nothing: Grant {
        var grant = Grant.nothing
        grant.identity = identity
        grant.memory = Self.memory
        return grant
    }

    private func order(_ task: WorkerOrder.Task, job: String, script: String, seconds: Double) -> WorkerOrder {
        WorkerOrder(
            task: task, job: job, script: script, base: base, deadline: Monotonic.now + seconds, grace: 1)
    }

    /// What a configuration file returns; `completion` is called once, on the loop's thread.
    package func configuration(
        _ text: [UInt8], name: String, completion: @escaping @Sendable (Result<Value, Failure>) -> Void
    ) {
        let order = order(.configuration, job: "config", script: name, seconds: Self.timeout)
        launch(order, files: [name: text], grant: nothing, onHeader: { _, _ in }) { result in
            completion(result.map(\.result))
        }
    }

    /// The configuration that a file's text is; waits for the worker that evaluates it.
    package func configuration(_ text: [UInt8], file: Path) throws(Failure) -> Configuration {
        let value = try Waiting.answer { (done: @escaping @Sendable (Result<Value, Failure>) -> Void) in
            configuration(text, name: Path(bytes: file.name).text, completion: done)
        }.get()
        return try Configuration(value, file: file, text: text)
    }

    /// What a spec's file returns, which finds these libraries; waits for the worker that evaluates it.
    func spec(_ text: [UInt8], name: String, libraries: [String: [UInt8]]) throws(Failure) -> Value {
        let order = order(.configuration, job: "spec", script: name, seconds: Self.timeout)
        return try Waiting.answer { (done: @escaping @Sendable (Result<Value, Failure>) -> Void) in
            launch(
                order, files: libraries.merging([name: text]) { $1 }, grant: nothing, onHeader: { _, _ in },
                completion: { done($0.map(\.result)) })
        }.get()
    }

    /// A script's header, and its needs for the settings that `settings` makes of the header. Where that returns nil
    /// the needs are not evaluated. With a `grant`, `discover` runs first and reads within it.
    package func describe(
        job: String, script: String, files: [String: [UInt8]], grant: Grant? = nil, timeout: Double = Evaluator.timeout,
        timezone: String? = nil, settings: @escaping @Sendable (Value) -> Value?,
        completion: @escaping @Sendable (Result<Description, Failure>) -> Void
    ) {
        var order = order(grant == nil ? .describe : .discover, job: job, script: script, seconds: timeout)
        order.timezone = timezone
        let header = Shared<Value>(.null)
        launch(order, files: files, grant: grant ?? nothing) { [workers] id, value in
            header.value.withLock { $0 = value }
            workers.proceed(id, settings: settings(value))
        } completion: { result in
            completion(
                result.map { end in
                    Description(
                        header: header.value.withLock { $0 }, needs: end.result["needs"] ?? .null,
                        facts: end.result["facts"] ?? .null)
                })
        }
    }

    private func launch(
        _ order: WorkerOrder, files: [String: [UInt8]], grant: Grant,
        onHeader: @escaping @Sendable (Int64, Value) -> Void,
        completion: @escaping @Sendable (Result<WorkerResult, Failure>) -> Void
    ) {
        let descriptor: Descriptor
        do {
            let bytes = try ValueCodec.encode(.map(files.mapValues { .bytes($0) }))
            descriptor = try SealedMemory.create(name: "version", bytes)
        } catch {
            return completion(.failure(Failure.wrapping(error)))
        }
        let launch = WorkerLaunch(order: order, files: descriptor, grant: grant, name: order.job)
        let seconds = Quantity.describe(seconds: order.deadline - Monotonic.now)
        workers.launch(launch) { id, event in
            switch event {
            case .header(let value): onHeader(id, value)
            case .request(let request, let service, _):
                let failure = Failure(code: "EEVALUATION", "\(service.rawValue) is not there while a job is evaluated")
                self.workers.answer(id, request: request, .failure(failure))
            case .ended(let end): completion(Self.judge(end, order: order, seconds: seconds))
            default: break
            }
        }
    }

    private static func judge(
        _ end: WorkerEnd, order: WorkerOrder, seconds: String
    ) -> Result<WorkerResult, Failure> {
        let what = order.task == .configuration ? "the configuration" : "the header or needs"
        switch end.verdict {
        case .finished(let result) where result.outcome == .succeeded: return .success(result)
        case .finished(let result):
            return .failure(
                Failure(code: result.code ?? "ELUA", result.error ?? result.reason ?? "evaluating \(what) failed"))
        case .timedOut:
            return .failure(
                Failure(
                    code: "ETIMEOUT", "evaluating \(what) took longer than \(seconds)", place: order.script,
                    cure: "move work out of the header into run"))
        case .cancelled: return .failure(Failure(code: "ECANCELED", "evaluating \(what) was cancelled"))
        case .crashed(let why):
            return .failure(Failure(code: "ECRASHED", "evaluating \(what) crashed: \(why)", place: order.script))
        case .lost:
            return .failure(Failure(code: "ELOST", "the zygote died while it evaluated \(what)", place: order.script))
        case .refused(let failure), .exceeded(_, let failure): return .failure(failure)
        }
    }
}
