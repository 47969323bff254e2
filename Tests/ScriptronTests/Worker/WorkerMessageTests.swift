import Testing

@testable import Scriptron

@Suite("What the host makes of a worker's words") struct WorkerMessageTests {
    @Test("A progress that is no number is no message", arguments: [Double.nan, .infinity, -.infinity])
    func progress(number: Double) {
        #expect(WorkerMessage(["is": "progress", "done": .number(number), "label": "x"]) == nil)
        #expect(WorkerMessage(["is": "progress", "done": 1, "total": .number(number), "label": "x"]) == nil)
        #expect(
            WorkerMessage(["is": "progress", "done": 1, "total": nil, "label": "x"])
                == .note(.progress(done: 1, total: nil, label: "x")))
    }

    @Test("Texts that records keep are cut, between two characters") func lengths() throws {
        let long = Value.text("x" + String(repeating: "ä", count: 100_000))
        func text(_ message: WorkerMessage?) -> String? {
            switch message {
            case .note(.warning(let text)), .note(.refusal(let text)), .note(.limit(let text)),
                .confined(let text, _, _),
                .note(.progress(_, _, let text)), .note(.log(let text, _, _)):
                text
            default: nil
            }
        }
        for kind in ["warning", "refusal", "confined"] {
            let cut = try #require(text(WorkerMessage(["is": .text(kind), "text": long, "anew": false])))
            #expect(cut.utf8.count <= WorkerMessage.textCap && cut.hasSuffix("ä…"))
        }
        let name = try #require(text(WorkerMessage(["is": "limit", "text": long])))
        #expect(name.utf8.count <= WorkerMessage.nameCap && name.hasPrefix("xä"))
        #expect(
            text(WorkerMessage(["is": "log", "level": long, "message": "", "fields": [:]]))?.utf8.count ?? 999
                <= WorkerMessage.nameCap)
        #expect(
            text(WorkerMessage(["is": "progress", "done": 1, "label": long]))?.utf8.count ?? 99999
                <= WorkerMessage.textCap)
        let end = WorkerMessage(["is": "end", "outcome": "failed", "reason": long, "error": long, "code": long])
        guard case .end(let result)? = end else {
            Issue.record("the end is none")
            return
        }
        #expect(result.reason?.utf8.count ?? 0 <= WorkerMessage.textCap)
        #expect(result.error?.utf8.count ?? 0 <= WorkerMessage.errorCap)
        #expect(result.code?.utf8.count ?? 0 <= WorkerMessage.nameCap)
    }

    @Test("A record keeps a bounded number of limits hit") func limits() throws {
        let run = Run(
            id: 1, job: "j", trigger: .manual, fireTime: Timestamp(seconds: 1), version: "", settings: [:], grant: [:],
            claimed: Timestamp(seconds: 1))
        var active = ActiveAttempt(
            claimed: ClaimedRun(run: run, job: try SchedulerBench.job([])),
            attempt: Attempt(run: 1, number: 1, started: Timestamp(seconds: 1)))
        for index in 0..<1000 { _ = active.take(.limit("limit-\(index)"), now: Timestamp(seconds: 1)) }
        #expect(active.attempt.limitsHit.count <= 100)
    }
}
