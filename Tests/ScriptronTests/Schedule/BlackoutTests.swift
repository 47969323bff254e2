import Testing

@testable import Scriptron

@Suite("Blackouts") struct BlackoutTests {
    private static func berlin() throws -> Zone { try Zone(named: "Europe/Berlin") }

    private static func instant(_ text: String) throws -> Timestamp { try berlin().instant(parsing: text) }

    struct Row: CustomTestStringConvertible, Sendable {
        var window: String
        /// Local times inside and outside.
        var inside: [String]
        var outside: [String]
        var testDescription: String { window }
    }

    static let rows = [
        Row(
            window: "2026-12-24", inside: ["2026-12-24 00:00", "2026-12-24 23:59:59"],
            outside: ["2026-12-23 23:59:59", "2026-12-25 00:00", "2025-12-24 12:00"]),
        Row(
            window: "2026-12-24..2027-01-02", inside: ["2026-12-24", "2026-12-31 12:00", "2027-01-02 23:59"],
            outside: ["2026-12-23 23:00", "2027-01-03"]),
        Row(
            window: "12-24..01-02", inside: ["2026-12-24", "2031-01-02 10:00", "2030-12-31"],
            outside: ["2026-12-23", "2027-01-03", "2026-06-01"]),
        Row(window: "02-29", inside: ["2028-02-29 12:00"], outside: ["2027-02-28 12:00", "2027-03-01 12:00"]),
        Row(
            window: "05-01", inside: ["2026-05-01 08:00", "2027-05-01 08:00"],
            outside: ["2026-05-02", "2026-04-30 23:59"]),
        // 2026-11-21 is a Saturday.
        Row(
            window: "SAT,SUN", inside: ["2026-11-21", "2026-11-22 23:59:59"],
            outside: ["2026-11-20 23:59:59", "2026-11-23"]),
        Row(
            window: "fri-Monday", inside: ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23 20:00"],
            outside: ["2026-11-24", "2026-11-19 23:59"]),
        Row(
            window: "22:00-06:00", inside: ["2026-11-21 22:00", "2026-11-21 05:59:59", "2026-11-21 00:00"],
            outside: ["2026-11-21 21:59:59", "2026-11-21 06:00", "2026-11-21 12:00"]),
        Row(
            window: "MON-FRI 08:00-18:00", inside: ["2026-11-20 08:00", "2026-11-20 17:59:59"],
            outside: ["2026-11-20 18:00", "2026-11-21 09:00", "2026-11-20 07:59:59"]),
        Row(
            window: "  FRI  22:00 - 06:00 ", inside: ["2026-11-20 22:00", "2026-11-21 05:59"],
            outside: ["2026-11-20 05:00", "2026-11-21 22:30", "2026-11-21 06:00"]),
        Row(
            window: "2026-12-24 14:00-24:00", inside: ["2026-12-24 14:00", "2026-12-24 23:59:59"],
            outside: ["2026-12-24 13:59:59", "2026-12-25"]),
        Row(
            window: "2026-12-20..2026-12-22 22:00-02:00", inside: ["2026-12-20 23:00", "2026-12-23 01:59"],
            outside: ["2026-12-20 01:00", "2026-12-21 12:00", "2026-12-23 02:00"]),
        Row(
            window: "2026-12-24 18:00..2026-12-27 06:00",
            inside: ["2026-12-24 18:00", "2026-12-26", "2026-12-27 05:59"],
            outside: ["2026-12-24 17:59:59", "2026-12-27 06:00"]),
        Row(
            window: "2026-12-24T18:00..2026-12-24T20:00", inside: ["2026-12-24 19:00"], outside: ["2026-12-24 20:00"]),
        // Autumn, 02:00-03:00 twice: a window ends when the clock first shows its end.
        Row(
            window: "00:00-02:30", inside: ["2026-10-25T02:29:59+02:00"],
            outside: ["2026-10-25T02:30:00+02:00", "2026-10-25T02:10:00+01:00"]),
        Row(
            window: "02:00-03:00", inside: ["2026-10-25T02:00:00+02:00", "2026-10-25T02:59:59+01:00"],
            outside: ["2026-10-25T03:00:00+01:00"]),
        // Spring, 02:00-03:00 never: there is no window then.
        Row(window: "02:00-03:00", inside: ["2026-03-28 02:30"], outside: ["2026-03-29T03:00:00+02:00"]),
        Row(
            window: "02:30-03:30", inside: ["2026-03-29T03:00:00+02:00", "2026-03-29T03:29:59+02:00"],
            outside: ["2026-03-29T01:59:59+01:00", "2026-03-29T03:30:00+02:00"]),
    ]

