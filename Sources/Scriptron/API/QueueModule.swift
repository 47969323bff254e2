/// `queue`: tasks that are kept until they are done.
package func queueModule(_ context: APIContext) -> HostModule {
    let calls = QueueCalls(context)
    func method(
        _ name: String, _ body: @escaping (Arguments, Value) throws -> [Value]
    ) -> HostFunction {
        HostFunction(name) { arguments in try body(arguments, try calls.queues.object(arguments)) }
    }
    return HostModule(
        "queue",
        functions: [
            HostFunction("open") { arguments in
                let name = try QueueRules.name(try arguments.text(0, "name"))
                try arguments.end(1)
                _ = try context.current("queue.open")
                return [try calls.open(name)]
            }
        ],
        methods: [
            "queue": [
                method("push") { try calls.push($0, $1) },
                method("push_all") { try calls.pushAll($0, $1) },
                method("claim") { try calls.claim($0, $1) },
                method("done") { arguments, queue in
                    try arguments.end(2)
                    return try calls.tell(.queueDone, queue, try calls.tasks(arguments))
                },
                method("fail") { try calls.fail($0, $1) },
                method("postpone") { arguments, queue in
                    var options = try arguments.options(2)
                    let delay = try options.duration("delay") ?? 0
                    try options.finish(known: ["delay"])
                    let tasks = try calls.tasks(arguments) { _, lease in lease["postpone"] = .number(delay) }
                    return try calls.tell(.queueReturn, queue, tasks)
                },
                method("extend") { arguments, queue in
                    var options = try arguments.options(2)
                    let lease = try options.duration("lease") ?? 300
                    try options.finish(known: ["lease"])
                    return try calls.tell(
                        .queueExtend, queue, try calls.tasks(arguments), with: ["lease": .number(lease)])
                },
                method("dead") { arguments, queue in
                    var options = try arguments.options(1)
                    let most = options.take("max") ?? 100
                    let after = options.take("after") ?? 0
                    try options.finish(known: ["max", "after"])
                    return [try calls.ask(.queueDead, ["queue": queue, "max": most, "after": after])]
                },
                method("requeue") { try calls.requeue($0, $1) },
                method("pause") { arguments, queue in
                    var options = try arguments.options(1)
                    let seconds = try options.duration("duration")
                    try options.finish(known: ["duration"])
                    _ = try calls.ask(
                        .queuePause, ["queue": queue, "seconds": seconds.map { .number($0) } ?? .null])
                    return []
                },
                method("resume") { arguments, queue in
                    try arguments.end(1)
                    _ = try calls.ask(.queueResume, ["queue": queue])
                    return []
                },
                method("stats") { arguments, queue in
                    try arguments.end(1)
                    return [try calls.ask(.queueStats, ["queue": queue])]
                },
            ]
        ])
}

/// What the functions of `queue` do.
private final class QueueCalls {
    private let context: APIContext
    /// The queues' names behind their handles.
    let queues = HandleTable<Value>("queue")
    private var opened: [String: Value] = [:]

    init(_ context: APIContext) { self.context = context }

    /// One handle a name, however often it is opened.
    func open(_ name: String) throws(Failure) -> Value {
        if let known = opened[name] { return known }
        let handle = try queues.add(.text(name))
        opened[name] = handle
        return handle
    }

    func ask(_ service: HostService, _ arguments: [String: Value]) throws(Failure) -> Value {
        try context.current(service.rawValue).effects.request(service, arguments)
    }

    func push(_ arguments: Arguments, _ queue: Value) throws(Failure) -> [Value] {
        var options = try arguments.options(2)
        let delay = try options.duration("delay") ?? 0
        let key = try options.text("key")
        try options.finish(known: ["delay", "key"])
        try noteLimit(arguments) { () throws(Failure) in _ = try QueueRules.body(arguments[1]) }
        let answer = try ask(
            .queuePush,
            [
                "queue": queue, "body": arguments[1], "delay": .number(delay),
                "key": key.map { .text($0) } ?? .null,
            ])
        return [answer["id"] ?? .null, answer["new"] ?? .null]
    }

    func pushAll(_ arguments: Arguments, _ queue: Value) throws(Failure) -> [Value] {
        guard let bodies = arguments[1].list else { throw arguments.mismatch(1, "bodies", "a list of bodies") }
        var options = try arguments.options(2)
        let delay = try options.duration("delay") ?? 0
        let keys = options.take("keys")
        try options.finish(known: ["delay", "keys"])
        if let keys, keys.list?.count != bodies.count {
            throw Failure(
                code: "EARGUMENT",
                "\(arguments.function): keys must be a list of as many keys as there are bodies, which are \(bodies.count)",
                cure: "give each task a key, or push those without one by themselves")
        }
        try noteLimit(arguments) { () throws(Failure) in _ = try QueueRules.bodies(bodies) }
        if bodies.isEmpty { return [.list([]), 0] }
        let answer = try ask(
            .queuePushAll,
            ["queue": queue, "bodies": .list(bodies), "delay": .number(delay), "keys": keys ?? .null])
        let pushed = answer.list ?? []
        let new = pushed.count { $0["new"]?.bool == true }
        return [.list(pushed.map { $0["id"] ?? .null }), .int(Int64(new))]
    }

