/// The logs of runs: files `<job>/<run>.jsonl`, a JSON record a line.
package struct RunLogs: Sendable {
    /// What is kept.
    package struct Limits: Sendable, Hashable {
        /// Bytes a run.
        package var run: Int64 = 10 << 20
        /// Seconds since the last record.
        package var age: Double = 30 * 86400
        /// Bytes in all.
        package var total: Int64 = 1 << 30

        package init() {}
    }

    /// `runs` in the state directory.
    package let directory: Path
    package let limits: Limits

    package init(directory: Path, limits: Limits = Limits()) {
        self.directory = directory
        self.limits = limits
    }

    /// The log of a run, for writing: one object a run at a time.
    package func log(job: String, run: Int64) throws(Failure) -> RunLog {
        RunLog(path: try path(job: job, run: run), limit: limits.run)
    }

    /// The records from `offset` on, about `size` bytes of them; none where there is no log.
    package func read(
        job: String, run: Int64, from offset: Int64 = 0, size: Int = 1 << 20
    ) throws(Failure) -> LogPage {
        let path = try path(job: job, run: run)
        return try reading(path, none: LogPage(next: offset)) { file throws(SystemError) in
            try RunLogReader.page(file, from: max(0, offset), size: size)
        }
    }

    /// The bytes of a run's log; 0 where there is none.
    package func size(job: String, run: Int64) throws(Failure) -> Int64 {
        let path = try path(job: job, run: run)
        do throws(SystemError) {
            return try FileStatus.of(path, follow: false)?.size ?? 0
        } catch {
            throw error.failure()
        }
    }

    /// The last `count` records; none where there is no log.
    package func tail(job: String, run: Int64, count: Int) throws(Failure) -> LogPage {
        let path = try path(job: job, run: run)
        return try reading(path, none: LogPage()) { file throws(SystemError) in
            try RunLogReader.tail(file, count: count)
        }
    }

    /// Removes the logs that are too old, then the oldest ones while all together are too large; never one of a run
    /// that is in `running`. How many were removed. One that cannot be removed is passed over.
    @discardableResult
    package func prune(now: Timestamp, running: Set<Int64>) throws(Failure) -> Int {
        var logs = try found()
        logs.sort { ($0.modified, $0.run) < ($1.modified, $1.run) }
        var total = logs.reduce(0) { $0 + $1.size }
        var removed = 0
        for log in logs where !running.contains(log.run) {
            guard log.modified < now - limits.age || total > limits.total else { continue }
            guard (try? StateFiles.remove(log.path)) != nil else { continue }
            total -= log.size
            removed += 1
            StateFiles.removeEmptyDirectory(log.path.parent)
        }
        return removed
    }

    private struct Found {
        let path: Path
        let run: Int64
        let size: Int64
        let modified: Timestamp
    }

    private func found() throws(Failure) -> [Found] {
        do throws(SystemError) {
            var logs: [Found] = []
            for job in try StateFiles.names(in: directory) {
                let folder = directory.appending(Path(bytes: job))
                for name in (try? StateFiles.names(in: folder)) ?? [] {
                    let path = folder.appending(Path(bytes: name))
                    let parts = String(decoding: name, as: UTF8.self).split(separator: ".")
                    guard parts.count == 2, parts[1] == "jsonl", let run = Int64(parts[0]),
                        let status = try? FileStatus.of(path, follow: false)
                    else { continue }
                    logs.append(
                        Found(
                            path: path, run: run, size: status.allocated,
                            modified: Timestamp(microseconds: status.modified / 1000)))
                }
            }
            return logs
        } catch {
            throw error.failure()
        }
    }

    private func reading(
        _ path: Path, none: LogPage, _ body: (Descriptor) throws(SystemError) -> LogPage
    ) throws(Failure) -> LogPage {
        do throws(SystemError) {
            guard try FileStatus.of(path, follow: false) != nil else { return none }
            return try body(try StateFiles.open(path, .read))
        } catch {
            throw error.failure()
        }
    }

    /// The name may come from a request: it must be one name, not a path.
    private func path(job: String, run: Int64) throws(Failure) -> Path {
        guard let first = job.utf8.first, first != UInt8(ascii: "."), !job.utf8.contains(UInt8(ascii: "/")),
            !job.utf8.contains(0)
        else { throw Failure(code: "ENOENT", "there is no job \(Path(job))") }
        return directory.appending(job).appending("\(run).jsonl")
    }
}
