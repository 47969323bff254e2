/// A set of seconds of one day.
struct DaySeconds: Sendable, Hashable {
    static let length = 86400
    private var words = [UInt64](repeating: 0, count: length / 64)

    init() {}

    /// The seconds at which an expression fires on a day that fits.
    init(of expression: CronExpression) {
        for hour in expression.hour.values where hour < 24 {
            for minute in expression.minute.values where minute < 60 {
                insert(minute: expression.second.bits, at: hour * 3600 + minute * 60)
            }
        }
    }

    var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

    mutating func insert(_ second: Int) { words[second / 64] |= 1 << UInt64(second % 64) }

    /// Adds the seconds of a minute, a bit each, that begins at a second.
    private mutating func insert(minute bits: UInt64, at second: Int) {
        let (word, bit) = (second / 64, UInt64(second % 64))
        words[word] |= bits << bit
        // The rest, where a minute does not end in the word in which it begins.
        if bit > 4 { words[word + 1] |= bits >> (64 - bit) }
    }

    /// Adds those seconds of `other` that lie in `range`.
    mutating func formUnion(_ other: DaySeconds, in range: Range<Int>) {
        guard !range.isEmpty else { return }
        for index in range.lowerBound / 64...(range.upperBound - 1) / 64 {
            var word = other.words[index]
            let start = index * 64
            if start < range.lowerBound { word &= ~0 << UInt64(range.lowerBound - start) }
            if start + 64 > range.upperBound { word &= ~0 >> UInt64(start + 64 - range.upperBound) }
            words[index] |= word
        }
    }
}
