import Testing

@testable import Scriptron

/// A schedule around a change of offset, and its fire times between two instants of UTC, shown in the zone.
struct ChangeRow: Sendable, CustomTestStringConvertible {
    var zone: String
    var schedule: String
    var from: String
    var to: String
    var times: [String]
    var testDescription: String { "\(schedule) in \(zone)" }

    init(_ zone: String, _ schedule: String, _ from: String, _ to: String, _ times: String...) {
        self.zone = zone
        self.schedule = schedule
        self.from = from
        self.to = to
        self.times = times
    }
}

@Suite("A job's schedule") struct JobScheduleTests {
    static let changes: [ChangeRow] = [
        // Put forward from 2:00 to 3:00: a time of day in the gap runs once, right after it.
        ChangeRow(
            "Europe/Paris", "30 2 * * *", "2026-03-28 00:00", "2026-03-31 00:00", "2026-03-28T02:30:00+01:00",
            "2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"),
        ChangeRow("Europe/Paris", "0,30 2 * * *", "2026-03-29 00:00", "2026-03-29 20:00", "2026-03-29T03:00:00+02:00"),
        ChangeRow("Europe/Paris", "0 2,3 * * *", "2026-03-29 00:00", "2026-03-29 20:00", "2026-03-29T03:00:00+02:00"),
        ChangeRow(
            "Europe/Paris", "10 2-4 * * *", "2026-03-29 00:00", "2026-03-29 20:00", "2026-03-29T03:00:00+02:00",
            "2026-03-29T03:10:00+02:00", "2026-03-29T04:10:00+02:00"),
        ChangeRow("Europe/Paris", "* 0 2 * * *", "2026-03-29 00:00", "2026-03-29 20:00", "2026-03-29T03:00:00+02:00"),
        // A cadence follows the clock and goes on.
        ChangeRow(
            "Europe/Paris", "*/30 * * * *", "2026-03-29 00:00", "2026-03-29 01:30", "2026-03-29T01:30:00+01:00",
            "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00"),
        ChangeRow(
            "Europe/Paris", "0 */2 * * *", "2026-03-28 22:30", "2026-03-29 04:00", "2026-03-29T00:00:00+01:00",
            "2026-03-29T04:00:00+02:00", "2026-03-29T06:00:00+02:00"),
        ChangeRow("Europe/Paris", "*/20 2 * * *", "2026-03-29 00:00", "2026-03-29 20:00"),
        // Put back from 3:00 to 2:00: once at the first pass, but a cadence keeps on.
        ChangeRow(
            "Europe/Paris", "30 2 * * *", "2026-10-25 00:00", "2026-10-26 02:00", "2026-10-25T02:30:00+02:00",
            "2026-10-26T02:30:00+01:00"),
        ChangeRow("Europe/Paris", "0 3 * * *", "2026-10-25 00:00", "2026-10-25 20:00", "2026-10-25T03:00:00+01:00"),
        ChangeRow("Europe/Paris", "0 2 * * *", "2026-10-24 23:00", "2026-10-25 20:00", "2026-10-25T02:00:00+02:00"),
        ChangeRow(
            "Europe/Paris", "30 * * * *", "2026-10-25 00:00", "2026-10-25 02:59", "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00"),
        ChangeRow(
            "Europe/Paris", "*/30 2 * * *", "2026-10-24 23:00", "2026-10-25 20:00", "2026-10-25T02:00:00+02:00",
            "2026-10-25T02:30:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T02:30:00+01:00"),
        // systemd is silent for the repeated hour of New York, supercronic goes backwards before the gap.
        ChangeRow(
            "America/New_York", "*/30 * * * *", "2026-11-01 05:00", "2026-11-01 07:00", "2026-11-01T01:30:00-04:00",
            "2026-11-01T01:00:00-05:00", "2026-11-01T01:30:00-05:00", "2026-11-01T02:00:00-05:00"),
        ChangeRow(
            "America/New_York", "* * * * *", "2026-03-08 06:58", "2026-03-08 07:01", "2026-03-08T01:59:00-05:00",
            "2026-03-08T03:00:00-04:00", "2026-03-08T03:01:00-04:00"),
        ChangeRow(
            "America/New_York", "30 2 * * *", "2026-03-08 06:30", "2026-03-09 10:00", "2026-03-08T03:00:00-04:00",
            "2026-03-09T02:30:00-04:00"),
        // Half an hour.
        ChangeRow(
            "Australia/Lord_Howe", "45 1 * * *", "2026-04-04 12:00", "2026-04-05 12:00", "2026-04-05T01:45:00+11:00"),
        ChangeRow(
            "Australia/Lord_Howe", "15 2 * * *", "2026-10-03 12:00", "2026-10-04 12:00", "2026-10-04T02:30:00+11:00"),
        // Two hours.
        ChangeRow(
            "Antarctica/Troll", "0 1,2,4 * * *", "2026-03-29 00:00", "2026-03-29 20:00", "2026-03-29T03:00:00+02:00",
            "2026-03-29T04:00:00+02:00"),
        // Midnight is in the gap.
        ChangeRow(
            "America/Santiago", "@daily", "2026-09-05 12:00", "2026-09-07 12:00", "2026-09-06T01:00:00-03:00",
            "2026-09-07T00:00:00-03:00"),
        ChangeRow(
            "America/Havana", "0 0 * * *", "2026-11-01 02:00", "2026-11-01 20:00", "2026-11-01T00:00:00-04:00"),
        // A whole day was passed over: its run comes right after, and then the day's own.
        ChangeRow(
            "Pacific/Apia", "0 9 * * *", "2011-12-29 00:00", "2011-12-31 12:00", "2011-12-29T09:00:00-10:00",
            "2011-12-31T00:00:00+14:00", "2011-12-31T09:00:00+14:00"),
        ChangeRow(
            "Pacific/Apia", "0 */8 * * *", "2011-12-30 00:00", "2011-12-30 20:00", "2011-12-29T16:00:00-10:00",
            "2011-12-31T00:00:00+14:00", "2011-12-31T08:00:00+14:00"),
        // The rule at the end of the file.
        ChangeRow("Europe/Paris", "30 2 * * *", "2090-03-26 00:00", "2090-03-26 12:00", "2090-03-26T03:00:00+02:00"),
        // An interval knows no clock on the wall.
        ChangeRow(
            "Europe/Paris", "every 90m", "2026-10-25 00:00", "2026-10-25 03:00", "2026-10-25T02:30:00+01:00",
            "2026-10-25T04:00:00+01:00"),
    ]

