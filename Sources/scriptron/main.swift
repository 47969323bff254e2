import Scriptron

// Before anything else: the zygote must stay a process of one thread.
if CommandLine.arguments.dropFirst().first == "zygote" { Zygote.main() }
if CommandLine.arguments.dropFirst().first == DiskProbeCommand.name { DiskProbeCommand.main() }

/// Stands where the daemon's commands will: says that they are not part of this build.
private struct ClientOnly: HostCommands {
    private var failure: Failure { Failure(code: "ENOTSUP", "this build is a client only: it has no host inside") }

    func serve(_ place: ConfigurationPlace, ready: @escaping @Sendable (Value) -> Void) throws(Failure) -> Int32 {
        throw failure
    }
    func check(_ place: ConfigurationPlace) throws(Failure) -> CheckReport { throw failure }
    func dryRun(_ request: DryRunRequest, _ place: ConfigurationPlace) throws(Failure) -> Value { throw failure }
    func runAlone(
        _ request: StartRequest, _ place: ConfigurationPlace, line: @escaping @Sendable (Value) -> Void
    ) throws(Failure) -> Value { throw failure }
    func locate(_ place: ConfigurationPlace) throws(Failure) -> (stateDirectory: Path, jobsDirectory: Path) {
        throw failure
    }
}

let console = Console.standard()
let words = Array(CommandLine.arguments.dropFirst())
let code: ExitCode
do throws(Failure) {
    let context = CommandContext(
        console: console, local: ClientOnly(), finder: try HostFinder.current(), time: TimeText.current())
    code = Program.run(words, context)
} catch {
    console.complain(error)
    code = .failed
}
ProcessEnvironment.exit(code.rawValue)
