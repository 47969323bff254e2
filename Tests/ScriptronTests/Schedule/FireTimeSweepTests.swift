import Testing

@testable import Scriptron

/// A fixed sample of what the soak sweeps in full: zones that change in every way there is.
@Suite("Fire times at every kind of change") struct FireTimeSweepTests {
    static let zones = [
        "Europe/Paris", "America/New_York", "America/Santiago", "America/Havana", "Australia/Lord_Howe",
        "Antarctica/Troll", "Pacific/Apia", "Africa/Casablanca", "Asia/Gaza", "Europe/Dublin", "America/Nuuk",
        "Asia/Pyongyang", "America/Caracas", "Africa/Cairo", "Pacific/Kwajalein",
    ]

    @Test("They are those of a clock that is watched minute by minute") func agreesWithTheOracle() throws {
        var comparison = FireTimeComparison()
        var generator = ScheduleGenerator(seed: 1)
        for zone in try Self.zones.map({ try Zone(named: $0) }) {
            let all = changes(of: zone, from: 0, to: 4_102_444_800)
            try #require(!all.isEmpty)
            for change in Set([all[0], all[all.count / 2], all[all.count - 1]]) {
                for text in SampleSchedules.minutely { comparison.ask(text, zone, around: change, hours: 4) }
                for _ in 0..<20 {
                    let (text, _) = generator.schedule(.full, in: zone, job: "j")
                    comparison.ask(text, zone, around: change, hours: 40)
                }
            }
            for text in SampleSchedules.secondly {
                comparison.ask(text, zone, around: all[all.count / 2], hours: 1, seconds: true)
            }
        }
        try comparison.compare()
        #expect(comparison.differences.isEmpty, "\(comparison.differences.prefix(5).joined(separator: "\n"))")
        #expect(comparison.compared > 20_000)
    }

    @Test("By the rule at the end of a zone's file they are the same in centuries to come") func farFuture() throws {
        var comparison = FireTimeComparison()
        for zone in try ["Europe/Paris", "America/Santiago", "Australia/Lord_Howe"].map({ try Zone(named: $0) }) {
            // In 2100, 2420 and 9000.
            for start: Int64 in [4_102_444_800, 14_200_704_000, 221_845_392_000] {
                let change = try #require(zone.nextTransition(after: Timestamp(seconds: start))).seconds
                for text in SampleSchedules.minutely { comparison.ask(text, zone, around: change, hours: 30) }
            }
        }
        try comparison.compare()
        #expect(comparison.differences.isEmpty, "\(comparison.differences.prefix(5).joined(separator: "\n"))")
        #expect(comparison.compared > 1000)
    }

    @Test("The next fire time is later, in every zone of tzdata at some of its changes") func nextIsLater() throws {
        var sweep = NextSweep()
        for (index, name) in ZoneInfo.names().sorted().enumerated() where index % 4 == 0 {
            let zone = try Zone(named: name)
            let all = changes(of: zone, from: 0, to: 4_102_444_800)
            guard !all.isEmpty else { continue }
            sweep.look(zone, at: Set([all[0], all[all.count / 2], all[all.count - 1]]).sorted())
        }
        #expect(sweep.wrongs.isEmpty, "\(sweep.wrongs.prefix(5).joined(separator: "\n"))")
        #expect(sweep.looked > 10_000)
    }
}
