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

    @Test("The next fire time is later, and the one before it is not") func nextIsLater() throws {
        let schedules = try (SampleSchedules.minutely + SampleSchedules.secondly).map { try Schedule($0) }
        var looked = 0
        for zone in try Self.zones() {
            for change in changes(of: zone, from: 0, to: Self.end) {
                for offset: Int64 in [-3600, -1, 0, 1, 1799, 3600] {
                    for schedule in schedules {
                        let instant = change + offset
                        let next = schedule.next(after: instant, in: zone)
                        looked += 1
                        if let next, next > instant, schedule.previous(before: next, in: zone) ?? .max <= instant {
                            continue
                        }
                        Issue.record("\(schedule) in \(zone.name) after \(instant): \(next as Any)")
                    }
                }
            }
        }
        print("\(looked) fire times sought")
        #expect(looked > 1_000_000)
    }

    @Test("They are those of a clock that is watched minute by minute") func agreesWithTheOracle() throws {
        var turn = 0
        var compared = 0
        for zone in try Self.zones() {
            for change in changes(of: zone, from: 0, to: Self.end) {
                let offsets = [change - 1, change].map { zone.offset(at: Timestamp(seconds: $0)).seconds }
                // Where the clock does not show whole minutes at whole minutes it is watched by the second.
                let step: Int64 = (offsets + [change]).allSatisfy { $0 % 60 == 0 } ? 60 : 1
                turn += 1
                let text = SampleSchedules.minutely[turn % SampleSchedules.minutely.count]
                guard case .cron(let expression) = try Schedule(text) else { continue }
                let oracle = FireTimeOracle(expression: expression, zone: zone, step: step)
                let (from, to) = (change - 3 * 3600, change + 4 * 3600)
                let expected = oracle.fireTimes(after: from, through: to)
                let schedule = try JobSchedule([text], zone: zone)
                let (first, last) = (Timestamp(seconds: from), Timestamp(seconds: to))
                let found = schedule.fireTimes(after: first, through: last, limit: 100_000).map(\.seconds)
                compared += found.count
                #expect(found == expected, "\(text) in \(zone.name) at \(zone.iso(Timestamp(seconds: change)))")
                #expect(schedule.count(after: first, through: last) == Int64(expected.count))
            }
        }
        print("\(compared) fire times compared")
        #expect(compared > 100_000)
    }
}
