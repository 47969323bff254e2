import Scriptron

enum ShowCommand: Command {
    static let syntax = CommandSyntax(
        name: "show", operands: "RUN", operandCount: 1...1,
        summary: "Show all that is kept of a run", options: [.json, .config, .socket])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let run = try RunNumber.parse(arguments.operand(0) ?? "")
        let details = try context.client(arguments).get("/v1/runs/\(run)/details")
        try context.show([details], json: arguments.has("json")) { rows, style in
            rows.flatMap { lines($0, style, context.time) }
        }
        return .done
    }

    static func lines(_ run: Value, _ style: TextStyle, _ time: TimeText) -> [String] {
        head(run, style, time) + section("Result", run["result"], style) + error(run, style)
            + texts("Warnings", run["warnings"], style, .yellow) + texts("Refused", run["refusals"], style, .red)
            + attempts(run, style, time) + section("Settings", run["settings"], style)
            + section("Header, where it is not the default", run["header"], style)
            + section("Grant", run["grant"].map(GrantText.short), style) + log(run, style, time) + script(run, style)
    }

    private static func head(_ run: Value, _ style: TextStyle, _ time: TimeText) -> [String] {
        let outcome = OutcomeText.of(run)
        var first = "Run \(run["id"]?.integer ?? 0) of \(run["job"]?.text ?? "?"): "
        first += style.paint(outcome, OutcomeText.ink(outcome))
        if let reason = OutcomeText.reason(run) { first += ", " + reason }
        let limits = run["limits_hit"]?.list?.compactMap(\.text).joined(separator: ", ") ?? ""
        let sandbox = run["sandbox"]?.text ?? ""
        let cuts = run["cuts"]?.integer ?? 0
        let usage = [
            run["cpu_seconds"]?.double.map { TimeText.short(max(0, $0)) + " CPU" },
            run["max_rss_bytes"]?.integer.map { Quantity.describe(bytes: $0) + " memory" },
        ].compactMap { $0 }
        let rows: [(String, String)] = [
            ("trigger", trigger(run)), ("fire time", time.plainAndDistance(run["fire_time"])),
            ("started", time.plainAndDistance(run["started"])),
            ("took", time.duration(run["started"], run["finished"])), ("used", usage.joined(separator: ", ")),
            ("user", run["user"]?.text ?? ""), ("sandbox", sandbox), ("limits hit", limits),
            ("unkillable", run["unkillable"]?.integer.map { "process \($0): the kernel could not kill it" } ?? ""),
            ("version", run["version"]?.text ?? ""),
            ("then", followers(run)), ("cut", cuts == 0 ? "" : counted(cuts, "time") + " by the end of its host"),
        ]
        return style.wrap(first, indent: 2)
            + rows.filter { !$0.1.isEmpty }.flatMap { row in
                style.wrap("  " + row.0.padded(to: 12) + row.1.printable(), indent: 14).map {
                    row.0 == "sandbox" && isWeak(sandbox) ? style.paint($0, .red) : $0
                }
            }
    }

    /// Why it exists: the trigger, and the run that it follows or repeats.
    private static func trigger(_ run: Value) -> String {
        let word = run["trigger"]?.text ?? ""
        guard let parent = run["parent"]?.integer else { return word }
        return word == "after" ? "after run \(parent)" : "\(word), run \(parent) again"
    }

    /// The runs that followed it or repeated it: `run 18 of offsite (succeeded)`.
    private static func followers(_ run: Value) -> String {
        (run["children"]?.list ?? []).map { child in
            "run \(child["id"]?.integer ?? 0) of \(child["job"]?.text ?? "?") (\(OutcomeText.of(child)))"
        }.joined(separator: ", ")
    }

    /// Whether a sandbox, as the record tells of it, was not whole.
    private static func isWeak(_ sandbox: String) -> Bool {
        sandbox == "off" || sandbox.hasPrefix("off ") || sandbox.contains("(without ")
    }

    private static func section(_ title: String, _ value: Value?, _ style: TextStyle) -> [String] {
        guard let value, !value.isNull, value.map?.isEmpty != true else { return [] }
        return ["", style.paint(title, .bold)] + ValueText.lines(value, style, indent: 2)
    }

    private static func error(_ run: Value, _ style: TextStyle) -> [String] {
        guard let error = run["error"]?.text, !error.isEmpty else { return [] }
        return ["", style.paint("Error", .bold)]
            + error.printable(lines: true).split(separator: "\n").flatMap { style.wrap("  " + $0, indent: 4) }
    }

    private static func texts(
        _ title: String, _ value: Value?, _ style: TextStyle, _ ink: TextStyle.Ink
    ) -> [String] {
        let texts = value?.list?.compactMap(\.text) ?? []
        if texts.isEmpty { return [] }
        return ["", style.paint(title, .bold)]
            + texts.flatMap { style.wrap("  " + $0.printable(), indent: 4) }.map { style.paint($0, ink) }
    }

    private static func attempts(_ run: Value, _ style: TextStyle, _ time: TimeText) -> [String] {
        let attempts = run["attempts"]?.list ?? []
        guard attempts.count > 1 else { return [] }
        var table = TextTable([
            .init("ATTEMPT", right: true), .init("STARTED"), .init("TOOK", right: true), .init("OUTCOME"),
            .init("", flexible: true),
        ])
        for attempt in attempts {
            let outcome = attempt["outcome"]?.text ?? "running"
            table.add([
                .init(attempt["attempt"]?.integer.map(String.init) ?? "?"), .init(time.plain(attempt["started"])),
                .init(time.duration(attempt["started"], attempt["finished"])),
                .init(outcome, OutcomeText.ink(outcome)), .init(OutcomeText.remark(attempt)),
            ])
        }
        var narrow = style
        narrow.width -= 2
        return ["", style.paint("Attempts", .bold)] + table.lines(narrow).map { "  " + $0 }
    }

    private static func log(_ run: Value, _ style: TextStyle, _ time: TimeText) -> [String] {
        let log = run["log"]?.list ?? []
        if log.isEmpty { return [] }
        return ["", style.paint("Log (its end)", .bold)] + log.map { "  " + LogText.line($0, style, time) }
    }

    private static func script(_ run: Value, _ style: TextStyle) -> [String] {
        guard var script = run["script"]?.text, !script.isEmpty else { return [] }
        if script.hasSuffix("\n") { script.removeLast() }
        return ["", style.paint("Script", .bold)]
            + script.printable(lines: true).split(separator: "\n", omittingEmptySubsequences: false)
            .map { $0.isEmpty ? "" : "  " + $0 }
    }
}
