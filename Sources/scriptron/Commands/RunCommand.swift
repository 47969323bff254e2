import Scriptron

enum RunCommand: Command {
    static let syntax = CommandSyntax(
        name: "run", operands: "JOB", operandCount: 1...1, summary: "Run a job now, and show what it says",
        options: [
            OptionSyntax("set", value: "NAME=VALUE", "a setting for this run; may be repeated, also for one list"),
            OptionSyntax("grant", value: "KIND=VALUE", "what it may touch beyond its needs, this once: write=/srv"),
            OptionSyntax(
                "learn", "run it within the ceiling alone, and print the smallest needs that would have served"),
            OptionSyntax("detach", "print the run's number and do not wait for its end"), .json, .config, .socket,
        ],
        notes: [
            "JOB is a job's name or a script's path. Where no host is running, this command is the host of the one run, "
                + "and ending it cancels the run; else ending it does not end the run: scriptron cancel does. The exit "
                + "code is 0 where the run succeeded."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let request = StartRequest(
            job: context.job(arguments.operand(0) ?? ""), sets: arguments.values("set"),
            grants: arguments.values("grant"), learns: arguments.has("learn"))
        return try follow(request, arguments, context) { (client) throws(Failure) in try start(request, client) }
    }

    /// Has a host start a run, and shows what it says and how it ends; where no host is running, this process is the
    /// host of the one run that `request` means.
    static func follow(
        _ request: StartRequest, _ arguments: CommandArguments, _ context: CommandContext,
        start: (HostClient) throws(Failure) -> Int64
    ) throws(Failure) -> ExitCode {
        let json = arguments.has("json")
        let client = try context.client(arguments)
        let number: Int64
        do throws(Failure) {
            number = try start(client)
        } catch  where error.code == ControlCode.noHost && !arguments.has("detach") && !arguments.has("socket") {
            let (console, time) = (context.console, context.time)
            let row = try context.local.runAlone(request, try context.configuration(arguments)) { line in
                if !json { console.line(LogText.line(line, console.style, time)) }
            }
            return try finish(row, json, context)
        }
        if arguments.has("detach") {
            if json { try context.console.json([["id": .int(number)]]) } else { context.console.line("\(number)") }
            return .done
        }
        try LogFollower(client: client, run: number).read(
            follow: true,
            line: { if !json { context.console.line(LogText.line($0, context.console.style, context.time)) } },
            progress: { if !json { context.console.progress($0) } })
        return try finish(try wait(number, client), json, context)
    }

    private static func start(_ request: StartRequest, _ client: HostClient) throws(Failure) -> Int64 {
        let body: Value = [
            "job": .text(request.job), "sets": .texts(request.sets), "grants": .texts(request.grants),
            "learn": .bool(request.learns),
        ]
        guard let number = try client.post("/v1/runs", body)["id"]?.integer else {
            throw Failure(code: "EHTTP", "the host's answer names no run")
        }
        return number
    }

    /// The run's row when it has ended.
    private static func wait(_ number: Int64, _ client: HostClient) throws(Failure) -> Value {
        while true {
            let row = try client.get("/v1/runs/\(number)", wait: LogFollower.wait)
            if row["outcome"]?.text != nil { return row }
        }
    }

    private static func finish(_ row: Value, _ json: Bool, _ context: CommandContext) throws(Failure) -> ExitCode {
        try context.show([row], json: json) { rows, style in rows.flatMap { lines($0, style, context.time) } }
        return exitCode(row)
    }

    /// A run that its own script skipped did what it should; one that never started did not.
    static func exitCode(_ row: Value) -> ExitCode {
        switch row["outcome"]?.text.flatMap(Outcome.init) {
        case .succeeded: .done
        case .skipped where (row["attempt"]?.integer ?? 0) > 0: .done
        default: .failed
        }
    }

    static func lines(_ row: Value, _ style: TextStyle, _ time: TimeText) -> [String] {
        let outcome = OutcomeText.of(row)
        var text = "Run \(row["id"]?.integer ?? 0) of \(row["job"]?.text ?? "?"): "
        text += style.paint(outcome, OutcomeText.ink(outcome))
        let took = time.duration(row["started"], row["finished"])
        if !took.isEmpty { text += " in " + took }
        let warnings = row["warnings"]?.list?.compactMap(\.text) ?? []
        if !warnings.isEmpty { text += ", " + counted(Int64(warnings.count), "warning") }
        if let reason = OutcomeText.reason(row) { text += ": " + reason }
        var lines = style.wrap(text, indent: 2)
        lines += warnings.flatMap { style.wrap("  warning: " + $0.printable(), indent: 4) }
            .map { style.paint($0, .yellow) }
        if let error = row["error"]?.text, !error.isEmpty {
            lines += error.printable(lines: true).split(separator: "\n").flatMap { style.wrap("  " + $0, indent: 4) }
                .map { style.paint($0, .red) }
        }
        if let result = row["result"], !result.isNull {
            lines += ValueText.lines(result, style, indent: 2)
        }
        if let learned = row["learned"], !learned.isNull {
            lines += [
                "",
                "The smallest needs that would have served, for jobs.\(row["job"]?.text ?? "NAME") in scriptron.lua:",
            ]
            lines += NeedsText.lines(learned)
        }
        return lines
    }
}
