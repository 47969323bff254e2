import Testing

@testable import Scriptron
@testable import scriptron

@Suite("No fire times") struct NextTests {
    private let time = TimeText(zone: .utc, now: Timestamp(seconds: 0))

    @Test("Where there are none it is said why") func none() {
        #expect(NextCommand.lines([], TextStyle(), time) == ["Nothing is scheduled."])
        #expect(NextCommand.lines([], TextStyle(), time, job: "a")[0].hasPrefix("No fire time of a is foreseen"))
        #expect(NextCommand.none(["@start"]).contains("@start fires whenever the host starts"))
        #expect(NextCommand.none(["@start", "0 0 1 1 *"]) == "There is no fire time after that.")
    }
}
