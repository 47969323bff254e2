import Testing

@testable import Scriptron

@Suite("Ranges of fire times") struct MissedRangeTests {
    /// Every ten seconds, from 1010 to 1060.
    private static let range = MissedRange(
        job: "a", from: Timestamp(seconds: 1010), to: Timestamp(seconds: 1060), kind: .missed, count: 6, reason: "")

    private static func shown(_ ranges: [MissedRange]) -> [String] {
        ranges.map { "\($0.from.seconds)-\($0.to.seconds) (\($0.count))" }
    }

    @Test(
        "What ran is taken out of a range",
        arguments: [
            ([], ["1010-1060 (6)"]), ([1010], ["1020-1060 (5)"]), ([1060], ["1010-1050 (5)"]),
            ([1030], ["1010-1020 (2)", "1040-1060 (3)"]),
            ([1020, 1030, 1050], ["1010-1010 (1)", "1040-1040 (1)", "1060-1060 (1)"]),
            ([1010, 1020, 1030, 1040, 1050, 1060], []),
            // Of a schedule that the job had before.
            ([1035], ["1010-1030 (3)", "1040-1060 (3)"]),
        ] as [([Int64], [String])])
    func without(_ ran: [Int64], _ expected: [String]) throws {
        let schedule = try JobSchedule(["every 10s"], zone: .utc)
        let pieces = Self.range.without(ran.map { Timestamp(seconds: $0) }, of: schedule)
        #expect(Self.shown(pieces) == expected)
    }

    @Test(
        "A range is cut at its last fire time until an instant",
        arguments: [
            (1060.0, "1010-1060 (6)"), (1059.9, "1010-1050 (5)"), (1020, "1010-1020 (2)"), (1010, "1010-1010 (1)"),
            (1009.9, nil), (2000, "1010-1060 (6)"),
        ] as [(Double, String?)])
    func through(_ instant: Double, _ expected: String?) throws {
        let schedule = try JobSchedule(["every 10s"], zone: .utc)
        let left = Self.range.through(Timestamp(instant), of: schedule)
        #expect(Self.shown(left.map { [$0] } ?? []) == (expected.map { [$0] } ?? []))
    }
}
