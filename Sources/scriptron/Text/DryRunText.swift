import Scriptron

/// A dry run for people: what the job is, what it needs, what it would do in order, and how that would end.
///
/// The value has the keys `job script about schedule timezone next needs refused plan totals log warnings alerts
/// outcome reason error result smallest_needs`. `needs` and `smallest_needs` map kinds (`read`, `write`, `run`, …) to
/// lists of texts; `refused` lists texts; a step of `plan` has `effect` and its arguments (`path`, or `from` and `to`,
/// `bytes`, `argv`, …), and `assumed` where it follows from an assumed answer; `totals` is a list of `effect count
/// bytes`.
enum DryRunText {
    /// The most columns, whatever the terminal has: dry runs are kept and compared.
    static let widest = 80

    /// - Parameter whole: Whether long plans are shown step by step too.
    static func lines(_ report: Value, _ style: TextStyle, _ time: TimeText, whole: Bool = false) -> [String] {
        var style = style
        style.width = min(style.width, widest)
        // Where its needs are refused, what they would have come to is not known.
        let isGranted = report["needs"] != nil || report["refused"]?.list?.isEmpty ?? true
        let isBounded = report["ceiling"].map { !$0.isNull } ?? false
        let title = isBounded ? "Needs, all within the ceiling" : "Needs"
        let parts = [
            head(report, style, time), isGranted ? needs(title, report["needs"], style) : judged(report, style),
            refused(report, style), isGranted ? DryRunPlanText.lines(report, style, whole: whole) : [],
            log(report, style), alerts(report, style),
            shadow(report, style), end(report, style),
        ]
        return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
    }

    private static func head(_ report: Value, _ style: TextStyle, _ time: TimeText) -> [String] {
        var first = "Dry run of \(report["job"]?.text ?? "?")"
        if let about = report["about"]?.text, !about.isEmpty { first += ": " + about.printable() }
        var lines = style.wrap(first, indent: 2)
        if let script = report["script"]?.text { lines += style.wrap("  script    " + script.printable(), indent: 12) }
        let schedules = report["schedule"]?.list?.compactMap(\.text) ?? report["schedule"]?.text.map { [$0] } ?? []
        let zone = report["timezone"]?.text.map { " (\($0))" } ?? ""
        let schedule = schedules.isEmpty ? "none, by hand only" : schedules.joined(separator: ", ") + zone
        if report["schedule"] != nil { lines += style.wrap("  schedule  " + schedule.printable(), indent: 12) }
        for words in report["schedule_words"]?.list?.compactMap(\.text) ?? [] {
            lines += style.wrap("            " + words.printable(), indent: 12)
        }
        let times = report["next"]?.list?.compactMap(\.double) ?? []
        for (index, instant) in times.enumerated() {
            lines.append((index == 0 ? "  next      " : "            ") + time.zone.plain(Timestamp(instant)))
        }
        return lines
    }

    private static func needs(_ title: String, _ needs: Value?, _ style: TextStyle) -> [String] {
        let map = needs?.map ?? [:]
        let rows = map.keys.sorted().flatMap { kind -> [String] in
            guard let value = map[kind] else { return [] }
            let entries: [String]
            switch value {
            case .list(let list): entries = list.map(ValueText.short)
            case .bool(false), .null: entries = []
            case .bool(true): entries = ["yes"]
            default: entries = [ValueText.short(value)]
            }
            return entries.enumerated().flatMap { index, entry in
                style.wrap("  " + (index == 0 ? kind : "").padded(to: 10) + entry.printable(), indent: 14)
            }
        }
        return [style.paint(title, .bold)] + (rows.isEmpty ? ["  nothing"] : rows)
    }

    /// What is needed where not all of it is granted: each with whether it is.
    private static func judged(_ report: Value, _ style: TextStyle) -> [String] {
        let rows = report["judged"]?.list ?? []
        if rows.isEmpty { return [] }
        return [style.paint("Needs", .bold)]
            + rows.flatMap { row in
                let isGranted = row["granted"] == true
                let text = "  " + (row["kind"]?.text ?? "").padded(to: 10) + (row["need"]?.text ?? "").printable()
                return style.wrap(text + (isGranted ? ": granted" : ": refused"), indent: 14)
                    .map { style.paint($0, isGranted ? nil : .red) }
            }
    }

    private static func refused(_ report: Value, _ style: TextStyle) -> [String] {
        let texts = report["refused"]?.list?.compactMap(\.text) ?? []
        if texts.isEmpty { return [] }
        return [style.paint("Refused", .bold)]
            + texts.flatMap { style.wrap("  " + $0.printable(), indent: 4) }.map { style.paint($0, .red) }
    }

