import Scriptron

enum CancelCommand: Command {
    static let syntax = CommandSyntax(
        name: "cancel", operands: "RUN", operandCount: 1...1, summary: "End a run that goes on",
        options: [.config, .socket])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let run = try RunNumber.parse(arguments.operand(0) ?? "")
        _ = try context.client(arguments).post("/v1/runs/\(run)/cancel", [:])
        context.console.line("Run \(run) is being cancelled.")
        return .done
    }
}

/// The numbers of runs on the command line.
enum RunNumber {
    static func parse(_ text: String) throws(Failure) -> Int64 {
        guard let number = Int64(text), number > 0 else {
            throw Failure(
                code: ControlCode.usage, "\"\(text)\" is no run's number", cure: "scriptron history lists the runs")
        }
        return number
    }
}
