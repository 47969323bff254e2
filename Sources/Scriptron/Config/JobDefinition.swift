/// What a job's script says of itself, validated: its header with nobody's overrides, and the settings it declares.
package struct JobDefinition: Sendable, Hashable {
    package var header: JobHeader
    package var settings: SettingDeclarations
    /// Whether it has a `needs` function; without one it needs nothing.
    package var hasNeeds: Bool

    private static let functions = ["run", "needs", "discover"]
    private static let functionMarker: Value = ["$function": true]

    /// The header as a worker sends it: its plain members, and a marker for each of its functions.
    package static func header(plain: [String: Value], functions: some Sequence<String>) -> Value {
        .map(functions.reduce(into: plain) { $0[$1] = functionMarker })
    }

    /// Decodes what `header(plain:functions:)` made in a worker; nothing of it is trusted. Fails (code `ECONFIG`) with
    /// the file, the key, and what was expected. Schedules and zones are only texts here: `Schedule` reads them.
    package init(header value: Value, file: SourceFile) throws(Failure) {
        var section = try Section(value, of: file)
        var functions: Set<String> = []
        for name in Self.functions {
            guard let value = section.take(name) else { continue }
            guard value == Self.functionMarker else { throw section.mismatch(name, "a function", value) }
            functions.insert(name)
        }
        guard functions.contains("run") else {
            throw section.failure(["run"], "is missing", cure: "add run = function(settings, this) … end")
        }
        var header = JobHeader()
        header.discovers = functions.contains("discover")
        try HeaderKeys.apply(&section, to: &header)
        settings = try SettingDeclarations(section.section("settings"))
        hasNeeds = functions.contains("needs")
        guard hasNeeds || !header.discovers else {
            throw section.failure(
                ["discover"], "is of no use without needs", cure: "add needs = function(settings, facts) … end")
        }
        try section.finish(known: HeaderKeys.plain + Self.functions + ["settings"])
        self.header = header
    }
}
