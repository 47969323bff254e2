/// Answers what is asked of queues, by the store: for workers, and for operators.
package final class QueueDesk: Sendable {
    private let store: any Store
    private let now: @Sendable () -> Timestamp
    /// The clock of leases. They live no longer than this host, so that it may be one of its own, which nobody sets.
    private let leaseClock: @Sendable () -> Timestamp

    package init(
        store: any Store, now: @escaping @Sendable () -> Timestamp = { SystemClock().now() },
        monotonic: @escaping @Sendable () -> Double = { Monotonic.now }
    ) {
        self.store = store
        self.now = now
        let (start, began) = (now(), monotonic())
        leaseClock = { start + (monotonic() - began) }
    }

    /// The clock was set back, before or while this host runs: nothing is to wait for what it has already seen.
    package func clockWasSetBack() throws(Failure) {
        let now = now()
        do {
            try store.write { try $0.setBackQueues(to: now) }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    // For workers.

    /// Answers a worker's call; what it changes is durable when `reply` is called. Every argument is hostile.
    func serve(_ call: ServiceCall, _ reply: @escaping @Sendable (Result<Value, Failure>) -> Void) {
        let work: @Sendable (any StoreSession) throws -> Value
        do throws(Failure) {
            work = try self.work(call)
        } catch {
            return reply(.failure(error))
        }
        // What a batch writes: so that those of others do not wait for many of them.
        let weight = max(1, (call.arguments["bodies"] ?? call.arguments["tasks"])?.list?.count ?? 1)
        store.submit(weight: weight, work) { reply($0.mapError { Failure.wrapping($0) }) }
    }

    private func work(_ call: ServiceCall) throws(Failure) -> @Sendable (any StoreSession) throws -> Value {
        let arguments = ServiceArguments(service: call.service, values: call.arguments)
        let queue = try arguments.queue()
        let (run, now, leaseNow) = (call.run, now(), leaseClock())
        switch call.service {
        case .queuePush:
            let body = try QueueRules.body(call.arguments["body"] ?? .null)
            let (key, delay) = (try arguments.key(), try arguments.seconds("delay") ?? 0)
            return { session in
                let pushed = try session.pushTask(queue: queue, body: body, key: key, delay: delay, now: now)
                return pushed.value
            }
        case .queuePushAll:
            let (tasks, delay) = (try arguments.pushes(), try arguments.seconds("delay") ?? 0)
            return { session in
                .list(try session.pushTasks(queue: queue, tasks, delay: delay, now: now).map(\.value))
            }
        case .queueClaim:
            let most = try arguments.count("max", 1...QueueTask.batchCap) ?? 100
            let lease = max(try arguments.seconds("lease") ?? 300, 1)
            let crashes = try arguments.count("crashes", 1...1000) ?? QueueTask.crashCap
            return { session in
                let claimed = try session.claimTasks(
                    queue: queue, run: run, max: most, lease: lease, crashLimit: crashes, now: now,
                    leaseNow: leaseNow)
                return .list(
                    claimed.map { task in
                        [
                            "id": .int(task.id), "body": task.body, "key": task.key.map { .text($0) } ?? .null,
                            "attempt": .int(Int64(task.attempts)), "crashes": .int(Int64(task.crashes)),
                            "pushed": .number(task.pushed.epoch), "age": .number(max(0, now - task.born)),
                            "lease": .number(task.due.epoch),
                            "token": .int(task.token), "error": task.error.map { .text($0) } ?? .null,
                        ]
                    })
            }
        case .queueDone:
            let leases = try arguments.leases()
            return { Self.lost(try $0.finishTasks(queue: queue, run: run, leases, now: now, leaseNow: leaseNow)) }
        case .queueReturn:
            let returns = try arguments.returns()
            return { Self.lost(try $0.returnTasks(queue: queue, run: run, returns, now: now, leaseNow: leaseNow)) }
        case .queueExtend:
            let leases = try arguments.leases()
            let lease = max(try arguments.seconds("lease") ?? 300, 1)
            return { Self.lost(try $0.extendTasks(queue: queue, run: run, leases, lease: lease, now: leaseNow)) }
        case .queueDead:
            let query = TaskQuery(
                queue: queue, state: .dead, after: call.arguments["after"]?.integer ?? 0,
                limit: try arguments.count("max", 1...QueueTask.batchCap) ?? 100)
            return { .list(try $0.tasks(query).map(\.row)) }
        case .queueRequeue:
            let (ids, delay) = (try arguments.ids(), try arguments.seconds("delay") ?? 0)
            return { session in
                .int(
                    Int64(
                        try session.requeueTasks(
                            queue: queue, ids, delay: delay, limit: QueueTask.batchCap, now: now)))
            }
        case .queuePause:
            let seconds = try arguments.seconds("seconds")
            return { session in
                try session.pauseQueue(queue, until: seconds.map { now + $0 }, now: now)
                return .null
            }
        case .queueResume:
            return { session in
                try session.resumeQueue(queue)
                return .null
            }
        case .queueStats:
            return { session in
                (try session.queueFigures(now: now).first { $0.name == queue } ?? QueueFigures(name: queue)).row
            }
        default: throw Failure(code: "ENOSYS", "\(call.service.rawValue) is no service of queues")
        }
    }

    private static func lost(_ ids: [Int64]) -> Value { .list(ids.map { .int($0) }) }

    // For operators.

    /// Does what an operator asks; its rows, as `QueueOrder` says.
    package func obey(_ order: QueueOrder) throws(Failure) -> [Value] {
        let now = now()
        do {
            switch order {
            case .stats(let queue):
                let figures = try store.read { try $0.queueFigures(now: now) }
                return figures.filter { queue == nil || $0.name == queue }.map(\.row)
            case .list(let queue, let state, let after, let limit):
                let query = TaskQuery(queue: queue, state: state, after: after, limit: limit)
                return try store.read { try $0.tasks(query).map(\.row) }
            case .push(let queue, let body, let delay, let key):
                let queue = try QueueRules.name(queue)
                let body = try QueueRules.body(body)
                let delay = try QueueRules.delay(delay)
                let known = try key.map { (text) throws(Failure) in try QueueRules.key(text) }
                let pushed = try store.write {
                    try $0.pushTask(queue: queue, body: body, key: known, delay: delay, now: now)
                }
                return [["id": .int(pushed.id), "queue": .text(queue), "new": .bool(pushed.isNew)]]
            case .requeue(let queue, let ids):
                var count = 0
                while true {
                    let more = try store.write {
                        try $0.requeueTasks(queue: queue, ids, delay: 0, limit: QueueTask.batchCap, now: now)
                    }
                    count += more
                    // All dead ones go a piece at a time, so that nobody waits for long.
                    if ids != nil || more == 0 { break }
                }
                return [["queue": .text(queue), "count": .int(Int64(count))]]
            case .remove(let queue, let ids):
                let count = try store.write { try $0.removeTasks(queue: queue, ids) }
                return [["queue": .text(queue), "count": .int(Int64(count))]]
            case .pause(let queue, let seconds):
                let queue = try QueueRules.name(queue)
                let until = try seconds.map { (seconds) throws(Failure) in now + (try QueueRules.delay(seconds)) }
                try store.write { try $0.pauseQueue(queue, until: until, now: now) }
                return try obey(.stats(queue: queue))
            case .resume(let queue):
                let queue = try QueueRules.name(queue)
                try store.write { try $0.resumeQueue(queue) }
                return try obey(.stats(queue: queue))
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }
}

extension PushedTask {
    /// What a worker is told of it.
    fileprivate var value: Value { ["id": .int(id), "new": .bool(isNew)] }
}
