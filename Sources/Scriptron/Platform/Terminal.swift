import Glibc

/// What the command line needs to know of its terminal.
package enum Terminal {
    /// Whether standard output is a terminal (isatty(3)).
    package static var isOutput: Bool { isatty(STDOUT_FILENO) == 1 }

    /// The columns of the terminal at standard output; nil where it is none, or does not say.
    package static var columns: Int? {
        var size = winsize()
        guard isOutput, ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return Int(size.ws_col)
    }
}

/// The process's standard streams. A reader that is gone ends the process, as SIGPIPE does by default.
package enum StandardStream {
    package static func output(_ text: String) { write(text, to: STDOUT_FILENO) }
    package static func error(_ text: String) { write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to number: Int32) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            if written < 0, errno != EINTR, errno != EAGAIN { return }
            rest = rest.dropFirst(max(0, written))
        }
    }
}
