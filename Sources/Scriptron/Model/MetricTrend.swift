/// A straight line through what a series was (least squares, a sample weighing as much as the time it stands for), and
/// when it meets a bound.
package struct MetricTrend: Sendable, Hashable {
    /// How many samples there are.
    package var count: Int64 = 0
    /// When the oldest and the newest end, in seconds after the instant that all times are counted from.
    package var first = 0.0
    package var newest = 0.0
    /// The newest value.
    package var last = 0.0
    /// The sums of the weights, and of weight times time, value, time squared, time times value.
    package var weight = 0.0
    package var time = 0.0
    package var value = 0.0
    package var square = 0.0
    package var product = 0.0

    package init() {}

    /// Adds a sample, later than those before, whose span ends so many seconds after the instant.
    package mutating func add(_ sample: MetricSample, at end: Double) {
        if count == 0 { first = end }
        count += 1
        (newest, last) = (end, sample.last)
        let weight = Double(sample.span)
        self.weight += weight
        time += weight * end
        value += weight * sample.last
        square += weight * end * end
        product += weight * end * sample.last
    }

    /// What the line gains a second.
    package var rate: Double {
        // The variance of the times and their covariance with the values, both times the weight squared.
        let variance = weight * square - time * time
        return variance > 0 ? (weight * product - time * value) / variance : 0
    }

    /// The seconds that the samples cover.
    package var covers: Double { newest - first }

    /// In how many seconds the line, from the newest value on, is at the bound; nil where it does not lead there, where
    /// the samples cover less than `atLeast` seconds, or are fewer than three.
    package func seconds(to bound: Double, atLeast: Double) -> Double? {
        guard count >= 3, covers >= max(atLeast, 1) else { return nil }
        let distance = bound - last
        if distance == 0 { return 0 }
        let seconds = distance / rate
        return seconds > 0 && seconds.isFinite ? seconds : nil
    }
}
