import Scriptron

enum JobsCommand: Command {
    static let syntax = CommandSyntax(
        name: "jobs", summary: "List the jobs: when they run, and how they ran last",
        options: [.json, .config, .socket])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let rows = try context.client(arguments).get("/v1/jobs").list ?? []
        try context.show(rows, json: arguments.has("json")) { lines($0, $1, context.time) }
        return .done
    }

    static func lines(_ rows: [Value], _ style: TextStyle, _ time: TimeText) -> [String] {
        if rows.isEmpty { return ["There are no jobs. A script that is put into the jobs directory becomes one."] }
        var table = TextTable([
            .init("JOB", flexible: true), .init("STATE"), .init("SCHEDULE", flexible: true), .init("NEXT"),
            .init("LAST RUN"), .init("OUTCOME", flexible: true),
        ])
        for row in rows {
            let isPaused = row["paused"]?.isNull == false && row["state"]?.text == "scheduled"
            let state = isPaused ? "paused" : row["state"]?.text ?? "?"
            let schedule = row["schedule"]?.list?.compactMap(\.text).joined(separator: ", ") ?? ""
            let isRunning = (row["running"]?.integer ?? 0) > 0 || row["running"]?.bool == true
            let begun = row["begun"]?.bool ?? isRunning
            let outcome = begun ? "running" : isRunning ? "waiting" : row["last_outcome"]?.text ?? ""
            table.add([
                .init(row["job"]?.text ?? "?"), .init(state, ink(state: state)), .init(schedule),
                .init(row["next"]?.double.map { time.distance($0) } ?? ""),
                .init(row["last_finished"]?.double.map { time.distance($0) } ?? ""),
                .init(outcome, OutcomeText.ink(outcome)),
            ])
        }
        return table.lines(style) + rows.flatMap { remarks($0, style) }
    }

    /// What the table has no room for: errors, and a sandbox that is not enforced.
    private static func remarks(_ row: Value, _ style: TextStyle) -> [String] {
        let job = row["job"]?.text ?? "?"
        var lines: [String] = []
        if let error = row["error"]?.text, !error.isEmpty {
            let text = Failure.told(error, of: job).printable(lines: true)
            lines += style.wrap("\(job): \(text)", indent: 2).map { style.paint($0, .red) }
        }
        if let sandbox = row["sandbox"]?.text, sandbox == "off" || sandbox == "best-effort" {
            lines += style.wrap("\(job): its sandbox is \(sandbox)", indent: 2).map { style.paint($0, .red) }
        }
        if let run = row["late"]?.integer {
            lines += style.wrap("\(job): run \(run) is late", indent: 2).map { style.paint($0, .yellow) }
        }
        if let pid = row["unkillable"]?.integer {
            lines += style.wrap("\(job): the kernel cannot kill its process \(pid)", indent: 2).map {
                style.paint($0, .red)
            }
        }
        return lines
    }

    private static func ink(state: String) -> TextStyle.Ink? {
        switch state {
        case "broken": .red
        case "unconfigured", "held", "paused": .yellow
        case "disabled": .dim
        default: nil
        }
    }
}
