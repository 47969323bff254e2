/// Answers what workers ask of the host, each within its run's grant, never on the loop's thread.
package final class ServiceDesk: Sendable {
    /// The largest value that a job may keep under a key, in bytes of its binary form.
    static let stateCap = 1 << 20
    /// The longest key, in bytes.
    static let keyCap = 512

    /// Threads that look at the machine: a few, for a look may take its deadline.
    private let threads = WorkQueue(name: "services", width: 16)
    /// Threads that ask systemd, which may take its time.
    private let managers = WorkQueue(name: "units", width: 4)
    private let units: ServiceUnits
    private let store: any Store
    private let machine: MachineServices
    private let alerts: AlertBook
    private let metrics: MetricDesk
    private let queues: QueueDesk
    /// The rows that `sys.jobs` answers.
    private let jobs: @Sendable () throws(Failure) -> Value

    package init(
        store: any Store, machine: MachineServices, alerts: AlertBook, metrics: MetricDesk, queues: QueueDesk,
        units: ServiceUnits = ServiceUnits(),
        jobs: @escaping @Sendable () throws(Failure) -> Value
    ) {
        self.store = store
        self.machine = machine
        self.units = units
        self.alerts = alerts
        self.metrics = metrics
        self.queues = queues
        self.jobs = jobs
    }

    /// Answers a call; `reply` is called once, on any thread.
    package func serve(_ call: ServiceCall, _ reply: @escaping @Sendable (Result<Value, Failure>) -> Void) {
        switch call.service {
        case .stateSet, .stateReplace, .stateDelete: change(call, reply)
        case .lockHold: hold(call, reply)
        case .alertReport: report(call, reply)
        case let service where service.isOfQueue: queues.serve(call, reply)
        case let service where service.isOfUnit:
            aside(managers, reply) { [self] () throws(Failure) in
                try units.answer(service, call.arguments, grant: call.grant)
            }
        default: aside(threads, reply) { [self] () throws(Failure) in try look(call) }
        }
    }

    private func aside(
        _ threads: WorkQueue, _ reply: @escaping @Sendable (Result<Value, Failure>) -> Void,
        _ answer: @escaping @Sendable () throws(Failure) -> Value
    ) {
        threads.submit {
            do throws(Failure) {
                reply(.success(try answer()))
            } catch {
                reply(.failure(error))
            }
        }
    }

    /// A run has ended: what it held is free.
    package func release(run: Int64) {
        machine.release(run: run)
        alerts.release(run: run)
        metrics.flush()
    }

    private func report(_ call: ServiceCall, _ reply: @escaping @Sendable (Result<Value, Failure>) -> Void) {
        do throws(Failure) {
            alerts.report(try AlertReport(call.arguments), job: call.job, run: call.run, reply)
        } catch {
            reply(.failure(error))
        }
    }

    /// Waits for a lock without a thread.
    private func hold(_ call: ServiceCall, _ reply: @escaping @Sendable (Result<Value, Failure>) -> Void) {
        do throws(Failure) {
            let (name, wait) = try ServiceArguments(service: call.service, values: call.arguments).lock()
            try machine.locks.hold(name, run: call.run, wait: wait) { token in
                reply(.success(token.map { .int($0) } ?? .null))
            }
        } catch {
            reply(.failure(error))
        }
    }

    private func look(_ call: ServiceCall) throws(Failure) -> Value {
        do {
            switch call.service {
            case .stateGet:
                let key = try key(call)
                return try store.read { try $0.state(job: call.job, key: key) } ?? .null
            case .stateKeys: return .texts(try store.read { try $0.stateKeys(job: call.job) })
            case .alertLook: return try alerts.look(AlertReport(call.arguments), job: call.job, run: call.run)
            case .metricAdd: return try metrics.add(call.arguments, job: call.job)
            case .metricHistory: return try metrics.history(call.arguments, job: call.job)
            case .sysJobs: return try jobs()
            case .storeCopy: return .bytes(try StoreCopy.make(of: store, for: call).bytes)
            case .sysStore:
                let size = try store.size()
                return ["bytes": .int(size.bytes), "free": size.free.map { .int($0) } ?? .null]
            default:
                return try machine.answer(
                    call.service, call.arguments, job: call.job, run: call.run, grant: call.grant)
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    private func change(_ call: ServiceCall, _ reply: @escaping @Sendable (Result<Value, Failure>) -> Void) {
        let key: String
        let value = call.arguments["value"] ?? .null
        let expected = call.arguments["expected"] ?? .null
        do throws(Failure) {
            key = try self.key(call)
            if try ValueCodec.encode(value).count > Self.stateCap {
                throw Failure(
                    code: "E2BIG",
                    "the value of \(key) is larger than \(Quantity.describe(bytes: Int64(Self.stateCap)))",
                    cure: "keep large data in a file")
            }
        } catch {
            return reply(.failure(error))
        }
        store.submit { session -> Value in
            switch call.service {
            case .stateDelete: return .bool(try session.removeState(job: call.job, key: key))
            case .stateReplace:
                guard try session.state(job: call.job, key: key) ?? .null == expected else { return false }
                try Self.set(session, call.job, key, value)
                return true
            default:
                try Self.set(session, call.job, key, value)
                return .null
            }
        } completion: { result in
            reply(result.mapError { Failure.wrapping($0) })
        }
    }

    /// A null value is no value.
    private static func set(_ session: any StoreSession, _ job: String, _ key: String, _ value: Value) throws {
        if value.isNull {
            _ = try session.removeState(job: job, key: key)
        } else {
            try session.setState(job: job, key: key, value: value)
        }
    }

    private func key(_ call: ServiceCall) throws(Failure) -> String {
        guard let key = call.arguments["key"]?.text, !key.isEmpty, key.utf8.count <= Self.keyCap else {
            throw Failure(code: "EARGUMENT", "a state key is text of 1 to \(Self.keyCap) bytes")
        }
        return key
    }
}
