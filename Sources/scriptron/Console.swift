import Scriptron
import Synchronization

/// Where a command's output goes.
final class Console: Sendable {
    let style: TextStyle
    /// Whether somebody watches: progress is shown then.
    let isTerminal: Bool
    private let output: @Sendable (String) -> Void
    private let errors: @Sendable (String) -> Void
    private let showsProgress = Mutex(false)

    init(
        style: TextStyle, isTerminal: Bool, output: @escaping @Sendable (String) -> Void,
        errors: @escaping @Sendable (String) -> Void
    ) {
        self.style = style
        self.isTerminal = isTerminal
        self.output = output
        self.errors = errors
    }

    /// The process's own streams: the terminal's width, or 80 columns; colour on a terminal, unless NO_COLOR is set
    /// (https://no-color.org) or TERM is dumb.
    static func standard() -> Console {
        let plain = ProcessEnvironment.variable("NO_COLOR") != nil || ProcessEnvironment.variable("TERM") == "dumb"
        let style = TextStyle(width: Terminal.columns ?? 80, colour: Terminal.isOutput && !plain)
        return Console(
            style: style, isTerminal: Terminal.isOutput, output: StandardStream.output, errors: StandardStream.error)
    }

    func line(_ text: String) {
        clearProgress()
        output(text + "\n")
    }

    func lines(_ lines: [String]) {
        guard !lines.isEmpty else { return }
        clearProgress()
        output(lines.joined(separator: "\n") + "\n")
    }

    /// Values as JSON lines.
    func json(_ values: [Value]) throws(Failure) {
        for value in values { output(try JSON.text(value) + "\n") }
    }

    func complain(_ failure: Failure) {
        clearProgress()
        errors("scriptron: " + failure.description.printable(lines: true) + "\n")
    }

    /// Lines among the complaints.
    func complain(lines: [String]) {
        clearProgress()
        for line in lines { errors(line.printable() + "\n") }
    }

    /// Shows how far something is, on one line that the next output replaces; only on a terminal.
    func progress(_ value: Value?) {
        guard isTerminal, let value, let done = value["done"]?.double else { return }
        output("\r\u{1B}[K" + Self.progressText(value, done: done, width: style.width))
        showsProgress.withLock { $0 = true }
    }

    /// `[#####.....]  50 %  copying`, or `12 copying` where the total is unknown.
    static func progressText(_ value: Value, done: Double, width: Int) -> String {
        let label = (value["label"]?.text ?? "").printable()
        guard let total = value["total"]?.double, total > 0 else {
            // Scripts choose the number; beyond what an Int64 holds it is shown as it is.
            let shown = Int64(exactly: done.rounded()).map { grouped($0) } ?? "\(done)"
            return (shown + " " + label).cut(to: width - 1)
        }
        let share = min(1, max(0, done / total))
        let size = 24
        let filled = Int((share * Double(size)).rounded(.down))
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: size - filled)
        let percent = String(Int((share * 100).rounded(.down))).padded(leadingTo: 3)
        return "[\(bar)] \(percent) %  \(label)".cut(to: width - 1)
    }

    private func clearProgress() {
        let wasShown = showsProgress.withLock { shown in
            defer { shown = false }
            return shown
        }
        if wasShown { output("\r\u{1B}[K") }
    }
}
