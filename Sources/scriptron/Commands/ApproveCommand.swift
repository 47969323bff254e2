import Scriptron

enum ApproveCommand: Command {
    static let syntax = CommandSyntax(
        name: "approve", operands: "JOB", operandCount: 1...1,
        summary: "Let a job have the needs that wait for an approval",
        options: [.json, .config, .socket],
        notes: [
            "It is for jobs with approve = true in scriptron.lua. What waits is what scriptron jobs shows: +write /etc."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let job = context.job(arguments.operand(0) ?? "")
        let answer = try context.client(arguments).post(
            "/v1/jobs/\(PercentEncoding.encode(Array(job.utf8)))/approve", [:])
        try context.show([answer], json: arguments.has("json")) { lines($0, $1) }
        return .done
    }

    static func lines(_ rows: [Value], _ style: TextStyle) -> [String] {
        rows.flatMap { row in
            let approved = row["approved"]?.list?.compactMap(\.text) ?? []
            return ["Approved for \(row["job"]?.text ?? "?"):"] + approved.flatMap { style.wrap("  " + $0, indent: 4) }
        }
    }
}
