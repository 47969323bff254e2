/// What jobs measure.
extension SQLiteSession {
    private func labels(_ series: MetricSeries) throws(Failure) -> String {
        // JSON of an object sorts its keys: equal labels are equal texts.
        try JSON.text(.map(series.labels.mapValues { .text($0) }))
    }

    func series(job: String?) throws -> [MetricSeries] {
        try open.rows(
            "SELECT job, name, labels, kind FROM series \(job == nil ? "" : "WHERE job = ?") ORDER BY job, name, labels",
            job.map { [.text($0)] } ?? []
        ) { (row) throws(Failure) in
            MetricSeries(
                job: row.text(0), name: row.text(1), labels: (try row.json(2).map ?? [:]).compactMapValues(\.text),
                kind: try row.word(3, MetricSeries.Kind.self))
        }
    }

    private func id(_ series: MetricSeries) throws(Failure) -> Int64? {
        try open.row(
            "SELECT id FROM series WHERE job = ? AND name = ? AND labels = ? AND kind = ?",
            [.text(series.job), .text(series.name), .text(try labels(series)), .init(series.kind)]
        ) { $0.int(0) }
    }

    func addSample(_ sample: MetricSample, to series: MetricSeries) throws {
        var known = try id(series)
        if known == nil {
            try open.run(
                "INSERT INTO series (job, name, labels, kind) VALUES (?, ?, ?, ?)",
                [.text(series.job), .text(series.name), .text(try labels(series)), .init(series.kind)])
            known = try open.lastInsertID
        }
        if let known { try add(sample, to: known) }
    }

    private func add(_ sample: MetricSample, to series: Int64) throws(Failure) {
        try open.run(
            """
            INSERT INTO sample (series, span, time, count, sum, least, greatest, last) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            ON CONFLICT (series, span, time) DO UPDATE SET count = count + excluded.count, sum = sum + excluded.sum,
                least = min(least, excluded.least), greatest = max(greatest, excluded.greatest), last = excluded.last
            """,
            [
                .int(series), .int(sample.span), .init(sample.time), .int(sample.count), .real(sample.sum),
                .real(sample.least), .real(sample.greatest), .real(sample.last),
            ])
    }

    private static func sample(_ row: SQLiteStatement) -> MetricSample {
        MetricSample(
            time: row.timestamp(1), span: row.int(0), count: row.int(2), sum: row.real(3), least: row.real(4),
            greatest: row.real(5), last: row.real(6))
    }

    func samples(
        of series: MetricSeries, since: Timestamp, until: Timestamp, limit: Int
    ) throws -> [MetricSample] {
        guard let id = try id(series) else { return [] }
        return try open.rows(
            """
            SELECT span, time, count, sum, least, greatest, last FROM sample
            WHERE series = ? AND time BETWEEN ? AND ? ORDER BY time DESC, span DESC LIMIT ?
            """, [.int(id), .init(since), .init(until), .init(max(0, limit))], Self.sample
        ).reversed()
    }

    func trend(of series: MetricSeries, since: Timestamp) throws -> MetricTrend {
        guard let id = try id(series) else { return MetricTrend() }
        // A week of minutes is ten thousand samples: they are summed up where they lie.
        let sums = try open.row(
            """
            SELECT count(*), min(t), max(t), total(span), total(span * t), total(span * last), total(span * t * t),
                total(span * t * last)
            FROM (SELECT span, last, (time - ?) / 1e6 + span AS t FROM sample WHERE series = ? AND time >= ?)
            """, [.init(since), .int(id), .init(since)]
        ) { row in
            var trend = MetricTrend()
            trend.count = row.int(0)
            (trend.first, trend.newest) = (row.real(1), row.real(2))
            (trend.weight, trend.time, trend.value) = (row.real(3), row.real(4), row.real(5))
            (trend.square, trend.product) = (row.real(6), row.real(7))
            return trend
        }
        guard var trend = sums, let newest = try samples(of: series, since: since, limit: 1).last else {
            return MetricTrend()
        }
        trend.last = newest.last
        return trend
    }

    func compactSamples(before instant: Timestamp, limit: Int) throws -> Int {
        let rows = try open.rows(
            """
            SELECT span, time, count, sum, least, greatest, last, series FROM sample WHERE span = ? AND time < ?
            ORDER BY time LIMIT ?
            """, [.int(MetricSample.minute), .init(instant), .init(max(0, limit))]
        ) { (series: $0.int(7), sample: Self.sample($0)) }
        for (series, var sample) in rows {
            try open.run(
                "DELETE FROM sample WHERE series = ? AND span = ? AND time = ?",
                [.int(series), .int(sample.span), .init(sample.time)])
            sample.time = MetricSample.start(sample.time, span: MetricSample.hour)
            sample.span = MetricSample.hour
            try add(sample, to: series)
        }
        return rows.count
    }

    func pruneSamples(before instant: Timestamp, limit: Int) throws -> Int {
        let old = try open.rows(
            "SELECT series, span, time FROM sample WHERE time < ? ORDER BY time LIMIT ?",
            [.init(instant), .init(max(0, limit))]
        ) { [SQLValue.int($0.int(0)), .int($0.int(1)), .int($0.int(2))] }
        for row in old { try open.run("DELETE FROM sample WHERE series = ? AND span = ? AND time = ?", row) }
        try open.run("DELETE FROM series WHERE NOT EXISTS (SELECT 1 FROM sample WHERE sample.series = series.id)")
        return old.count
    }
}
