import Synchronization

/// Where the lines of runs go. Calls never block, and keep their order.
package protocol LogSink: Sendable {
    func write(_ record: LogRecord, job: String, run: Int64)
    /// No more lines of this attempt come; `done` is called when all are written, and hears whether some were dropped
    /// because they were too many.
    func close(job: String, run: Int64, done: @escaping @Sendable (_ isCut: Bool) -> Void)
}

/// Writes the logs of runs as files, on a thread of its own.
package final class LogWriter: LogSink {
    /// The most bytes of a run's lines that wait for the disk; what comes faster is dropped, and the log says so.
    static let backlog = 4 << 20

    private struct State {
        var logs: [Int64: RunLog] = [:]
        var waiting: [Int64: Int] = [:]
        var dropped: [Int64: Int] = [:]
        /// The runs of which lines were dropped, though their logs said so already.
        var lost: Set<Int64> = []
    }

    private let logs: RunLogs
    private let thread = WorkQueue(name: "logs", width: 1)
    private let trouble: @Sendable (Failure) -> Void
    private let written: @Sendable (Int64) -> Void
    private let state = Mutex(State())

    /// `written` hears of every run whose log has grown.
    package init(
        logs: RunLogs, written: @escaping @Sendable (Int64) -> Void = { _ in },
        trouble: @escaping @Sendable (Failure) -> Void
    ) {
        self.logs = logs
        self.written = written
        self.trouble = trouble
    }

    package func write(_ record: LogRecord, job: String, run: Int64) {
        let size = record.weight
        let taken = state.withLock { state in
            if state.logs[run]?.isFull == true { return false }
            if state.waiting[run, default: 0] >= Self.backlog {
                state.dropped[run, default: 0] += 1
                state.lost.insert(run)
                return false
            }
            state.waiting[run, default: 0] += size
            return true
        }
        guard taken else { return }
        thread.submit { [self] in
            append(record, job: job, run: run)
            let dropped = state.withLock { state in
                state.waiting[run, default: size] -= size
                return state.waiting[run] == 0 ? state.dropped.removeValue(forKey: run) : nil
            }
            if let dropped {
                let text = "\(dropped) lines came faster than the disk took them, and were dropped"
                append(LogRecord(time: record.time, level: "warn", message: text), job: job, run: run)
            }
        }
    }

    package func close(job: String, run: Int64, done: @escaping @Sendable (_ isCut: Bool) -> Void) {
        thread.submit { [self] in
            let (log, isCut) = state.withLock { state in
                state.waiting.removeValue(forKey: run)
                state.dropped.removeValue(forKey: run)
                let isCut = state.lost.remove(run) != nil
                return (state.logs.removeValue(forKey: run), isCut)
            }
            log?.close()
            done(isCut || log?.isFull == true)
        }
    }

    private func append(_ record: LogRecord, job: String, run: Int64) {
        do throws(Failure) {
            let known = state.withLock { $0.logs[run] }
            let log: RunLog
            if let known { log = known } else { log = try logs.log(job: job, run: run) }
            state.withLock { $0.logs[run] = log }
            try log.append(record)
            written(run)
        } catch {
            trouble(error)
        }
    }
}

extension LogRecord {
    /// Roughly how many bytes of memory it takes.
    fileprivate var weight: Int {
        message.utf8.count + 100 + fields.reduce(0) { $0 + $1.key.utf8.count + $1.value.weight }
    }
}

extension Value {
    fileprivate var weight: Int {
        switch self {
        case .bytes(let bytes): bytes.count + 40
        case .list(let values): values.reduce(40) { $0 + $1.weight }
        case .map(let values): values.reduce(40) { $0 + $1.key.utf8.count + $1.value.weight }
        default: 40
        }
    }
}
