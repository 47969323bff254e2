import Testing

@testable import Scriptron

@Suite("What jobs measure") struct MetricDeskTests {
    private static func value(_ name: Value, _ value: Value = 1.0, _ labels: Value = [:]) -> [String: Value] {
        ["name": name, "kind": "gauge", "value": value, "labels": labels]
    }

    @Test("Values of a minute are one sample; a history has them at once") func history() throws {
        let store = MemoryStore()
        let now = Shared(Timestamp(seconds: 1_700_000_040))
        let desk = MetricDesk(store: store, now: { now.value.withLock { $0 } })
        for value in [3.0, 1.0, 2.0] {
            #expect(try desk.add(Self.value("disk", .number(value), ["path": "/"]), job: "health") == .null)
        }
        now.value.withLock { $0 = $0 + 60 }
        _ = try desk.add(Self.value("disk", 9.0, ["path": "/"]), job: "health")
        var asked = Self.value("disk", .null, ["path": "/"])
        asked["since"] = 0.0
        let rows = try desk.history(asked, job: "health").list ?? []
        #expect(rows.map { $0["last"] } == [2.0, 9.0])
        #expect(rows.first?["count"] == 3 && rows.first?["greatest"] == 3.0)
        #expect(try desk.history(asked, job: "other").list?.isEmpty == true)
        // The same minute once more, after it was written.
        _ = try desk.add(Self.value("disk", 4.0, ["path": "/"]), job: "health")
        #expect(try desk.history(asked, job: "health").list?.last?["sum"] == 13.0)
    }

    @Test("Sets of labels and series are limited, also those of an earlier host") func cardinality() throws {
        let store = MemoryStore()
        let desk = MetricDesk(store: store)
        for index in 0..<MetricDesk.setsPerName {
            #expect(try desk.add(Self.value("m", 1.0, ["n": .int(Int64(index))]), job: "j") == .null)
        }
        let refused = try desk.add(Self.value("m", 1.0, ["n": "one more"]), job: "j")
        #expect(refused.text?.contains("100 sets of labels") == true)
        #expect(try desk.add(Self.value("m", 1.0, ["n": 5]), job: "j") == .null, "a known one is taken")
        #expect(try desk.add(Self.value("m"), job: "other") == .null)
        desk.flush()
        // Bodies are run in their order: what was flushed is written now.
        try store.write { _ in }
        let next = MetricDesk(store: store)
        #expect(try next.add(Self.value("m", 1.0, ["n": "one more"]), job: "j") == refused)
        for name in 1..<10 {
            for index in 0..<MetricDesk.setsPerName {
                _ = try next.add(Self.value(.text("m\(name)"), 1.0, ["n": .int(Int64(index))]), job: "j")
            }
        }
        #expect(try next.add(Self.value("other"), job: "j").text?.contains("1000 series") == true)
    }

    @Test(
        "What is no value is an error",
        arguments: [
            value(""), value("9x"), value("a b"), value(5), value("x", "5"), value("x", .number(.infinity)),
            value("x", 1.0, ["a b": "c"]), value("x", 1.0, ["a": [:]]), value("x", 1.0, "y"),
            ["name": "x", "kind": "other", "value": 1.0],
        ])
    func mistakes(arguments: [String: Value]) {
        let desk = MetricDesk(store: MemoryStore())
        #expect(throws: Failure.self) { try desk.add(arguments, job: "j") }
    }
}
