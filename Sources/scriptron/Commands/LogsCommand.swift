import Scriptron

enum LogsCommand: Command {
    static let syntax = CommandSyntax(
        name: "logs", operands: "JOB|RUN", operandCount: 1...1,
        summary: "Print what a run said, or a job's newest run",
        options: [
            OptionSyntax("follow", letter: "f", "go on until the run ends"), .json, .config, .socket,
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let client = try context.client(arguments)
        let run = try number(arguments.operand(0) ?? "", client)
        let json = arguments.has("json")
        try LogFollower(client: client, run: run).read(
            follow: arguments.has("follow"),
            line: { line throws(Failure) in
                if json {
                    try context.console.json([line])
                } else {
                    context.console.line(LogText.line(line, context.console.style, context.time))
                }
            },
            progress: { context.console.progress($0) })
        return .done
    }

    /// The run that is meant: by its number, or a job's newest that had an attempt.
    private static func number(_ operand: String, _ client: HostClient) throws(Failure) -> Int64 {
        if let number = Int64(operand), number > 0 { return number }
        let rows = try client.get("/v1/runs", [("job", operand), ("limit", "100")]).list ?? []
        let run = rows.first { ($0["attempt"]?.integer ?? 0) > 0 } ?? rows.first
        guard let number = run?["id"]?.integer else {
            throw Failure(
                code: ControlCode.noRun, "the job \(operand) has no runs yet",
                cure: "scriptron run \(operand) starts one")
        }
        return number
    }
}
