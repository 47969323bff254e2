/// What a run would do: one step an effect, in order, with totals.
package struct Plan: Sendable {
    /// One change of the world.
    package struct Step: Sendable, Hashable {
        /// What would be done, as a verb (`write`, `remove`, `run`).
        package var effect: String
        package var arguments: [String: Value]
        /// Whether it follows from an answer that was assumed.
        package var assumed: Bool
    }

    /// How often an effect would come, and over how many bytes.
    package struct Total: Sendable, Hashable {
        package var count: Int64 = 0
        package var bytes: Int64?
    }

    /// The most steps that are kept; the totals count on.
    package static let most = 100_000

    package private(set) var steps: [Step] = []
    /// Steps beyond the most.
    package private(set) var omitted: Int64 = 0
    /// How often the network was really asked.
    package private(set) var real: Int64 = 0
    package private(set) var totals: [String: Total] = [:]
    /// From now on everything follows from an assumed answer.
    package var isAssumed = false

    package init() {}

    /// Whether steps are only counted from now on, and nobody asks for their arguments.
    var isFull: Bool { steps.count >= Self.most }

    /// Adds a step; `bytes` is counted where the effect has any.
    mutating func add(_ effect: String, _ arguments: [String: Value], bytes: Int64? = nil, count: Int64 = 1) {
        totals[effect, default: Total()].count += count
        if let bytes { totals[effect, default: Total()].bytes = (totals[effect]?.bytes ?? 0) + bytes }
        if isFull {
            omitted += 1
            return
        }
        var arguments = arguments
        if let bytes { arguments["bytes"] = .int(bytes) }
        steps.append(Step(effect: effect, arguments: arguments, assumed: isAssumed))
    }

    /// Adds what was really done, for it only read: no total counts it.
    mutating func addReal(_ effect: String, _ arguments: [String: Value]) {
        real += 1
        if isFull {
            omitted += 1
            return
        }
        steps.append(Step(effect: effect, arguments: arguments.merging(["real": true]) { $1 }, assumed: false))
    }

    /// The steps as records: each with `effect`, its arguments, `assumed` where it is, and `real` where it was done.
    package var stepValues: Value {
        .list(
            steps.map { step in
                var members = step.arguments
                members["effect"] = .text(step.effect)
                if step.assumed { members["assumed"] = true }
                return .map(members)
            })
    }

    /// The totals as records `{effect, count, unit, units, bytes}`, in the order of the effects' names.
    package var totalValues: Value {
        .list(
            totals.sorted { $0.key < $1.key }.map { effect, total in
                let unit = Self.units[effect] ?? (effect, "file", "files")
                var members: [String: Value] = [
                    "effect": .text(unit.verb), "count": .int(total.count), "unit": .text(unit.one),
                    "units": .text(unit.many),
                ]
                members["bytes"] = total.bytes.map { .int($0) }
                return .map(members)
            })
    }

    /// What is counted, for effects on anything but files.
    private static let units: [String: (verb: String, one: String, many: String)] = [
        "run": ("run", "program", "programs"), "signal": ("signal", "process", "processes"),
        "connect": ("connect to", "address", "addresses"), "set state": ("set", "key", "keys"),
        "reload": ("reload", "unit", "units"), "restart": ("restart", "unit", "units"),
        "request": ("make", "request", "requests"), "sql": ("run", "statement of SQL", "statements of SQL"),
        "copy database": ("copy", "database", "databases"),
        "delete state": ("delete", "key", "keys"), "mkdir": ("make", "directory", "directories"),
        "remove directory": ("remove", "directory", "directories"), "remove tree": ("remove", "tree", "trees"),
        "archive": ("make", "archive", "archives"), "extract": ("unpack", "archive", "archives"),
        "push task": ("push", "task", "tasks"), "finish task": ("finish", "task", "tasks"),
        "fail task": ("fail", "task", "tasks"), "bury task": ("bury", "task", "tasks"),
        "postpone task": ("postpone", "task", "tasks"), "requeue tasks": ("requeue", "task", "tasks"),
        "pause queue": ("pause", "queue", "queues"), "resume queue": ("resume", "queue", "queues"),
        "symlink": ("make", "symbolic link", "symbolic links"), "link": ("make", "hard link", "hard links"),
    ]
}
