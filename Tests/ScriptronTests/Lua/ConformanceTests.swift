import Testing

@testable import Scriptron

/// What the manual of Lua 5.4 says of the language and of the libraries that a job has, section by section, in a
/// worker's state with the whole host API: `Conformance/SECTION.lua`, each the body of a job's `run`.
@Suite("Conformance with the Lua 5.4 manual") struct ConformanceTests {
    /// `same(actual, expected, note)`: equal, tables by what they hold. `fails(text, f, ...)`: `f(...)` raises an error
    /// whose message holds the text. On one line, so that the lines of a file stay its own.
    private static let prelude = """
        local checks = 0 \
        local function text(value) return type(value) == "string" and string.format("%q", value) or tostring(value) end \
        local function equal(a, b) if a == b or (a ~= a and b ~= b) then return true end \
        if type(a) ~= "table" or type(b) ~= "table" then return false end \
        for k, v in pairs(a) do if not equal(v, b[k]) then return false end end \
        for k in pairs(b) do if a[k] == nil then return false end end return true end \
        local function same(actual, expected, note) checks = checks + 1 if not equal(actual, expected) then \
        error("is " .. text(actual) .. ", not " .. text(expected) .. (note and " (" .. tostring(note) .. ")" or ""), 2) end end \
        local function fails(fragment, f, ...) checks = checks + 1 local ok, message = pcall(f, ...) \
        if ok then error("did not fail: " .. fragment, 2) end \
        if not tostring(message):find(fragment, 1, true) then \
        error("failed otherwise: " .. tostring(message) .. ", not " .. fragment, 2) end end
        """

    /// The sections, and how many checks each makes at least.
    static let sections = [
        "2-1-values": 54, "2-2-environments": 34, "2-3-errors": 39, "2-4-metatables": 111, "2-6-coroutines": 57,
        "3-1-lexical": 97, "3-3-statements": 86, "3-4-expressions": 164, "3-5-scope": 23, "6-1-basic": 100,
        "6-4-string": 85,
        "6-4-1-patterns": 179, "6-4-2-pack": 244, "6-5-utf8": 49, "6-6-table": 162, "6-7-math": 686, "6-9-os": 29,
    ]

    @Test("Section", arguments: sections.sorted { $0.key < $1.key }) func section(name: String, least: Int) throws {
        let file = Path(#filePath).parent.appending("Conformance/\(name).lua")
        let body = String(decoding: try Files.readSmall(file), as: UTF8.self)
        let checks = try APIFixture().run("\(Self.prelude) \(body) return checks")
        #expect(checks.integer ?? 0 >= Int64(least), "a file ended before its end")
    }

    @Test("Every file is a section that is run") func files() throws {
        let names = try StateFiles.names(in: Path(#filePath).parent.appending("Conformance"))
        #expect(Set(names.map { String(decoding: $0, as: UTF8.self) }) == Set(Self.sections.keys.map { $0 + ".lua" }))
    }
}
