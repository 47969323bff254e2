import Scriptron

enum QueueCommand: Command {
    static let syntax = CommandSyntax(
        name: "queue", operands: "ACTION [QUEUE] [BODY|TASK…]", operandCount: 0...1002,
        summary: "Look at queues and their tasks, add tasks, try dead ones again",
        options: [
            OptionSyntax("delay", value: "TIME", "push: not to be tried before it is over (5m)"),
            OptionSyntax("key", value: "KEY", "push: a second push with this key adds nothing"),
            OptionSyntax("for", value: "TIME", "pause: only so long (10m)"),
            OptionSyntax("state", value: "STATE", "list: only the waiting, leased or dead ones"),
            OptionSyntax("after", value: "TASK", "list, dead: only tasks behind this one, for paging"),
            OptionSyntax("limit", letter: "n", value: "N", "list, dead: how many (20)"), .json, .config, .socket,
        ],
        notes: [
            "stats [QUEUE] shows the queues, as does no action. push QUEUE BODY adds a task; BODY is JSON, or - to read it "
                + "from standard input. list QUEUE shows tasks, dead QUEUE those that nobody tries any more. requeue "
                + "QUEUE [TASK…] has dead tasks tried anew, all or those that are named. remove QUEUE TASK… deletes "
                + "tasks for good. pause QUEUE and resume QUEUE stop and restart a queue.",
            "Where no host is running, the command works on the store itself.",
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let order = try order(arguments)
        let rows = try rows(order, arguments, context)
        try context.show(rows, json: arguments.has("json")) { lines(order, $0, $1, context.time) }
        if case .remove(_, let ids) = order, rows.first?["count"]?.integer != Int64(ids.count) { return .failed }
        return .done
    }

    /// Through the host, or where none runs on the store.
    private static func rows(
        _ order: QueueOrder, _ arguments: CommandArguments, _ context: CommandContext
    ) throws(Failure) -> [Value] {
        do throws(Failure) {
            return try context.client(arguments).post("/v1/queues", order.value).list ?? []
        } catch  where error.code == ControlCode.noHost && !arguments.has("socket") {
            return try context.local.queue(order, try context.configuration(arguments))
        }
    }

    // What is asked.

    private static let actions = ["stats", "push", "list", "dead", "requeue", "remove", "pause", "resume"]

    private static func order(_ arguments: CommandArguments) throws(Failure) -> QueueOrder {
        let action = arguments.operand(0) ?? "stats"
        guard actions.contains(action) else {
            let near = Nearest.names(to: action, among: actions, limit: 1).first
            throw usage(
                "queue has no action \"\(action)\"",
                near.map { "did you mean \($0)?" } ?? "it has " + actions.joined(separator: ", "))
        }
        if action == "stats" {
            try most(2, arguments)
            return .stats(queue: arguments.operand(1))
        }
        guard let name = arguments.operand(1) else {
            throw usage("\(action) needs a queue's name", "scriptron queue lists them")
        }
        let queue: String
        do throws(Failure) {
            queue = try QueueRules.name(name)
        } catch {
            throw usage(error.message, error.cure ?? "")
        }
        switch action {
        case "push": return try push(queue, arguments)
        case "requeue":
            let ids = try tasks(arguments)
            return .requeue(queue: queue, ids: ids.isEmpty ? .none : ids)
        case "remove":
            let ids = try tasks(arguments)
            if ids.isEmpty { throw usage("remove needs the numbers of tasks", "scriptron queue list \(queue)") }
            return .remove(queue: queue, ids: ids)
        case "pause":
            try most(2, arguments)
            return .pause(queue: queue, seconds: try seconds("for", arguments))
        case "resume":
            try most(2, arguments)
            return .resume(queue: queue)
        default:
            try most(2, arguments)
            let word = action == "dead" ? "dead" : arguments.value("state")
            let state = word.flatMap(QueueTask.State.init)
            if let word, state == nil { throw usage("there is no state \"\(word)\"", "it is waiting, leased or dead") }
            return .list(
                queue: queue, state: state, after: Int64(try arguments.whole("after", in: 0...Int.max) ?? 0),
                limit: try arguments.whole("limit", in: 1...10_000) ?? 20)
        }
    }

    private static func push(_ queue: String, _ arguments: CommandArguments) throws(Failure) -> QueueOrder {
        try most(3, arguments)
        guard var text = arguments.operand(2) else {
            throw usage("push needs the task's body", "scriptron queue push \(queue) '{\"command\": [\"true\"]}'")
        }
        if text == "-" {
            text = ""
            while let line = readLine(strippingNewline: false) { text += line }
        }
        let body: Value
        do throws(Failure) {
            body = try QueueRules.body(try JSON.decode(text))
        } catch {
            throw usage(error.message, error.cure ?? "the body is JSON; quote it for the shell")
        }
        return .push(
            queue: queue, body: body, delay: try seconds("delay", arguments) ?? 0, key: arguments.value("key"))
    }

    private static func seconds(_ option: String, _ arguments: CommandArguments) throws(Failure) -> Double? {
        guard let text = arguments.value(option) else { return nil }
        guard let seconds = Quantity.seconds(.text(text)) ?? Double(text) else {
            throw usage("--\(option) takes a time such as 90s, 5m, 2h, not \"\(text)\"", "")
        }
        return seconds
    }

    private static func tasks(_ arguments: CommandArguments) throws(Failure) -> [Int64] {
        try arguments.operands.dropFirst(2).map { (text) throws(Failure) in
            guard let id = Int64(text), id > 0 else {
                throw usage("\"\(text)\" is no task's number", "scriptron queue list shows them")
            }
            return id
        }
    }

    private static func most(_ count: Int, _ arguments: CommandArguments) throws(Failure) {
        if let surplus = arguments.operand(count) { throw usage("\"\(surplus)\" is one too many", "") }
    }

    private static func usage(_ message: String, _ cure: String) -> Failure {
        Failure(code: ControlCode.usage, message, cure: cure.isEmpty ? .none : cure)
    }

    // What is shown.

    static func lines(_ order: QueueOrder, _ rows: [Value], _ style: TextStyle, _ time: TimeText) -> [String] {
        let row = rows.first ?? [:]
        func count(_ verb: String) -> [String] {
            ["\(counted(row["count"]?.integer ?? 0, "task")) of \(row["queue"]?.text ?? "?") \(verb)."]
        }
        switch order {
        case .push:
            let id = row["id"]?.integer ?? 0
            return [row["new"]?.bool == true ? "Task \(id)." : "Task \(id), which was pushed before."]
        case .requeue: return count("will be tried anew")
        case .remove: return count("removed")
        case .list: return tasks(rows, style, time)
        case .stats, .pause, .resume: return queues(rows, style, time)
        }
    }

    private static func queues(_ rows: [Value], _ style: TextStyle, _ time: TimeText) -> [String] {
        if rows.isEmpty { return ["No queues."] }
        var table = TextTable([
            .init("QUEUE", flexible: true), .init("READY", right: true), .init("DELAYED", right: true),
            .init("LEASED", right: true), .init("DEAD", right: true), .init("DONE", right: true),
            .init("FAILED", right: true), .init("CRASHED", right: true), .init("", flexible: true),
        ])
        for row in rows {
            func number(_ key: String, _ ink: TextStyle.Ink? = nil) -> TextTable.Cell {
                let number = row[key]?.integer ?? 0
                return .init(grouped(number), number > 0 ? ink : .none)
            }
            var remark = ""
            if row["paused"]?.bool == true {
                let until = time.plain(row["paused_until"])
                remark = until.isEmpty ? "paused" : "paused until \(until)"
            }
            table.add([
                .init(row["queue"]?.text ?? "?"), number("ready"), number("delayed"), number("leased"),
                number("dead", .red), number("done"), number("failed"), number("crashed"), .init(remark, .yellow),
            ])
        }
        return table.lines(style)
    }

    private static func tasks(_ rows: [Value], _ style: TextStyle, _ time: TimeText) -> [String] {
        if rows.isEmpty { return ["No tasks."] }
        var table = TextTable([
            .init("TASK", right: true), .init("STATE"), .init("DUE"), .init("TRIES", right: true),
            .init("BODY", flexible: true), .init("ERROR", flexible: true),
        ])
        for row in rows {
            let state = row["state"]?.text ?? "?"
            table.add([
                .init(row["id"]?.integer.map(String.init) ?? "?"), .init(state, state == "dead" ? .red : .none),
                .init(time.plain(row["due"])), .init(row["attempts"]?.integer.map(String.init) ?? "?"),
                .init((try? JSON.text(row["body"] ?? .null)) ?? "?"), .init(row["error"]?.text ?? ""),
            ])
        }
        return table.lines(style)
    }
}
