import Testing

@testable import Scriptron

@Suite("Instants as text") struct ZoneTextTests {
    static let zone = try? Zone(named: "America/New_York")

    @Test(
        "strftime",
        arguments: [
            ("%Y-%m-%d %H:%M:%S", "2026-01-04 23:05:09"), ("%F %T", "2026-01-04 23:05:09"),
            ("%a %A %b %B %h", "Sun Sunday Jan January Jan"), ("%c", "Sun Jan  4 23:05:09 2026"),
            ("%D|%x", "01/04/26|01/04/26"), ("%I:%M %p %r", "11:05 PM 11:05:09 PM"), ("%R", "23:05"),
            ("%j %U %W %V %G %g", "004 01 00 01 2026 26"), ("%u %w %y %C %e", "7 0 26 20  4"),
            ("%z %Z %s", "-0500 EST 1767585909"), ("100%%%n%t", "100%\n\t"), ("é%d", "é04"), ("", ""),
        ])
    func format(pattern: String, text: String) throws {
        let zone = try #require(Self.zone)
        let instant = try Zone.utc.instant(parsing: "2026-01-05 04:05:09")
        #expect(try zone.format(instant, pattern) == text)
    }

    @Test("An unknown conversion is refused", arguments: ["%Q", "%", "%Ey", "x%é"]) func unknown(pattern: String) {
        #expect(throws: Failure.self) { try Zone.utc.format(Timestamp(seconds: 0), pattern) }
    }

    @Test(
        "Weeks of ISO 8601 around the new year",
        arguments: [
            ("2021-01-03", "2020-W53"), ("2021-01-04", "2021-W01"), ("2024-12-30", "2025-W01"),
            ("2026-12-31", "2026-W53"),
        ])
    func weeks(date: String, week: String) throws {
        #expect(try Zone.utc.format(Zone.utc.instant(parsing: date), "%G-W%V") == week)
    }

    @Test(
        "Texts of one instant",
        arguments: [
            "2026-01-04 23:05:09", "2026-01-04T23:05:09-05:00", "2026-01-05T04:05:09Z", "2026-01-05 04:05:09 +0000",
            "2026-01-05T09:35:09+0530", "1767585909", "@1767585909", "2026-01-04 23:05:09.0000009",
        ])
    func parse(text: String) throws {
        #expect(try #require(Self.zone).instant(parsing: text) == Timestamp(seconds: 1_767_585_909))
    }

    @Test("A fraction is kept to the microsecond") func fraction() throws {
        #expect(try Zone.utc.instant(parsing: "1970-01-01T00:00:00.25Z") == Timestamp(microseconds: 250_000))
        #expect(try Zone.utc.instant(parsing: "@-0.5") == Timestamp(microseconds: -500_000))
        #expect(try Zone.utc.instant(parsing: "1970-01-01") == Timestamp(seconds: 0))
    }

    @Test(
        "What is no time is refused",
        arguments: [
            "", "now", "2026", "2026-13-01", "2026-02-29", "2026-02-28 24:00", "2026-02-28 1:00", "2026-02-28T10:00:60",
            "2026-02-28 10:00 Paris", "2026-02-28T10:00+25:00", "2026-02-28T", "nan", "inf", "1e300", "@",
        ])
    func noTimes(text: String) {
        // A bare year is a number of seconds, like any other number.
        if text == "2026" {
            #expect((try? Zone.utc.instant(parsing: text)) == Timestamp(seconds: 2026))
        } else {
            #expect(throws: Failure.self) { try Zone.utc.instant(parsing: text) }
        }
    }
}
