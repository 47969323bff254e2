/// Alerts, silences, messages, and what jobs measure, in memory.
extension MemorySession {
    func openAlert(job: String, key: String) throws -> Alert? {
        try reading().alerts.values.first { $0.state != .resolved && $0.isOf(job, key) }
    }

    func alert(_ id: Int64) throws -> Alert? { try reading().alerts[id] }

    func alerts(_ query: AlertQuery) throws -> [Alert] {
        let found = try reading().alerts.values.filter {
            ($0.state != .resolved) == query.isOpen && (query.job == nil || $0.job == query.job)
        }
        let sorted = found.sorted { left, right in
            if !query.isOpen {
                return (left.resolved ?? left.since, left.id) > (right.resolved ?? right.since, right.id)
            }
            if left.job != right.job { return left.job.utf8.lexicographicallyPrecedes(right.job.utf8) }
            return left.key.utf8.lexicographicallyPrecedes(right.key.utf8)
        }
        return Array(sorted.prefix(max(0, query.limit)))
    }

    func openAlertCount(job: String) throws -> Int {
        try reading().alerts.values.count { $0.state != .resolved && $0.job == job }
    }

    func insertAlert(_ alert: Alert) throws -> Alert {
        if alert.state != .resolved, try openAlert(job: alert.job, key: alert.key) != nil {
            throw StoreFailure.alertExists(alert)
        }
        return try changing { content in
            _ = try JSON.encode(alert.fields)
            content.lastAlert += 1
            var inserted = alert
            inserted.id = content.lastAlert
            content.alerts[inserted.id] = inserted
            return inserted
        }
    }

    func updateAlert(_ alert: Alert) throws {
        try changing { content in
            _ = try JSON.encode(alert.fields)
            guard content.alerts[alert.id] != nil else { throw StoreFailure.noAlert(alert.id) }
            content.alerts[alert.id] = alert
        }
    }

    func toldEpisodes(job: String, key: String, since instant: Timestamp) throws -> Int {
        try reading().alerts.values.count { alert in
            alert.state == .resolved && alert.isOf(job, key) && alert.notified.map { $0 >= instant } ?? false
        }
    }

    func removeAlert(_ id: Int64) throws { try changing { _ = $0.alerts.removeValue(forKey: id) } }

    // MARK: Silences

