/// Text in which each `*` stands for any text, also none, and everything else for itself.
package enum Wildcard {
    /// Whether the whole text is what the pattern says.
    package static func matches(_ pattern: String, _ text: String) -> Bool {
        let (pattern, text) = (Array(pattern.utf8), Array(text.utf8))
        var (here, there) = (0, 0)
        // Where the last star stands, and what it has taken so far: it takes one more where the rest does not fit.
        var star: (pattern: Int, text: Int)?
        while there < text.count {
            if here < pattern.count, pattern[here] == UInt8(ascii: "*") {
                star = (here, there)
                here += 1
            } else if here < pattern.count, pattern[here] == text[there] {
                (here, there) = (here + 1, there + 1)
            } else if let last = star {
                star = (last.pattern, last.text + 1)
                (here, there) = (last.pattern + 1, last.text + 1)
            } else {
                return false
            }
        }
        return pattern[here...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
