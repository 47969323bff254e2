import Scriptron

enum NextCommand: Command {
    static let syntax = CommandSyntax(
        name: "next", operands: "[JOB]", operandCount: 0...1,
        summary: "Show the next fire times, of the jobs or of a schedule",
        options: [
            OptionSyntax("limit", letter: "n", value: "N", "how many (10)"),
            OptionSyntax("schedule", value: "EXPR", "of this schedule; needs no host; may be repeated"),
            OptionSyntax("timezone", value: "ZONE", "the schedule's zone (the machine's)"),
            OptionSyntax("after", value: "TIME", "the instant to look from (now)"), .json, .config, .socket,
        ],
        notes: [
            "EXPR is five fields of cron, or six with seconds first, or @hourly and the like, or \"every 90s\". TIME is "
                + "2026-11-23, 2026-11-23T19:30:05, with Z or +01:00 for another zone than the schedule's, or seconds "
                + "since the epoch."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let limit = try arguments.whole("limit", in: 1...10_000) ?? 10
        let expressions = arguments.values("schedule")
        guard !expressions.isEmpty else {
            for option in ["timezone", "after"] where arguments.has(option) {
                throw Failure(code: ControlCode.usage, "--\(option) goes with --schedule")
            }
            let query = [("job", arguments.operand(0)), ("limit", "\(limit)")]
            let rows = try context.client(arguments).get("/v1/next", query).list ?? []
            try context.show(rows, json: arguments.has("json")) {
                lines($0, $1, context.time, job: arguments.operand(0))
            }
            return .done
        }
        if let job = arguments.operand(0) {
            throw Failure(code: ControlCode.usage, "a job (\(job)) and --schedule do not go together")
        }
        let zone: Zone
        let times: [Timestamp]
        do throws(Failure) {
            zone = try Zone.named(orSystem: arguments.value("timezone"))
            let after = try arguments.value("after").map { text throws(Failure) in try zone.instant(parsing: text) }
            times = try fireTimes(expressions, zone, after: after ?? context.time.now, limit: limit)
        } catch {
            throw Failure(code: ControlCode.usage, error.message, place: error.place, cure: error.cure)
        }
        try context.show(times.map { ["fire_time": .number($0.epoch)] }, json: arguments.has("json")) { _, _ in
            if times.isEmpty { return [none(expressions)] }
            return times.map { "\(zone.iso($0))  \(TimeText(zone: zone, now: context.time.now).distance($0.epoch))" }
        }
        return .done
    }

    /// The next instants of schedules taken together.
    static func fireTimes(
        _ expressions: [String], _ zone: Zone, after: Timestamp, limit: Int
    ) throws(Failure) -> [Timestamp] {
        let schedule = try JobSchedule(expressions, zone: zone)
        var times: [Timestamp] = []
        var last = after
        while times.count < limit, let next = schedule.next(after: last) {
            times.append(next)
            last = next
        }
        return times
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
        var table = TextTable([.init("FIRE TIME"), .init(""), .init("JOB", flexible: true)])
        for row in rows {
            table.add([
                .init(time.plain(row["fire_time"])), .init(row["fire_time"]?.double.map { time.distance($0) } ?? ""),
                .init(row["job"]?.text ?? "?"),
            ])
        }
        return table.lines(style)
    }
}
