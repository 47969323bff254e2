import Testing

@testable import Scriptron

/// A fixed sample of what the soak sweeps in full: zones that change in every way there is.
@Suite("Fire times at every kind of change") struct FireTimeSweepTests {
    static let zones = [
        "Europe/Paris", "America/New_York", "America/Santiago", "America/Havana", "Australia/Lord_Howe",
        "Antarctica/Troll", "Pacific/Apia", "Africa/Casablanca", "Asia/Gaza", "Europe/Dublin", "America/Nuuk",
        "Asia/Pyongyang", "America/Caracas", "Africa/Cairo", "Pacific/Kwajalein",
    ]

    @Test("They are those of a clock that is watched minute by minute", arguments: zones)
    func agreesWithTheOracle(name: String) throws {
        let zone = try Zone(named: name)
        let all = changes(of: zone, from: 0, to: 4_102_444_800)
        try #require(!all.isEmpty)
        for change in Set([all[0], all[all.count / 2], all[all.count - 1]]) {
            for text in SampleSchedules.minutely {
                try compare(text, zone, change, hours: 4, step: 60)
            }
        }
        for text in SampleSchedules.secondly {
            try compare(text, zone, all[all.count / 2], hours: 1, step: 1)
        }
    }

    private func compare(_ text: String, _ zone: Zone, _ change: Int64, hours: Int64, step: Int64) throws {
        guard case .cron(let expression) = try Schedule(text) else { return }
        let oracle = FireTimeOracle(expression: expression, zone: zone, step: step)
        let (from, to) = (change - hours * 3600, change + hours * 3600)
        let expected = oracle.fireTimes(after: from, through: to)
        let schedule = try JobSchedule([text], zone: zone)
        let (first, last) = (Timestamp(seconds: from), Timestamp(seconds: to))
        let found = schedule.fireTimes(after: first, through: last, limit: 100_000).map(\.seconds)
        #expect(found == expected, "\(text) in \(zone.name) around \(zone.iso(Timestamp(seconds: change)))")
        #expect(schedule.count(after: first, through: last) == Int64(expected.count), "\(text) in \(zone.name)")
        var backwards: [Int64] = []
        var instant = last + 1
        while let previous = schedule.previous(before: instant), previous > first {
            backwards.insert(previous.seconds, at: 0)
            instant = previous
            if backwards.count > 20000 { break }
        }
        #expect(backwards == expected, "\(text) in \(zone.name), backwards")
    }

    @Test("The next fire time is later, in every zone of tzdata at some of its changes") func nextIsLater() throws {
        let schedules = try SampleSchedules.minutely.map { try Schedule($0) }
        for (index, name) in ZoneInfo.names().sorted().enumerated() where index % 4 == 0 {
            let zone = try Zone(named: name)
            let all = changes(of: zone, from: 0, to: 4_102_444_800)
            guard !all.isEmpty else { continue }
            for change in Set([all[0], all[all.count / 2], all[all.count - 1]]) {
                for offset: Int64 in [-7201, -3600, -1800, -1, 0, 1, 1799, 3600, 7199] {
                    for schedule in schedules {
                        let instant = change + offset
                        let next = schedule.next(after: instant, in: zone)
                        guard let next, next > instant, schedule.previous(before: next, in: zone) ?? .max <= instant
                        else {
                            Issue.record("\(schedule) in \(name) after \(instant): \(next as Any)")
                            continue
                        }
                    }
                }
            }
        }
    }
}
