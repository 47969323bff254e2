import Scriptron

enum SettingsCommand: Command {
    static let syntax = CommandSyntax(
        name: "settings", operands: "JOB", operandCount: 1...1,
        summary: "List what a job takes, and what it gets", options: [.json, .config, .socket])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let job = arguments.operand(0) ?? ""
        let rows = try context.client(arguments).get("/v1/jobs/\(HostClient.escaped(job))/settings").list ?? []
        try context.show(rows, json: arguments.has("json")) { lines($0, $1) }
        return .done
    }

    static func lines(_ rows: [Value], _ style: TextStyle) -> [String] {
        if rows.isEmpty { return ["The job takes no settings."] }
        var table = TextTable([
            .init("SETTING"), .init("TYPE"), .init("VALUE", flexible: true), .init("FROM"),
            .init("ABOUT", flexible: true),
        ])
        for row in rows {
            let isMissing = row["required"]?.bool == true && (row["value"] ?? .null).isNull
            table.add([
                .init(row["name"]?.text ?? "?"), .init(row["type"]?.text ?? "?"),
                isMissing ? .init("(required)", .yellow) : .init(ValueText.short(row["value"] ?? .null)),
                .init(row["source"]?.text ?? ""), .init(row["about"]?.text ?? ""),
            ])
        }
        return table.lines(style)
    }
}
