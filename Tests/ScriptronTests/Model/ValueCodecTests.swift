import Testing

@testable import Scriptron

@Suite("ValueCodec") struct ValueCodecTests {
    @Test(
        "A value comes back exactly",
        arguments: [
            .null, true, false, 0, 1, -1, 63, 64, -64, -65, .int(.max), .int(.min), .number(0), .number(-0.0),
            .number(.infinity), .number(0.1), "", "text", .bytes([0, 0xFF, 0xC3, 0x28]), [], [:], [1, [nil, "x"]],
            ["": 1, "a": [:], "é": ["n": 2.5]],
        ] as [Value]
    ) func exact(_ value: Value) throws {
        #expect(try ValueCodec.decode(try ValueCodec.encode(value)) == value)
    }

    @Test("NaN and the sign of zero survive") func bits() throws {
        guard case .number(let nan) = try ValueCodec.decode(try ValueCodec.encode(.number(.nan))),
            case .number(let zero) = try ValueCodec.decode(try ValueCodec.encode(.number(-0.0)))
        else { throw Failure(code: "ETEST", "a number came back as something else") }
        #expect(nan.isNaN)
        #expect(zero.sign == .minus)
    }

    @Test("Equal maps have equal bytes") func canonical() throws {
        let keys = (0..<50).map { "key\($0)" }
        let one = Dictionary(uniqueKeysWithValues: keys.map { ($0, Value.int(1)) })
        var other: [String: Value] = [:]
        other.reserveCapacity(1000)
        for key in keys.reversed() { other[key] = 1 }
        #expect(try ValueCodec.encode(.map(one)) == ValueCodec.encode(.map(other)))
    }

    @Test(
        "Hostile bytes are refused",
        arguments: [
            [], [8], [255], [3], [3, 0x80], [3] + [UInt8](repeating: 0xFF, count: 10), [4, 1, 2], [5, 5, 1],
            [5, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1], [6, 2, 0], [6, 0xFF, 0xFF, 0xFF, 0x7F, 0],
            [7, 1, 1, 0xFF, 0], [7, 2, 1, 0x61, 0, 1, 0x61, 0], [0, 0],
            [UInt8](repeating: 6, count: 1) + [0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 1],
        ] as [[UInt8]]
    ) func hostile(_ bytes: [UInt8]) {
        #expect(throws: Failure.self) { try ValueCodec.decode(bytes) }
    }

    @Test("Depth and size are bounded") func limits() throws {
        let deep = [UInt8]((0..<600).flatMap { _ in [6, 1] as [UInt8] } + [0])
        #expect(throws: Failure.self) { try ValueCodec.decode(deep) }
        #expect(try ValueCodec.decode([6, 1, 6, 1, 0], limits: .init(depth: 2)) == [[nil]])
        #expect(throws: Failure.self) { try ValueCodec.decode([6, 1, 6, 1, 0], limits: .init(depth: 1)) }
        #expect(throws: Failure.self) { try ValueCodec.decode([5, 3, 1, 2, 3], limits: .init(bytes: 4)) }
    }

    @Test("A few bytes cannot become a lot of memory") func memory() throws {
        let limits = ValueCodec.Limits(memory: 1 << 20)
        let values: [Value] = [
            .list(Array(repeating: .null, count: 100_000)), .list(Array(repeating: "", count: 20_000)),
            .list(Array(repeating: [:], count: 50_000)),
            .map(Dictionary(uniqueKeysWithValues: (0..<20_000).map { (String($0), Value.null) })),
            .bytes([UInt8](repeating: 0, count: 2 << 20)),
        ]
        for value in values {
            let bytes = try ValueCodec.encode(value)
            #expect(throws: Failure.self) { try ValueCodec.decode(bytes, limits: limits) }
            #expect(try ValueCodec.decode(bytes) == value)
        }
        #expect(
            try ValueCodec.decode(try ValueCodec.encode(["a": [1, 2, "x"]]), limits: limits) == ["a": [1, 2, "x"]])
    }

    @Test("A handle has no plain form") func handle() {
        #expect(throws: Failure.self) { try ValueCodec.encode([.handle(kind: "lock", id: 3)]) }
    }

    @Test("Random values come back; damaged ones end in a value or an error") func random() throws {
        var random = RandomValues(seed: 3)
        for _ in 0..<3000 {
            let value = random.value(depth: 5, finite: false)
            var bytes = try ValueCodec.encode(value)
            #expect(try ValueCodec.decode(bytes) == value)
            bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            _ = try? ValueCodec.decode(bytes)
        }
    }
}
