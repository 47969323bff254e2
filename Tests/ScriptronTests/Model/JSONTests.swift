import Testing

@testable import Scriptron

@Suite("JSON") struct JSONTests {
    @Test(
        "A value is written in its one form",
        arguments: [
            (.null, "null"), (true, "true"), (false, "false"), (0, "0"), (.int(.min), "-9223372036854775808"),
            (.number(1), "1.0"), (.number(-0.0), "-0.0"), (.number(0.1), "0.1"), (.number(1e300), "1e+300"),
            ([], "[]"), ([:], "{}"), ([1, [2], .null], "[1,[2],null]"),
            (["b": 1, "a": 2, "ä": 3, "Z": 4], #"{"Z":4,"a":2,"b":1,"ä":3}"#),
            ("a\"b\\c/\n\r\t\u{0}\u{1B}\u{7F}\u{9B}é😀", #""a\"b\\c/\n\r\t\u0000\u001b\u007f\u009bé😀""#),
            (.bytes([0x61, 0xFF, 0xC3, 0xC3, 0xA9, 0xED, 0xA0, 0x80]), #""a\udcff\udcc3é\udced\udca0\udc80""#),
        ] as [(Value, String)]
    ) func writes(_ row: (value: Value, text: String)) throws {
        #expect(try JSON.text(row.value) == row.text)
        #expect(try JSON.decode(row.text) == row.value)
    }

    @Test("Pretty puts each member on its own line") func pretty() throws {
        let value: Value = ["list": [1, 2], "empty": [], "map": ["k": "v"]]
        #expect(
            try JSON.text(value, pretty: true) == """
                {
                  "empty": [],
                  "list": [
                    1,
                    2
                  ],
                  "map": {
                    "k": "v"
                  }
                }
                """)
    }

    @Test(
        "JSON that others wrote is read",
        arguments: [
            (" \t\r\n 1 ", 1), ("-0", .number(-0.0)), ("1E2", .number(100)), ("1.50", .number(1.5)),
            ("9223372036854775807", .int(.max)), ("9223372036854775808", .number(9223372036854775808)),
            (#""\u00e9\uD83D\uDE00\/\b\f""#, "é😀/\u{8}\u{C}"), (#"{"a":1,"a":2}"#, ["a": 2]),
            ("[ ]", []), ("{ }", [:]), (#"{ "a" : [ true , null ] }"#, ["a": [true, nil]]),
        ] as [(String, Value)]
    ) func reads(_ row: (text: String, value: Value)) throws {
        #expect(try JSON.decode(row.text) == row.value)
    }

    @Test(
        "What is no JSON fails at its byte",
        arguments: [
            ("", 0), ("  ", 2), ("[1,]", 3), ("[1 2]", 3), ("{1:2}", 1), (#"{"a" 1}"#, 5), (#"{"a":1,}"#, 7), ("01", 0),
            ("-", 1), ("1.", 2), (".5", 0), ("1e", 2), ("1e999", 0), ("+1", 0), ("nul", 0), ("nulL", 0), ("NaN", 0),
            ("1 2", 2), ("'a'", 0), (#""a"#, 2), (#""\x""#, 1), (#""\u12g4""#, 5), (#""\ud800""#, 1),
            (#""\ud800\u0041""#, 1), (#""\udc00""#, 1), ("\"\n\"", 1), (#"{"\udcff":1}"#, 1), ("[", 1), ("]", 0),
            ("/* c */ 1", 0), ("\u{FEFF}1", 0),
        ]
    ) func refuses(_ row: (text: String, byte: Int)) {
        let error = #expect(throws: Failure.self) { try JSON.decode(row.text) }
        #expect(error?.code == "EJSON")
        #expect(error?.message.contains("at byte \(row.byte)") == true, "\(error?.message ?? "")")
    }

    @Test("Bytes that are no UTF-8 are refused where they stand") func invalidUTF8() {
        let error = #expect(throws: Failure.self) { try JSON.decode([0x22, 0x61, 0xFF, 0x22]) }
        #expect(error?.message.contains("at byte 2") == true)
    }

    @Test(
        "What JSON cannot say is an error",
        arguments: [.number(.nan), .number(.infinity), .handle(kind: "lock", id: 1)] as [Value])
    func noForm(_ value: Value) {
        #expect(throws: Failure.self) { try JSON.encode([value]) }
    }

    @Test("Nesting is bounded both ways") func depth() throws {
        let deepest = String(repeating: "[", count: 512) + String(repeating: "]", count: 512)
        let value = try JSON.decode(deepest)
        #expect(try JSON.text(value) == deepest)
        #expect(throws: Failure.self) { try JSON.decode("[" + deepest + "]") }
        #expect(throws: Failure.self) { try JSON.encode([value]) }
        #expect(throws: Failure.self) { try JSON.decode(String(repeating: "[", count: 100_000)) }
    }

    @Test("Random values come back as they were") func roundTrip() throws {
        var random = RandomValues(seed: 7)
        for _ in 0..<2000 {
            let value = random.value(depth: 4, finite: true)
            #expect(try JSON.decode(try JSON.encode(value)) == value)
            #expect(try JSON.decode(try JSON.encode(value, pretty: true)) == value)
        }
    }

    @Test("Damaged JSON ends in a value or an error") func damaged() throws {
        var random = RandomValues(seed: 11)
        for _ in 0..<5000 {
            var bytes = try JSON.encode(random.value(depth: 3, finite: true))
            bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
            _ = try? JSON.decode(bytes)
        }
    }
}
