import Testing

@testable import Scriptron

/// Every zone of tzdata, every change of its offset from 1970 to 2100. `FireTimeSweepTests` has a sample of this.
@Suite("Fire times in every zone at every change") struct FireTimeSoak {
    /// The zones that differ, with the first of their names.
    private static func zones() throws -> [Zone] {
        var seen: Set<ZoneTable> = []
        return try ZoneInfo.names().sorted().map { try Zone(named: $0) }.filter { seen.insert($0.table).inserted }
    }

    private static let end: Int64 = 4_102_444_800

    @Test("The next fire time is later, and leads back") func nextIsLater() throws {
        var sweep = NextSweep()
        sweep.generated = 8
        for zone in try Self.zones() { sweep.look(zone, at: changes(of: zone, from: 0, to: Self.end)) }
        print("\(sweep.looked) fire times sought")
        #expect(sweep.wrongs.isEmpty, "\(sweep.wrongs.prefix(5).joined(separator: "\n"))")
        #expect(sweep.looked > 5_000_000)
    }

    @Test("They are those of a clock that is watched minute by minute") func agreesWithTheOracle() throws {
        var turn = 0
        var comparison = FireTimeComparison()
        var generator = ScheduleGenerator(seed: 5)
        for zone in try Self.zones() {
            for change in changes(of: zone, from: 0, to: Self.end) {
                turn += 1
                comparison.ask(
                    SampleSchedules.minutely[turn % SampleSchedules.minutely.count], zone, around: change, hours: 4)
                for _ in 0..<3 {
                    let (text, _) = generator.schedule(.full, in: zone, job: "j")
                    comparison.ask(text, zone, around: change, hours: 4)
                }
            }
            try comparison.compare()
        }
        print("\(comparison.compared) fire times compared, at \(turn) changes")
        #expect(comparison.differences.isEmpty, "\(comparison.differences.prefix(5).joined(separator: "\n"))")
        #expect(comparison.compared > 500_000)
    }
}
