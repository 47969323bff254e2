/// The six fields of a cron expression, in the order in which they are written.
enum CronFieldKind: Int, Sendable, CaseIterable {
    case second, minute, hour, day, month, weekday

    /// As messages call it.
    var name: String {
        switch self {
        case .day: "day of the month"
        case .weekday: "day of the week"
        default: "\(self)"
        }
    }

    /// The numbers that may be written; Sunday is both 0 and 7.
    var range: ClosedRange<Int> {
        switch self {
        case .second, .minute: 0...59
        case .hour: 0...23
        case .day: 1...31
        case .month: 1...12
        case .weekday: 0...7
        }
    }

    /// The values of `*`: Sunday is 0.
    var values: ClosedRange<Int> { self == .weekday ? 0...6 : range }

    /// The values of `*` as bits.
    var all: UInt64 { values.reduce(0) { $0 | 1 << UInt64($1) } }

    /// The values from which `~` chooses: days that every month has.
    var choices: ClosedRange<Int> { self == .day ? 1...28 : values }

    /// The names that may be written for numbers, the first standing for the lowest number.
    var names: [String] {
        switch self {
        case .month: ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
        case .weekday: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
        default: []
        }
    }
}

/// The values that one field of a cron expression allows.
struct CronField: Sendable, Hashable {
    /// Bit n stands for the value n; a Sunday is bit 0.
    var bits: UInt64
    /// Whether it is written with a `*` in front, which decides how it meets other fields and a change of offset.
    var startsWithStar: Bool

    /// The field that is not written where an expression has five.
    static let zero = CronField(bits: 1, startsWithStar: false)

    func contains(_ value: Int) -> Bool { bits >> UInt64(value) & 1 == 1 }

    /// The least value that is `value` or more.
    func first(from value: Int) -> Int? {
        guard value < 64 else { return nil }
        let rest = bits >> UInt64(value)
        return rest == 0 ? nil : value + rest.trailingZeroBitCount
    }

    /// The greatest value that is `value` or less.
    func last(through value: Int) -> Int? {
        guard value >= 0 else { return nil }
        let rest = bits << UInt64(63 - min(value, 63))
        return rest == 0 ? nil : min(value, 63) - rest.leadingZeroBitCount
    }

    /// The allowed values, rising.
    var values: [Int] { (0..<64).filter(contains) }
}
