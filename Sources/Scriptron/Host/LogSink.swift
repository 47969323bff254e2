/// A line of a run's log.
package struct LogLine: Sendable, Hashable {
    package var time: Timestamp
    /// `debug`, `info`, `warn` or `error`.
    package var level: String
    package var message: String
    package var fields: [String: Value]
    package var attempt: Int
}

/// Where the lines of runs go. Calls never block, and keep their order.
package protocol LogSink: Sendable {
    func write(_ line: LogLine, job: String, run: Int64)
    /// No more lines of this attempt come.
    func close(job: String, run: Int64)
}
