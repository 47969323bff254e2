/// What is measured: a name of a job's with labels.
package struct MetricSeries: Sendable, Hashable {
    package enum Kind: String, Sendable, Hashable, CaseIterable {
        /// What happened, counted: rising only.
        case count
        /// A value that goes up and down.
        case gauge
        /// Many values of which number, sum, least and greatest are kept.
        case observation
    }

    package var job: String
    package var name: String
    package var labels: [String: String]
    package var kind: Kind

    package init(job: String, name: String, labels: [String: String] = [:], kind: Kind) {
        self.job = job
        self.name = name
        self.labels = labels
        self.kind = kind
    }
}

/// What a series was within a span of time: a minute, or later an hour.
package struct MetricSample: Sendable, Hashable {
    /// The seconds that a new sample stands for, and those that an old one does.
    package static let minute: Int64 = 60
    package static let hour: Int64 = 3600

    /// The start of the span.
    package var time: Timestamp
    /// Seconds.
    package var span: Int64
    /// How many values came.
    package var count: Int64
    package var sum: Double
    package var least: Double
    package var greatest: Double
    /// The newest value.
    package var last: Double

    package init(
        time: Timestamp, span: Int64, count: Int64, sum: Double, least: Double, greatest: Double, last: Double
    ) {
        self.time = time
        self.span = span
        self.count = count
        self.sum = sum
        self.least = least
        self.greatest = greatest
        self.last = last
    }

    /// One value, in the minute in which it came.
    package init(_ value: Double, at now: Timestamp) {
        self.init(
            time: Self.start(now, span: Self.minute), span: Self.minute, count: 1, sum: value, least: value,
            greatest: value, last: value)
    }

    /// Takes a later sample of the same span into this one.
    package mutating func add(_ later: MetricSample) {
        count += later.count
        sum += later.sum
        least = min(least, later.least)
        greatest = max(greatest, later.greatest)
        last = later.last
    }

    /// The start of the span that an instant lies in.
    package static func start(_ instant: Timestamp, span: Int64) -> Timestamp {
        let (seconds, rest) = instant.seconds.quotientAndRemainder(dividingBy: span)
        return Timestamp(seconds: (rest < 0 ? seconds - 1 : seconds) * span)
    }

    package var average: Double { count > 0 ? sum / Double(count) : last }
}
