import Scriptron

/// Lines of a run's log.
enum LogText {
    /// Below the message: further lines of it stand there.
    private static let margin = String(repeating: " ", count: "19:30:05 error ".count)

    /// `19:30:05 warn  message  key=value`; long lines are not cut.
    static func line(_ line: Value, _ style: TextStyle, _ time: TimeText) -> String {
        let level = line["level"]?.text ?? "info"
        let clock = line["time"]?.double.map { String(time.zone.plain(Timestamp($0)).suffix(8)) } ?? "        "
        let message = (line["message"]?.text ?? "").printable(lines: true)
            .split(separator: "\n", omittingEmptySubsequences: false).joined(separator: "\n" + margin)
        let fields = (line["fields"]?.map ?? [:]).sorted { $0.key < $1.key }
            .map { "  " + $0.key.printable() + "=" + ValueText.short($0.value) }.joined()
        return style.paint(clock, .dim) + " " + style.paint(level.padded(to: 5), ink(level)) + " " + message
            + style.paint(fields, .dim)
    }

    private static func ink(_ level: String) -> TextStyle.Ink? {
        switch level {
        case "error": .red
        case "warn": .yellow
        case "debug": .dim
        default: nil
        }
    }
}
