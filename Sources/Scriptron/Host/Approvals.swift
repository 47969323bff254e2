import Synchronization

/// What operators approved of jobs with `approve = true`, in a file a job in the state directory: the lines of the
/// grant, and the text that was approved, to go on with while a wider one waits.
package final class Approvals: Sendable {
    /// What is approved of one job.
    package struct Record: Sendable, Hashable {
        package var lines: GrantLines
        /// The version's files.
        package var files: [String: [UInt8]]

        package init(lines: GrantLines, files: [String: [UInt8]]) {
            self.lines = lines
            self.files = files
        }
    }

    private struct State {
        var records: [String: Record] = [:]
        /// What runs were refused for, whose needs follow from what is there.
        var wanted: [String: Set<GrantLines.Line>] = [:]
    }

    private let directory: Path
    private let state = Mutex(State())

    /// - Parameters:
    ///   - directory: Where the files are; made with the first one.
    package init(directory: Path) { self.directory = directory }

    /// What is approved of a job; nil: nothing yet. A file that cannot be read approves nothing.
    package func record(_ job: String) -> Record? {
        if let known = state.withLock({ $0.records[job] }) { return known }
        guard let bytes = try? Files.readSmall(directory.appending(job), max: 64 << 20),
            let value = try? ValueCodec.decode(bytes), let lines = value["lines"].flatMap(GrantLines.init),
            let files = value["files"]?.map
        else { return nil }
        let record = Record(
            lines: lines, files: files.compactMapValues { if case .bytes(let bytes) = $0 { bytes } else { nil } })
        state.withLock { $0.records[job] = record }
        return record
    }

    /// Keeps what is approved of a job; durable when it returns.
    package func keep(_ record: Record, of job: String) throws(Failure) {
        if state.withLock({ $0.records[job] }) == record { return }
        let value: Value = ["lines": record.lines.value, "files": .map(record.files.mapValues { .bytes($0) })]
        let bytes = try ValueCodec.encode(value)
        do throws(SystemError) {
            try Directories.create(directory, mode: 0o700)
            let file = try AtomicFile(Array(job.utf8), in: try Directory(directory))
            try file.descriptor.write(bytes)
            try file.commit(replace: true)
        } catch {
            throw error.failure(cure: "make \(directory) writable for the host's user")
        }
        state.withLock { $0.records[job] = record }
    }

    /// Notes what a run wanted and was not approved.
    package func want(_ lines: [GrantLines.Line], for job: String) {
        state.withLock { $0.wanted[job, default: []].formUnion(lines) }
    }

    /// What runs of a job wanted since it was approved last, sorted.
    package func wanted(_ job: String) -> [GrantLines.Line] {
        state.withLock { $0.wanted[job] ?? [] }.sorted { ($0.kind, $0.value) < ($1.kind, $1.value) }
    }

    /// Forgets what runs wanted: it is approved.
    package func forgetWanted(_ job: String) { state.withLock { $0.wanted[job] = nil } }

    /// The refusal of what waits for an approval: `+write /etc`.
    package static func failure(_ job: String, _ lines: [GrantLines.Line]) -> Failure {
        let shown = lines.prefix(20).map { "+\($0.text)" }.joined(separator: ", ")
        return Failure(
            code: code, "its needs wait for an operator's approval: \(shown)" + (lines.count > 20 ? ", …" : ""),
            place: "job \(job)", cure: "scriptron approve \(job)")
    }

    /// The code of that refusal.
    package static let code = "EAPPROVAL"
}
