import Synchronization

/// Looks at the scratch directories of the runs that go on, once a second (less often where a look takes long), and
/// tells of those that hold more than they may.
///
/// Between two looks a run can write as fast as its disk takes it; and what has no name any more, an open file that was
/// removed, is not seen. Both last until the run's end at most.
final class ScratchWatch: Sendable {
    /// Seconds between two looks, at least; and how many times what a look took: a scratch of a million files is not
    /// looked through all the time.
    private static let period = 1.0
    private static let restShare = 9.0

    private struct Entry {
        let directory: Path
        let limits: JobLimits
        let exceeded: @Sendable (Failure) -> Void
    }

    private struct State {
        var entries: [Int64: Entry] = [:]
        var isWaiting = false
    }

    private let loop: EventLoop
    private let thread = WorkQueue(name: "scratch", width: 1)
    private let state = Mutex(State())

    init(loop: EventLoop) { self.loop = loop }

    /// Watches a run's directory until `remove`; `exceeded` is called on a thread of its own, at most once.
    func add(
        _ run: Int64, _ directory: Path, _ limits: JobLimits, exceeded: @escaping @Sendable (Failure) -> Void
    ) {
        let waits = state.withLock { state in
            state.entries[run] = Entry(directory: directory, limits: limits, exceeded: exceeded)
            defer { state.isWaiting = true }
            return state.isWaiting
        }
        if !waits { loop.after(Self.period) { [weak self] in self?.look() } }
    }

    func remove(_ run: Int64) { state.withLock { _ = $0.entries.removeValue(forKey: run) } }

    private func look() {
        let entries = state.withLock { state in
            state.isWaiting = !state.entries.isEmpty
            return state.entries
        }
        if entries.isEmpty { return }
        thread.submit { [weak self] in
            let began = Monotonic.now
            for (run, entry) in entries {
                guard let failure = Self.excess(entry.directory, entry.limits) else { continue }
                let isNews = self?.state.withLock { $0.entries.removeValue(forKey: run) } != nil
                if isNews { entry.exceeded(failure) }
            }
            guard let self else { return }
            let pause = max(Self.period, (Monotonic.now - began) * Self.restShare)
            self.loop.after(pause) { [weak self] in self?.look() }
        }
    }

    /// What of the directory is more than it may hold; nil: nothing. It looks at no more entries than are allowed.
    static func excess(_ path: Path, _ limits: JobLimits) -> Failure? {
        guard let directory = try? Directory(path), let walker = try? TreeWalker(directory, at: path) else {
            return nil
        }
        var bytes: Int64 = 0
        var entries = 0
        while let step = walker.next() {
            if case .problem(let path, let error) = step, error.number == ErrorNumber.accessDenied {
                return Failure(
                    code: "EQUOTA", "its scratch directory holds \(path), which the host may not look into",
                    cure: "let the mode of directories there begin with 7")
            }
            guard case .entry(_, let status, _) = step else { continue }
            entries += 1
            // A hole may be filled at any time: the size counts too.
            bytes += max(status.allocated, status.kind == .file ? status.size : 0)
            if entries > limits.scratchFiles {
                return Failure(
                    code: "EQUOTA", "its scratch directory holds more than \(limits.scratchFiles) files",
                    cure: "remove what is done with, or raise limits.scratch_files")
            }
            if bytes > limits.scratch {
                return Failure(
                    code: "EQUOTA",
                    "its scratch directory holds more than \(Quantity.describe(bytes: limits.scratch))",
                    cure: "remove what is done with, or raise limits.scratch")
            }
        }
        return nil
    }
}
