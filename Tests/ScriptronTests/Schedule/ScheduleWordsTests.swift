import Testing

@testable import Scriptron

@Suite("Schedules in words") struct ScheduleWordsTests {
    static let rows: [(String, String)] = [
        ("* * * * *", "every minute"),
        ("*/15 * * * *", "every 15 minutes"),
        ("3/15 * * * *", "every 15 minutes, from minute 3"),
        ("*/7 * * * *", "at every 7th minute of every hour, every day"),
        ("15 3 * * *", "at 03:15, every day"),
        ("0,30 2 * * *", "at 02:00 and 02:30, every day"),
        ("0 9-17 * * mon-fri", "at minute 0 from 09:00 to 17:59, on Monday to Friday"),
        ("*/15 0-3 * * *", "every 15 minutes from 00:00 to 03:59, every day"),
        ("* 3 * * sun", "every minute from 03:00 to 03:59, on Sunday"),
        ("0 */2 * * *", "at minute 0 of every 2nd hour, every day"),
        ("0 1/2 * * *", "at minute 0 of every 2nd hour from 01:00, every day"),
        ("5,10 * * * *", "at minutes 5 and 10 of every hour, every day"),
        ("1 1,2,3,7,9,11,13 * * *", "at minute 1 of the hours 1 to 3, 7, 9, 11 and 13, every day"),
        ("@yearly", "at 00:00, on day 1 of January"),
        ("0 5 1-5,10,11 * ?", "at 05:00, on days 1 to 5, 10 and 11 of the month"),
        ("0 0 */10 * mon", "at 00:00, on days 1, 11, 21 and 31 of the month if it is Monday"),
        ("0 0 13 * fri", "at 00:00, on day 13 of the month, and on Friday"),
        ("0 0 * nov-feb *", "at 00:00, every day in November to February"),
        ("0 0 1 */3 *", "at 00:00, on day 1 of January, April, July and October"),
        ("0 0 L * *", "at 00:00, on the last day of the month"),
        ("0 0 L-3 2 *", "at 00:00, on the 3rd day before the last of February"),
        ("0 0 15W,LW * *", "at 00:00, on the working day nearest to day 15 and the last working day of the month"),
        ("0 12 * * fri#2,monL", "at 12:00, on the 2nd Friday and the last Monday of the month"),
        ("0 12 ? jan FRI-MON", "at 12:00, on Monday and Friday to Sunday in January"),
        ("*/20 * * * * *", "every 20 seconds"),
        ("*/7 * * * * *", "at every 7th second of every minute, every day"),
        ("* 30 2 * * *", "every second of 02:30, every day"),
        ("*/20 * 3 * * *", "every 20 seconds of every minute from 03:00 to 03:59, every day"),
        ("15,45 59 1,2 * * *", "at seconds 15 and 45 of 01:59 and 02:59, every day"),
        ("30 59 23 31 12 *", "at 23:59:30, on day 31 of December"),
        ("5 */10 * * * *", "at second 5 of every 10th minute, every day"),
        ("every 90s", "every 1 min 30 s, counted from 1970-01-01 00:00 UTC"),
        ("@start", "when the host starts"),
        ("~ ~ * * *", "at 23:43, every day"),
    ]

    @Test("Rows", arguments: rows) func words(text: String, words: String) throws {
        #expect(try Schedule(text).words == words)
    }

    @Test("Whatever is taken has words") func any() throws {
        var generator = ScheduleGenerator(seed: 7)
        for number in 0..<2000 {
            let (text, schedule) = generator.schedule(.full, seconds: number % 5 == 0, in: .utc, job: "j")
            let words = schedule.explanations[0].words
            #expect(words.count > 8 && !words.contains("  ") && !words.hasSuffix(" "), "\(text): \(words)")
        }
    }

    @Test("Only where a change of the clock is to come something is said of it") func changes() throws {
        let texts = ["30 2 * * *", "*/5 * * * *", "0 3 * * *", "every 1h", "@start"]
        let now = Timestamp(seconds: 1_800_000_000)
        #expect(try JobSchedule(texts, zone: Zone(named: "Europe/Paris")).changeWords(after: now).count == 2)
        #expect(try JobSchedule(texts, zone: .utc).changeWords(after: now).isEmpty)
        #expect(try JobSchedule(texts, zone: Zone(named: "Asia/Tokyo")).changeWords(after: now).isEmpty)
    }
}
