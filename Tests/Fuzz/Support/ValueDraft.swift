/// Values out of any bytes: every input is some value, each byte of it means something, and a small change of the input
/// is a small change of the value. What reads tables is so reached behind its first look at their form.
///
/// One byte says what follows: its lower three bits the kind, the upper five a count or a choice. Where the input ends,
/// all that is left out is null.
struct ValueDraft {
    private var rest: ArraySlice<UInt8>
    /// Texts that the reader knows, so that no mutation has to spell them.
    private let words: [String]

    /// How deep tables nest.
    private static let depthLimit = 8
    private static let numbers: [Double] = [
        0, -0.0, 0.5, 1, -1, 60, 1e3, 86400, 1e9, 3.2e9, 4.6e18, 9.3e18, 1e19, 1e308, -1e308, .infinity, -.infinity,
        .nan,
        .leastNonzeroMagnitude,
    ]
    private static let integers: [Int64] = [
        .min, .max, -1, 0, 1, 2, 59, 60, 64, 100, 1000, 1001, 65535, 65536, 1 << 20, 1 << 32, 1 << 40, 1 << 53, 1 << 62,
    ]

    init(_ bytes: ArraySlice<UInt8>, words: [String]) {
        rest = bytes
        self.words = words
    }

    /// What is left of the input.
    var left: [UInt8] { Array(rest) }

    mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// The next value.
    mutating func value(depth: Int = 0) -> Value {
        guard !rest.isEmpty else { return .null }
        let first = byte()
        let choice = Int(first >> 3)
        switch first & 7 {
        case 0: return [.null, .bool(false), .bool(true), .list([]), .map([:])][choice % 5]
        case 1: return .int(choice < 31 ? Int64(Int8(bitPattern: byte())) : word64())
        case 2:
            if choice == 31 { return .number(Double(bitPattern: UInt64(bitPattern: word64()))) }
            return choice < Self.numbers.count
                ? .number(Self.numbers[choice]) : .int(Self.integers[Int(byte()) % Self.integers.count])
        case 3: return .text(word())
        case 4: return .bytes(bytes(choice))
        // Texts of pieces: `every 5m`, `unix:/run/x`.
        case 5: return .text((0...choice % 6).map { _ in piece() }.joined())
        case 6: return depth < Self.depthLimit ? .list((0..<choice % 8).map { _ in value(depth: depth + 1) }) : .null
        default: return depth < Self.depthLimit ? map(choice % 16, depth: depth) : .null
        }
    }

    /// A table of `count` members, most of them under words.
    mutating func map(_ count: Int, depth: Int = 0) -> Value {
        var members: [String: Value] = [:]
        for _ in 0..<count where !rest.isEmpty {
            let key = piece()
            members[key] = value(depth: depth + 1)
        }
        return .map(members)
    }

    /// A table of just these members, each with the next value.
    mutating func members(_ keys: [String]) -> [String: Value] {
        keys.reduce(into: [:]) { $0[$1] = value(depth: 1) }
    }

    /// A word, or (for a first byte of 240 and more) a short free text.
    mutating func piece() -> String {
        guard let first = rest.first, first >= 240 else { return word() }
        rest.removeFirst()
        return String(decoding: bytes(Int(first & 15)), as: UTF8.self)
    }

    private mutating func word() -> String { words.isEmpty ? "" : words[Int(byte()) % words.count] }

    private mutating func bytes(_ count: Int) -> [UInt8] {
        let taken = rest.prefix(count)
        rest = rest.dropFirst(count)
        return Array(taken)
    }

    private mutating func word64() -> Int64 {
        Int64(bitPattern: bytes(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
    }
}

extension Value {
    /// Whether a number in it is none, which makes it unequal to itself.
    var holdsNaN: Bool {
        switch self {
        case .number(let number): number.isNaN
        case .list(let values): values.contains(where: \.holdsNaN)
        case .map(let values): values.values.contains(where: \.holdsNaN)
        default: false
        }
    }
}

/// The input that libFuzzer gives.
func input(_ data: UnsafePointer<UInt8>, _ count: Int) -> ArraySlice<UInt8> {
    Array(UnsafeBufferPointer(start: data, count: count))[...]
}