    @Test("Fire times at a change of offset", arguments: changes) func changeOfOffset(row: ChangeRow) throws {
        let zone = try Zone(named: row.zone)
        let schedule = try JobSchedule([row.schedule], zone: zone)
        let (from, to) = (try Zone.utc.instant(parsing: row.from), try Zone.utc.instant(parsing: row.to))
        let times = schedule.fireTimes(after: from, through: to, limit: 100)
        #expect(times.map(zone.iso) == row.times)
        #expect(schedule.count(after: from, through: to) == Int64(row.times.count))
        for (earlier, later) in zip(times, times.dropFirst()) { #expect(schedule.previous(before: later) == earlier) }
    }

    @Test("A list of schedules is one: an instant that two of them name is one fire time") func list() throws {
        let zone = try Zone(named: "Europe/Paris")
        let schedule = try JobSchedule(["0 */6 * * *", "@daily", "every 12h", "30 4 * * mon"], zone: zone)
        let from = try zone.instant(parsing: "2026-11-22 12:00")
        let to = try zone.instant(parsing: "2026-11-23 12:00")
        let times = schedule.fireTimes(after: from, through: to, limit: 100)
        #expect(
            times.map(zone.plain) == [
                "2026-11-22 13:00:00", "2026-11-22 18:00:00", "2026-11-23 00:00:00", "2026-11-23 01:00:00",
                "2026-11-23 04:30:00", "2026-11-23 06:00:00", "2026-11-23 12:00:00",
            ])
        #expect(schedule.count(after: from, through: to) == 7)
        #expect(schedule.previous(before: to) == times[5])
        #expect(schedule.fireTimes(after: from, through: to, limit: 2) == Array(times.prefix(2)))
    }