    /// What is too large for a task is a limit that was hit.
    private func noteLimit(_ arguments: Arguments, _ check: () throws(Failure) -> Void) throws(Failure) {
        do throws(Failure) {
            try check()
        } catch {
            if error.code == "E2BIG" {
                try context.current(arguments.function).effects.post(.limit(LimitName.task.rawValue))
            }
            throw error
        }
    }

    func claim(_ arguments: Arguments, _ queue: Value) throws(Failure) -> [Value] {
        var options = try arguments.options(1)
        let most = options.take("max") ?? 100
        let lease = try options.duration("lease") ?? 300
        let crashes = options.take("crashes") ?? .null
        try options.finish(known: ["max", "lease", "crashes"])
        return [
            try ask(.queueClaim, ["queue": queue, "max": most, "lease": .number(lease), "crashes": crashes])
        ]
    }

    func fail(_ arguments: Arguments, _ queue: Value) throws -> [Value] {
        var options = try arguments.options(2)
        let after = try options.duration("retry_in") ?? 0
        let dead = try options.bool("dead", default: false)
        let error = options.take("error") ?? .null
        try options.finish(known: ["retry_in", "dead", "error"])
        // What a task itself says comes first: so tasks with delays of their own go in one call.
        let tasks = try tasks(arguments) { (task, lease) throws(Failure) in
            lease["dead"] = task["dead"] ?? .bool(dead)
            lease["error"] = Self.text(task["failure"] ?? error)
            if let own = task["retry_in"] {
                guard let seconds = Quantity.seconds(own) else {
                    throw Failure(
                        code: "EARGUMENT", "\(arguments.function): retry_in of a task must be a duration")
                }
                lease["retry_in"] = .number(seconds)
            } else {
                lease["retry_in"] = .number(after)
            }
        }
        return try tell(.queueReturn, queue, tasks)
    }

    /// What a task keeps of an error: its text, or the message of an error that was caught.
    private static func text(_ error: Value) -> Value {
        switch error {
        case .null, .bytes: error
        case .map(let members): members["message"] ?? "an error without a message"
        default: .text("\(error)")
        }
    }

    func requeue(_ arguments: Arguments, _ queue: Value) throws(Failure) -> [Value] {
        var options = try arguments.options(2)
        let delay = try options.duration("delay") ?? 0
        try options.finish(known: ["delay"])
        var ids = Value.null
        if !arguments[1].isNull {
            guard let list = arguments[1].list else { throw arguments.mismatch(1, "tasks", "a list of tasks") }
            ids = .list(list.map { $0["id"] ?? $0 })
        }
        return [try ask(.queueRequeue, ["queue": queue, "ids": ids, "delay": .number(delay)])]
    }

    /// The leases of the tasks that are the second argument: one, or a list.
    func tasks(
        _ arguments: Arguments, _ complete: (Value, inout [String: Value]) throws(Failure) -> Void = { _, _ in }
    ) throws(Failure) -> [Value] {
        let argument = arguments[1]
        let tasks = argument["id"] == nil ? argument.list : [argument]
        guard let tasks else { throw arguments.mismatch(1, "tasks", "a task, or a list of them") }
        var leases: [Value] = []
        for task in tasks {
            guard let id = task["id"], let token = task["token"] else {
                throw Failure(
                    code: "EARGUMENT", "\(arguments.function): what is told of must be a task as claim gave it",
                    cure: "keep its id and its token")
            }
            var lease = ["id": id, "token": token]
            try complete(task, &lease)
            leases.append(.map(lease))
        }
        return leases
    }

    /// Tells the host what became of tasks, in pieces that it takes; how many, and the ids of those that were lost.
    func tell(
        _ service: HostService, _ queue: Value, _ tasks: [Value], with more: [String: Value] = [:]
    ) throws(Failure) -> [Value] {
        var lost: [Value] = []
        for start in stride(from: 0, to: tasks.count, by: QueueTask.batchCap) {
            let piece = Array(tasks[start..<min(start + QueueTask.batchCap, tasks.count)])
            let answer = try ask(service, more.merging(["queue": queue, "tasks": .list(piece)]) { $1 })
            lost += answer.list ?? []
        }
        return [.int(Int64(tasks.count - lost.count)), .list(lost)]
    }
}
