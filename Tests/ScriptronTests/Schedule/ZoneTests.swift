import Testing

@testable import Scriptron

/// A zone, an instant in UTC, and what its clock shows.
struct ZoneRow: Sendable, CustomTestStringConvertible {
    var zone: String
    var utc: String
    var shows: String
    var abbreviation: String
    var testDescription: String { "\(zone) at \(utc)" }

    init(_ zone: String, _ utc: String, _ shows: String, _ abbreviation: String) {
        self.zone = zone
        self.utc = utc
        self.shows = shows
        self.abbreviation = abbreviation
    }
}

@Suite("Zones") struct ZoneTests {
    static let rows: [ZoneRow] = [
        ZoneRow("UTC", "2026-11-23 12:00:00", "2026-11-23T12:00:00+00:00", "UTC"),
        ZoneRow("Europe/Paris", "2026-03-29 00:59:59", "2026-03-29T01:59:59+01:00", "CET"),
        ZoneRow("Europe/Paris", "2026-03-29 01:00:00", "2026-03-29T03:00:00+02:00", "CEST"),
        ZoneRow("Europe/Paris", "2026-10-25 00:59:59", "2026-10-25T02:59:59+02:00", "CEST"),
        ZoneRow("Europe/Paris", "2026-10-25 01:00:00", "2026-10-25T02:00:00+01:00", "CET"),
        // Before the first transition, and by the rule at the end of the file.
        ZoneRow("Europe/Paris", "1850-01-01 00:00:00", "1850-01-01T00:09:21+00:09:21", "LMT"),
        ZoneRow("Europe/Paris", "2099-07-01 00:00:00", "2099-07-01T02:00:00+02:00", "CEST"),
        ZoneRow("Europe/Paris", "9999-07-01 00:00:00", "9999-07-01T02:00:00+02:00", "CEST"),
        ZoneRow("America/New_York", "2026-03-08 07:00:00", "2026-03-08T03:00:00-04:00", "EDT"),
        ZoneRow("America/New_York", "2150-12-01 00:00:00", "2150-11-30T19:00:00-05:00", "EST"),
        // The summer half year contains the new year.
        ZoneRow("Australia/Sydney", "2050-01-01 00:00:00", "2050-01-01T11:00:00+11:00", "AEDT"),
        ZoneRow("Australia/Sydney", "2050-07-01 00:00:00", "2050-07-01T10:00:00+10:00", "AEST"),
        // Half an hour, and two hours.
        ZoneRow("Australia/Lord_Howe", "2026-10-03 15:30:00", "2026-10-04T02:30:00+11:00", "+11"),
        ZoneRow("Antarctica/Troll", "2026-03-29 01:00:00", "2026-03-29T03:00:00+02:00", "+02"),
        // Dublin's winter time is the exception, and a quarter of an hour.
        ZoneRow("Europe/Dublin", "2060-01-01 00:00:00", "2060-01-01T00:00:00+00:00", "GMT"),
        ZoneRow("Europe/Dublin", "2060-07-01 00:00:00", "2060-07-01T01:00:00+01:00", "IST"),
        ZoneRow("Asia/Kathmandu", "2026-01-01 00:00:00", "2026-01-01T05:45:00+05:45", "+0545"),
        // A day that never was.
        ZoneRow("Pacific/Apia", "2011-12-30 09:59:59", "2011-12-29T23:59:59-10:00", "-10"),
        ZoneRow("Pacific/Apia", "2011-12-30 10:00:00", "2011-12-31T00:00:00+14:00", "+14"),
        // A rule with a time below zero.
        ZoneRow("America/Nuuk", "2050-07-01 00:00:00", "2050-06-30T23:00:00-01:00", "-01"),
    ]

    @Test("The clock of a zone", arguments: rows) func clock(row: ZoneRow) throws {
        let zone = try Zone(named: row.zone)
        let instant = try Zone.utc.instant(parsing: row.utc)
        #expect(zone.iso(instant) == row.shows)
        #expect(zone.offset(at: instant).abbreviation == row.abbreviation)
        #expect(try zone.instant(parsing: row.shows.replacingSuffix(row.zone)) == instant)
    }

