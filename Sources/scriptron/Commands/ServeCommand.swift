import Scriptron

enum ServeCommand: Command {
    static let syntax = CommandSyntax(
        name: "serve", summary: "Be the host: run the jobs on their schedules, until told to stop",
        options: [.config],
        notes: [
            "It stays in the foreground and stops by SIGTERM or SIGINT: no new run starts, and those that run get a "
                + "grace period. A second signal stops it at once."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let style = context.console.style
        let code = try context.local.serve(try context.configuration(arguments)) { status in
            StandardStream.output(ready(status, style).joined(separator: "\n") + "\n")
        }
        context.console.line("Scriptron has stopped.")
        return ExitCode(rawValue: code) ?? .failed
    }

    /// What is said when the host is up.
    static func ready(_ status: Value, _ style: TextStyle) -> [String] {
        let jobs = status["jobs"]
        var line = "Scriptron \(status["version"]?.text ?? "?") is up: "
        line += counted(jobs?["loaded"]?.integer ?? 0, "job")
        if let broken = jobs?["broken"]?.integer, broken > 0 { line += ", \(grouped(broken)) broken" }
        line += ", pid \(status["pid"]?.integer ?? 0), state in \(status["state_dir"]?.text ?? "?")."
        let warnings = status["warnings"]?.list?.compactMap(\.text) ?? []
        return style.wrap(line)
            + warnings.flatMap { style.wrap("warning: " + $0.printable(lines: true), indent: 2) }
            .map { style.paint($0, .yellow) }
    }
}
