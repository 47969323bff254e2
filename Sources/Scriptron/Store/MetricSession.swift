/// The operations on what jobs measure, inside one transaction of a store.
package protocol MetricSession {
    /// The series of a job; of all where nil.
    func series(job: String?) throws -> [MetricSeries]
    /// Adds a sample, into the one of the same span and time where there is one; the series is made at its first.
    func addSample(_ sample: MetricSample, to series: MetricSeries) throws
    /// The samples whose span begins at `since` or later, and at `until` or earlier, the oldest first; at most `limit`,
    /// the newest ones.
    func samples(of series: MetricSeries, since: Timestamp, until: Timestamp, limit: Int) throws -> [MetricSample]
    /// What the samples of a series whose span begins at `since` or later come to, their times counted from then.
    func trend(of series: MetricSeries, since: Timestamp) throws -> MetricTrend
    /// Makes hours of minutes from before `instant`, at most `limit` of them; how many there were.
    func compactSamples(before instant: Timestamp, limit: Int) throws -> Int
    /// Removes samples from before `instant`, at most `limit`, and series without any; how many it removed.
    func pruneSamples(before instant: Timestamp, limit: Int) throws -> Int
}

extension MetricSession {
    /// All samples since then, whatever comes later.
    package func samples(of series: MetricSeries, since: Timestamp, limit: Int) throws -> [MetricSample] {
        try samples(of: series, since: since, until: Timestamp(microseconds: .max), limit: limit)
    }
}
