import Testing

@testable import Scriptron

@Suite("Unified differences") struct UnifiedDiffTests {
    @Test(
        "Hunks, with three lines around",
        arguments: [
            ("", "", []), ("a\n", "a\n", []), ("", "a\nb\n", ["@@ -0,0 +1,2 @@", "+a", "+b"]),
            ("a\n", "", ["@@ -1,1 +0,0 @@", "-a"]),
            ("a\nb\nc\n", "a\nx\nc\n", ["@@ -1,3 +1,3 @@", " a", "-b", "+x", " c"]),
            (
                "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n",
                ["@@ -7,3 +7,4 @@", " 7", " 8", " 9", "+10"]
            ),
            (
                "0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n", "x\n1\n2\n3\n4\n5\n6\n7\n8\ny\n",
                [
                    "@@ -1,4 +1,4 @@", "-0", "+x", " 1", " 2", " 3", "@@ -7,4 +7,4 @@", " 6", " 7", " 8", "-9", "+y",
                ]
            ),
            ("a\nb\nc\nd\n", "b\nd\ne\n", ["@@ -1,4 +1,3 @@", "-a", " b", "-c", " d", "+e"]),
        ] as [(String, String, [String])])
    func hunks(_ old: String, _ new: String, _ lines: [String]) {
        #expect(UnifiedDiff.lines(Array(old.utf8), Array(new.utf8)) == lines)
    }

    @Test("What is no text, or too large, has none") func none() {
        #expect(UnifiedDiff.lines([0], []) == nil)
        #expect(UnifiedDiff.lines([], [0xFF]) == nil)
        #expect(UnifiedDiff.lines([], [UInt8](repeating: 0x61, count: UnifiedDiff.mostBytes + 1)) == nil)
    }

    @Test("Many lines that are all others count as gone and new") func many() throws {
        let old = (0..<2000).map { "a\($0)\n" }.joined()
        let new = (0..<2000).map { "b\($0)\n" }.joined()
        let lines = try #require(UnifiedDiff.lines(Array(old.utf8), Array(new.utf8)))
        #expect(lines.count == 4001)
        #expect(lines.prefix(2) == ["@@ -1,2000 +1,2000 @@", "-a0"])
    }
}
