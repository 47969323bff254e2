import Scriptron

/// How outcomes look.
enum OutcomeText {
    /// The colour of an outcome or of a state.
    static func ink(_ text: String) -> TextStyle.Ink? {
        switch Outcome(rawValue: text) {
        case .succeeded: .green
        case .failed, .timedOut, .lost: .red
        case .cancelled, .skipped: .yellow
        case nil: text == "running" ? .bold : nil
        }
    }

    /// A run's outcome, or its state until it has one.
    static func of(_ run: Value) -> String { run["outcome"]?.text ?? run["state"]?.text ?? "?" }

    /// The reason, where the error that is printed below does not say it anyway.
    static func reason(_ run: Value) -> String? {
        guard let reason = run["reason"]?.text, !reason.isEmpty else { return nil }
        return run["error"]?.text?.hasPrefix(reason) == true ? nil : reason.printable()
    }

    /// Why, in a few words: the reason, else the first line of the error, else how many warnings there were.
    static func remark(_ run: Value) -> String {
        if let reason = run["reason"]?.text, !reason.isEmpty { return reason }
        if let error = run["error"]?.text, let first = error.split(separator: "\n").first { return String(first) }
        let warnings = run["warnings"]?.list?.count ?? 0
        return warnings == 0 ? "" : counted(Int64(warnings), "warning")
    }
}
