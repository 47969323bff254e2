import Scriptron

enum TestCommand: Command {
    static let syntax = CommandSyntax(
        name: "test", operands: "PATH|JOB", operandCount: 1...1,
        summary: "Show what a job would do, without doing it",
        options: [
            OptionSyntax("as", value: "JOB", "the job whose configuration applies (the one named after the script)"),
            OptionSyntax("set", value: "NAME=VALUE", "a setting for this try; may be repeated, also for one list"),
            OptionSyntax("at", value: "TIME", "the fire time that the script sees (now)"),
            OptionSyntax("verbose", letter: "v", "every step of a long plan, instead of groups"), .json, .config,
        ],
        notes: [
            "Nothing is changed: the script runs in a sandbox that may not write, signal, connect or start programs, "
                + "and what it would do is collected. The exit code is 0 where the run would have succeeded."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let at = try arguments.value("at").map { text throws(Failure) in
            do throws(Failure) {
                return try context.time.zone.instant(parsing: text)
            } catch {
                throw Failure(code: ControlCode.usage, error.message, cure: error.cure)
            }
        }
        let request = DryRunRequest(
            script: context.job(arguments.operand(0) ?? ""), job: arguments.value("as"),
            sets: arguments.values("set"), at: at)
        let report = try context.local.dryRun(request, try context.configuration(arguments))
        try context.show([report], json: arguments.has("json")) { rows, style in
            rows.flatMap { DryRunText.lines($0, style, context.time, whole: arguments.has("verbose")) }
        }
        return report["outcome"]?.text == Outcome.succeeded.rawValue ? .done : .failed
    }
}
