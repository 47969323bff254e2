/// The arguments of queue services, each checked before it is used.
extension ServiceArguments {
    func queue() throws(Failure) -> String { try QueueRules.name(try text("queue", max: 256)) }

    /// A number of seconds, where one is given.
    func seconds(_ name: String) throws(Failure) -> Double? {
        guard let value = values[name], !value.isNull else { return nil }
        guard let seconds = value.double else { throw wrong(name, "a number of seconds") }
        return try QueueRules.delay(seconds, name)
    }

    /// A whole number in a range, where one is given.
    func count(_ name: String, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let value = values[name], !value.isNull else { return nil }
        guard let number = value.integer.flatMap({ Int(exactly: $0) }), range.contains(number) else {
            throw wrong(name, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// The task's key, where it has one.
    func key() throws(Failure) -> String? {
        guard let value = values["key"], !value.isNull else { return nil }
        guard let text = value.text else { throw wrong("key", "text") }
        return try QueueRules.key(text)
    }

    /// The tasks of `bodies`, with the `keys` that some of them have.
    func pushes() throws(Failure) -> [(body: Value, key: String?)] {
        guard let bodies = values["bodies"]?.list else { throw wrong("bodies", "a list of bodies") }
        _ = try QueueRules.bodies(bodies)
        guard let value = values["keys"], !value.isNull else { return bodies.map { ($0, nil) } }
        let keys = value.list?.compactMap(\.text)
        guard let keys, keys.count == value.list?.count, keys.count == bodies.count else {
            throw wrong("keys", "a list of as many texts as there are tasks")
        }
        var tasks: [(body: Value, key: String?)] = []
        for (body, key) in zip(bodies, keys) { tasks.append((body, try QueueRules.key(key))) }
        return tasks
    }

    /// The numbers of tasks, where some are given.
    func ids() throws(Failure) -> [Int64]? {
        guard let value = values["ids"], !value.isNull else { return nil }
        let ids = value.list?.compactMap(\.integer)
        guard let ids, ids.count == value.list?.count, ids.count <= QueueTask.batchCap else {
            throw wrong("ids", "a list of at most \(QueueTask.batchCap) numbers of tasks")
        }
        return ids
    }

    /// The leases of `tasks`, each `{id, token}`.
    func leases() throws(Failure) -> [TaskLease] {
        var leases: [TaskLease] = []
        for task in try tasks() { leases.append(try lease(task)) }
        return leases
    }

    /// What becomes of `tasks`: each `{id, token}` with `dead`, `retry_in` or `postpone`, and `error`.
    func returns() throws(Failure) -> [TaskReturn] {
        var returns: [TaskReturn] = []
        for task in try tasks() {
            let fate: TaskReturn.Fate
            if task["dead"]?.bool == true {
                fate = .dead
            } else if let seconds = task["postpone"]?.double {
                fate = .postponed(try QueueRules.delay(seconds))
            } else {
                fate = .retry(after: try QueueRules.delay(task["retry_in"]?.double ?? 0, "retry_in"))
            }
            var error: String?
            if case .bytes(let bytes)? = task["error"] { error = QueueRules.error(bytes) }
            returns.append(TaskReturn(lease: try lease(task), fate: fate, error: error))
        }
        return returns
    }

    private func tasks() throws(Failure) -> [Value] {
        guard let tasks = values["tasks"]?.list, tasks.count <= QueueTask.batchCap else {
            throw wrong("tasks", "a list of at most \(QueueTask.batchCap) tasks")
        }
        return tasks
    }

    private func lease(_ task: Value) throws(Failure) -> TaskLease {
        guard let id = task["id"]?.integer, let token = task["token"]?.integer else {
            throw wrong("tasks", "tasks as claim gave them")
        }
        return TaskLease(id: id, token: token)
    }
}
