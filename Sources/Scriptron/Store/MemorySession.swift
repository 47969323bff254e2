/// The operations of a `MemoryStore` inside one transaction: they change a copy.
final class MemorySession: StoreSession {
    private(set) var content: MemoryContent
    private let mayWrite: Bool
    var isOver = false

    init(_ content: MemoryContent, mayWrite: Bool) {
        self.content = content
        self.mayWrite = mayWrite
    }

    func reading() throws(Failure) -> MemoryContent {
        if isOver { throw Failure(code: "ESTORE", "a session of the store was used after its transaction") }
        return content
    }

    func changing<Result>(_ change: (inout MemoryContent) throws -> Result) throws -> Result {
        _ = try reading()
        guard mayWrite else { throw Failure(code: "SQLITE_READONLY", "a body that reads tried to write") }
        return try change(&content)
    }

    // MARK: Cursors

    func cursors() throws -> [String: JobCursor] {
        Dictionary(
            try reading().cursors.values.map { ($0.job, $0) }, uniquingKeysWith: { _, last in last })
    }

    func cursor(job: String) throws -> JobCursor? { try reading().cursors[.init(job)] }

    func setCursor(_ cursor: JobCursor) throws {
        try changing { $0.cursors[.init(cursor.job)] = cursor }
    }

    func removeCursor(job: String) throws {
        try changing { _ = $0.cursors.removeValue(forKey: .init(job)) }
    }

    // MARK: Runs

    func insertRun(_ run: Run) throws -> Run? {
        try changing { content in
            _ = try (JSON.encode(run.settings), JSON.encode(run.grant), JSON.encode(run.header))
            if run.trigger == .schedule,
                content.runs.values.contains(where: {
                    $0.trigger == .schedule && $0.fireTime == run.fireTime && $0.job.utf8.elementsEqual(run.job.utf8)
                })
            {
                return nil
            }
            content.lastRun += 1
            var claimed = run
            claimed.id = content.lastRun
            content.runs[claimed.id] = claimed
            return claimed
        }
    }

    func updateRun(_ run: Run) throws {
        try changing { content in
            _ = try (JSON.encode(run.settings), JSON.encode(run.grant), JSON.encode(run.header))
            guard content.runs[run.id] != nil else { throw StoreFailure.noRun(run.id) }
            content.runs[run.id] = run
        }
    }

    func updateCourse(of run: Run) throws {
        try changing { content in
            guard var known = content.runs[run.id] else { throw StoreFailure.noRun(run.id) }
            (known.state, known.outcome, known.reason) = (run.state, run.outcome, run.reason)
            (known.started, known.finished, known.notBefore) = (run.started, run.finished, run.notBefore)
            (known.attempts, known.cuts) = (run.attempts, run.cuts)
            content.runs[run.id] = known
        }
    }

    func moveRun(_ run: Run) throws -> Bool {
        let isTaken = try reading().runs.values.contains {
            $0.id != run.id && $0.trigger == .schedule && $0.fireTime == run.fireTime
                && $0.job.utf8.elementsEqual(run.job.utf8)
        }
        if !isTaken { try updateRun(run) }
        return !isTaken
    }

    func run(_ id: Int64) throws -> Run? { try reading().runs[id] }

    func runs(_ query: RunQuery) throws -> [Run] {
        let found = try reading().runs.values.filter { run in
            (query.job == nil || run.job == query.job) && (query.outcome == nil || run.outcome == query.outcome)
                && (query.parent == nil || run.parent == query.parent) && run.id < query.before ?? .max
        }
        return Array(found.sorted { $0.id > $1.id }.prefix(max(0, query.limit)))
    }

    func openRuns() throws -> [Run] {
        try reading().runs.values.filter { $0.state != .ended }.sorted { $0.id < $1.id }
    }

    func lastRun(job: String, outcome: Outcome?) throws -> Run? {
        try reading().runs.values
            .filter { run in
                run.job == job && (outcome.map { run.outcome == $0 } ?? (run.outcome != nil && run.outcome != .skipped))
            }
            .max { $0.id < $1.id }
    }

    // MARK: Attempts

    func insertAttempt(_ attempt: Attempt) throws {
        try changing { content in
            _ = try JSON.encode(attempt.result)
            guard content.runs[attempt.run] != nil else { throw StoreFailure.noRun(attempt.run) }
            guard content.attempts[attempt.run]?.contains(where: { $0.number == attempt.number }) != true else {
                throw StoreFailure.attemptExists(attempt)
            }
            content.attempts[attempt.run, default: []].append(attempt)
        }
    }

