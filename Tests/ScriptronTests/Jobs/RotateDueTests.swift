import Testing

@testable import Scriptron

/// When a log is due: `rotating.due` for entries and times that are made up.
@Suite("jobs/lib/rotating.lua: what is due") struct RotateDueTests {
    private func due(_ log: String, _ settings: String, now: Int = 1_772_334_000, zone: String = "UTC") throws
        -> String?
    {
        let api = try APIFixture()
        try api.loadLibraries()
        api.zone = try Zone(named: zone)
        return try api.run(
            """
            local rotating, generations = require "rotating", require "generations"
            local settings = { method = "rename", time = "never", min_size = 0, scheme = generations.scheme("numbered") }
            for key, value in pairs { \(settings) } do settings[key] = value end
            local entry = { name = "a.log", size = 100, mtime = 1 }
            for key, value in pairs { \(log) } do entry[key] = value end
            return rotating.due({ path = "/none", found = {} }, entry, settings, \(now))
            """
        ).text
    }

    // 1772334000 is 2026-03-01 03:00 UTC, a Sunday.
    @Test(
        "By size, age and time",
        arguments: [
            ("size = 101", "size = 100", "size"), ("size = 100", "size = 100", nil), ("size = 0", "size = 0", nil),
            ("size = 0, btime = 1", "age = 10, empty = true", "age"),
            ("btime = 1772333700", "age = 300", "age"), ("btime = 1772333716", "age = 300", nil),
            ("btime = 1772333714", "age = 300", "age"), ("btime = 1772247630", "age = 86400", "age"),
            ("btime = 1772247631", "age = 86400", nil),
            ("btime = 1772330399", "time = 'hourly'", "time"), ("btime = 1772333999", "time = 'hourly'", "time"),
            ("btime = 1772334000", "time = 'hourly'", nil),
            ("btime = 1772323199", "time = 'daily'", "time"), ("btime = 1772323200", "time = 'daily'", nil),
            ("btime = 1771804800", "time = 'weekly'", nil), ("btime = 1771804799", "time = 'weekly'", "time"),
            ("btime = 1772323199", "time = 'monthly'", "time"), ("btime = 1772323200", "time = 'monthly'", nil),
            ("btime = 1767225599", "time = 'yearly'", "time"), ("btime = 1767225600", "time = 'yearly'", nil),
            ("btime = 1", "time = 'daily', min_size = 101", nil),
            ("btime = 1", "time = 'daily', min_size = 100", "time"),
            ("size = 200", "size = 150, min_size = 500", "size"),
            // Without a birth and a generation nothing tells how old it is.
            ("size = 1", "age = 10", "nobody"), ("size = 1", "size = 5", nil),
            // A clock that was set back: the log began in 2099.
            ("btime = 4076000000", "age = 10", "future"), ("btime = 4076000000", "time = 'yearly'", "future"),
            ("btime = 4076000000", "size = 500", nil),
        ] as [(String, String, String?)])
    func triggers(_ log: String, _ settings: String, _ expected: String?) throws {
        let found = try due(log, settings)
        if let expected {
            #expect(found?.contains(expected) == true, "\(found ?? "nil")")
        } else {
            #expect(found == nil)
        }
    }

    @Test("Days are those of the job's zone, also where the clock is set")
    func zones() throws {
        // 2026-03-29 01:59:59 CET and 03:00 CEST; the day began at 23:00 UTC.
        #expect(try due("btime = 1774738799", "time = 'daily'", now: 1_774_738_800, zone: "Europe/Berlin") != nil)
        #expect(try due("btime = 1774738800", "time = 'daily'", now: 1_774_746_000, zone: "Europe/Berlin") == nil)
        #expect(try due("btime = 1774745999", "time = 'hourly'", now: 1_774_746_000, zone: "Europe/Berlin") != nil)
        // 2026-10-25: the hour from 2 to 3 comes twice.
        #expect(try due("btime = 1792887000", "time = 'hourly'", now: 1_792_890_600, zone: "Europe/Berlin") != nil)
        #expect(try due("btime = 1792887000", "time = 'hourly'", now: 1_792_887_900, zone: "Europe/Berlin") == nil)
    }
}
