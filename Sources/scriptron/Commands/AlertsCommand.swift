import Scriptron

enum AlertsCommand: Command {
    static let syntax = CommandSyntax(
        name: "alerts", operands: "[ack NAME | silence NAME | test CHANNEL]", operandCount: 0...2,
        summary: "List what is wrong, and how the channels do; acknowledge, silence, or test a channel",
        options: [
            OptionSyntax("closed", "those that are over, instead"),
            OptionSyntax("for", value: "DURATION", "how long a silence lasts (1h); 0 ends it"),
            OptionSyntax("limit", letter: "n", value: "N", "how many (1000)"), .json, .config, .socket,
        ],
        notes: [
            "ack ends the reminders of an alert until it is over. silence holds back messages about a name, or about "
                + "all that begin so where it ends in a star: scriptron alerts silence 'health.*' --for 2h. What still "
                + "goes on afterwards is told then."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let client = try context.client(arguments)
        guard let verb = arguments.operand(0) else {
            let limit = try arguments.whole("limit", in: 1...10_000) ?? 1000
            let query = [("closed", arguments.has("closed") ? "1" : nil), ("limit", "\(limit)")]
            let answer = try client.get("/v1/alerts", query)
            if arguments.has("json") {
                try context.console.json(answer["alerts"]?.list ?? [])
            } else {
                context.console.lines(lines(answer, context.console.style, context.time))
            }
            return .done
        }
        guard let name = arguments.operand(1) else {
            throw Failure(code: ControlCode.usage, "\(verb) needs a name", cure: "usage: " + syntax.usage)
        }
        switch verb {
        case "ack":
            _ = try client.post("/v1/alerts/acknowledge", ["name": .text(name)])
            context.console.line("Alert \(name.printable()) is acknowledged: no more reminders until it is over.")
        case "silence":
            guard let seconds = Quantity.seconds(.text(arguments.value("for") ?? "1h")) else {
                throw Failure(
                    code: ControlCode.usage,
                    "--for takes a duration such as 2h, not \"\(arguments.value("for") ?? "")\"")
            }
            let answer = try client.post("/v1/alerts/silence", ["name": .text(name), "seconds": .number(seconds)])
            let until = context.time.plain(answer["until"])
            context.console.line(
                seconds == 0
                    ? "The silence of \(name.printable()) is over."
                    : "Nobody hears of \(name.printable()) until \(until).")
        case "test":
            _ = try client.post("/v1/channels/\(try channel(name))/test", [:])
            context.console.line("Channel \(name.printable()) has taken the test.")
        default:
            throw Failure(
                code: ControlCode.usage, "alerts cannot \"\(verb)\"", cure: "it can ack, silence and test")
        }
        return .done
    }

    private static func channel(_ name: String) throws(Failure) -> String {
        if name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "-_".contains($0)) }) { return name }
        throw Failure(code: ControlCode.usage, "\"\(name)\" is no channel's name")
    }

    static func lines(_ answer: Value, _ style: TextStyle, _ time: TimeText) -> [String] {
        let rows = answer["alerts"]?.list ?? []
        var lines: [String] = []
        if rows.isEmpty {
            lines.append("No alerts.")
        } else {
            var table = TextTable([
                .init("STATE"), .init("SEVERITY"), .init("NAME", flexible: true), .init("SINCE"),
                .init("SUMMARY", flexible: true),
            ])
            for row in rows {
                let state = row["state"]?.text ?? "?"
                let ink: TextStyle.Ink? = state == "firing" ? .red : state == "pending" ? .yellow : nil
                var summary = row["summary"]?.text ?? ""
                if let person = row["acknowledged_by"]?.text { summary += " (acknowledged by \(person))" }
                if row["silenced_until"]?.double != nil { summary += " (silenced)" }
                if state == "resolved", let reason = row["reason"]?.text { summary += " (\(reason))" }
                table.add([
                    .init(state, ink), .init(row["severity"]?.text ?? "?"), .init(row["name"]?.text ?? "?"),
                    .init(time.plain(row["since"])), .init(summary),
                ])
            }
            lines += table.lines(style)
        }
        for silence in answer["silences"]?.list ?? [] {
            let name = (silence["name"]?.text ?? "?").printable()
            lines += style.wrap(
                "silence: \(name) until \(time.plain(silence["until"])), by \((silence["by"]?.text ?? "?").printable())"
            )
        }
        for channel in answer["channels"]?.list ?? [] {
            let name = "channel \((channel["name"]?.text ?? "?").printable())"
            let waiting = channel["waiting"]?.integer ?? 0
            let lost = channel["given_up"]?.integer ?? 0
            var parts: [String] = []
            if waiting > 0 { parts.append("\(counted(waiting, "alert")) waiting") }
            if lost > 0 { parts.append("\(counted(lost, "alert")) given up") }
            if let error = channel["error"]?.text { parts.append(error.printable()) }
            if parts.isEmpty { continue }
            lines += style.wrap("\(name): " + parts.joined(separator: ", "), indent: 2).map { style.paint($0, .yellow) }
        }
        if answer["channels"]?.list?.isEmpty == true {
            lines += style.wrap("No channel is set: alerts are kept, and sent to nobody.", indent: 2)
        }
        return lines
    }
}
