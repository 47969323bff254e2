/// What an operator asks of queues; as a value it goes through the host's socket.
package enum QueueOrder: Sendable, Hashable {
    /// A row a queue, as `QueueFigures.row`; of one queue where it is named.
    case stats(queue: String?)
    /// A row a task, as `QueueTask.row`, by their numbers from behind `after` on.
    case list(queue: String, state: QueueTask.State?, after: Int64, limit: Int)
    /// One row: `id queue new`.
    case push(queue: String, body: Value, delay: Double, key: String?)
    /// One row: `queue count`; without numbers all dead tasks.
    case requeue(queue: String, ids: [Int64]?)
    /// One row: `queue count`.
    case remove(queue: String, ids: [Int64])
    /// For so many seconds, or (nil) for good; one row, as `stats`.
    case pause(queue: String, seconds: Double?)
    /// One row, as `stats`.
    case resume(queue: String)

    /// The order as a value: `order` is its name, beside its members.
    package var value: Value {
        switch self {
        case .stats(let queue): ["order": "stats", "queue": queue.map { .text($0) } ?? .null]
        case .list(let queue, let state, let after, let limit):
            [
                "order": "list", "queue": .text(queue), "state": state.map { .text($0.rawValue) } ?? .null,
                "after": .int(after), "limit": .int(Int64(limit)),
            ]
        case .push(let queue, let body, let delay, let key):
            [
                "order": "push", "queue": .text(queue), "body": body, "delay": .number(delay),
                "key": key.map { .text($0) } ?? .null,
            ]
        case .requeue(let queue, let ids):
            ["order": "requeue", "queue": .text(queue), "ids": ids.map { .list($0.map { .int($0) }) } ?? .null]
        case .remove(let queue, let ids):
            ["order": "remove", "queue": .text(queue), "ids": .list(ids.map { .int($0) })]
        case .pause(let queue, let seconds):
            ["order": "pause", "queue": .text(queue), "seconds": seconds.map { .number($0) } ?? .null]
        case .resume(let queue): ["order": "resume", "queue": .text(queue)]
        }
    }

    /// The order out of its value; nil where it is none.
    package init?(_ value: Value) {
        let queue = value["queue"]?.text
        let state = value["state"]?.text
        let ids = value["ids"]?.list.map { $0.compactMap(\.integer) }
        switch (value["order"]?.text, queue) {
        case ("stats", _): self = .stats(queue: queue)
        case ("list", let queue?):
            let known = state.flatMap(QueueTask.State.init)
            guard state == nil || known != nil else { return nil }
            let limit = Int(clamping: value["limit"]?.integer ?? 100)
            self = .list(
                queue: queue, state: known, after: value["after"]?.integer ?? 0, limit: min(max(limit, 1), 10_000))
        case ("push", let queue?):
            self = .push(
                queue: queue, body: value["body"] ?? .null, delay: value["delay"]?.double ?? 0,
                key: value["key"]?.text)
        case ("requeue", let queue?): self = .requeue(queue: queue, ids: ids)
        case ("remove", let queue?):
            guard let ids else { return nil }
            self = .remove(queue: queue, ids: ids)
        case ("pause", let queue?): self = .pause(queue: queue, seconds: value["seconds"]?.double)
        case ("resume", let queue?): self = .resume(queue: queue)
        default: return nil
        }
    }
}
