import Testing

@testable import Scriptron

/// An expression, an instant, and the fire times that follow it, all in UTC.
struct CronRow: Sendable, CustomTestStringConvertible {
    var expression: String
    var after: String
    var times: [String]
    var testDescription: String { "\(expression) after \(after)" }

    init(_ expression: String, after: String, _ times: String...) {
        self.expression = expression
        self.after = after
        self.times = times
    }
}

/// A wrong expression, the character that the error names, and a word of what it says.
struct WrongCron: Sendable, CustomTestStringConvertible {
    var expression: String
    var character: Int
    var says: String
    var testDescription: String { expression }

    init(_ expression: String, _ character: Int, _ says: String) {
        self.expression = expression
        self.character = character
        self.says = says
    }
}

@Suite("Cron expressions") struct CronExpressionTests {
    static let rows: [CronRow] = [
        CronRow("* * * * *", after: "2026-11-23 10:00:00", "2026-11-23 10:01:00", "2026-11-23 10:02:00"),
        CronRow("* * * * *", after: "2026-11-23 09:59:59", "2026-11-23 10:00:00"),
        CronRow("*/15 * * * *", after: "2026-11-23 10:45:00", "2026-11-23 11:00:00", "2026-11-23 11:15:00"),
        CronRow("5/20 3 * * *", after: "2026-11-23 00:00:00", "2026-11-23 03:05:00", "2026-11-23 03:25:00"),
        CronRow("15 3 * * *", after: "2026-12-31 03:15:00", "2027-01-01 03:15:00"),
        CronRow("0 0 1 1 *", after: "2026-01-01 00:00:00", "2027-01-01 00:00:00"),
        CronRow("0 9-17/4 * * mon-fri", after: "2026-11-20 17:00:00", "2026-11-23 09:00:00", "2026-11-23 13:00:00"),
        CronRow("0 12 * * 7", after: "2026-11-23 00:00:00", "2026-11-29 12:00:00"),
        CronRow(
            "0 12 * * 5-7", after: "2026-11-23 00:00:00", "2026-11-27 12:00:00", "2026-11-28 12:00:00",
            "2026-11-29 12:00:00"),
        CronRow("0 12 * * FRI-MON", after: "2026-11-23 12:00:00", "2026-11-27 12:00:00", "2026-11-28 12:00:00"),
        CronRow(
            "0 12 * * fri-mon/2", after: "2026-11-23 12:00:00", "2026-11-27 12:00:00", "2026-11-29 12:00:00",
            "2026-12-04 12:00:00"),
        CronRow(
            "0 0 1 nov-feb *", after: "2026-11-02 00:00:00", "2026-12-01 00:00:00", "2027-01-01 00:00:00",
            "2027-02-01 00:00:00", "2027-11-01 00:00:00"),
        CronRow("0 0 29 2 *", after: "2026-01-01 00:00:00", "2028-02-29 00:00:00", "2032-02-29 00:00:00"),
        CronRow("0 0 29 2 *", after: "2096-03-01 00:00:00", "2104-02-29 00:00:00"),
        CronRow("0 0 29 2 */7", after: "2088-03-01 00:00:00", "2128-02-29 00:00:00"),
        CronRow("0 0 31 * *", after: "2026-01-31 00:00:00", "2026-03-31 00:00:00", "2026-05-31 00:00:00"),
        // Both day fields set: either may fit, unless one starts with a star.
        CronRow(
            "0 0 13 * fri", after: "2026-11-01 00:00:00", "2026-11-06 00:00:00", "2026-11-13 00:00:00",
            "2026-11-20 00:00:00"),
        CronRow(
            "0 0 1,15 * mon", after: "2026-11-24 00:00:00", "2026-11-30 00:00:00", "2026-12-01 00:00:00",
            "2026-12-07 00:00:00"),
        CronRow(
            "0 0 */10 * mon", after: "2026-01-01 00:00:00", "2026-05-11 00:00:00", "2026-06-01 00:00:00",
            "2026-08-31 00:00:00"),
        CronRow("0 0 1-7 * */7", after: "2026-11-01 00:00:00", "2026-12-06 00:00:00", "2027-01-03 00:00:00"),
        // systemd misses 1 January in steps of days that start at 1.
        CronRow(
            "0 0 1/11 * *", after: "2025-12-24 00:00:00", "2026-01-01 00:00:00", "2026-01-12 00:00:00",
            "2026-01-23 00:00:00"),
        // Seconds first.
        CronRow(
            "*/20 * * * * *", after: "2026-11-23 10:00:00", "2026-11-23 10:00:20", "2026-11-23 10:00:40",
            "2026-11-23 10:01:00"),
        CronRow("30 59 23 31 12 *", after: "2026-11-23 10:00:00", "2026-12-31 23:59:30", "2027-12-31 23:59:30"),
        CronRow("  7  *\t* * *  ", after: "2026-11-23 10:00:00", "2026-11-23 10:07:00"),
        CronRow(
            "0,0,30 10 * * *", after: "2026-11-23 00:00:00", "2026-11-23 10:00:00", "2026-11-23 10:30:00",
            "2026-11-24 10:00:00"),
        CronRow("@hourly", after: "2026-11-23 10:00:00", "2026-11-23 11:00:00"),
        CronRow("@daily", after: "2026-11-23 10:00:00", "2026-11-24 00:00:00"),
        CronRow("@midnight", after: "2026-11-23 10:00:00", "2026-11-24 00:00:00"),
        CronRow("@weekly", after: "2026-11-23 10:00:00", "2026-11-29 00:00:00"),
        CronRow("@monthly", after: "2026-11-23 10:00:00", "2026-12-01 00:00:00"),
        CronRow("@YEARLY", after: "2026-11-23 10:00:00", "2027-01-01 00:00:00"),
        CronRow("@annually", after: "2026-11-23 10:00:00", "2027-01-01 00:00:00"),
        CronRow("every 90s", after: "1970-01-01 00:00:00", "1970-01-01 00:01:30", "1970-01-01 00:03:00"),
        CronRow("every 90s", after: "1969-12-31 23:58:31", "1970-01-01 00:00:00"),
        CronRow("every 1h30m", after: "2026-11-23 10:00:00", "2026-11-23 10:30:00", "2026-11-23 12:00:00"),
        CronRow("Every 1 d", after: "2026-11-23 10:00:00", "2026-11-24 00:00:00"),
    ]

