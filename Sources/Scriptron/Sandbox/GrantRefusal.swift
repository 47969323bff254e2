/// The parts of refusals: each names the job, the call, what was asked, and the line that would allow it.
package enum GrantRefusal {
    /// Whether a ceiling covers a path.
    static func allows(_ ceiling: Ceiling, _ path: Path, _ access: Access, base: Path) -> Bool {
        let roots = access == .write ? ceiling.write : ceiling.read + ceiling.write
        return roots.contains { path.isInside(base.appending($0).normalized) }
    }

    /// The refusal of anything that a grant does not hold, in the one form that all of them have.
    ///
    /// - Parameters:
    ///   - what: What was refused: `process.run may not run id`.
    ///   - key: The key of needs and ceiling that would allow it.
    ///   - value: What should stand there.
    ///   - isForbidden: Whether the ceiling does not cover it.
    static func failure(job: String, _ what: String, _ key: String, _ value: String, isForbidden: Bool) -> Failure {
        var cure = "add it to the job's needs: " + line(key, value)
        if isForbidden { cure += ", and to the ceiling, which forbids it now: " + ceilingLine(key, value) }
        return Failure(code: "EGRANT", "job \(job): \(what)", cure: cure)
    }

    /// The line of `scriptron.lua` that would lift a ceiling: `ceiling = { write = { "/etc" } }`.
    static func ceilingLine(_ key: String, _ value: String) -> String { "ceiling = { \(line(key, value)) }" }

    /// The line of needs that would allow it: `write = { "/etc" }`.
    static func line(_ key: String, _ value: String) -> String { "\(key) = { \(quoted(value)) }" }

    /// What a person would grant: the path itself to read it; to write, the directory that holds it, for a new or
    /// replaced file needs its directory.
    static func need(for path: Path, _ access: Access) -> Path {
        access == .read || path.parent == Path("/") ? path : path.parent
    }

    /// Text as a Lua string.
    static func quoted(_ text: String) -> String {
        var quoted = "\""
        for character in text {
            if character == "\"" || character == "\\" { quoted.append("\\") }
            quoted.append(character)
        }
        return quoted + "\""
    }
}
