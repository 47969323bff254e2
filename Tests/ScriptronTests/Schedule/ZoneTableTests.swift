import Testing

@testable import Scriptron

@Suite("Zone files") struct ZoneTableTests {
    static let paris: [UInt8] = (try? ZoneInfo.file(at: ZoneInfo.directory + "/Europe/Paris")) ?? []

    @Test("A file that is cut short anywhere is refused, never a crash") func cut() throws {
        try #require(Self.paris.count > 100)
        for length in 0..<Self.paris.count {
            #expect(throws: ZoneTable.FormatError.self) { try ZoneTable(tzif: Array(Self.paris.prefix(length))) }
        }
        _ = try ZoneTable(tzif: Self.paris)
    }

    @Test("A file with any byte changed is read or refused, never a crash") func changed() throws {
        for index in Self.paris.indices {
            for value: UInt8 in [0, 0x7F, 0x80, 0xFF] {
                var bytes = Self.paris
                bytes[index] = value
                guard let table = try? ZoneTable(tzif: bytes) else { continue }
                let period = table.period(at: 4_000_000_000)
                #expect(period.start <= 4_000_000_000 && period.end > 4_000_000_000)
            }
        }
    }

    @Test("A file that counts leap seconds is refused") func leaps() {
        var header = Array("TZif".utf8) + [UInt8](repeating: 0, count: 16)
        for count: UInt8 in [0, 0, 1, 0, 1, 4] { header += [0, 0, 0, count] }
        let error = #expect(throws: ZoneTable.FormatError.self) { try ZoneTable(tzif: header) }
        #expect(error?.message == "it counts leap seconds")
    }

    @Test("Transitions beyond all years are refused", arguments: [0x7F, 0x80] as [UInt8]) func farTransition(
        first: UInt8
    ) {
        var header = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
        for count: UInt8 in [0, 0, 0, 1, 1, 4] { header += [0, 0, 0, count] }
        let kind = [UInt8](repeating: 0, count: 6) + Array("UTC\0".utf8)
        var bytes = header
        bytes += [0, 0, 0, 0, 0]
        bytes += kind
        bytes += header
        bytes += [first, 0, 0, 0, 0, 0, 0, 0, 0]
        bytes += kind
        bytes += Array("\nUTC0\n".utf8)
        let error = #expect(throws: ZoneTable.FormatError.self) { try ZoneTable(tzif: bytes) }
        #expect(error?.message == "one of its transitions is out of range")
    }

    @Test(
        "A rule gives the changes of a year",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", 2026, "2026-03-29 01:00:00", "2026-10-25 01:00:00"),
            ("EST5EDT", 2026, "2026-03-08 07:00:00", "2026-11-01 06:00:00"),
            ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", 2026, "2026-03-29 01:00:00", "2026-10-25 01:00:00"),
            // 29 February: never counted with a J, counted without.
            ("AAA0BBB,J60,J61", 2024, "2024-03-01 02:00:00", "2024-03-02 01:00:00"),
            ("AAA0BBB,59,60", 2024, "2024-02-29 02:00:00", "2024-03-01 01:00:00"),
            ("AAA0BBB,59,60", 2026, "2026-03-01 02:00:00", "2026-03-02 01:00:00"),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", 2026, "2026-03-29 01:00:00", "2026-10-25 01:00:00"),
        ])
    func rules(text: String, year: Int64, first: String, second: String) throws {
        let rule = try #require(PosixZoneRule(text.utf8))
        #expect(rule.transitions(in: year).map { Zone.utc.plain(Timestamp(seconds: $0.at)) } == [first, second])
    }

    @Test("Summer time all year round has no gaps between its years") func allYear() throws {
        let rule = try #require(PosixZoneRule("XXX3EDT4,0/0,J365/23".utf8))
        let table = ZoneTable(rule: rule)
        for day: Int64 in 20000..<21000 {
            #expect(table.period(at: day * 86400).offset.abbreviation == "EDT")
        }
    }

    @Test(
        "What is no rule is refused",
        arguments: [
            "", "A", "AAA", "AA1", "AAA1BBB,", "AAA1BBB,M3.2.0", "AAA1BBB,M13.1.0,M3.1.0", "AAA1BBB,M3.6.0,M3.1.0",
            "AAA25", "AAA1BBB,J0,J1", "AAA1BBB,366,1", "<AAA1", "AAA1BBB,M3.2.0/168,M4.1.0", "AAA1 ",
        ])
    func noRules(text: String) {
        #expect(PosixZoneRule(text.utf8) == nil)
    }
}
