import Glibc

/// The reading end of a program's output: keeps what fits, reads on and drops what does not.
struct OutputStream {
    let stage: Int
    let isError: Bool
    private(set) var descriptor: Descriptor
    private(set) var isClosed = false
    private(set) var kept: [UInt8] = []
    private(set) var overflowed = false
    private var line: [UInt8] = []

    init(_ descriptor: Descriptor, stage: Int, isError: Bool) throws(SystemError) {
        self.descriptor = descriptor
        self.stage = stage
        self.isError = isError
        try descriptor.setNonBlocking(true)
    }

    /// Reads what is there, at most about `limit` bytes.
    mutating func drain(_ request: ProgramRequest, limit: Int) {
        var left = limit
        while left > 0, !isClosed {
            do throws(SystemError) {
                let bytes = try descriptor.read(64 << 10)
                if bytes.isEmpty {
                    isClosed = true
                } else {
                    left -= bytes.count
                    take(bytes, request)
                }
            } catch {
                if error.number != EAGAIN { isClosed = true }
                return
            }
        }
    }

    /// Reads what is still there without waiting, and ends the last line.
    mutating func finish(_ request: ProgramRequest) {
        drain(request, limit: request.limit)
        isClosed = true
        if let tell = request.line, !line.isEmpty { tell(stage, isError, line) }
        line = []
    }

    private mutating func take(_ bytes: [UInt8], _ request: ProgramRequest) {
        // The end of standard error is kept for messages in any case.
        if request.line == nil || isError { keep(bytes, limit: request.line == nil ? request.limit : 4 << 10) }
        guard let tell = request.line else { return }
        var rest = bytes[...]
        while !rest.isEmpty {
            let end = rest.firstIndex(of: UInt8(ascii: "\n"))
            let piece = rest[..<(end ?? rest.endIndex)].prefix(request.longestLine - line.count)
            let isWhole = piece.endIndex == end
            // It goes on behind what fits: this is a piece of it.
            let isFull = !isWhole && piece.endIndex < rest.endIndex
            line += piece
            if isWhole || isFull {
                tell(stage, isError, line)
                line.removeAll(keepingCapacity: true)
            }
            rest = rest[(isWhole ? piece.endIndex + 1 : piece.endIndex)...]
        }
    }

    private mutating func keep(_ bytes: [UInt8], limit: Int) {
        kept += bytes
        guard kept.count > limit else { return }
        if isError {
            kept.removeFirst(kept.count - limit)
        } else {
            kept.removeLast(kept.count - limit)
            overflowed = true
        }
    }
}
