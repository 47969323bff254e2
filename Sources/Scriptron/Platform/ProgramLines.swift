/// Programs that run while somebody takes what they write, line by line.
///
/// What is not taken stays in the pipes: who writes faster than it is taken waits. Between two calls of `next` nobody
/// looks at the programs, so that their deadline is kept at the next one.
package final class ProgramLines {
    /// A line, without its line feed.
    package struct Line: Sendable, Hashable {
        /// Which of the programs wrote it.
        package var stage: Int
        package var isError: Bool
        package var bytes: [UInt8]
    }

    private final class Buffer {
        var lines: [Line] = []
    }

    private var run: ProgramRun
    private let buffer = Buffer()
    private var end: ProgramEnd?
    /// When the last lines were handed out.
    private var handedOut = Monotonic.now

    /// Starts the programs; what the request has as `line` is not called.
    package init(_ request: ProgramRequest) throws {
        BrokenPipes.ignore()
        defer { BrokenPipes.restore() }
        var request = request
        request.line = { [buffer] stage, isError, bytes in
            buffer.lines.append(Line(stage: stage, isError: isError, bytes: bytes))
        }
        run = try ProgramRun(request)
    }

    /// Waits for the next lines, about a MiB at most; none where the programs have ended.
    package func next() throws -> [Line] {
        BrokenPipes.ignore()
        defer { BrokenPipes.restore() }
        run.wasHeldUp(for: Monotonic.now - handedOut)
        while buffer.lines.isEmpty, end == nil {
            if try !run.turn() { end = run.finish() }
        }
        defer {
            buffer.lines = []
            handedOut = Monotonic.now
        }
        return buffer.lines
    }

    /// How they ended; what still runs is ended now.
    package func finish() -> ProgramEnd {
        if let end { return end }
        let end = run.finish()
        self.end = end
        return end
    }

    /// Ends what still runs. Idempotent.
    package func close() { _ = finish() }
}
