/// Programs that run while somebody takes what they write, line by line.
///
/// What is not taken stays in the pipes: who writes faster than it is taken waits. Between two calls of `next` nobody
/// looks at the programs, so that their deadline is kept at the next one.
package final class ProgramLines {
    /// Lines of one stream that came one after the other. They go on together, for a program may write a million of them
    /// in a second.
    package struct Block: Sendable, Hashable {
        /// Which of the programs wrote them.
        package var stage: Int
        package var isError: Bool
        /// Each with a line feed behind it, the last one too.
        package var bytes: [UInt8]
    }

    private final class Buffer {
        var blocks: [Block] = []

        func add(_ stage: Int, _ isError: Bool, _ line: [UInt8]) {
            if blocks.last?.stage != stage || blocks.last?.isError != isError {
                blocks.append(Block(stage: stage, isError: isError, bytes: []))
            }
            blocks[blocks.count - 1].bytes += line
            blocks[blocks.count - 1].bytes.append(UInt8(ascii: "\n"))
        }
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
        request.line = { [buffer] stage, isError, line in buffer.add(stage, isError, line) }
        run = try ProgramRun(request)
    }

    deinit { close() }

    /// Waits for the next lines, about a MiB at most; none where the programs have ended.
    package func next() throws -> [Block] {
        BrokenPipes.ignore()
        defer { BrokenPipes.restore() }
        run.wasHeldUp(for: Monotonic.now - handedOut)
        while buffer.blocks.isEmpty, end == nil {
            do {
                if try !run.turn() { end = run.finish() }
            } catch {
                end = ProgramEnd()
                throw error
            }
        }
        defer {
            buffer.blocks = []
            handedOut = Monotonic.now
        }
        return buffer.blocks
    }

    /// How they ended; what still runs is ended now.
    package func finish() -> ProgramEnd {
        if let end { return end }
        run.kill()
        let end = run.finish()
        self.end = end
        return end
    }

    /// Ends what still runs. Idempotent.
    package func close() { _ = finish() }
}
