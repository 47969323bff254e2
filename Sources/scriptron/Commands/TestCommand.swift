import Scriptron

enum TestCommand: Command {
    static let syntax = CommandSyntax(
        name: "test", operands: "PATH|JOB", operandCount: 1...100,
        summary: "Show what a job would do, without doing it, or run the specs of jobs",
        options: [
            OptionSyntax("as", value: "JOB", "the job whose configuration applies (the one named after the script)"),
            OptionSyntax("set", value: "NAME=VALUE", "a setting for this try; may be repeated, also for one list"),
            OptionSyntax("settings", value: "FILE", "settings out of a file: Lua that returns a table, or JSON"),
            OptionSyntax("at", value: "TIME", "the fire time that the script sees (now)"),
            OptionSyntax(
                "network", "really ask the network what only reads (GET, HEAD, net.*, queries), within the grant"),
            OptionSyntax("shadow", "really run it and its programs, against overlays of all files, without a network"),
            OptionSyntax("shadow-size", value: "SIZE", "what such a run may change, in memory (1GiB)"),
            OptionSyntax("verbose", letter: "v", "every step of a long plan, instead of groups"),
            OptionSyntax("spec", "the operands are specs of jobs, or directories of them: run these"),
            OptionSyntax("only", value: "TEXT", "of the specs' cases those that have this in their name"), .json,
            .config,
        ],
        notes: [
            "Nothing is changed: the script runs in a sandbox that may not write, signal, connect or start programs, "
                + "and what it would do is collected. The exit code is 0 where the run would have succeeded.",
            "With --spec each case of the specs (JOB_spec.lua, beside JOB.lua) makes its own tree in a directory that is "
                + "thrown away, runs the job there in the same way, and compares. The exit code is 0 where all came as "
                + "expected.",
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        if arguments.has("spec") { return try specs(arguments, context) }
        guard arguments.operands.count == 1 else {
            throw Failure(
                code: ControlCode.usage, "test takes one job", cure: "for specs of jobs say scriptron test --spec PATH…"
            )
        }
        let at = try arguments.value("at").map { text throws(Failure) in
            do throws(Failure) {
                return try context.time.zone.instant(parsing: text)
            } catch {
                throw Failure(code: ControlCode.usage, error.message, cure: error.cure)
            }
        }
        var request = DryRunRequest(
            script: context.job(arguments.operand(0) ?? ""), job: arguments.value("as"),
            sets: arguments.values("set"), at: at)
        if let file = arguments.value("settings") { request.settings = (context.finder.absolute(file), file) }
        request.network = arguments.has("network")
        request.shadow = try shadowSize(arguments)
        let report = try context.local.dryRun(request, try context.configuration(arguments))
        try context.show([report], json: arguments.has("json")) { rows, style in
            rows.flatMap { DryRunText.lines($0, style, context.time, whole: arguments.has("verbose")) }
        }
        return report["outcome"]?.text == Outcome.succeeded.rawValue ? .done : .failed
    }

    /// How much a run in the shadow may change, in bytes; nil: it is to be planned.
    private static func shadowSize(_ arguments: CommandArguments) throws(Failure) -> Int64? {
        let text = arguments.value("shadow-size")
        guard arguments.has("shadow") else {
            guard text != nil else { return nil }
            throw Failure(
                code: ControlCode.usage, "--shadow-size goes with --shadow", cure: "say --shadow too, or leave it out")
        }
        if arguments.has("network") {
            throw Failure(
                code: ControlCode.usage, "--network does not go with --shadow, which has no network",
                cure: "leave one of them out")
        }
        guard let text else { return 1 << 30 }
        guard let size = Quantity.bytes(.text(text)), size >= 1 << 20 else {
            throw Failure(
                code: ControlCode.usage, "--shadow-size takes a size from 1MiB on, not \"\(text)\"",
                cure: "write it as 512MiB or 2GiB")
        }
        return size
    }

    private static func specs(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        for option in ["as", "set", "settings", "at", "network", "shadow", "shadow-size", "verbose", "config"]
        where arguments.has(option) {
            throw Failure(
                code: ControlCode.usage, "--\(option) does not go with --spec",
                cure: "a spec says itself with which settings and when its job runs")
        }
        let started = Monotonic.now
        let isJSON = arguments.has("json")
        let operands = arguments.operands.map { ($0, context.finder.absolute($0)) }
        var (passed, failed) = (0, 0)
        var spec = ""
        try context.local.specs(operands, only: arguments.value("only")) { row throws(Failure) in
            if row["outcome"]?.text == "passed" { passed += 1 } else { failed += 1 }
            if isJSON { return try context.console.json([row]) }
            let name = row["spec"]?.text ?? ""
            if name != spec {
                context.console.lines(
                    (spec.isEmpty ? [] : [""]) + [context.console.style.paint(name.printable(), .bold)])
                spec = name
            }
            context.console.lines(SpecText.lines(row, context.console.style))
        }
        guard passed + failed > 0 else {
            throw Failure(
                code: ControlCode.noJob, "no case was run", cure: "--only takes a part of the name of a case")
        }
        if !isJSON {
            let seconds = Monotonic.now - started
            context.console.lines([
                "", SpecText.summary(passed: passed, failed: failed, seconds: seconds, context.console.style),
            ])
        }
        return failed == 0 ? .done : .failed
    }
}