    func silences(at now: Timestamp) throws -> [Silence] {
        try reading().silences.values.filter { $0.until > now }
            .sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    func setSilence(_ silence: Silence, now: Timestamp) throws {
        try changing { content in
            content.silences = content.silences.filter { $0.value.until > now }
            content.silences[.init(silence.name)] = silence.until > now ? silence : nil
            content.silenced[.init(silence.name)] = now
        }
    }

    // MARK: Messages

    func addOutbox(_ entry: OutboxEntry) throws -> OutboxEntry {
        try changing { content in
            _ = try JSON.encode(entry.alert)
            content.lastOutbox += 1
            var added = entry
            added.id = content.lastOutbox
            content.outbox[added.id] = added
            return added
        }
    }

    func updateOutbox(_ entry: OutboxEntry) throws {
        try changing { content in
            guard content.outbox[entry.id] != nil else { throw StoreFailure.noMessage(entry.id) }
            content.outbox[entry.id] = entry
        }
    }

    func outbox(channel: String?, state: OutboxEntry.State, limit: Int) throws -> [OutboxEntry] {
        let found = try reading().outbox.values.filter {
            $0.state == state && (channel == nil || $0.channel == channel)
        }
        return Array(found.sorted { $0.id < $1.id }.prefix(max(0, limit)))
    }

    func outboxCounts(_ state: OutboxEntry.State) throws -> [String: Int] {
        Dictionary(grouping: try outbox(channel: nil, state: state, limit: .max), by: \.channel).mapValues(\.count)
    }

    func setBackAlerts(to now: Timestamp) throws {
        try changing { content in
            for (name, silence) in content.silences {
                guard let since = content.silenced[name], since > now else { continue }
                content.silences[name]?.until = now + (silence.until - since)
                content.silenced[name] = now
            }
            for (id, known) in content.alerts {
                var alert = known
                alert.since = min(alert.since, now)
                for path in [\Alert.fired, \.resolved, \.notified, \.acknowledged] {
                    alert[keyPath: path] = alert[keyPath: path].map { min($0, now) }
                }
                content.alerts[id] = alert
            }
            for (id, entry) in content.outbox where entry.created > now { content.outbox[id]?.created = now }
        }
    }

    func postponeOutbox(by seconds: Double) throws {
        try changing { content in
            for (id, entry) in content.outbox where entry.state == .waiting {
                content.outbox[id]?.created = entry.created + seconds
            }
        }
    }

    // MARK: What was heard

    func unheardRuns(limit: Int) throws -> [EndedRun] {
        let content = try reading()
        let found = content.runs.values.filter { $0.state == .ended && !content.heardRuns.contains($0.id) }
        return found.sorted { $0.id < $1.id }.prefix(max(0, limit)).map { run in
            EndedRun(id: run.id, job: run.job, outcome: run.outcome, reason: run.reason, finished: run.finished)
        }
    }

    func setHeard(run: Int64) throws { try changing { _ = $0.heardRuns.insert(run) } }

    func unheardMissed(limit: Int) throws -> [MissedRange] {
        let content = try reading()
        let found = content.missed.filter { !content.heardMissed.contains($0.id) }
        return Array(found.sorted { $0.id < $1.id }.prefix(max(0, limit)))
    }

    func setHeard(missed: Int64) throws { try changing { _ = $0.heardMissed.insert(missed) } }

    func pruneAlerts(before instant: Timestamp, limit: Int) throws -> Int {
        try changing { content in
            let alerts = content.alerts.values.filter { $0.state == .resolved && ($0.resolved ?? $0.since) < instant }
                .sorted { ($0.resolved ?? $0.since) < ($1.resolved ?? $1.since) }.prefix(max(0, limit))
            let messages = content.outbox.values.filter {
                $0.state != .waiting && ($0.finished ?? $0.created) < instant
            }
            .sorted { ($0.finished ?? $0.created) < ($1.finished ?? $1.created) }.prefix(max(0, limit))
            for alert in alerts { content.alerts[alert.id] = nil }
            for message in messages { content.outbox[message.id] = nil }
            return alerts.count + messages.count
        }
    }

    // MARK: What jobs measure

    func series(job: String?) throws -> [MetricSeries] {
        try reading().samples.keys.filter { job == nil || $0.job == job }.sorted { left, right in
            if left.job != right.job { return left.job.utf8.lexicographicallyPrecedes(right.job.utf8) }
            if left.name != right.name { return left.name.utf8.lexicographicallyPrecedes(right.name.utf8) }
            return "\(left.labels.sorted { $0.key < $1.key })" < "\(right.labels.sorted { $0.key < $1.key })"
        }
    }

    func addSample(_ sample: MetricSample, to series: MetricSeries) throws {
        try changing { $0.samples[series, default: []].merge(sample) }
    }

    func samples(
        of series: MetricSeries, since: Timestamp, until: Timestamp, limit: Int
    ) throws -> [MetricSample] {
        let found = try reading().samples[series, default: []].filter { $0.time >= since && $0.time <= until }
        return found.sorted { ($0.time, $0.span) < ($1.time, $1.span) }.suffix(max(0, limit))
    }

    func trend(of series: MetricSeries, since: Timestamp) throws -> MetricTrend {
        var trend = MetricTrend()
        for sample in try samples(of: series, since: since, limit: .max) {
            trend.add(sample, at: sample.time - since + Double(sample.span))
        }
        return trend
    }

    func compactSamples(before instant: Timestamp, limit: Int) throws -> Int {
        try changing { content in
            var done = 0
            for series in content.samples.keys {
                for var sample in content.samples[series, default: []].sorted(by: { $0.time < $1.time })
                where sample.span == MetricSample.minute && sample.time < instant && done < limit {
                    content.samples[series]?.removeAll { $0.span == sample.span && $0.time == sample.time }
                    sample.time = MetricSample.start(sample.time, span: MetricSample.hour)
                    sample.span = MetricSample.hour
                    content.samples[series, default: []].merge(sample)
                    done += 1
                }
            }
            return done
        }
    }

    func pruneSamples(before instant: Timestamp, limit: Int) throws -> Int {
        try changing { content in
            var done = 0
            for series in content.samples.keys {
                content.samples[series]?.removeAll { sample in
                    guard sample.time < instant, done < limit else { return false }
                    done += 1
                    return true
                }
            }
            content.samples = content.samples.filter { !$0.value.isEmpty }
            return done
        }
    }
}

extension [MetricSample] {
    fileprivate mutating func merge(_ sample: MetricSample) {
        if let index = firstIndex(where: { $0.span == sample.span && $0.time == sample.time }) {
            self[index].add(sample)
        } else {
            append(sample)
        }
    }
}

extension Alert {
    fileprivate func isOf(_ job: String, _ key: String) -> Bool {
        self.job.utf8.elementsEqual(job.utf8) && self.key.utf8.elementsEqual(key.utf8)
    }
}
