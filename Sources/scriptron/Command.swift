import Scriptron

/// One command of the command line.
protocol Command {
    static var syntax: CommandSyntax { get }

    /// Does it; what it throws is printed, and decides the exit code by `ExitCode`.
    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode
}

/// How a command ends, for whoever started it.
enum ExitCode: Int32 {
    case done = 0
    /// The job or the check failed, or the thing could not be done.
    case failed = 1
    /// The command was called wrongly.
    case usage = 2
    /// There is no such job or run.
    case missing = 3
    /// No host can be reached.
    case unreachable = 4

    init(for failure: Failure) {
        self =
            switch failure.code {
            case ControlCode.usage: .usage
            case ControlCode.noJob, ControlCode.noRun: .missing
            case ControlCode.noHost: .unreachable
            default: .failed
            }
    }
}

/// What a command works with.
struct CommandContext {
    let console: Console
    /// What is done in this process, without a running host.
    let local: any HostCommands
    let finder: HostFinder
    let time: TimeText

    /// A client of the host that the options or the configuration name.
    func client(_ arguments: CommandArguments) throws(Failure) -> HostClient {
        let socket = try finder.socket(option: arguments.value("socket"), config: arguments.value("config")) {
            place throws(Failure) in try local.locate(place).stateDirectory
        }
        return HostClient(socket: socket)
    }

    /// The configuration that the options or the environment name.
    func configuration(_ arguments: CommandArguments) throws(Failure) -> ConfigurationPlace {
        try finder.configuration(option: arguments.value("config"))
    }

    /// A job as the host takes it: a name as it is, a script's path absolute.
    func job(_ operand: String) -> String {
        guard operand.contains("/") || operand.hasSuffix(".lua") else { return operand }
        return finder.absolute(operand).text
    }

    /// Rows as JSON lines or as the lines of a table.
    func show(_ rows: [Value], json: Bool, lines: ([Value], TextStyle) -> [String]) throws(Failure) {
        if json {
            try console.json(rows)
        } else {
            console.lines(lines(rows, console.style))
        }
    }
}
