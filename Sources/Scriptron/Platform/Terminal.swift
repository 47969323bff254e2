import Glibc
import Synchronization

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
    private static let failed = Mutex<SystemError?>(nil)

    /// Why something that was put out is lost; nil where all of it was written.
    package static var failure: SystemError? { failed.withLock { $0 } }

    /// Writes; what cannot be written is told by `failure`.
    package static func output(_ text: String) {
        guard let error = write(text, to: STDOUT_FILENO) else { return }
        failed.withLock { $0 = $0 ?? error }
    }

    package static func error(_ text: String) { _ = write(text, to: STDERR_FILENO) }

    private static func write(_ text: String, to number: Int32) -> SystemError? {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(number, $0.baseAddress, $0.count) }
            if written < 0, errno != EINTR, errno != EAGAIN { return .current("write", "standard output") }
            rest = rest.dropFirst(max(0, written))
        }
        return nil
    }
}
