import Scriptron

/// Job tests for people: a line a case, and for what did not come as expected what was expected, what came, and what
/// comes nearest.
enum SpecText {
    /// The most steps of a plan that are shown of a case that failed.
    private static let mostSteps = 12

    /// The lines of one case.
    static func lines(_ row: Value, _ style: TextStyle) -> [String] {
        var style = style
        style.width = min(style.width, DryRunText.widest)
        let isPassed = row["outcome"]?.text == "passed"
        let mark = isPassed ? style.paint("ok    ", .green) : style.paint("FAILED", .red)
        let name = (row["case"]?.text ?? "?").printable()
        // Painted text has more characters than columns: it is put in when the lines are made.
        var lines = style.wrap("MARKED " + name, indent: 7)
        lines[0] = mark + lines[0].dropFirst(6)
        if isPassed { return lines }
        for failure in row["failures"]?.list ?? [] { lines += self.failure(failure, row, style) }
        guard let steps = row["plan"]?.list else { return lines }
        lines.append(steps.isEmpty ? "  the plan is empty" : "  the plan:")
        for (index, step) in steps.prefix(mostSteps).enumerated() {
            lines += style.wrap("    \(index + 1). " + DryRunPlanText.step(step), indent: 9)
        }
        if steps.count > mostSteps { lines.append("    and \(counted(Int64(steps.count - mostSteps), "step")) more") }
        return lines
    }

    private static func failure(_ failure: Value, _ row: Value, _ style: TextStyle) -> [String] {
        let line = failure["line"]?.integer ?? row["line"]?.integer
        let place = (row["spec"]?.text ?? "?").printable() + (line.map { ":\($0)" } ?? "")
        let what = failure["what"]?.text ?? "?"
        var lines = style.wrap("  \(place): \(words(what))", indent: 4)
        func add(_ title: String, _ text: String) {
            lines += style.wrap("    " + title.padded(to: 9) + " " + text, indent: 14)
        }
        if let expected = failure["expected"], !expected.isNull { add("expected", text(expected, what)) }
        if let came = failure["came"], !came.isNull {
            add(what == "never" || failure["expected"]?.isNull != false ? "came" : "not", text(came, what))
        }
        for near in failure["nearest"]?.list ?? [] { add("nearest", text(near, what)) }
        if let why = failure["why"]?.text {
            for part in why.split(separator: "\n") { add("", part.description.printable()) }
        }
        return lines
    }

    private static func words(_ what: String) -> String {
        switch what {
        case "broken": "it could not be run"
        case "outcome": "the run ends otherwise"
        case "error": "the error is another"
        case "no_alerts": "something is wrong, where nothing should be"
        case "plan": "the plan is another"
        case "includes": "an effect is missing"
        case "never": "an effect comes that must not"
        case "log": "a line of the log is missing"
        case "alerts": "an alert is missing"
        case "metrics": "a metric is missing"
        case "warnings": "a warning is missing"
        case "result": "the result is another"
        default: what.printable()
        }
    }

    /// A step as plans show it, anything else as a value.
    private static func text(_ value: Value, _ what: String) -> String {
        if value["effect"] != nil { return DryRunPlanText.step(value) }
        if let items = value.list, !items.isEmpty { return items.map { text($0, what) }.joined(separator: "; ") }
        guard let members = value.map else { return ValueText.short(value).printable() }
        return members.sorted { $0.key < $1.key }.map {
            "\($0.key.printable()) \(ValueText.short($0.value).printable())"
        }
        .joined(separator: ", ")
    }

    /// `12 cases passed, 1 failed, in 3.1 s`.
    static func summary(passed: Int, failed: Int, seconds: Double, _ style: TextStyle) -> String {
        let text =
            failed == 0
            ? style.paint("\(counted(Int64(passed), "case")) passed", .green)
            : "\(grouped(Int64(passed))) passed, " + style.paint("\(grouped(Int64(failed))) failed", .red)
        return text + ", in " + Quantity.describe(seconds: (seconds * 100).rounded() / 100)
    }
}