    @Test("Fire times follow, and lead back", arguments: rows) func fireTimes(row: CronRow) throws {
        let schedule = try JobSchedule([row.expression], zone: .utc)
        let after = try Zone.utc.instant(parsing: row.after)
        let times = schedule.fireTimes(after: after, through: after + 1e10, limit: row.times.count)
        #expect(times.map(Zone.utc.plain) == row.times)
        for (earlier, later) in zip(times, times.dropFirst()) {
            #expect(schedule.previous(before: later) == earlier)
            #expect(schedule.previous(before: earlier + 1e-6) == earlier)
        }
        if let last = times.last { #expect(schedule.count(after: after, through: last) == Int64(times.count)) }
    }

    @Test("A fraction of a second neither repeats nor skips a fire time") func fractions() throws {
        let schedule = try JobSchedule(["* * * * * *"], zone: .utc)
        let instant = Timestamp(microseconds: 10_000_000)
        #expect(schedule.next(after: Timestamp(microseconds: 9_999_999)) == instant)
        #expect(schedule.next(after: instant) == Timestamp(seconds: 11))
        #expect(schedule.next(after: Timestamp(microseconds: 10_000_001)) == Timestamp(seconds: 11))
        #expect(schedule.previous(before: Timestamp(microseconds: 10_000_001)) == instant)
        #expect(schedule.previous(before: instant) == Timestamp(seconds: 9))
        #expect(schedule.previous(before: Timestamp(microseconds: -1)) == Timestamp(seconds: -1))
    }

    static let wrongs: [WrongCron] = [
        WrongCron("", 1, "empty"),
        WrongCron("* * * *", 8, "4 fields"),
        WrongCron("* * * * * * *", 13, "7 fields"),
        WrongCron("60 * * * *", 1, "60 is not a minute"),
        WrongCron("* 24 * * *", 3, "24 is not a hour"),
        WrongCron("* * 0 * *", 5, "a number from 1 to 31"),
        WrongCron("* * 32 * *", 5, "32 is not a day of the month"),
        WrongCron("* * * 13 *", 7, "a name from `jan` to `dec`"),
        WrongCron("* * * * 8", 9, "8 is not a day of the week"),
        WrongCron("* * * * mo", 9, "`mo` is not a day of the week"),
        WrongCron("* * * * monday", 9, "`mon`"),
        WrongCron("* * * jane *", 7, "`jan`"),
        WrongCron("1,,2 * * * *", 3, "`,` cannot stand here"),
        WrongCron("1, * * * *", 3, "ends here"),
        WrongCron("1- * * * *", 3, "ends here"),
        WrongCron("*/0 * * * *", 3, "a step of 0"),
        WrongCron("*/90 * * * *", 3, "`every 90m`"),
        WrongCron("*/ * * * *", 3, "a step from 1 to 60"),
        WrongCron("*5 * * * *", 2, "a comma"),
        WrongCron("5.5 * * * *", 2, "`.` cannot stand here"),
        WrongCron("-5 * * * *", 1, "`-` cannot stand here"),
        WrongCron("* 22-2 * * *", 3, "22-23,0-2"),
        WrongCron("99999999999999999999 * * * *", 1, "is not a minute"),
        WrongCron("٣ * * * *", 1, "cannot stand here"),
        WrongCron("* * L * *", 5, "not supported yet"),
        WrongCron("* * LW * *", 5, "not supported yet"),
        WrongCron("* * 15W * *", 7, "not supported yet"),
        WrongCron("* * L-3 * *", 5, "not supported yet"),
        WrongCron("* * ? * *", 5, "not supported yet"),
        WrongCron("* * * * 5#2", 10, "not supported yet"),
        WrongCron("* * * * 5L", 10, "not supported yet"),
        WrongCron("~ * * * *", 1, "not supported yet"),
        WrongCron("0~30 * * * *", 2, "not supported yet"),
        WrongCron("0 0 30 2 *", 5, "never fire"),
        WrongCron("0 0 0 31 4,6,9,11 *", 7, "never fire"),
        WrongCron("0 0 30 feb */2", 5, "never fire"),
        WrongCron("@dayly", 1, "did you mean @daily?"),
        WrongCron("@reboot", 1, "did you mean @start?"),
        WrongCron("@daily *", 7, "nothing may follow"),
        WrongCron(" @never", 2, "@yearly"),
        WrongCron("every", 6, "the duration is missing"),
        WrongCron("every 5 parsecs", 7, "`5parsecs`"),
        WrongCron("every 0s", 7, "too short"),
        WrongCron("every 1.5s", 7, "whole seconds"),
        WrongCron("every -5m", 7, "whole seconds"),
    ]

    @Test("A wrong expression names its character and what may stand there", arguments: wrongs)
    func wrong(row: WrongCron) throws {
        let failure = try #require(throws: Failure.self) { try JobSchedule([row.expression], zone: .utc) }
        #expect(failure.code == "ESCHEDULE")
        #expect(failure.description.contains("character \(row.character):"), "\(failure)")
        #expect(failure.description.contains(row.says), "\(failure)")
        #expect(failure.cure != nil)
    }

    @Test("30 or 31 as either day may fire on the other") func eitherDay() throws {
        let schedule = try JobSchedule(["0 0 30 2 mon"], zone: .utc)
        let first = try #require(schedule.next(after: Timestamp(seconds: 1_767_225_600)))
        #expect(Zone.utc.plain(first) == "2026-02-02 00:00:00")
    }

    @Test("Text of any kind is read or refused, never a crash", arguments: 1...40) func noise(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        let letters = Array("0123456789*/-, ,*  @LW#?~junmonevery\u{7F}é\t")
        for _ in 0..<50 {
            var text = ""
            for _ in 0..<Int(state >> 60) * 2 {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                text.append(letters[Int(state >> 33) % letters.count])
            }
            state = state &* 6_364_136_223_846_793_005 &+ 1
            if let schedule = try? JobSchedule([text], zone: .utc), !schedule.isEmpty {
                let next = schedule.next(after: Timestamp(seconds: 1_800_000_000))
                #expect(next.map { $0 > Timestamp(seconds: 1_800_000_000) } == true, "\(text)")
            }
        }
    }
}
