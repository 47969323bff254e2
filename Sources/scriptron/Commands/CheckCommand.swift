import Scriptron

enum CheckCommand: Command {
    static let syntax = CommandSyntax(
        name: "check", operands: "[JOB|FILE]...", operandCount: 0...1000,
        summary: "Check the configuration and the jobs, or some scripts, without running anything",
        options: [.json, .config],
        notes: [
            "Each script is loaded as the host would load it, and its text is gone through line by line: names that are "
                + "not there, options that a call does not take, settings that are declared and not used, needs that "
                + "are missing. Where the text does not say for certain what a name stands for, nothing is said of it.",
            "An error is what fails whenever a run comes to the line; a warning is what is probably not meant. The exit "
                + "code is 1 where there is an error; warnings alone are none.",
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let place = try context.configuration(arguments)
        let only = arguments.operands.map { context.job($0) }
        let report = try context.local.check(place, only: only)
        let file = (place.file ?? place.workingDirectory).text
        let subject =
            only.isEmpty
            ? "\(file), \(counted(Int64(report.jobs.count), "job"))"
            : only.count > 3 ? "\(only.count) scripts" : arguments.operands.joined(separator: ", ")
        try context.show(report.findings, json: arguments.has("json")) { lines($0, of: subject, $1) }
        return report.findings.contains { $0["level"]?.text == "error" } ? .failed : .done
    }

    static func lines(_ findings: [Value], of subject: String, _ style: TextStyle) -> [String] {
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
        return rows + style.wrap("\(subject): \(total).", indent: 2)
    }
}