    func updateAttempt(_ attempt: Attempt) throws {
        try changing { content in
            _ = try JSON.encode(attempt.result)
            guard let index = content.attempts[attempt.run]?.firstIndex(where: { $0.number == attempt.number }) else {
                throw StoreFailure.noAttempt(attempt)
            }
            content.attempts[attempt.run]?[index] = attempt
        }
    }

    func attempts(run: Int64) throws -> [Attempt] {
        try reading().attempts[run, default: []].sorted { $0.number < $1.number }
    }

    // MARK: Missed ranges

    func addMissed(_ range: MissedRange, merge: Bool) throws {
        let last = try missed(job: range.job, limit: 1).first
        try changing { content in
            if merge, let last, last.isContinued(by: range),
                let index = content.missed.firstIndex(where: { $0.id == last.id })
            {
                content.missed[index].to = range.to
                content.missed[index].count += range.count
                content.heardMissed.remove(last.id)
            } else {
                content.lastMissed += 1
                var added = range
                added.id = content.lastMissed
                content.missed.append(added)
            }
        }
    }

    func missed(job: String?, limit: Int) throws -> [MissedRange] {
        let found = try reading().missed.filter { job == nil || $0.job == job }
        return Array(found.sorted { ($0.to, $0.id) > ($1.to, $1.id) }.prefix(max(0, limit)))
    }

    func takeBackMissed(
        after instant: Timestamp, cut: (MissedRange) throws -> MissedRange?
    ) throws -> [MissedRange] {
        let later = try missed(job: nil, limit: .max).filter { $0.to > instant }
        try changing { content in
            for range in later {
                content.missed.removeAll { $0.id == range.id }
                if range.from <= instant, let left = try cut(range) { content.missed.append(left) }
            }
        }
        return later
    }

    func fireTimesRun(job: String, from: Timestamp, through: Timestamp) throws -> [Timestamp] {
        try reading().runs.values
            .filter { $0.job == job && $0.trigger == .schedule && $0.fireTime >= from && $0.fireTime <= through }
            .map(\.fireTime).sorted()
    }

    // MARK: Versions

    func saveVersion(_ hash: String, files: [String: [UInt8]]) throws {
        try changing { content in
            let key = MemoryContent.Key(hash)
            if content.versions[key] == nil, !files.isEmpty { content.versions[key] = files }
        }
    }

    func version(_ hash: String) throws -> [String: [UInt8]]? { try reading().versions[.init(hash)] }

    // MARK: State

    func state(job: String, key: String) throws -> Value? { try reading().state[.init(job)]?[.init(key)] }

    func setState(job: String, key: String, value: Value) throws {
        try changing { content in
            _ = try ValueCodec.encode(value)
            content.state[.init(job), default: [:]][.init(key)] = value
        }
    }

    func removeState(job: String, key: String) throws -> Bool {
        try changing { $0.state[.init(job)]?.removeValue(forKey: .init(key)) != nil }
    }

    func stateKeys(job: String) throws -> [String] {
        try reading().state[.init(job), default: [:]].keys
            .sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.map(\.text)
    }

    // MARK: Upkeep

    func prune(_ retention: Retention, now: Timestamp, limit: Int) throws -> [String: [Int64]] {
        try changing { content in
            let removed = content.removable(retention, now: now).prefix(max(0, limit))
            for run in removed {
                content.runs[run.id] = nil
                content.attempts[run.id] = nil
                content.heardRuns.remove(run.id)
            }
            for version in Set(removed.map(\.version))
            where !content.runs.values.contains(where: { $0.version == version }) {
                content.versions[.init(version)] = nil
            }
            let old = content.missed.filter { $0.to < now - retention.history }.sorted { $0.to < $1.to }
            let gone = Set(old.prefix(max(0, limit - removed.count)).map(\.id))
            content.missed.removeAll { gone.contains($0.id) }
            content.heardMissed.subtract(gone)
            return Dictionary(grouping: removed, by: \.job).mapValues { $0.map(\.id) }
        }
    }
}

extension MemoryContent {
    /// The runs that retention no longer keeps.
    fileprivate func removable(_ retention: Retention, now: Timestamp) -> [Run] {
        let failures: Set<Outcome> = [.failed, .timedOut, .lost]
        let removable = Dictionary(grouping: runs.values, by: \.job).values.flatMap { ofJob in
            let newestFirst = ofJob.sorted { $0.id > $1.id }
            let success = newestFirst.first { $0.outcome == .succeeded }?.id
            return newestFirst.enumerated().filter { rank, run in
                guard run.state == .ended, let finished = run.finished, rank > 0, run.id != success else {
                    return false
                }
                if let outcome = run.outcome, failures.contains(outcome), finished >= now - retention.failures {
                    return false
                }
                return finished < now - retention.history || rank >= retention.runsPerJob
            }.map(\.element)
        }
        return removable.sorted { $0.id < $1.id }
    }
}
