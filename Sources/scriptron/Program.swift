import Scriptron

/// The command line: which command is meant, and what becomes of its errors.
enum Program {
    static var commands: [any Command.Type] {
        [
            ServeCommand.self, RunCommand.self, TestCommand.self, StatusCommand.self, JobsCommand.self,
            NextCommand.self, HistoryCommand.self, ShowCommand.self, LogsCommand.self, CheckCommand.self,
            RerunCommand.self, CancelCommand.self, PauseCommand.self, ResumeCommand.self, DrainCommand.self,
            AlertsCommand.self, ApproveCommand.self, SettingsCommand.self, QueueCommand.self,
            InitCommand.self, NewCommand.self, APICommand.self, DoctorCommand.self,
        ]
    }

    /// Does what the words behind the program's name say.
    static func run(_ words: [String], _ context: CommandContext) -> ExitCode {
        do throws(Failure) {
            return try dispatch(words, context)
        } catch {
            context.console.complain(error)
            return ExitCode(for: error)
        }
    }

    private static func dispatch(_ words: [String], _ context: CommandContext) throws(Failure) -> ExitCode {
        guard let name = words.first else {
            context.console.lines(help(context.console.style))
            return .usage
        }
        let rest = words.dropFirst()
        switch name {
        case "--version", "version":
            context.console.line(Scriptron.version)
            return .done
        case "--help", "-h", "help":
            guard let wanted = rest.first else {
                context.console.lines(help(context.console.style))
                return .done
            }
            context.console.lines(try command(wanted).syntax.help(width: context.console.style.width))
            return .done
        default:
            let command = try command(name)
            let arguments = try CommandArguments(rest, for: command.syntax)
            if arguments.wantsHelp {
                context.console.lines(command.syntax.help(width: context.console.style.width))
                return .done
            }
            return try command.run(arguments, context)
        }
    }

    private static func command(_ name: String) throws(Failure) -> any Command.Type {
        if let command = commands.first(where: { $0.syntax.name == name }) { return command }
        let known = commands.map { $0.syntax.name } + ["help"]
        let near = Nearest.names(to: name, among: known, limit: 1).first
        throw Failure(
            code: ControlCode.usage, "there is no command \"\(name)\"",
            cure: near.map { "did you mean scriptron \($0)" } ?? "scriptron help lists them")
    }

    private static func help(_ style: TextStyle) -> [String] {
        let width = (commands.map { $0.syntax.name.count }.max() ?? 0) + 2
        return [
            "Scriptron \(Scriptron.version) runs maintenance jobs on a schedule, in a sandbox.", "",
            "Usage: scriptron COMMAND [OPTIONS]", "",
        ]
            + commands.flatMap { command in
                style.wrap("  " + command.syntax.name.padded(to: width) + command.syntax.summary, indent: width + 2)
            } + ["", "scriptron help COMMAND explains one; scriptron --version prints the version."]
    }
}