    private static func log(_ report: Value, _ style: TextStyle) -> [String] {
        let lines = report["log"]?.list ?? []
        if lines.isEmpty { return [] }
        return [style.paint("Log", .bold)]
            + lines.flatMap { line in
                let fields = (line["fields"]?.map ?? [:]).sorted { $0.key < $1.key }
                    .map { "  \($0.key.printable())=\(ValueText.short($0.value))" }.joined()
                let level = (line["level"]?.text ?? "info").padded(to: 5)
                return style.wrap("  \(level) \((line["message"]?.text ?? "").printable())\(fields)", indent: 8)
            }
    }

    private static func alerts(_ report: Value, _ style: TextStyle) -> [String] {
        let warnings = report["warnings"]?.list?.compactMap(\.text) ?? []
        let alerts = alertLines(report["alerts"]?.list ?? [])
        let metrics = (report["metrics"]?.list ?? []).map(metric)
        func section(_ title: String, _ texts: [String]) -> [String] {
            texts.isEmpty
                ? [] : [style.paint(title, .bold)] + texts.flatMap { style.wrap("  " + $0.printable(), indent: 4) }
        }
        let parts = [section("Warnings", warnings), section("Alerts", alerts), section("Metrics", metrics)]
        return Array(parts.filter { !$0.isEmpty }.joined(separator: [""]))
    }

    /// What would be wrong, one line each; what is well is only counted.
    private static func alertLines(_ alerts: [Value]) -> [String] {
        let open = alerts.filter { $0["state"]?.text != "ok" }
        let lines = open.map { alert in
            let severity = alert["severity"]?.text ?? "warning"
            return "\(alert["state"]?.text ?? "?") (\(severity)) \(alert["key"]?.text ?? "?"): "
                + (alert["summary"]?.text ?? "")
        }
        let rest = alerts.count - open.count
        if rest == 0 { return lines }
        let others = open.isEmpty ? counted(Int64(rest), "key") : counted(Int64(rest), "other key")
        return lines + ["nothing is wrong of \(others)"]
    }

    /// `disk_used{disk="/"} 93.4`, a count as `+1`.
    private static func metric(_ value: Value) -> String {
        let labels = (value["labels"]?.map ?? [:]).sorted { $0.key < $1.key }
            .map { "\($0.key)=\"\(ValueText.short($0.value))\"" }.joined(separator: ",")
        let sign = value["kind"]?.text == MetricSeries.Kind.count.rawValue ? "+" : ""
        return "\(value["name"]?.text ?? "?")\(labels.isEmpty ? "" : "{\(labels)}") "
            + sign + ValueText.short(value["value"] ?? .null)
    }

    /// On what terms it really ran.
    private static func shadow(_ report: Value, _ style: TextStyle) -> [String] {
        guard let shadow = report["shadow"], let size = shadow["size"]?.integer else { return [] }
        let text =
            "  it really ran, against overlays of all files that may change by \(Quantity.describe(bytes: size)), "
            + "without a network; the plan is what they hold, and is thrown away"
        return [style.paint("Shadow", .bold)] + style.wrap(text, indent: 2)
            + (shadow["notes"]?.list?.compactMap(\.text) ?? []).flatMap {
                style.wrap("  " + $0.printable(), indent: 4)
            }
    }

    private static func end(_ report: Value, _ style: TextStyle) -> [String] {
        let outcome = report["outcome"]?.text ?? "?"
        var lines: [String] = []
        if let smallest = report["smallest_needs"], !smallest.isNull {
            lines += needs("The smallest needs that would have served", smallest, style) + [""]
        }
        if let result = report["result"], !result.isNull {
            lines += [style.paint("Result", .bold)] + ValueText.lines(result, style, indent: 2) + [""]
        }
        var last = "The run would have \(style.paint(past(outcome), OutcomeText.ink(outcome)))"
        if let reason = OutcomeText.reason(report) { last += ": " + reason }
        lines += style.wrap(last + ".", indent: 2)
        if let error = report["error"]?.text, !error.isEmpty {
            lines += error.printable(lines: true).split(separator: "\n").flatMap { style.wrap("  " + $0, indent: 4) }
        }
        if let seconds = report["seconds"]?.double {
            lines.append(style.paint("This took \(Quantity.describe(seconds: seconds)).", .dim))
        }
        return lines
    }

    private static func past(_ outcome: String) -> String {
        switch Outcome(rawValue: outcome) {
        case .timedOut: "timed out"
        case .cancelled: "been cancelled"
        case .lost: "been lost"
        case .skipped: "been skipped"
        default: outcome
        }
    }
}
