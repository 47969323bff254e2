import Scriptron

enum PauseCommand: Command {
    static let syntax = CommandSyntax(
        name: "pause", operands: "[JOB …]", operandCount: 0...1000,
        summary: "Keep jobs from running, or all of them, until they are resumed",
        options: [
            OptionSyntax("for", value: "DURATION", "how long (until scriptron resume)"), .json, .config, .socket,
        ],
        notes: [
            "The fire times of a paused job are skipped, on record. What has begun goes on, its further attempts "
                + "included, and people may start runs. A pause outlives the host."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let jobs = arguments.operands.map(context.job)
        let seconds = try PauseText.duration(arguments)
        let answer = try context.client(arguments).post(
            "/v1/pauses", ["jobs": .texts(jobs), "seconds": seconds.map { .number($0) } ?? .null])
        try context.show([answer], json: arguments.has("json")) { _, style in
            let until = context.time.plain(seconds.map { .number(context.time.now.epoch + $0) })
            let what = jobs.isEmpty ? "All jobs are" : jobs.count == 1 ? "\(jobs[0]) is" : "\(jobs.count) jobs are"
            let resume = "scriptron resume" + (jobs.isEmpty ? "" : " " + jobs.joined(separator: " "))
            let end = until.isEmpty ? "until \(resume)" : "until \(until), or \(resume)"
            return style.wrap("\(what) paused: fire times are skipped \(end).", indent: 2)
        }
        return .done
    }
}

enum ResumeCommand: Command {
    static let syntax = CommandSyntax(
        name: "resume", operands: "[JOB …]", operandCount: 0...1000,
        summary: "End what pauses jobs, or what pauses or drains the host",
        options: [.json, .config, .socket],
        notes: ["Without a job it ends what pauses all of them. Jobs that are paused by their names stay so."])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let jobs = arguments.operands.map(context.job)
        let answer = try context.client(arguments).post("/v1/pauses/end", ["jobs": .texts(jobs)])
        try context.show([answer], json: arguments.has("json")) { _, style in
            let ended = (answer["resumed"]?.list ?? []).map { PauseText.of($0, context.time, isOver: true) }
            let left = (answer["paused"]?.list ?? []).map { PauseText.of($0, context.time) }
            return ended.flatMap { style.wrap("Over: \($0).", indent: 2) }
                + left.flatMap { style.wrap(style.paint("Still: \($0).", .yellow), indent: 2) }
        }
        return .done
    }
}

enum DrainCommand: Command {
    static let syntax = CommandSyntax(
        name: "drain", summary: "Start nothing more, and let what runs finish: before an upgrade, say",
        options: [
            OptionSyntax("wait", "return when nothing runs any more"), .json, .config, .socket,
        ],
        notes: [
            "Fire times are skipped, on record; runs that wait are held, those that wait for a further attempt too, and "
                + "nobody can start one. It outlives the host: scriptron resume ends it."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let client = try context.client(arguments)
        var answer = try client.post("/v1/pauses", ["drain": true])
        func running() -> Int64 { answer["running"]?.integer ?? 0 }
        if arguments.has("wait") {
            while running() > 0 { answer = try client.get("/v1/pauses", wait: LogFollower.wait) }
        }
        try context.show([answer], json: arguments.has("json")) { _, style in
            let held = answer["waiting"]?.integer ?? 0
            var text = "Nothing starts until scriptron resume; "
            text +=
                running() == 0 ? "nothing runs" : "\(counted(running(), "run")) \(running() == 1 ? "goes" : "go") on"
            if held > 0 { text += ", \(grouped(held)) \(held == 1 ? "waits" : "wait")" }
            return style.wrap(text + ".", indent: 2)
        }
        return .done
    }
}

/// Pauses in words.
enum PauseText {
    /// `backup is paused since 2026-11-23 19:30:05 by anna, until 2026-11-23 21:30:05`.
    static func of(_ pause: Value, _ time: TimeText, isOver: Bool = false) -> String {
        let isAll = pause["job"]?.text == Pause.everything
        let isDrain = pause["kind"]?.text == Pause.Kind.drain.rawValue
        let (one, all) = isOver ? ("was", "were") : ("is", "are")
        var text =
            isDrain
            ? "the host \(one) drained"
            : isAll ? "all jobs \(all) paused" : "\(pause["job"]?.text ?? "?") \(one) paused"
        text += " since \(time.plain(pause["since"])) by \(pause["by"]?.text?.printable() ?? "?")"
        if !isOver, let until = pause["until"], !until.isNull {
            text += ", until \(time.plain(until))"
        }
        return text
    }

    /// The seconds of `--for`.
    static func duration(_ arguments: CommandArguments) throws(Failure) -> Double? {
        guard let text = arguments.value("for") else { return nil }
        guard let seconds = Quantity.seconds(.text(text)), seconds > 0 else {
            throw Failure(code: ControlCode.usage, "--for takes a duration such as 2h, not \"\(text)\"")
        }
        return seconds
    }
}
