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

    @Test("A forecast follows the line through what was measured, and tells nothing where that is not enough")
    func forecast() throws {
        let store = MemoryStore()
        let start = Timestamp(seconds: 1_700_000_040)
        let now = Shared(start)
        let desk = MetricDesk(store: store, now: { now.value.withLock { $0 } })
        func ask(_ bound: Double, atLeast: Double = 3600) throws -> Value {
            var asked = Self.value("free")
            (asked["bound"], asked["at_least"]) = (.number(bound), .number(atLeast))
            asked["since"] = .number(start.epoch)
            return try desk.forecast(asked, job: "j")
        }
        // A byte a second less, with a swing of its own.
        for minute in 0..<120 {
            now.value.withLock { $0 = start + Double(minute) * 60 }
            let swing = minute % 2 == 0 ? 5.0 : -5.0
            _ = try desk.add(Self.value("free", .number(10_000 - Double(minute) * 60 + swing)), job: "j")
        }
        let full = try ask(0)
        #expect((full["rate"]?.double).map { abs($0 + 1) < 0.01 } == true, "\(full)")
        #expect((full["seconds"]?.double).map { abs($0 - 2855) < 40 } == true, "\(full)")
        #expect(full["covers"] == .number(119 * 60))
        #expect(try ask(20_000) == .null, "it leads away")
        #expect(try ask(0, atLeast: 7200) == .null, "it was not measured for so long")
        #expect(throws: Failure.self) { try desk.forecast(Self.value("free"), job: "j") }
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

    @Test("A million sets of labels are a hundred (attack 77)") func flood() throws {
        let store = MemoryStore()
        let desk = MetricDesk(store: store)
        var taken = 0
        for index in 0..<1_000_000 {
            let answer = try desk.add(Self.value("m", 1.0, ["n": .int(Int64(index))]), job: "j")
            if answer == .null { taken += 1 }
        }
        #expect(taken == MetricDesk.setsPerName)
        for index in 0..<100_000 { _ = try desk.add(Self.value(.text("m\(index)")), job: "j") }
        #expect(throws: Failure.self) {
            try desk.add(Self.value("m", 1.0, ["n": .text(String(repeating: "x", count: 10_000))]), job: "j")
        }
        desk.flush()
        try store.write { _ in }
        #expect(try store.read { try $0.series(job: "j").count } == MetricDesk.seriesPerJob)
    }

    @Test("Series that are gone from the store make room, as soon as it is looked again") func room() throws {
        let store = MemoryStore()
        let desk = MetricDesk(store: store, memory: 0)
        func add(_ label: Value) throws -> Value { try desk.add(Self.value("m", 1.0, ["n": label]), job: "j") }
        for index in 0..<MetricDesk.setsPerName { _ = try add(.int(Int64(index))) }
        #expect(try add("more") != .null)
        desk.flush()
        try store.write { _ = try $0.pruneSamples(before: SystemClock().now() + 9999, limit: 10_000) }
        #expect(try add("more") == .null)
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
