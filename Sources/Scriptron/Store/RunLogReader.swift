/// A part of a run's log.
package struct LogPage: Sendable, Hashable {
    package var records: [LogRecord] = []
    /// Where the next page begins, in bytes; for following a log that still grows.
    package var next: Int64 = 0
}

/// Reads whole records of a log, from an offset or from its end.
enum RunLogReader {
    private static let newline = UInt8(ascii: "\n")

    /// The whole records from `offset` on, about `size` bytes of them, but at least one where there is one.
    static func page(_ file: Descriptor, from offset: Int64, size: Int) throws(SystemError) -> LogPage {
        var bytes: [UInt8] = []
        while true {
            let piece = try file.read(max(size, 1), at: offset + Int64(bytes.count))
            bytes += piece
            if let end = bytes.lastIndex(of: newline) {
                return LogPage(records: records(bytes[..<end]), next: offset + Int64(end) + 1)
            }
            // A record larger than the page, or one that is being written.
            if piece.isEmpty { return LogPage(next: offset) }
        }
    }

    /// The last `count` whole records.
    static func tail(_ file: Descriptor, count: Int) throws(SystemError) -> LogPage {
        let end = try FileStatus(of: file).size
        var start = end
        var bytes: [UInt8] = []
        var lines = 0
        // One newline more than records: the one before the first of them.
        while start > 0, lines <= count {
            let length = min(start, 64 << 10)
            start -= length
            let piece = try file.read(Int(length), at: start)
            lines += piece.count { $0 == newline }
            bytes = piece + bytes
        }
        guard let last = bytes.lastIndex(of: newline) else { return LogPage(next: start) }
        let whole = records(bytes[..<last])
        return LogPage(records: Array(whole.suffix(max(0, count))), next: start + Int64(last) + 1)
    }

    private static func records(_ bytes: ArraySlice<UInt8>) -> [LogRecord] {
        bytes.split(separator: newline).map { LogRecord(line: Array($0)) }
    }
}