    @Test("A job without schedules, or one for the start alone, has no fire times") func empty() throws {
        let now = Timestamp(seconds: 1_800_000_000)
        for texts in [[], ["@start"]] {
            let schedule = try JobSchedule(texts, zone: .utc)
            #expect(schedule.isEmpty)
            #expect(schedule.runsAtStart == !texts.isEmpty)
            #expect(schedule.next(after: now) == nil)
            #expect(schedule.previous(before: now) == nil)
            #expect(schedule.count(after: Timestamp(seconds: 0), through: now) == 0)
        }
        let both = try JobSchedule(["@start", "@hourly"], zone: .utc)
        #expect(both.runsAtStart && !both.isEmpty)
    }

    @Test("A cadence whose times all lie in gaps is refused in that zone, and taken in another") func onlyInGaps()
        throws
    {
        // New York puts its clock forward on the second Sunday of March at two.
        let text = "*/30 2 8-14 3 */7"
        let failure = #expect(throws: Failure.self) {
            try JobSchedule([text], zone: Zone(named: "America/New_York"))
        }
        #expect(failure?.message.contains("never fires in America/New_York") == true)
        #expect(try JobSchedule([text], zone: .utc).next(after: Timestamp(seconds: 0)) != nil)
    }

    @Test("Too many schedules are refused") func tooMany() {
        #expect(throws: Failure.self) { try JobSchedule((0..<65).map { "\($0 % 60) * * * *" }, zone: .utc) }
    }

    @Test("Every second over a century is counted at once") func countLong() throws {
        let paris = try Zone(named: "Europe/Paris")
        let (from, to) = (Timestamp(seconds: 0), Timestamp(seconds: 36525 * 86400))
        let clock = ContinuousClock()
        let time = try clock.measure {
            #expect(try JobSchedule(["* * * * * *"], zone: paris).count(after: from, through: to) == 36525 * 86400)
            #expect(try JobSchedule(["every 1s"], zone: paris).count(after: from, through: to) == 36525 * 86400)
            let mixed = try JobSchedule(["* * * * * *", "every 7s", "30 2 * * *"], zone: paris)
            #expect(mixed.count(after: from, through: to) == 36525 * 86400)
            #expect(try JobSchedule(["30 2 * * *"], zone: paris).count(after: from, through: to) == 36525)
        }
        #expect(time < .seconds(20), "\(time)")
    }

    @Test("Counting agrees with listing, for unions, cut days and all kinds of changes")
    func countAgrees() throws {
        let lists = [
            ["*/7 * * * *", "30 2 * * *"], ["0,30 2 * * *", "every 25m", "0 */5 * * *"],
            ["* 0-3 * * *", "every 1000s"],
            ["15 1 * * *", "15 1,2,3 * * sun", "@daily"], ["*/20 */7 * * * *", "1 2 3 * * *"],
        ]
        for name in ["Europe/Paris", "Australia/Lord_Howe", "America/Santiago", "UTC"] {
            let zone = try Zone(named: name)
            for texts in lists {
                let schedule = try JobSchedule(texts, zone: zone)
                for month in stride(from: 0, to: 24, by: 3) {
                    let from = Timestamp(seconds: 1_767_225_600 + Int64(month) * 2_629_746 / 2)
                    let to = from + Double(86400 * 3 + month * 1234)
                    let times = schedule.fireTimes(after: from, through: to, limit: 100_000)
                    #expect(schedule.count(after: from, through: to) == Int64(times.count), "\(texts) \(name) \(month)")
                }
            }
        }
    }
}
