import Testing

@testable import Scriptron

@Suite("Glob") struct GlobTests {
    @Test(
        "A pattern matches what a shell would",
        arguments: [
            ("*.log", "app.log", true), ("*.log", "deep/down/app.log", true), ("*.log", "app.log.1", false),
            ("*", "", true), ("a*b*c", "aXbYc", true), ("a*b*c", "aXbY", false), ("logs/*", "logs/a", true),
            ("logs/*", "logs/a/b", false), ("logs/**", "logs/a/b", true), ("a/**/b", "a/b", true),
            ("a/**/b", "a/x/y/b", true), ("a/**/b", "a/xb", false), ("**/b", "b", true), ("**/b", "a/xb", false),
            ("/top", "top", true), ("/top", "a/top", false), ("?", "ä", true), ("??", "ä", false), ("?", "/", false),
            ("[a-c]x", "bx", true), ("[a-c]x", "dx", false), ("[!a-c]x", "dx", true), ("[]]", "]", true),
            ("*.{gz,zst}", "a.zst", true), ("*.{gz,zst}", "a.xz", false), ("{a,{b,c}}d", "cd", true),
            ("\\*", "*", true), ("\\*", "x", false), ("\\{a", "{a", true), ("", "", true), ("", "a", false),
        ]
    )
    func matching(pattern: String, path: String, expected: Bool) throws {
        #expect(try Glob(pattern).matches(Array(path.utf8)) == expected)
    }

    @Test("Bytes that are no UTF-8 are matched too") func invalidBytes() throws {
        #expect(try Glob("a*").matches([0x61, 0xFF, 0xFE]))
        #expect(try Glob("a?").matches([0x61, 0xFF]))
    }

    @Test("What is not closed is an error that names the cure", arguments: ["[abc", "{a,b", "[", "a{"])
    func unclosed(pattern: String) {
        let failure = #expect(throws: Failure.self) { try Glob(pattern) }
        #expect(failure?.code == "EPATTERN")
        #expect(failure?.cure?.contains("close it") == true)
    }

    @Test("A pattern that explodes is refused") func explosion() {
        let pattern = String(repeating: "{a,b}", count: 12)
        #expect(throws: Failure.self) { try Glob(pattern) }
    }

    @Test("Many stars take no exponential time") func stars() throws {
        let pattern = try Glob(String(repeating: "a*", count: 60) + "b")
        #expect(!pattern.matches([UInt8](repeating: UInt8(ascii: "a"), count: 2000)))
    }
}
