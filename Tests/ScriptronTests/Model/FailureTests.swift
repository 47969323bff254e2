import Testing

@testable import Scriptron

@Suite("Failures in words") struct FailureTests {
    @Test(
        "A line that has named the job does not name it again",
        arguments: [
            ("job a: needs.read: no", "needs.read: no"), ("job a: x\njob a: y", "x\ny"), ("job ab: x", "job ab: x"),
            ("jobs/a.lua:1: x\n\n  y", "jobs/a.lua:1: x\n\n  y"),
        ])
    func told(text: String, expected: String) { #expect(Failure.told(text, of: "a") == expected) }

    @Test("Trouble with a source names its place once") func trouble() {
        let failure = Failure(code: "E", "it is a FIFO", place: "/j/a.lua", cure: "move it")
        #expect(Daemon.text("source /j/a.lua", failure) == "source /j/a.lua: it is a FIFO; move it")
        #expect(Daemon.text("sources", failure) == "sources: /j/a.lua: it is a FIFO; move it")
    }
}
