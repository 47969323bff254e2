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
            "0 12 * * fri/2", after: "2026-11-23 12:00:00", "2026-11-27 12:00:00", "2026-11-29 12:00:00",
            "2026-12-04 12:00:00"),
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
        // Days from the end of the month.
        CronRow(
            "0 0 L * *", after: "2027-01-31 00:00:00", "2027-02-28 00:00:00", "2027-03-31 00:00:00",
            "2027-04-30 00:00:00"),
        CronRow("0 0 L 2 *", after: "2027-03-01 00:00:00", "2028-02-29 00:00:00", "2029-02-28 00:00:00"),
        CronRow("0 0 L-3 * *", after: "2027-02-01 00:00:00", "2027-02-25 00:00:00", "2027-03-28 00:00:00"),
        CronRow("0 0 L-30 * *", after: "2027-01-01 00:00:00", "2027-03-01 00:00:00", "2027-05-01 00:00:00"),
        CronRow("0 0 L-28 2 *", after: "2027-01-01 00:00:00", "2028-02-01 00:00:00", "2032-02-01 00:00:00"),
        CronRow(
            "0 0 l-1,L,1 * *", after: "2027-02-02 00:00:00", "2027-02-27 00:00:00", "2027-02-28 00:00:00",
            "2027-03-01 00:00:00"),
        // Working days: 31 January 2027 is a Sunday, 1 and 15 May 2027 are Saturdays.
        CronRow("0 0 LW * *", after: "2027-01-01 00:00:00", "2027-01-29 00:00:00", "2027-02-26 00:00:00"),
        CronRow("0 0 lw * *", after: "2027-03-01 00:00:00", "2027-03-31 00:00:00", "2027-04-30 00:00:00"),
        CronRow("0 0 15W * *", after: "2027-05-01 00:00:00", "2027-05-14 00:00:00", "2027-06-15 00:00:00"),
        CronRow("0 0 1W 5 *", after: "2027-01-01 00:00:00", "2027-05-03 00:00:00", "2028-05-01 00:00:00"),
        CronRow("0 0 1w 8 *", after: "2027-01-01 00:00:00", "2027-08-02 00:00:00"),
        CronRow("0 0 31W * *", after: "2027-01-01 00:00:00", "2027-01-29 00:00:00", "2027-03-31 00:00:00"),
        CronRow("0 0 30W 5 *", after: "2027-01-01 00:00:00", "2027-05-31 00:00:00"),
        CronRow("0 0 1W,LW * *", after: "2027-05-01 00:00:00", "2027-05-03 00:00:00", "2027-05-31 00:00:00"),
        // The n-th weekday and the last.
        CronRow("0 0 * * 5#2", after: "2026-11-23 00:00:00", "2026-12-11 00:00:00", "2027-01-08 00:00:00"),
        CronRow("0 0 * * FRI#5", after: "2026-11-23 00:00:00", "2027-01-29 00:00:00", "2027-04-30 00:00:00"),
        CronRow(
            "0 0 * * 7#1,0#3", after: "2026-11-23 00:00:00", "2026-12-06 00:00:00", "2026-12-20 00:00:00",
            "2027-01-03 00:00:00"),
        CronRow("0 0 * * friL", after: "2026-11-28 00:00:00", "2026-12-25 00:00:00", "2027-01-29 00:00:00"),
        CronRow("0 0 * * 7L", after: "2026-11-30 00:00:00", "2026-12-27 00:00:00", "2027-01-31 00:00:00"),
        CronRow(
            "0 0 * * 1L,2", after: "2026-11-24 00:00:00", "2026-11-30 00:00:00", "2026-12-01 00:00:00",
            "2026-12-08 00:00:00"),
        CronRow("0 0 13 * 5#2", after: "2026-11-14 00:00:00", "2026-12-11 00:00:00", "2026-12-13 00:00:00"),
        CronRow("0 0 29 2 1#5", after: "2026-01-01 00:00:00", "2028-02-29 00:00:00", "2032-02-29 00:00:00"),
        CronRow("0 0 */2 2 1#5", after: "2026-01-01 00:00:00", "2044-02-29 00:00:00", "2072-02-29 00:00:00"),
        // Quartz's question mark.
        CronRow("0 12 ? * WED", after: "2026-11-23 00:00:00", "2026-11-25 12:00:00", "2026-12-02 12:00:00"),
        CronRow("0 12 1 * ?", after: "2026-11-23 00:00:00", "2026-12-01 12:00:00", "2027-01-01 12:00:00"),
        CronRow("0 0 12 ? * ?", after: "2026-11-23 00:00:00", "2026-11-23 12:00:00", "2026-11-24 12:00:00"),
        // Chosen by the name of the job, which is `j` here.
        CronRow("~ * * * *", after: "2026-11-23 00:00:00", "2026-11-23 00:43:00", "2026-11-23 01:43:00"),
        CronRow("~ ~ * * *", after: "2026-11-23 00:00:00", "2026-11-23 23:43:00", "2026-11-24 23:43:00"),
        CronRow(
            "~/15 * * * *", after: "2026-11-23 00:00:00", "2026-11-23 00:13:00", "2026-11-23 00:28:00",
            "2026-11-23 00:43:00"),
        CronRow("0 0 ~ * *", after: "2026-11-23 00:00:00", "2026-12-05 00:00:00", "2027-01-05 00:00:00"),
        CronRow("0 0 * ~ ~", after: "2026-11-23 00:00:00", "2027-04-06 00:00:00", "2027-04-13 00:00:00"),
        CronRow(
            "10~19,40~49 5~ * * *", after: "2026-11-23 00:00:00", "2026-11-23 09:13:00", "2026-11-23 09:44:00",
            "2026-11-24 09:13:00"),
        CronRow(
            "0 ~4 1~31 * fri~mon", after: "2026-11-23 00:00:00", "2026-11-27 00:00:00", "2026-12-04 00:00:00",
            "2026-12-06 00:00:00"),
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
        WrongCron("0 0 L-31 * *", 7, "1 to 30"),
        WrongCron("0 0 L-0 * *", 7, "1 to 30"),
        WrongCron("0 0 L- * *", 7, "ends here"),
        WrongCron("0 0 L/2 * *", 6, "a comma or a blank"),
        WrongCron("0 0 L5 * *", 6, "a comma or a blank"),
        WrongCron("0 0 1-L * *", 7, "a number from 1 to 31"),
        WrongCron("0 0 W * *", 5, "only behind a number or `L`"),
        WrongCron("0 0 W15 * *", 5, "only behind a number or `L`"),
        WrongCron("0 0 32W * *", 5, "32 is not a day of the month"),
        WrongCron("0 0 15W3 * *", 8, "a comma or a blank"),
        WrongCron("0 0 15#2 * *", 7, "only in the day of the week"),
        WrongCron("L * * * *", 1, "only in the day of the month"),
        WrongCron("0 0 * L *", 7, "only in the day of the month"),
        WrongCron("0 0 * * L", 9, "`5L`"),
        WrongCron("0 0 * * L5", 9, "`5L`"),
        WrongCron("0 0 * * 5W", 10, "only in the day of the month"),
        WrongCron("0 0 * * 5#6", 11, "1 to 5"),
        WrongCron("0 0 * * 5#0", 11, "1 to 5"),
        WrongCron("0 0 * * 5#", 11, "1 to 5"),
        WrongCron("0 0 * * fri#6", 13, "1 to 5"),
        WrongCron("0 0 * * mon-fri#2", 16, "cannot stand here"),
        WrongCron("0 0 * * friL-mon", 13, "a comma or a blank"),
        WrongCron("0 0 * * 8L", 9, "8 is not a day of the week"),
        WrongCron("? * * * *", 1, "here it is `*`"),
        WrongCron("0 0 ?,3 * *", 6, "`?` stands alone"),
        WrongCron("0 0 3,? * *", 7, "alone in its field"),
        WrongCron("0 0 * ? *", 7, "here it is `*`"),
        WrongCron("*~ * * * *", 2, "a comma"),
        WrongCron("30~20 * * * *", 1, "20~30"),
        WrongCron("5~99 * * * *", 3, "99 is not a minute"),
        WrongCron("~/0 * * * *", 3, "a step of 0"),
        WrongCron("~~ * * * *", 2, "`~` cannot stand here"),
        WrongCron("0 0 * * 7-2", 9, "0-2"),
        WrongCron("CRON_TZ=UTC 0 3 * * *", 8, "timezone ="),
        WrongCron("0 0 31 4 *", 5, "never fire"),
        WrongCron("0 0 31W 4,6 *", 5, "never fire"),
        WrongCron("0 0 L-30 2 *", 5, "never fire"),
        WrongCron("0 0 */30 2 1#5", 5, "never fire"),
        WrongCron("0 0 30~31 2 *", 5, "like 1~28"),
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

    @Test("What ~ stands for differs from job to job, and stays in its range") func choices() throws {
        let expression = "~ 1~4 ~ * *"
        var minutes: Set<Int> = []
        for number in 0..<200 {
            let schedule = try JobSchedule([expression], zone: .utc, job: "job-\(number)")
            #expect(try schedule == JobSchedule([expression], zone: .utc, job: "job-\(number)"))
            let local = Zone.utc.local(try #require(schedule.next(after: Timestamp(seconds: 0))))
            minutes.insert(local.minute)
            #expect((1...4).contains(local.hour))
            #expect((1...28).contains(local.date.day))
        }
        // Of 60 minutes, 200 jobs miss two in the mean.
        #expect(minutes.count > 50)
        let stepped = try JobSchedule(["~/20 * * * *"], zone: .utc, job: "a")
        let times = stepped.fireTimes(after: Timestamp(seconds: -1), through: Timestamp(seconds: 7199), limit: 100)
        #expect(times.count == 6)
        #expect(zip(times, times.dropFirst()).allSatisfy { $1.seconds - $0.seconds == 1200 })
    }

    @Test("A fault points at its character") func pointing() {
        let fault = #expect(throws: ScheduleFault.self) { try Schedule("0 25\t* * *", job: "") }
        #expect(fault?.pointing == ["0 25 * * *", "  ^"])
        let end = #expect(throws: ScheduleFault.self) { try Schedule("0 3 * *", job: "") }
        #expect(end?.pointing == ["0 3 * *", "       ^"])
        let long = #expect(throws: ScheduleFault.self) { try Schedule(String(repeating: "*", count: 2000), job: "") }
        #expect(long?.failure.description.contains("more than 1000 characters") == true)
    }

    @Test("Text of any kind is read or refused, never a crash", arguments: 1...40) func noise(seed: UInt64) {
        var state = seed &* 0x9E37_79B9_7F4A_7C15
        let letters = Array("0123456789*/-, ,*  @LWlw#?~junmonevery\u{7F}é\t")
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
