import Scriptron

enum SettingsCommand: Command {
    static let syntax = CommandSyntax(
        name: "settings", operands: "JOB|PATH", operandCount: 1...1,
        summary: "List what a job takes, with its defaults, and what it gets, with who says so",
        options: [.json, .config, .socket],
        notes: ["A running host is asked; where there is none, the script and the configuration are read."])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let rows = try rows(context.job(arguments.operand(0) ?? ""), arguments, context)
        try context.show(rows, json: arguments.has("json")) { lines($0, $1) }
        return .done
    }

    /// The host's answer; of a script's path, and where no host runs, what its text and the configuration say.
    private static func rows(
        _ job: String, _ arguments: CommandArguments, _ context: CommandContext
    ) throws(Failure) -> [Value] {
        guard !job.hasPrefix("/") else {
            return try context.local.settings(job: job, try context.configuration(arguments))
        }
        do throws(Failure) {
            let name = PercentEncoding.encode(Array(job.utf8))
            return try context.client(arguments).get("/v1/jobs/\(name)/settings").list ?? []
        } catch {
            guard error.code == ControlCode.noHost, let place = try? context.configuration(arguments) else {
                throw error
            }
            return try context.local.settings(job: job, place)
        }
    }

    static func lines(_ rows: [Value], _ style: TextStyle) -> [String] {
        if rows.isEmpty { return ["The job takes no settings."] }
        var table = TextTable([
            .init("SETTING"), .init("TYPE"), .init("DEFAULT", flexible: true), .init("VALUE", flexible: true),
            .init("FROM"), .init("ABOUT", flexible: true),
        ])
        for row in rows {
            let isMissing = row["required"]?.bool == true && (row["value"] ?? .null).isNull
            table.add([
                .init(row["name"]?.text ?? "?"), .init(row["type"]?.text ?? "?"),
                .init(text(row["default"], of: row)),
                isMissing ? .init("(required)", .yellow) : .init(text(row["value"], of: row)),
                .init(source(row)), .init(row["about"]?.text ?? ""),
            ])
        }
        return table.lines(style)
    }

    /// Durations and sizes as people read them, all else as it is.
    private static func text(_ value: Value?, of row: Value) -> String {
        guard let value, !value.isNull else { return "" }
        switch row["type"]?.text {
        case "duration": return Quantity.seconds(value).map(Quantity.describe(seconds:)) ?? ValueText.short(value)
        case "size": return Quantity.bytes(value).map(Quantity.describe(bytes:)) ?? ValueText.short(value)
        default: return ValueText.short(value)
        }
    }

    /// `scriptron.lua:12`, or who gave it in a word.
    private static func source(_ row: Value) -> String {
        guard let place = row["place"]?.text else { return row["source"]?.text ?? "" }
        return String(place.split(separator: ": ").first ?? "")
    }
}
