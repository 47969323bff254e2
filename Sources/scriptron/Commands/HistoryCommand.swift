import Scriptron

enum HistoryCommand: Command {
    static let syntax = CommandSyntax(
        name: "history", operands: "[JOB]", operandCount: 0...1, summary: "List runs, the newest first",
        options: [
            OptionSyntax("limit", letter: "n", value: "N", "how many (20)"),
            OptionSyntax("outcome", value: "OUTCOME", "only those that ended so"),
            OptionSyntax("before", value: "RUN", "only runs older than this one, for paging"),
            OptionSyntax("missed", "the fire times that did not run, instead of the runs"), .json, .config, .socket,
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let limit = try arguments.whole("limit", in: 1...10_000) ?? 20
        let client = try context.client(arguments)
        let job = arguments.operand(0)
        if arguments.has("missed") {
            let rows = try client.get("/v1/missed", [("job", job), ("limit", "\(limit)")]).list ?? []
            try context.show(rows, json: arguments.has("json")) { missedLines($0, $1, context.time) }
            return .done
        }
        let query = [
            ("job", job), ("limit", "\(limit)"), ("outcome", arguments.value("outcome")),
            ("before", arguments.value("before")),
        ]
        let rows = try client.get("/v1/runs", query).list ?? []
        try context.show(rows, json: arguments.has("json")) { lines($0, $1, context.time) }
        return .done
    }

    static func lines(_ rows: [Value], _ style: TextStyle, _ time: TimeText) -> [String] {
        if rows.isEmpty { return ["No runs."] }
        var table = TextTable([
            .init("RUN", right: true), .init("JOB", flexible: true), .init("TRIGGER"), .init("STARTED"),
            .init("TOOK", right: true), .init("OUTCOME"), .init("", flexible: true),
        ])
        for row in rows {
            let outcome = OutcomeText.of(row)
            table.add([
                .init(row["id"]?.integer.map(String.init) ?? "?"), .init(row["job"]?.text ?? "?"),
                .init(row["trigger"]?.text ?? "?"),
                .init(time.plain(row["started"]?.double == nil ? row["fire_time"] : row["started"])),
                .init(time.duration(row["started"], row["finished"])), .init(outcome, OutcomeText.ink(outcome)),
                .init(OutcomeText.remark(row)),
            ])
        }
        return table.lines(style)
    }

    /// When a range ends: only the time where that is on the day on which it begins, and nothing where it is one instant.
    private static func end(_ row: Value, _ time: TimeText) -> String {
        let (from, to) = (time.plain(row["from"]), time.plain(row["to"]))
        if from == to { return "" }
        return from.prefix(10) == to.prefix(10) ? String(to.dropFirst(11)) : to
    }

    static func missedLines(_ rows: [Value], _ style: TextStyle, _ time: TimeText) -> [String] {
        if rows.isEmpty { return ["No fire time was missed or skipped."] }
        var table = TextTable([
            .init("JOB", flexible: true), .init("KIND"), .init("FROM"), .init("TO"), .init("COUNT", right: true),
            .init("REASON", flexible: true),
        ])
        for row in rows {
            table.add([
                .init(row["job"]?.text ?? "?"), .init(row["kind"]?.text ?? "?"), .init(time.plain(row["from"])),
                .init(end(row, time)), .init(row["count"]?.integer.map { grouped($0) } ?? "?"),
                .init(row["reason"]?.text ?? ""),
            ])
        }
        return table.lines(style)
    }
}
