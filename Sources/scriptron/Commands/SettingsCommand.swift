import Scriptron

enum SettingsCommand: Command {
    static let syntax = CommandSyntax(
        name: "settings", operands: "JOB", operandCount: 1...1,
        summary: "List what a job takes, and what it gets", options: [.json, .config, .socket])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let job = arguments.operand(0) ?? ""
        let rows =
            try context.client(arguments).get("/v1/jobs/\(PercentEncoding.encode(Array(job.utf8)))/settings").list ?? []
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
                isMissing ? .init("(required)", .yellow) : .init(value(row)),
                .init(row["source"]?.text ?? ""), .init(row["about"]?.text ?? ""),
            ])
        }
        return table.lines(style)
    }

    /// Durations and sizes as people read them, all else as it is.
    private static func value(_ row: Value) -> String {
        let value = row["value"] ?? .null
        switch row["type"]?.text {
        case "duration": return Quantity.seconds(value).map(Quantity.describe(seconds:)) ?? ValueText.short(value)
        case "size": return Quantity.bytes(value).map(Quantity.describe(bytes:)) ?? ValueText.short(value)
        default: return ValueText.short(value)
        }
    }
}
