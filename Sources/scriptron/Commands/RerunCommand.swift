import Scriptron

enum RerunCommand: Command {
    static let syntax = CommandSyntax(
        name: "rerun", operands: "RUN", operandCount: 1...1,
        summary: "Run again what an earlier run ran, and show what it says",
        options: [
            OptionSyntax("detach", "print the new run's number and do not wait for its end"), .json, .config, .socket,
        ],
        notes: [
            "The new run has the text, the settings and the fire time of the earlier one; what it may touch is what "
                + "the configuration allows now. Where no host is running, this command is the host of the one run."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let run = try RunNumber.parse(arguments.operand(0) ?? "")
        let request = StartRequest(job: "", repeats: run)
        return try RunCommand.follow(request, arguments, context) { (client) throws(Failure) in
            guard let number = try client.post("/v1/runs/\(run)/rerun", [:])["id"]?.integer else {
                throw Failure(code: "EHTTP", "the host's answer names no run")
            }
            return number
        }
    }
}
