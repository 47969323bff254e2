import Testing

@testable import Scriptron

/// Fire times that follow an instant, and what a change of the clock does to them.
struct EffectRow: Sendable, CustomTestStringConvertible {
    var zone: String
    var schedule: String
    var after: String
    /// The local time and the effect, with the named time where there is one.
    var times: [String]
    var testDescription: String { "\(schedule) in \(zone) after \(after)" }

    init(_ zone: String, _ schedule: String, _ after: String, _ times: String...) {
        self.zone = zone
        self.schedule = schedule
        self.after = after
        self.times = times
    }
}

@Suite("Effects of a change of the clock") struct ClockEffectTests {
    static let rows: [EffectRow] = [
        EffectRow(
            "Europe/Paris", "30 2 * * *", "2026-03-28 00:00", "2026-03-28T02:30:00+01:00",
            "2026-03-29T03:00:00+02:00 shifted 2026-03-29T02:30:00", "2026-03-30T02:30:00+02:00"),
        EffectRow(
            "Europe/Paris", "0 2,3 * * *", "2026-03-29 00:00", "2026-03-29T03:00:00+02:00 shifted 2026-03-29T02:00:00",
            "2026-03-30T02:00:00+02:00"),
        EffectRow("Europe/Paris", "0 3 * * *", "2026-03-29 00:00", "2026-03-29T03:00:00+02:00"),
        EffectRow(
            "Europe/Paris", "30 2 * * *", "2026-10-24 12:00", "2026-10-25T02:30:00+02:00 only_first",
            "2026-10-26T02:30:00+01:00"),
        EffectRow("Europe/Paris", "0 3 * * *", "2026-10-25 00:00", "2026-10-25T03:00:00+01:00"),
        EffectRow(
            "Europe/Paris", "*/30 * * * *", "2026-03-29 01:20", "2026-03-29T01:30:00+01:00",
            "2026-03-29T03:00:00+02:00 passed_over 2026-03-29T02:00:00", "2026-03-29T03:30:00+02:00"),
        EffectRow(
            "Europe/Paris", "0 * * * *", "2026-10-25 01:00", "2026-10-25T02:00:00+02:00 first",
            "2026-10-25T02:00:00+01:00 second", "2026-10-25T03:00:00+01:00"),
        EffectRow(
            "Europe/Paris", "*/20 2 * * *", "2026-03-28 12:00",
            "2026-03-30T02:00:00+02:00 passed_over 2026-03-29T02:00:00", "2026-03-30T02:20:00+02:00"),
        EffectRow("Europe/Paris", "0 */4 * * *", "2026-03-29 00:00", "2026-03-29T04:00:00+02:00"),
        EffectRow("Europe/Paris", "every 1h", "2026-10-25 01:00", "2026-10-25T02:00:00+02:00"),
        EffectRow(
            "Pacific/Apia", "0 9 * * *", "2011-12-29 12:00", "2011-12-31T00:00:00+14:00 shifted 2011-12-30T09:00:00",
            "2011-12-31T09:00:00+14:00"),
        EffectRow("UTC", "0 0 * * *", "2026-03-29 00:00", "2026-03-30T00:00:00+00:00"),
    ]

    @Test("Rows show them", arguments: rows) func effects(row: EffectRow) throws {
        let zone = try Zone(named: row.zone)
        let schedule = try JobSchedule([row.schedule], zone: zone)
        let times = schedule.nextTimes(after: try zone.instant(parsing: row.after), limit: row.times.count)
        let shown = times.map { time in
            let shown = schedule.row(time)
            #expect(shown["schedule"] == [.text(row.schedule)])
            return [shown["local"], shown["effect"], shown["named"]].compactMap { $0?.text }.joined(separator: " ")
        }
        #expect(shown == row.times)
    }

    @Test("Of several schedules those are named that fire") func causes() throws {
        let zone = try Zone(named: "Europe/Paris")
        let schedule = try JobSchedule(["30 2 * * *", "0 3 * * *", "0 4 * * *", "@start"], zone: zone)
        let row = schedule.row(try zone.instant(parsing: "2026-03-29 03:00"))
        #expect(row["schedule"] == ["30 2 * * *", "0 3 * * *"])
        #expect(row["words"] == ["at 02:30, every day", "at 03:00, every day"])
        #expect(row["effect"] == "shifted")
        #expect(row["timezone"] == "Europe/Paris")
    }
}
