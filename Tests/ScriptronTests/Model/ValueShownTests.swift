import Testing

@testable import Scriptron

@Suite("Values in messages") struct ValueShownTests {
    private static let cases: [(value: Value, text: String)] = [
        (.null, "nil"), (.bool(true), "true"), (.int(3), "3"), (.number(1.5), "1.5"), (.text("q"), "\"q\""),
        (.text(""), "\"\""), (.text(String(repeating: "é", count: 20)), "\"éééééééééééééééééééé\""),
        (.text(String(repeating: "x", count: 41)), "a string of 41 bytes"),
        (.text("a\nb"), "a string of 3 bytes"), (.bytes([0xFF]), "a string of 1 byte"),
        (.list([]), "an empty table"), (.list([.int(1)]), "a table"), (.map(["a": .int(1)]), "a table"),
    ]

    @Test("What is short is shown in full, of the rest what it is") func shown() {
        for (value, text) in Self.cases { #expect(value.shown == text) }
    }
}
