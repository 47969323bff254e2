import Synchronization

/// The log of a run that is being written. Its file is made at the first record: an empty log has none.
package final class RunLog: Sendable {
    private struct State {
        var file: Descriptor?
        var size: Int64 = 0
        var isTruncated = false
        /// What is written before the next record: the end of a line that a power loss cut.
        var prefix: [UInt8] = []
    }

    /// The field that marks the last record of a log that reached its limit.
    private static let truncated = "truncated"

    let path: Path
    private let limit: Int64
    private let state = Mutex(State())

    init(path: Path, limit: Int64) {
        self.path = path
        self.limit = limit
    }

    /// Appends a record. Beyond the limit one record says that the rest is not kept, and the rest is dropped.
    ///
    /// Fails where the disk is full or broken; the log then ends with the last whole record, and may be tried again.
    package func append(_ record: LogRecord) throws(Failure) {
        if isFull { return }
        let line = record.line
        let failure = state.withLock { state -> SystemError? in
            do throws(SystemError) {
                if state.file == nil { try Self.open(path, &state) }
                if state.isTruncated { return nil }
                if state.size + Int64(line.count) <= limit {
                    try Self.write(line, &state)
                } else {
                    let text = "the log reached \(Quantity.describe(bytes: limit)): what follows is not kept"
                    let last = LogRecord(
                        time: record.time, level: "warn", message: text, fields: [Self.truncated: true])
                    try Self.write(last.line, &state)
                    state.isTruncated = true
                }
                return nil
            } catch {
                return error
            }
        }
        if let failure { throw failure.failure(cure: "free space on the disk that holds \(path.parent)") }
    }

    /// Whether it reached its limit: what follows is dropped.
    package var isFull: Bool { state.withLock { $0.isTruncated } }

    /// Closes the file; a later record opens it again.
    package func close() {
        state.withLock { $0 = State(isTruncated: $0.isTruncated) }
    }

    private static func open(_ path: Path, _ state: inout State) throws(SystemError) {
        try Directories.create(path.parent, mode: 0o700)
        let file: Descriptor
        do throws(SystemError) {
            file = try StateFiles.open(path, .append)
        } catch {
            // The upkeep may have removed the directory as an empty one just now.
            try Directories.create(path.parent, mode: 0o700)
            file = try StateFiles.open(path, .append)
        }
        state.size = try FileStatus(of: file).size
        if state.size > 0 {
            // An earlier attempt of the run wrote to it.
            let lines = try RunLogReader.tail(file, count: 1)
            state.isTruncated = lines.records.last?.fields[truncated] == true
            if lines.next < state.size { state.prefix = [UInt8(ascii: "\n")] }
        }
        state.file = file
    }

    private static func write(_ line: [UInt8], _ state: inout State) throws(SystemError) {
        guard let file = state.file else { return }
        do throws(SystemError) {
            try file.write(state.prefix + line)
        } catch {
            // No half of a line stays; where even that fails, the reader passes over it.
            try? file.truncate(to: state.size)
            throw error
        }
        state.size += Int64(state.prefix.count + line.count)
        state.prefix = []
    }
}
