import Scriptron

enum CheckCommand: Command {
    static let syntax = CommandSyntax(
        name: "check", summary: "Check the configuration and the jobs, without running anything",
        options: [.json, .config],
        notes: ["The exit code is 1 where something is wrong; warnings alone are not."])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let place = try context.configuration(arguments)
        let report = try context.local.check(place)
        try context.show(report.findings, json: arguments.has("json")) { rows, style in
            lines(rows, jobs: report.jobs.count, file: place.file ?? place.workingDirectory, style)
        }
        return report.findings.contains { $0["level"]?.text == "error" } ? .failed : .done
    }

    static func lines(_ findings: [Value], jobs: Int, file: Path, _ style: TextStyle) -> [String] {
        let errors = findings.filter { $0["level"]?.text == "error" }.count
        let warnings = findings.count - errors
        let rows = findings.flatMap { finding in
            let isError = finding["level"]?.text == "error"
            let failure = Failure(
                code: finding["code"]?.text ?? "", finding["message"]?.text ?? "?", place: finding["place"]?.text,
                cure: finding["cure"]?.text)
            let text = (isError ? "error: " : "warning: ") + failure.description.printable(lines: true)
            return style.wrap(text, indent: 2).map { style.paint($0, isError ? .red : .yellow) }
        }
        let total =
            errors + warnings == 0
            ? "nothing to complain of"
            : [counted(Int64(errors), "error"), counted(Int64(warnings), "warning")].joined(separator: ", ")
        return rows + style.wrap("\(file.text), \(counted(Int64(jobs), "job")): \(total).", indent: 2)
    }
}
