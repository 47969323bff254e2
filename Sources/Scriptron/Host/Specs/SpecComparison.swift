/// Compares what a spec expects of a dry run with its report.
struct SpecComparison {
    let report: Value
    let expect: [String: Value]
    /// What did not come as expected, a record each: `line what expected came nearest`.
    private(set) var failures: [Value] = []

    init(_ report: Value, _ expect: [String: Value]) {
        self.report = report
        self.expect = expect
        judgeEnd()
        judgePlan()
        judgeRecords("log", "message", report["log"]?.list ?? [])
        judgeRecords("alerts", "key", report["alerts"]?.list ?? [])
        judgeRecords("metrics", "name", report["metrics"]?.list ?? [])
        judgeRecords("warnings", "text", (report["warnings"]?.list ?? []).map { ["text": $0] })
        if let result = expect["result"], let difference = Self.difference(result, report["result"] ?? .null) {
            fail("result", expected: result, came: report["result"] ?? .null, why: difference)
        }
    }

    private mutating func fail(
        _ what: String, line: Int64? = nil, expected: Value = .null, came: Value = .null, nearest: [Value] = [],
        why: String? = nil
    ) {
        failures.append([
            "what": .text(what), "line": line.map { .int($0) } ?? .null, "expected": expected, "came": came,
            "nearest": .list(nearest), "why": why.map { .text($0) } ?? .null,
        ])
    }

    // How it ends.

    private mutating func judgeEnd() {
        let texts = [report["error"]?.text, report["reason"]?.text] + (report["refused"]?.list ?? []).map(\.text)
        let error = texts.compactMap(\.self).joined(separator: "\n")
        let outcome = expect["outcome"]?.text ?? (expect["error"] == nil ? "succeeded" : "failed")
        if report["outcome"]?.text != outcome {
            fail(
                "outcome", expected: .text(outcome), came: report["outcome"] ?? .null,
                why: error.isEmpty ? nil : error)
        }
        if let wanted = expect["error"]?.text, !Wildcard.matches("*\(wanted)*", error) {
            fail("error", expected: .text(wanted), came: .text(error))
        }
        let open = (report["alerts"]?.list ?? []).filter { $0["state"]?.text != "ok" }
        if expect["no_alerts"]?.bool == true, !open.isEmpty { fail("no_alerts", came: .list(open)) }
    }

    // The plan.

    private mutating func judgePlan() {
        let steps = report["plan"]?.list ?? []
        if let plan = expect["plan"]?.list { judgeWhole(plan, steps) }
        for wanted in expect["includes"]?.list ?? [] where !steps.contains(where: { Self.fits(wanted, $0) }) {
            fail("includes", line: line(wanted), expected: bare(wanted), nearest: nearest(wanted, steps))
        }
        for unwanted in expect["never"]?.list ?? [] {
            for step in steps where Self.fits(unwanted, step) {
                fail("never", line: line(unwanted), expected: bare(unwanted), came: step)
            }
        }
    }

    /// Every step is expected and every expected one comes; in order, unless that is not asked for.
    private mutating func judgeWhole(_ plan: [Value], _ steps: [Value]) {
        let isOrdered = expect["any_order"]?.bool != true
        var left = Array(steps.enumerated())
        var missing: [Value] = []
        var last = -1
        for wanted in plan {
            if let index = left.firstIndex(where: { Self.fits(wanted, $0.element) && (!isOrdered || $0.offset > last) })
            {
                last = left[index].offset
                left.remove(at: index)
            } else {
                missing.append(wanted)
            }
        }
        for wanted in missing {
            // It is there, but not where it is expected.
            let isLate = isOrdered && left.contains { Self.fits(wanted, $0.element) }
            fail(
                "plan", line: line(wanted), expected: bare(wanted), nearest: nearest(wanted, left.map(\.element)),
                why: isLate ? "it comes, but not in this order" : nil)
        }
        for (_, step) in left where missing.isEmpty || !missing.contains(where: { Self.fits($0, step) }) {
            fail("plan", came: step, why: "it is not expected")
        }
    }

    private func line(_ wanted: Value) -> Int64? { wanted["line"]?.integer }

    private func bare(_ wanted: Value) -> Value {
        guard var map = wanted.map else { return wanted }
        map["line"] = nil
        return .map(map)
    }

    /// The steps that come nearest: of the same effect, those with most in common first.
    private func nearest(_ wanted: Value, _ steps: [Value]) -> [Value] {
        let same = steps.filter { $0["effect"] == wanted["effect"] }
        let keys = (wanted.map ?? [:]).filter { !["effect", "line"].contains($0.key) }
        let scored = same.enumerated().map { index, step in
            (index, step, keys.count { Self.difference($0.value, step[$0.key] ?? .null) == nil })
        }
        return scored.sorted { ($1.2, $0.0) < ($0.2, $1.0) }.prefix(3).map(\.1)
    }

    // Log, alerts, metrics.

    /// Each expected record comes; text stands for the record whose main member it is.
    private mutating func judgeRecords(_ key: String, _ main: String, _ records: [Value]) {
        for wanted in expect[key]?.list ?? [] {
            let record: Value = wanted.text == nil ? bare(wanted) : [main: wanted]
            if records.contains(where: { Self.difference(record, $0) == nil }) { continue }
            let texts = records.compactMap { $0[main]?.text }
            let near = Set(Nearest.names(to: record[main]?.text ?? "", among: texts))
            let nearest = records.filter { near.contains($0[main]?.text ?? "") }
            fail(
                key, line: line(wanted), expected: record,
                nearest: Array((nearest.isEmpty ? records : nearest).prefix(3)))
        }
    }

    // Values.

    private static func fits(_ wanted: Value, _ step: Value) -> Bool {
        (wanted.map ?? [:]).allSatisfy { $0.key == "line" || difference($0.value, step[$0.key] ?? .null) == nil }
    }

    /// What keeps a value from being as expected; nil where nothing does. Of a map only what is named counts, text may
    /// have stars, and sizes and durations may be written as such.
    static func difference(_ wanted: Value, _ value: Value, at place: String = "") -> String? {
        let here = place.isEmpty ? "" : "\(place): "
        switch (wanted, value) {
        case (.map(let members), _) where !members.isEmpty:
            for (key, member) in members.sorted(by: { $0.key < $1.key }) {
                let inner = place.isEmpty ? key : "\(place).\(key)"
                if let difference = difference(member, value[key] ?? .null, at: inner) { return difference }
            }
            return nil
        case (.list(let items), .list(let others)):
            guard items.count == others.count else { return "\(here)\(others.count) items, not \(items.count)" }
            for (index, (item, other)) in zip(items, others).enumerated() {
                if let difference = difference(item, other, at: "\(place)[\(index + 1)]") { return difference }
            }
            return nil
        case (.bytes, .bytes):
            guard let pattern = wanted.text, let text = value.text else {
                return wanted == value ? nil : "\(here)another"
            }
            return Wildcard.matches(pattern, text) ? nil : "\(here)\"\(text)\", not \"\(pattern)\""
        case (.bytes, .int), (.bytes, .number):
            let number = value.double
            let isSame = Quantity.bytes(wanted).map(Double.init) == number || Quantity.seconds(wanted) == number
            return isSame ? nil : "\(here)another number"
        case (.int, .number), (.number, .int), (.int, .int), (.number, .number):
            return wanted.double == value.double ? nil : "\(here)another number"
        default:
            if wanted.list?.isEmpty == true, value.list?.isEmpty == true { return nil }
            return wanted == value ? nil : "\(here)another value"
        }
    }
}
