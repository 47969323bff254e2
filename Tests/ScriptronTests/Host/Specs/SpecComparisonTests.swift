import Testing

@testable import Scriptron

@Suite("Comparing plans with what specs expect") struct SpecComparisonTests {
    private static let plan: Value = [
        ["effect": "rename", "from": "a", "to": "b"], ["effect": "write", "path": "c", "bytes": 1024],
        ["effect": "remove", "path": "d", "bytes": 5],
    ]

    private func failures(_ expect: [String: Value], outcome: Value = "succeeded") -> [Value] {
        let report: Value = [
            "plan": Self.plan, "outcome": outcome, "error": outcome == "failed" ? "jobs/a.lua:7: it broke" : .null,
            "log": [["level": "info", "message": "3 done"]], "warnings": ["careful"],
            "alerts": [["key": "disk", "state": "firing", "severity": "critical"]],
            "metrics": [["name": "used", "value": 40]], "result": ["files": 3, "parts": [1, 2]],
        ]
        return SpecComparison(report, expect).failures
    }

    @Test(
        "What is as expected",
        arguments: [
            [:], ["outcome": "succeeded"],
            [
                "plan": [
                    ["effect": "rename", "to": "b"], ["effect": "write", "bytes": "1KiB"],
                    ["effect": "remove", "path": "*"],
                ]
            ],
            [
                "any_order": true,
                "plan": [
                    ["effect": "remove"], ["effect": "rename"], ["effect": "write", "line": 3],
                ],
            ],
            ["includes": [["effect": "write", "path": "c"]], "never": [["effect": "run"]]],
            ["log": ["3 *"], "warnings": ["careful"], "alerts": ["disk"], "metrics": [["name": "used", "value": 40]]],
            ["result": ["files": 3, "parts": [1, 2]]],
        ] as [[String: Value]])
    func fits(_ expect: [String: Value]) { #expect(failures(expect) == []) }

    @Test(
        "What is not",
        arguments: [
            (["outcome": "failed"], "outcome"), (["error": "it broke"], "outcome"),
            (["plan": []], "plan"), (["no_alerts": true], "no_alerts"),
            (["plan": [["effect": "write"], ["effect": "rename"], ["effect": "remove"]]], "plan"),
            (["includes": [["effect": "write", "path": "e"]]], "includes"),
            (["includes": [["effect": "write", "bytes": "2KiB"]]], "includes"),
            (["never": [["effect": "remove"]]], "never"), (["log": ["4 *"]], "log"),
            (["alerts": [["key": "disk", "state": "ok"]]], "alerts"), (["metrics": ["free"]], "metrics"),
            (["warnings": ["carefully"]], "warnings"), (["result": ["files": 4]], "result"),
            (["result": ["parts": [1]]], "result"),
        ] as [([String: Value], String)])
    func differs(_ expect: [String: Value], _ what: String) {
        let failures = failures(expect)
        #expect(failures.first?["what"]?.text == what)
    }

    @Test("An error is found in what the run says") func error() {
        #expect(failures(["error": "7: it * broke"], outcome: "failed").map { $0["what"]?.text } == ["error"])
        #expect(failures(["error": "it broke"], outcome: "failed") == [])
        #expect(failures([:], outcome: "failed").first?["why"]?.text == "jobs/a.lua:7: it broke")
    }

    @Test("What is missing comes with its line and what is nearest: of the same effect, most in common first")
    func nearest() throws {
        let wanted: Value = ["effect": "rename", "from": "a", "to": "x", "line": 12]
        let failure = try #require(failures(["includes": [wanted]]).first)
        #expect(failure["line"] == 12)
        #expect(failure["expected"] == ["effect": "rename", "from": "a", "to": "x"])
        #expect(failure["nearest"] == [["effect": "rename", "from": "a", "to": "b"]])
    }

    @Test("A step that comes too early is said to be out of order, and one that nobody expects is named") func order() {
        let plan: Value = [["effect": "write"], ["effect": "rename"], ["effect": "remove"]]
        #expect(failures(["plan": plan]).contains { $0["why"]?.text == "it comes, but not in this order" })
        let some: Value = [["effect": "rename"], ["effect": "write"]]
        let failure = failures(["plan": some]).first
        #expect(failure?["why"]?.text == "it is not expected")
        #expect(failure?["came"]?["effect"] == "remove")
    }
}
