import Testing

@testable import Scriptron

@Suite("jobs/lib/generations.lua") struct GenerationsTests {
    private func evaluate(_ body: String) throws -> Value {
        let api = try APIFixture()
        try api.loadLibraries()
        return try api.run("local generations = require \"generations\" " + body)
    }

    @Test(
        "Numbered names are read back, and nothing else is",
        arguments: [
            ("a.log.1", "a.log|1|"), ("a.log.12.zst", "a.log|12|.zst"), ("a.log.3.gz", "a.log|3|.gz"),
            ("a.1.2", "a.1|2|"), ("a.log", nil), ("a.log.0", nil), ("a.log.01", nil), ("a.log.1.zst.tmp", nil),
            ("a.log.1234567", nil), (".1", nil), ("a.log.1.bz2", nil), ("a.log.x", nil), ("a.log.-1", nil),
            ("a.log.1.zst.gz", nil), ("mysql-bin.000001", nil), ("a.log.1 ", nil),
        ] as [(String, String?)])
    func numbered(_ name: String, _ expected: String?) throws {
        let result = try evaluate(
            """
            local base, key, ending = generations.scheme("numbered").read("\(name)")
            return base and table.concat({ base, key, ending }, "|") or nil
            """)
        #expect(result.text == expected)
    }

    @Test(
        "Dated names are read back in any order of their parts, and sort by time",
        arguments: [
            ("-%Y%m%d-%H%M%S", "a.log-20260301-031500.zst", "a.log|20260301031500|.zst"),
            ("-%Y%m%d-%H%M%S", "a.log-20260301-031500", "a.log|20260301031500|"),
            ("-%d-%m-%Y", "a.log-28-02-2026", "a.log|20260228000000|"),
            ("-%d-%m-%Y", "a.log-29-02-2024.gz", "a.log|20240229000000|.gz"),
            ("-%d-%m-%Y", "a.log-29-02-2026", nil), ("-%d-%m-%Y", "a.log-2026-02-28", nil),
            ("-%Y%m%d", "a.log-20261301", nil), ("-%Y%m%d", "a.log-20260431", nil), ("-%Y%m%d", "a.log-2026030", nil),
            ("-%Y%m%d", "-20260301", nil), ("-%Y%m%d", "a.log.1", nil),
            (".d%Y_%m_%dT%H", "x.d2026_03_01T23", "x|20260301230000|"), (".d%Y_%m_%dT%H", "x.d2026_03_01T24", nil),
            (".d%Y_%m_%dT%H", "x.12026_03_01T23", nil),
        ] as [(String, String, String?)])
    func dated(_ format: String, _ name: String, _ expected: String?) throws {
        let result = try evaluate(
            """
            local base, key, ending = generations.scheme("dated", "\(format)").read("\(name)")
            return base and table.concat({ base, key, ending }, "|") or nil
            """)
        #expect(result.text == expected)
    }

    @Test(
        "A format whose names could not be read back or put in order is refused",
        arguments: [
            ("-%Y%m%d", nil), ("-%d-%m-%Y", nil), ("%Y%m%d", "begin"), ("-%Y%m", "%d"), ("-%Y%m%d%m", "twice"),
            ("-%Y%m%d%Z", "%Z"), ("-%Y/%m/%d", "/"), ("-%Y%m%d.gz", "compressed"), ("", "begin"), ("1%Y%m%d", "begin"),
            ("-%Y%m%d%", "may have"),
        ] as [(String, String?)])
    func formats(_ format: String, _ expected: String?) throws {
        let result = try evaluate("return generations.problem(\"\(format)\")")
        if let expected {
            #expect(result.text?.contains(expected) == true, "\(result)")
        } else {
            #expect(result.isNull)
        }
    }

    @Test("What a rotation made is no log; a log of another kind is")
    func products() throws {
        let result = try evaluate(
            """
            local scheme, found = generations.scheme("dated", "-%Y%m%d"), {}
            for index, name in ipairs { "a.log", "a.log.1", "a.log.1.zst", "a.log-20260301", "a.gz", "a.xz", "a-2026" } do
              found[index] = scheme.is_product(name)
            end
            return found
            """)
        #expect(result == [false, true, true, true, true, true, false])
    }

    @Test("Names that the host gives to unfinished files are known, and no others")
    func unfinished() throws {
        let result = try evaluate(
            """
            return { generations.is_unfinished(".scriptron-1a9z.tmp"), generations.is_unfinished(".scriptron-.tmp"),
                     generations.is_unfinished("x.scriptron-1.tmp"), generations.is_unfinished(".scriptron-A.tmp") }
            """)
        #expect(result == [true, false, false, false])
    }
}
