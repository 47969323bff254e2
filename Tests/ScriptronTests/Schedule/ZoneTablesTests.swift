import Testing

@testable import Scriptron

@Suite("Zone files that were read") struct ZoneTablesTests {
    @Test("A file is read once, and again when it is another") func update() throws {
        let directory = try TemporaryDirectory()
        let tables = ZoneTables()
        let path = directory.path.appending("zone").text
        func put(_ name: String) throws {
            try directory.replace("zone", try ZoneInfo.file(at: ZoneInfo.directory + "/" + name))
        }
        try put("Europe/Paris")
        let first = try tables.table(at: path)
        #expect(try first == Zone(named: "Europe/Paris").table)
        #expect(try tables.table(at: path) == first)
        try put("America/New_York")
        #expect(try tables.table(at: path) == Zone(named: "America/New_York").table)
        // In place, as a copy over the file does it.
        try directory.file("zone", "no zone")
        #expect(throws: ZoneTables.Trouble.self) { try tables.table(at: path) }
        try put("Europe/Paris")
        #expect(try tables.table(at: path) == first)
    }
}
