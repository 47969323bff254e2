@testable import Scriptron

/// Values of every kind from a seed, the same for the same seed (SplitMix64).
struct RandomValues: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A value that nests at most `depth` deep; `finite` leaves out what JSON cannot say.
    mutating func value(depth: Int, finite: Bool) -> Value {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &self))
        case 2: return .int(Int64(bitPattern: next()))
        case 3: return .int(Int64.random(in: -300...300, using: &self))
        case 4:
            let number = Double(bitPattern: next())
            return .number(number.isNaN || finite && number.isInfinite ? -0.5 : number)
        case 5: return .bytes(bytes())
        case 6:
            return .list((0..<Int.random(in: 0..<4, using: &self)).map { _ in value(depth: depth - 1, finite: finite) })
        default:
            var map: [String: Value] = [:]
            for _ in 0..<Int.random(in: 0..<4, using: &self) {
                map[String(decoding: bytes(), as: UTF8.self)] = value(depth: depth - 1, finite: finite)
            }
            return .map(map)
        }
    }

    private mutating func bytes() -> [UInt8] {
        let text = Bool.random(using: &self)
        return (0..<Int.random(in: 0..<12, using: &self)).map { _ in
            text ? UInt8.random(in: 0x20..<0x7F, using: &self) : UInt8.random(in: 0...255, using: &self)
        }
    }
}
