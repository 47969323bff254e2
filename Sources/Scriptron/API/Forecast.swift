/// A straight line through what a metric was (least squares), and when it meets a bound.
struct Forecast: Hashable {
    /// The newest value, what the line gains a second, and the seconds that the samples cover.
    var last: Double
    var rate: Double
    var covers: Double

    /// Nil where the samples cover less than `atLeast` seconds, or are fewer than three.
    init?(_ samples: Value, atLeast: Double) {
        let points = (samples.list ?? []).compactMap { sample -> (time: Double, value: Double)? in
            guard let time = sample["time"]?.double, let value = sample["last"]?.double else { return nil }
            return (time, value)
        }
        guard points.count >= 3, let first = points.first, let newest = points.last,
            newest.time - first.time >= max(atLeast, 1)
        else { return nil }
        let count = Double(points.count)
        let time = points.reduce(0) { $0 + ($1.time - first.time) } / count
        let value = points.reduce(0) { $0 + $1.value } / count
        var products = 0.0
        var squares = 0.0
        for point in points {
            let distance = point.time - first.time - time
            products += distance * (point.value - value)
            squares += distance * distance
        }
        last = newest.value
        rate = squares > 0 ? products / squares : 0
        covers = newest.time - first.time
    }

    /// `{seconds, rate, covers}`; null where the line does not lead to the bound.
    func value(reaching bound: Double) -> Value {
        let distance = bound - last
        guard distance == 0 || distance * rate > 0 else { return .null }
        let seconds = distance == 0 ? 0 : distance / rate
        return ["seconds": .number(seconds), "rate": .number(rate), "covers": .number(covers)]
    }
}
