import Testing

@testable import Scriptron

@Suite("Verdict") struct VerdictTests {
    private func judge(
        _ end: WorkerEnd.Verdict, retry: Retry? = nil, redo: Bool = true, failed: Int = 1, cuts: Int = 0,
        stopping: Bool = false
    ) -> Verdict {
        var header = JobHeader()
        header.retry = retry
        header.redo = redo
        return Verdict(
            end, header: header, failed: failed, cuts: cuts, cancelled: stopping ? nil : "an operator cancelled it",
            random: 1)
    }

    private func finished(_ outcome: Outcome, retry: Bool = true) -> WorkerEnd.Verdict {
        var result = WorkerResult(outcome)
        result.retry = retry
        return .finished(result)
    }

    @Test("A failure is retried as often as the header says, and then ends the run") func retries() {
        let retry = Retry(attempts: 2, delay: 10)
        #expect(judge(finished(.failed), retry: retry).next == .retry(after: 10))
        #expect(judge(.timedOut, retry: retry, failed: 2).next == .retry(after: 20))
        #expect(judge(.crashed("SIGSEGV"), retry: retry, failed: 3).next == .end)
        #expect(judge(finished(.failed)).next == .end)
    }

    @Test("A script that says that no retry helps gets none, nor does what is no failure") func noRetry() {
        let retry = Retry(attempts: 2)
        #expect(judge(finished(.failed, retry: false), retry: retry).next == .end)
        #expect(judge(finished(.succeeded), retry: retry).next == .end)
        #expect(judge(finished(.skipped), retry: retry).next == .end)
        #expect(judge(.cancelled, retry: retry).next == .end)
    }

    @Test("A crash is a failure with its reason") func crash() {
        let verdict = judge(.crashed("SIGSEGV"))
        #expect(verdict.outcome == .failed)
        #expect(verdict.reason == "crashed: SIGSEGV")
    }

    @Test("A run that is cut is redone once; the second time it is lost") func cuts() {
        #expect(judge(.lost).next == .redo)
        #expect(judge(.lost, cuts: 1).next == .end)
        #expect(judge(.lost, cuts: 1).outcome == .lost)
        #expect(judge(.lost, redo: false).next == .end)
        #expect(judge(.cancelled, stopping: true).next == .redoAtNextStart)
        #expect(judge(.cancelled, cuts: 1, stopping: true).outcome == .lost)
        #expect(judge(.lost, cuts: 1).isCut && judge(.cancelled, redo: false, stopping: true).isCut)
        #expect(!judge(.cancelled).isCut && !judge(.crashed("SIGKILL")).isCut && !judge(.timedOut).isCut)
    }
}
