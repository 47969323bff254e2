import Synchronization

/// Takes what jobs measure: kept in memory for some seconds, then written in one piece.
package final class MetricDesk: Sendable {
    /// The most sets of labels of one metric, and series of one job.
    static let setsPerName = 100
    static let seriesPerJob = 1000
    /// The most labels of a value, and bytes of a name, a label and its value.
    static let labelCap = 10
    static let nameCap = 100
    /// Seconds that a value may wait in memory.
    static let patience = 5.0

    /// The series of a job.
    fileprivate struct Known {
        var series: Set<MetricSeries> = []
        /// How many there are of each name.
        var sets: [String: Int] = [:]
        /// When they were read, on the monotonic clock.
        var read = Monotonic.now

        mutating func insert(_ one: MetricSeries) {
            if series.insert(one).inserted { sets[one.name, default: 0] += 1 }
        }
    }

    fileprivate struct State {
        /// Of the jobs that measured something since the host began.
        var known: [String: Known] = [:]
        var waiting: [MetricSeries: [MetricSample]] = [:]
        /// Since when the oldest value waits, on the monotonic clock.
        var since: Double?
    }

    private let store: any Store
    /// Seconds after which it is looked again whether a job that has too many series still has them.
    private let memory: Double
    private let now: @Sendable () -> Timestamp
    private let trouble: @Sendable (Failure?) -> Void
    private let state = Mutex(State())

    package init(
        store: any Store, memory: Double = 600, now: @escaping @Sendable () -> Timestamp = { SystemClock().now() },
        trouble: @escaping @Sendable (Failure?) -> Void = { _ in }
    ) {
        self.store = store
        self.memory = memory
        self.now = now
        self.trouble = trouble
    }

    /// Takes a value; the answer is null, or why it is dropped.
    package func add(_ arguments: [String: Value], job: String) throws(Failure) -> Value {
        let series = try self.series(arguments, job)
        guard let value = arguments["value"]?.double, value.isFinite else {
            throw Self.wrong("value", "a number")
        }
        try learn(job) { $0 == nil }
        if state.withLock({ $0.refusal(of: series) }) != nil {
            // Old ones may have gone since.
            try learn(job) { known in known.map { Monotonic.now - $0.read >= memory } ?? true }
        }
        let sample = MetricSample(value, at: now())
        let (refusal, isLate) = state.withLock { state -> (String?, Bool) in
            if let refusal = state.refusal(of: series) { return (refusal, false) }
            state.known[job, default: Known()].insert(series)
            state.take(sample, series)
            let since = state.since ?? Monotonic.now
            state.since = since
            return (nil, Monotonic.now - since >= Self.patience)
        }
        if isLate { flush() }
        return refusal.map { .text($0) } ?? .null
    }

    /// What a series was: rows `{time, span, count, sum, least, greatest, last}`, the oldest first.
    package func history(_ arguments: [String: Value], job: String) throws(Failure) -> Value {
        let series = try self.series(arguments, job)
        let since = try Self.since(arguments)
        let limit = Int(min(max(arguments["limit"]?.integer ?? 1000, 1), 10_000))
        do {
            try settle()
            // What a clock that was wrong put into the future is not what was measured last.
            let until = now()
            let samples = try store.read {
                try $0.samples(of: series, since: since, until: until, limit: limit)
            }
            return .list(samples.map(\.value))
        } catch {
            throw Failure.wrapping(error)
        }
    }

    /// When a series will be at `bound` if it goes on as it did: `{seconds, rate, covers}`, or null.
    package func forecast(_ arguments: [String: Value], job: String) throws(Failure) -> Value {
        let series = try self.series(arguments, job)
        let since = try Self.since(arguments)
        guard let bound = arguments["bound"]?.double, bound.isFinite else { throw Self.wrong("bound", "a number") }
        guard let least = arguments["at_least"]?.double, least.isFinite else {
            throw Self.wrong("at_least", "a number of seconds")
        }
        let trend: MetricTrend
        do {
            try settle()
            trend = try store.read { try $0.trend(of: series, since: since) }
        } catch {
            throw Failure.wrapping(error)
        }
        guard let seconds = trend.seconds(to: bound, atLeast: least) else { return .null }
        return ["seconds": .number(seconds), "rate": .number(trend.rate), "covers": .number(trend.covers)]
    }

    private static func since(_ arguments: [String: Value]) throws(Failure) -> Timestamp {
        guard let since = arguments["since"]?.double, since.isFinite, abs(since) < 1e11 else {
            throw wrong("since", "an instant")
        }
        return Timestamp(since)
    }

    /// Writes what waits before it is looked at; a dry run has nothing that waits, and writes nothing.
    private func settle() throws {
        let waiting = take()
        if waiting.isEmpty { return }
        try store.write { session in
            for (series, samples) in waiting { for sample in samples { try session.addSample(sample, to: series) } }
        }
    }

    /// Writes what waits.
    package func flush() {
        let waiting = take()
        if waiting.isEmpty { return }
        store.submit { session in
            for (series, samples) in waiting { for sample in samples { try session.addSample(sample, to: series) } }
        } completion: { [trouble] result in
            if case .failure(let error) = result { trouble(Failure.wrapping(error)) } else { trouble(nil) }
        }
    }

    private func take() -> [MetricSeries: [MetricSample]] {
        state.withLock { state in
            defer { (state.waiting, state.since) = ([:], nil) }
            return state.waiting
        }
    }

    /// Reads which series the job has, where that is due by what is known.
    private func learn(_ job: String, where isDue: (Known?) -> Bool) throws(Failure) {
        guard isDue(state.withLock { $0.known[job] }) else { return }
        do {
            let series = try store.read { try $0.series(job: job) }
            state.withLock { state in
                var known = Known()
                for one in series { known.insert(one) }
                for one in state.waiting.keys where one.job == job { known.insert(one) }
                state.known[job] = known
            }
        } catch {
            throw Failure.wrapping(error)
        }
    }

    private func series(_ arguments: [String: Value], _ job: String) throws(Failure) -> MetricSeries {
        guard let name = arguments["name"]?.text, Self.isName(name) else {
            throw Self.wrong("name", "a-z, 0-9 and _, at most \(Self.nameCap) of them, a letter first")
        }
        guard let kind = arguments["kind"]?.text.flatMap(MetricSeries.Kind.init) else {
            throw Self.wrong("kind", MetricSeries.Kind.allCases.map(\.rawValue).joined(separator: ", "))
        }
        guard let given = (arguments["labels"] ?? [:]).map, given.count <= Self.labelCap else {
            throw Self.wrong("labels", "a table of at most \(Self.labelCap) names and texts")
        }
        var labels: [String: String] = [:]
        for (label, value) in given {
            let text = value.text ?? value.integer.map(String.init) ?? value.bool.map { $0 ? "true" : "false" }
            guard Self.isName(label), let text, text.utf8.count <= 2 * Self.nameCap else {
                throw Self.wrong("labels", "names of a-z, 0-9 and _, with texts of at most \(2 * Self.nameCap) bytes")
            }
            labels[label] = text
        }
        return MetricSeries(job: job, name: name, labels: labels, kind: kind)
    }

    private static func isName(_ text: String) -> Bool {
        guard (1...nameCap).contains(text.utf8.count), let first = text.utf8.first else { return false }
        func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) }
        return isLetter(first)
            && text.utf8.allSatisfy {
                isLetter($0) || $0 == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0)
            }
    }

    private static func wrong(_ name: String, _ expected: String) -> Failure {
        Failure(code: "EARGUMENT", "metrics: \(name) must be \(expected)")
    }
}

extension MetricDesk.State {
    /// Why a series may not be begun; nil: it may, or is there.
    fileprivate func refusal(of series: MetricSeries) -> String? {
        guard let known = known[series.job], !known.series.contains(series) else { return nil }
        if known.series.count >= MetricDesk.seriesPerJob {
            return "the job has \(MetricDesk.seriesPerJob) series already, the value of \(series.name) is dropped"
        }
        guard known.sets[series.name, default: 0] >= MetricDesk.setsPerName else { return nil }
        return "\(series.name) has \(MetricDesk.setsPerName) sets of labels already, another one's value is dropped: "
            + "label by what there is little of"
    }

    fileprivate mutating func take(_ sample: MetricSample, _ series: MetricSeries) {
        var samples = waiting[series] ?? []
        if let last = samples.indices.last, samples[last].time == sample.time {
            samples[last].add(sample)
        } else {
            samples.append(sample)
        }
        waiting[series] = samples
    }
}

extension MetricSample {
    fileprivate var value: Value {
        [
            "time": .number(time.epoch), "span": .int(span), "count": .int(count), "sum": .number(sum),
            "least": .number(least), "greatest": .number(greatest), "last": .number(last),
        ]
    }
}
