import Scriptron

enum NextCommand: Command {
    static let syntax = CommandSyntax(
        name: "next", operands: "[JOB]", operandCount: 0...1,
        summary: "Show the next fire times, of the jobs or of a schedule",
        options: [
            OptionSyntax("limit", letter: "n", value: "N", "how many (10)"),
            OptionSyntax(
                "schedule", value: "EXPR", "of this schedule, in words too; no host is asked; may be repeated"),
            OptionSyntax("timezone", value: "ZONE", "the schedule's zone (the machine's)"),
            OptionSyntax("after", value: "TIME", "the instant to look from (now)"), .json, .config, .socket,
        ],
        notes: [
            "EXPR is five fields of cron, or six with seconds first, or @hourly and the like, or \"every 90s\". With it, "
                + "JOB is a name for which ~ in the expression makes its choice. TIME is 2026-11-23, "
                + "2026-11-23T19:30:05, with Z or +01:00 for another zone than the schedule's, or seconds since the epoch."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let limit = try arguments.whole("limit", in: 1...10_000) ?? 10
        let expressions = arguments.values("schedule")
        if !expressions.isEmpty { return try explain(expressions, limit: limit, arguments, context) }
        for option in ["timezone", "after"] where arguments.has(option) {
            throw Failure(code: ControlCode.usage, "--\(option) goes with --schedule")
        }
        let job = arguments.operand(0)
        let client = try context.client(arguments)
        let rows = try client.get("/v1/next", [("job", job), ("limit", "\(limit)")]).list ?? []
        let schedule = try arguments.has("json") ? nil : job.flatMap { (job) throws(Failure) in try known(job, client) }
        try context.show(rows, json: arguments.has("json")) { rows, style in
            guard let schedule, !rows.isEmpty else { return lines(rows, style, context.time, job: job) }
            return ScheduleText.explanation(schedule, job: job, style, after: context.time.now) + [""]
                + ScheduleText.fireTimes(rows, style, context.time, several: schedule.texts.count > 1)
        }
        return .done
    }

    /// Schedules that are no job's yet.
    private static func explain(
        _ expressions: [String], limit: Int, _ arguments: CommandArguments, _ context: CommandContext
    ) throws(Failure) -> ExitCode {
        let job = arguments.operand(0)
        let schedule: JobSchedule
        let after: Timestamp
        do throws(Failure) {
            let zone = try Zone.named(orSystem: arguments.value("timezone"))
            after =
                try arguments.value("after").map { text throws(Failure) in try zone.instant(parsing: text) }
                ?? context.time.now
            schedule = try JobSchedule(expressions, zone: zone, job: job ?? "")
        } catch {
            if let fault = fault(in: expressions, job: job ?? "") {
                context.console.complain(lines: fault.pointing.map { "    " + $0 })
            }
            throw Failure(code: ControlCode.usage, error.message, place: error.place, cure: error.cure)
        }
        let times = schedule.nextTimes(after: after, limit: limit)
        try context.show(times.map { .map(schedule.row($0)) }, json: arguments.has("json")) { rows, style in
            ScheduleText.explanation(schedule, job: job, style, after: after) + [""]
                + (rows.isEmpty
                    ? [none(expressions)]
                    : ScheduleText.fireTimes(rows, style, context.time, several: expressions.count > 1))
        }
        return .done
    }

    /// The first schedule that cannot be read.
    private static func fault(in expressions: [String], job: String) -> ScheduleFault? {
        for expression in expressions {
            do throws(ScheduleFault) { _ = try Schedule(expression, job: job) } catch { return error }
        }
        return nil
    }

    /// The schedules of a job that the host knows; nil where they cannot be read here, in its zone.
    private static func known(_ job: String, _ client: HostClient) throws(Failure) -> JobSchedule? {
        let row = try client.get("/v1/jobs").list?.first { $0["job"]?.text == job }
        guard let texts = row?["schedule"]?.list?.compactMap(\.text), let zone = row?["timezone"]?.text else {
            return nil
        }
        return try? JobSchedule(texts, zone: Zone(named: zone), job: job)
    }

    /// What is said of schedules without a fire time to come.
    static func none(_ expressions: [String]) -> String {
        expressions.allSatisfy { $0 == "@start" }
            ? "No fire time is foreseen: @start fires whenever the host starts."
            : "There is no fire time after that."
    }

    static func lines(_ rows: [Value], _ style: TextStyle, _ time: TimeText, job: String? = nil) -> [String] {
        if rows.isEmpty {
            return [
                job.map { "No fire time of \($0) is foreseen: it runs by hand, or when the host starts." }
                    ?? "Nothing is scheduled."
            ]
        }
        let notes = rows.map { row in
            let note = ScheduleText.note(row)
            return note.isEmpty ? "" : note + " (\(row["timezone"]?.text ?? ""))"
        }
        let hasNotes = notes.contains { !$0.isEmpty }
        var table = TextTable(
            [.init("FIRE TIME"), .init(""), .init("JOB", flexible: true)]
                + (hasNotes ? [.init("NOTE", flexible: true)] : []))
        for (row, note) in zip(rows, notes) {
            table.add(
                [
                    .init(time.plain(row["fire_time"])),
                    .init(row["fire_time"]?.double.map { time.distance($0) } ?? ""),
                    .init(row["job"]?.text ?? "?"),
                ] + (hasNotes ? [.init(note, .yellow)] : []))
        }
        return table.lines(style)
    }
}
