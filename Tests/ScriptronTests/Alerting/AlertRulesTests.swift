import Testing

@testable import Scriptron

@Suite("Rules of alerts") struct AlertRulesTests {
    private static let start = Timestamp(seconds: 1_700_000_000)

    /// What a series of reports, one a run and a minute, comes to: a letter a run for the state (o, p, f), followed by
    /// + where people hear that it fires, and - where they hear its end.
    private static func play(_ reports: [AlertReport], runs: [Int64]? = nil, every seconds: Double = 60) -> String {
        var alert: Alert?
        var text = ""
        for (index, report) in reports.enumerated() {
            let run = runs?[index] ?? Int64(index + 1)
            let step = AlertRules.step(
                alert, report, job: "j", run: run, now: start + seconds * Double(index))
            alert = step.alert?.state == .resolved ? nil : step.alert
            text += String(step.alert.word.prefix(1))
            text += step.event == .fired ? "+" : step.event == .resolved ? "-" : ""
        }
        return text
    }

    /// Reports by letters: b bad, g good, m better but not clear, u unknown, c bad and critical.
    private static func reports(_ letters: String, forRuns: Int64 = 1, forSeconds: Double = 0) -> [AlertReport] {
        letters.map { letter in
            var report = AlertReport(key: "k", isBad: letter == "u" ? nil : "bc".contains(letter))
            report.isClear = letter == "g"
            report.severity = letter == "c" ? .critical : .warning
            report.forRuns = forRuns
            report.forSeconds = forSeconds
            return report
        }
    }

    @Test(
        "n runs in a row, a clear threshold of its own, unknown keeps the state, worse is told",
        arguments: [
            ("gbg", 1, "of+o-"), ("bbb", 1, "f+ff"), ("bgbgbb", 2, "popopf+"), ("bbbgb", 3, "ppf+o-p"),
            // Between limit and clear value an alert lasts, and none begins.
            ("bmmgm", 1, "f+ffo-o"), ("bmb", 2, "pop"),
            ("bubb", 2, "ppf+f"), ("buug", 1, "f+ffo-"), ("uuu", 1, "ooo"),
            ("bcb", 1, "f+f+f"), ("cb", 1, "f+f"),
        ] as [(String, Int64, String)])
    func streaks(letters: String, forRuns: Int64, expected: String) {
        #expect(Self.play(Self.reports(letters, forRuns: forRuns)) == expected)
    }

    @Test("A run counts once, however often it reports") func sameRun() {
        #expect(Self.play(Self.reports("bbbb", forRuns: 3), runs: [5, 5, 5, 6]) == "pppp")
        #expect(Self.play(Self.reports("bbbb", forRuns: 3), runs: [5, 6, 6, 7]) == "pppf+")
    }

    @Test("A value that swings round its limit for an hour is one alert") func flapping() {
        // The limit is 90, the clear value 85; a swing of 86 to 94.
        let reports = (0..<60).map { minute in
            let value = 90 + (minute % 2 == 0 ? 4.0 : -4.0)
            var report = AlertReport(key: "k", isBad: value > 90)
            report.isClear = value <= 85
            return report
        }
        var last = AlertReport(key: "k", isBad: false)
        last.isClear = true
        let text = Self.play(reports + [last])
        #expect(text.count { $0 == "+" } == 1 && text.count { $0 == "-" } == 1)
    }

    @Test("It takes as long as it is told, and as many runs") func time() {
        #expect(Self.play(Self.reports("bbbb", forRuns: 2, forSeconds: 120)) == "ppf+f")
        #expect(Self.play(Self.reports("bbb", forRuns: 2, forSeconds: 120), every: 86400) == "pf+f")
    }

    @Test("The second succeeded run that does not report a key ends it") func silent() throws {
        let step = AlertRules.step(
            nil, Self.reports("b")[0], job: "j", run: 1, now: Self.start)
        let firing = try #require(step.alert)
        let once = AlertRules.silent(firing, now: Self.start + 1)
        #expect(once.alert?.state == .firing && once.event == nil)
        let seen = AlertRules.step(once.alert, Self.reports("u")[0], job: "j", run: 2, now: Self.start + 2)
        #expect(seen.alert?.silentRuns == 0)
        let twice = AlertRules.silent(try #require(once.alert), now: Self.start + 2)
        #expect(twice.event == .resolved && twice.alert?.reason == "no longer reported")
    }

    @Test(
        "How a run's end is told",
        arguments: [
            (.failed, 1, "run 7 failed: it raised"), (.timedOut, 1, "run 7 timed out: it raised"),
            (.lost, 3, "run 7 was lost: it raised"), (.succeeded, 1, "run"), (.failed, 0, nil), (.skipped, 1, nil),
            (.cancelled, 1, nil),
        ] as [(Outcome, Int64, String?)])
    func runs(outcome: Outcome, after: Int64, expected: String?) {
        let run = EndedRun(id: 7, job: "j", outcome: outcome, reason: "it raised\nat line 3", finished: Self.start)
        let report = AlertRules.report(run, alertAfter: after)
        #expect(report?.isBad == expected.map { _ in outcome != .succeeded })
        if outcome != .succeeded { #expect(report?.summary == expected) }
        #expect(report?.forRuns ?? 1 == max(after, 1) || outcome == .succeeded)
    }

    @Test(
        "Arguments of scripts are checked",
        arguments: [
            (["how": "check", "key": "", "bad": true], "key"), (["how": "check", "key": "a\nb", "bad": true], "key"),
            (["how": "check", "key": "run", "bad": true], "host's own"),
            (["how": "check", "key": "x (unknown)", "bad": true], "host's own"),
            (["how": "check", "key": "x", "bad": 5], "bad"), (["how": "shout", "key": "x"], "how"),
            (["how": "fire", "key": "x", "severity": "bad"], "severity"),
            (["how": "fire", "key": "x", "for_runs": 0], "for_runs"),
            (["how": "fire", "key": "x", "summary": "a\u{7}"], "summary"),
            (["how": "fire", "key": "x", "fields": ["a": .text(String(repeating: "x", count: 9000))]], "options"),
        ] as [([String: Value], String)])
    func arguments(given: [String: Value], named: String) {
        let error = #expect(throws: Failure.self) { try AlertReport(given) }
        #expect(error?.message.contains(named) == true)
    }
}
