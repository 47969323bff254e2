/// What a run in a shadow left in the shadow's store, as a plan tells it.
struct ShadowRecord {
    /// `{key, value}`; the value is null where the key is gone.
    private(set) var state: [Value] = []
    /// `{key, state, severity, summary}` of those that began, changed or ended.
    private(set) var alerts: [Value] = []
    /// `{name, kind, value, labels}`, the newest value of each.
    private(set) var metrics: [Value] = []

    /// What a store says of a job, before and after its run.
    ///
    /// Opening one writes beside it: it must be where the run's changes, which may fill their bound, take no room.
    static func facts(of job: String, in store: Path) throws(Failure) -> Facts {
        let store = try SQLiteStore(directory: store)
        defer { store.close() }
        do { return try store.read { try facts($0, job) } } catch { throw Failure.wrapping(error) }
    }

    /// Compares what there was with what there is.
    init(_ was: Facts, _ facts: Facts) {
        for key in Set(was.state.keys).union(facts.state.keys).sorted() where was.state[key] != facts.state[key] {
            state.append(["key": .text(key), "value": facts.state[key] ?? .null])
        }
        for (key, alert) in facts.alerts.sorted(by: { $0.key < $1.key }) where was.alerts[key] != alert {
            alerts.append(Self.told(alert, alert.state))
        }
        for (key, alert) in was.alerts.sorted(by: { $0.key < $1.key }) where facts.alerts[key] == nil {
            alerts.append(Self.told(alert, .resolved))
        }
        for (series, sample) in facts.metrics where was.metrics.first(where: { $0.0 == series })?.1 != sample {
            metrics.append([
                "name": .text(series.name), "kind": .text(series.kind.rawValue),
                "value": .number(series.kind == .count ? sample.sum : sample.last),
                "labels": .map(series.labels.mapValues { .text($0) }),
            ])
        }
    }

    /// What is compared.
    struct Facts {
        var state: [String: Value] = [:]
        var alerts: [String: Alert] = [:]
        var metrics: [(MetricSeries, MetricSample)] = []
    }

    private static func facts(_ session: some StoreSession, _ job: String) throws -> Facts {
        var facts = Facts()
        for key in try session.stateKeys(job: job) { facts.state[key] = try session.state(job: job, key: key) }
        for alert in try session.alerts(AlertQuery(isOpen: true, job: job)) where alert.origin == .script {
            facts.alerts[alert.key] = alert
        }
        for series in try session.series(job: job) {
            let newest = try session.samples(of: series, since: Timestamp(microseconds: 0), limit: 1).last
            if let newest { facts.metrics.append((series, newest)) }
        }
        return facts
    }

    private static func told(_ alert: Alert, _ state: Alert.State) -> Value {
        [
            "key": .text(alert.key), "state": .text(state.rawValue), "severity": .text(alert.severity.rawValue),
            "summary": .text(alert.summary), "how": "check",
        ]
    }
}