    @Test("A window holds what it says, in the zone", arguments: rows) func holds(row: Row) throws {
        let blackouts = try Blackouts([row.window], zone: Self.berlin())
        for text in row.inside {
            let found = blackouts.window(at: try Self.instant(text))
            #expect(found?.text == row.window, "\(text)")
            // Just before its end it still holds, at its end another one may.
            if let end = found?.end {
                #expect(blackouts.window(at: end + -1) != nil)
                #expect(blackouts.window(at: end).map { $0.end > end } ?? true)
            }
        }
        for text in row.outside {
            let instant = try Self.instant(text)
            #expect(blackouts.window(at: instant) == nil, "\(text)")
            guard let start = blackouts.start(after: instant) else { continue }
            #expect(blackouts.window(at: start) != nil && blackouts.window(at: start + -1) == nil, "\(text)")
        }
    }

    @Test(
        "The next start is the first one: nothing between is inside",
        arguments: ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC"])
    func starts(zone name: String) throws {
        let zone = try Zone(named: name)
        var random = RandomValues(seed: 5)
        let windows = [
            "22:00-06:00", "MON-FRI 08:00-18:00", "SAT,SUN", "10-20..11-02", "2026-03-20..2026-04-10 01:30-03:15",
        ]
        for _ in 0..<300 {
            let chosen = windows.filter { _ in Bool.random(using: &random) }
            let blackouts = try Blackouts(chosen, zone: zone)
            let instant = Timestamp(seconds: Int64.random(in: 1_770_000_000..<1_800_000_000, using: &random))
            if let found = blackouts.window(at: instant) {
                for _ in 0..<20 {
                    let inside = Timestamp(
                        seconds: Int64.random(in: instant.seconds..<found.end.seconds, using: &random))
                    #expect(blackouts.window(at: inside) != nil)
                }
            } else if let start = blackouts.start(after: instant) {
                for _ in 0..<20 {
                    let open = Timestamp(seconds: Int64.random(in: instant.seconds..<start.seconds, using: &random))
                    #expect(blackouts.window(at: open) == nil)
                }
                #expect(blackouts.window(at: start) != nil)
            } else {
                #expect(chosen.allSatisfy { $0.hasPrefix("2026-03") })
            }
        }
    }

    @Test("Of several windows the one that lasts longest is told") func longest() throws {
        let blackouts = try Blackouts(["SAT", "22:00-06:00"], zone: .utc)
        let found = blackouts.window(at: try Zone.utc.instant(parsing: "2026-11-21 23:00"))
        #expect(found?.text == "22:00-06:00")
        #expect(found?.end == (try Zone.utc.instant(parsing: "2026-11-22 06:00")))
    }

    @Test("No windows hold nothing") func none() {
        #expect(Blackouts.none.isEmpty && Blackouts.none.window(at: Timestamp(seconds: 0)) == nil)
        #expect(Blackouts.none.start(after: Timestamp(seconds: 0)) == nil)
    }

    @Test(
        "What is wrong is shown with its place and what may stand there",
        arguments: [
            ("", "window ``, character 1: the window is empty"), ("   ", "the window is empty"),
            ("?", "character 1: `?` begins no window"), ("tuseday", "character 1: `tuseday` is no day of the week"),
            ("SAT,", "character 5: a day of the week must stand here"),
            ("SAT-5", "character 5: a day of the week must stand here"),
            ("SAT x", "character 5: `x` does not belong here"), ("25:00-26:00", "character 1: 25 is not an hour"),
            ("22:00-25:00", "character 7: 25 is not an hour"), ("22:60-23:00", "character 4: 60 is not a minute"),
            ("24:00-06:00", "character 1: 24 is not an hour"), ("22:00-24:01", "character 10: 1 is not a minute"),
            ("22:00", "character 6: the time goes on with - and when the window ends"),
            ("22:00-", "character 7: a time like 22:00 must stand here"),
            ("22:0-23:00", "character 4: the minutes must stand here"),
            ("22:00-22:00", "character 7: it ends when it begins; leave the times out for whole days"),
            ("22:00-23:00 x", "character 13: `x` does not belong here"),
            ("2026", "character 5: the date goes on with - and the month or the day"),
            ("2026-13-01", "character 6: 13 is not a month"), ("2026-02-29", "character 9: the month has no day 29"),
            ("02-30", "character 4: the month has no day 30"), ("2026-1-1", "character 6: the month must stand here"),
            ("123-01", "character 1: 123 is not a month"),
            ("2026-12-24..12-26", "character 13: both ends need a year, or neither"),
            ("2026-12-24..2026-12-23", "character 13: it ends before it begins"),
            ("2026-12-24 18:00..2026-12-24 18:00", "character 19: it ends before it begins"),
            ("2026-12-24 18:00..12-26 06:00", "character 19: the end needs a date with its year"),
            ("2026-12-24 18:00..2026-12-26", "character 29: the end needs a time like 06:00"),
            ("2026-12-24 26:00..2026-12-26 01:00", "character 12: 26 is not an hour"),
            ("2026-12-24 x", "character 12: `x` does not belong here"),
        ])
    func errors(text: String, message: String) throws {
        let error = #expect(throws: Failure.self) { try Blackouts([text], zone: .utc) }
        #expect(error?.code == "ESCHEDULE" && error?.cure?.isEmpty == false)
        #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
    }

    @Test("No text makes the reader fail but by its own error") func garbage() {
        var random = RandomValues(seed: 11)
        let pieces =
            Array("0123456789-:.,TSAUN monfri é\u{301}🎄").map(String.init) + ["..", "2026-12-24", "22:00", "SAT"]
        for _ in 0..<5000 {
            let text = (0..<Int.random(in: 0...8, using: &random)).map { _ in
                pieces.randomElement(using: &random) ?? ""
            }.joined()
            _ = try? Blackouts([text], zone: .utc)
        }
    }

    @Test("Exclusions know the next fire time outside of windows and pauses") func next() throws {
        let schedule = try JobSchedule(["0 * * * *"], zone: .utc)
        var exclusions = Exclusions(blackouts: try Blackouts(["01:00-05:00"], zone: .utc))
        #expect(exclusions.next(schedule, after: Timestamp(seconds: 0)) == Timestamp(seconds: 18000))
        exclusions.pauses = [
            Pause(job: "j", kind: .pause, since: Timestamp(5.5 * 3600), until: Timestamp(8 * 3600.0), by: "x")
        ]
        #expect(exclusions.next(schedule, after: Timestamp(seconds: 18000)) == Timestamp(seconds: 28800))
        exclusions.pauses[0].until = nil
        #expect(exclusions.next(schedule, after: Timestamp(seconds: 5 * 3600)) == nil)
        let never = Exclusions(blackouts: try Blackouts(["00:00-24:00"], zone: .utc))
        #expect(never.next(schedule, after: Timestamp(seconds: 0)) == nil)
    }
}
