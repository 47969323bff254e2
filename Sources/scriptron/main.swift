import Scriptron

// Before anything else: the zygote must stay a process of one thread.
Scriptron.serveHidden(Array(CommandLine.arguments.dropFirst()))

let console = Console.standard()
let words = Array(CommandLine.arguments.dropFirst())
var code: ExitCode
do throws(Failure) {
    let context = CommandContext(
        console: console, local: Scriptron.commands(), finder: try HostFinder.current(), time: TimeText.current())
    code = Program.run(words, context)
} catch {
    console.complain(error)
    code = .failed
}
if let lost = StandardStream.failure {
    console.complain(lost.failure(cure: "free space where the output goes, or let it go elsewhere"))
    if code == .done { code = .failed }
}
ProcessEnvironment.exit(code.rawValue)
