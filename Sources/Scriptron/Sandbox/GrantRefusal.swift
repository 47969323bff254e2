/// The texts of refusals: each names the job, the call, what was asked, and the line that would allow it.
package enum GrantRefusal {
    /// The refusal of a path at a call.
    ///
    /// - Parameters:
    ///   - way: How the path was reached, in parentheses with a leading space, or empty.
    ///   - base: Where the ceiling's relative paths start.
    static func path(
        _ path: Path, _ access: Access, job: String, call: String, way: String, ceiling: Ceiling?, base: Path
    ) -> Failure {
        let need = need(for: path, access)
        var cure = "add it to the job's needs: \(access.rawValue) = { \(quoted(need.text)) }"
        if let ceiling, !allows(ceiling, need, access, base: base) {
            cure += ", and to the ceiling, which forbids it now: " + ceilingLine(access.rawValue, need.text)
        }
        return Failure(
            code: "EGRANT", "job \(job): \(call) may not \(access.rawValue) \(path.text)\(way)", cure: cure)
    }

    /// Whether a ceiling covers a path.
    static func allows(_ ceiling: Ceiling, _ path: Path, _ access: Access, base: Path) -> Bool {
        let roots = access == .write ? ceiling.write : ceiling.read + ceiling.write
        return roots.contains { path.isInside(base.appending($0).normalized) }
    }

    /// The line of `scriptron.lua` that would lift a ceiling: `ceiling = { write = { "/etc" } }`.
    static func ceilingLine(_ key: String, _ value: String) -> String {
        "ceiling = { \(key) = { \(quoted(value)) } }"
    }

    /// What a person would grant: the path itself to read it; to write, the directory that holds it, for a new or
    /// replaced file needs its directory.
    private static func need(for path: Path, _ access: Access) -> Path {
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