    @Test("A local time is one instant, two, or none") func localTimes() throws {
        let paris = try Zone(named: "Europe/Paris")
        let plain = LocalTime(year: 2026, month: 7, day: 1, hour: 12)
        #expect(paris.instants(of: plain) == .one(try Zone.utc.instant(parsing: "2026-07-01 10:00")))
        let gap = LocalTime(year: 2026, month: 3, day: 29, hour: 2, minute: 30)
        let change = try Zone.utc.instant(parsing: "2026-03-29 01:00")
        #expect(paris.instants(of: gap) == .skipped(at: change))
        #expect(paris.instant(of: gap) == change)
        let overlap = LocalTime(year: 2026, month: 10, day: 25, hour: 2, minute: 30)
        let first = try Zone.utc.instant(parsing: "2026-10-25 00:30")
        #expect(paris.instants(of: overlap) == .twice(first: first, second: first + 3600))
        #expect(paris.instant(of: overlap) == first)
        #expect(paris.nextTransition(after: change - 1) == change)
        #expect(paris.nextTransition(after: change) == (try Zone.utc.instant(parsing: "2026-10-25 01:00")))
        #expect(Zone.utc.nextTransition(after: change) == nil)
        #expect(try Zone(named: "Asia/Tokyo").nextTransition(after: change) == nil)
    }

    @Test(
        "A name that is none is refused",
        arguments: ["", "/etc/passwd", "../../etc/passwd", "Europe/../UTC", "Europe//Paris", "Europe/", "a b", "ä"])
    func badNames(name: String) {
        let failure = #expect(throws: Failure.self) { try Zone(named: name) }
        #expect(failure?.code == "EZONE")
        #expect(failure?.message.contains("not the name of a time zone") == true)
    }

    @Test(
        "An unknown zone names near ones",
        arguments: [
            ("Europe/Pariss", "Europe/Paris"), ("europe/paris", "Europe/Paris"), ("Tokyo", "Asia/Tokyo"),
            ("America/NewYork", "America/New_York"), ("Berlin", "Europe/Berlin"),
        ])
    func unknown(name: String, near: String) {
        let failure = #expect(throws: Failure.self) { try Zone(named: name) }
        #expect(failure?.message == "there is no time zone `\(name)`")
        #expect(failure?.cure?.contains(near) == true, "\(failure as Any)")
    }

    @Test("A directory, a table and a zone that counts leap seconds are no zones")
    func others() {
        #expect(throws: Failure.self) { try Zone(named: "Europe") }
        #expect(throws: Failure.self) { try Zone(named: "zone.tab") }
        if ZoneInfo.names().isEmpty { Issue.record("tzdata is not installed") }
    }

    @Test("TZ names the system's zone: a name, a path, a rule, or nothing for UTC") func environment() throws {
        #expect(try Zone.system(environment: "").name == "UTC")
        #expect(try Zone.system(environment: ":Asia/Tokyo").name == "Asia/Tokyo")
        #expect(try Zone.system(environment: "/usr/share/zoneinfo/Asia/Tokyo").name == "Asia/Tokyo")
        #expect(try Zone.system(environment: nil) == Zone.named(orSystem: nil))
        let rule = try Zone.system(environment: "EST5EDT,M3.2.0,M11.1.0")
        let july = try Zone.utc.instant(parsing: "2026-07-01")
        #expect(rule.offset(at: july) == ZoneOffset(seconds: -14400, isSummer: true, abbreviation: "EDT"))
        #expect(throws: Failure.self) { try Zone.system(environment: "no such zone") }
    }

    @Test("Every zone of tzdata can be read, and its changes are in order") func all() throws {
        let names = ZoneInfo.names()
        try #require(names.count > 300)
        for name in names {
            let zone = try Zone(named: name)
            var period = zone.table.period(at: -3_000_000_000)
            for _ in 0..<600 where period.end < 5_000_000_000 {
                let next = zone.table.period(at: period.end)
                #expect(next.start == period.end && next.end > next.start, "\(name) at \(period.end)")
                #expect(zone.table.period(at: next.start - 1) == period, "\(name) before \(next.start)")
                period = next
            }
        }
    }
}

extension String {
    /// The same without the offset of LMT, which no text form of an instant can hold.
    fileprivate func replacingSuffix(_ zone: String) -> String {
        hasSuffix("+00:09:21") ? String(dropLast(9)) : self
    }
}
