import Testing

@testable import Scriptron

@Suite("Wildcards") struct WildcardTests {
    @Test(
        "A star stands for any text, everything else for itself",
        arguments: [
            ("a", "a", true), ("a", "b", false), ("", "", true), ("", "a", false), ("*", "", true), ("*", "a/b", true),
            ("a*", "a", true), ("a*c", "abc", true), ("a*c", "ab", false), ("*b*", "abc", true),
            ("a*b*c", "a1b2c", true),
            ("a*b*c", "acb", false), ("*aab", "aaaab", true), ("a?c", "abc", false), ("[a]", "a", false),
            ("*é", "café", true),
        ] as [(String, String, Bool)])
    func matches(_ pattern: String, _ text: String, _ expected: Bool) {
        #expect(Wildcard.matches(pattern, text) == expected)
    }
}
