import Scriptron

enum StatusCommand: Command {
    static let syntax = CommandSyntax(
        name: "status", summary: "Show the host at a glance", options: [.json, .config, .socket])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let status = try context.client(arguments).get("/v1/status")
        try context.show([status], json: arguments.has("json")) { rows, style in
            rows.flatMap { lines($0, style, context.time) }
        }
        return .done
    }

    private static func alerts(_ counts: Value?, _ style: TextStyle) -> String {
        let firing = counts?["firing"]?.integer ?? 0
        if firing == 0 { return "none" }
        return style.paint("\(grouped(firing)) firing", .red) + " (scriptron alerts)"
    }

    static func lines(_ status: Value, _ style: TextStyle, _ time: TimeText) -> [String] {
        func text(_ key: String) -> String { status[key]?.text?.printable() ?? "?" }
        func count(_ value: Value?) -> String { value?.integer.map { grouped($0) } ?? "?" }
        let jobs = status["jobs"] ?? .null
        let kinds = ["broken", "unconfigured", "disabled"].compactMap { kind -> String? in
            guard let number = jobs[kind]?.integer, number > 0 else { return nil }
            return style.paint("\(grouped(number)) \(kind)", kind == "broken" ? .red : .yellow)
        }
        var store = status["store"]?["bytes"]?.integer.map { Quantity.describe(bytes: $0) } ?? "?"
        if let free = status["store"]?["free"]?.integer { store += ", \(Quantity.describe(bytes: free)) free" }
        var host = "Scriptron \(text("version")), pid \(status["pid"]?.integer ?? 0), as \(text("user"))"
        if let started = status["started"]?.double {
            host += ", up \(Quantity.describe(seconds: max(0, time.now.epoch - started)))"
        }
        if status["stopping"]?.bool == true { host += ", " + style.paint("stopping", .yellow) }
        var rows = [
            ("host", host), ("configuration", text("config")), ("state", text("state_dir")), ("store", store),
            ("sandbox", text("sandbox")),
            ("jobs", (["\(count(jobs["loaded"])) loaded"] + kinds).joined(separator: ", ")),
            (
                "runs",
                "\(count(status["running"])) running of at most \(count(status["concurrency"])), "
                    + "\(count(status["waiting"])) waiting"
            ),
        ]
        let paused = (status["paused"]?.list ?? []).map { style.paint(PauseText.of($0, time), .yellow) }
        if !paused.isEmpty { rows.append(("paused", paused.joined(separator: "; "))) }
        if let counts = status["alerts"] { rows.append(("alerts", alerts(counts, style))) }
        let warnings = status["warnings"]?.list?.compactMap(\.text) ?? []
        return rows.flatMap { style.wrap($0.0.padded(to: 15) + $0.1, indent: 15) }
            + warnings.flatMap {
                style.wrap(style.paint("warning", .yellow) + "        " + $0.printable(lines: true), indent: 15)
            }
    }
}
