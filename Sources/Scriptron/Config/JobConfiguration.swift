/// What `jobs.NAME` of the configuration says of a job: which script it is, and what the operator overrides.
package struct JobConfiguration: Sendable, Hashable {
    /// The file in the jobs directory; nil: the job's own, `NAME.lua`.
    package var script: String?
    package var enabled = true
    /// How strictly it is confined; only the operator may loosen it.
    package var sandbox: SandboxMode = .enforced
    /// Whether a program that the job may run may also be written by it.
    package var writeExec = false
    /// Whether needs that grow wait for an operator's approval.
    package var approve = false
    /// The user named here; it is allowed by being named here.
    package var user: String?
    /// The values given to the script's settings.
    package var settings: [String: Value] = [:]
    /// Replaces the script's needs, its `discover` included.
    package var needs: Needs?
    /// The header's plain keys, as given.
    private var header: [String: Value] = [:]
    private var file = SourceFile("")
    /// The keys that lead here: `jobs`, `backup`.
    private var path: [String] = []

    static let own = ["script", "enabled", "sandbox", "write_exec", "approve", "settings", "needs"]

    package init() {}

    /// Decodes it. Fails (code `ECONFIG`) with the file, the key, and what was expected.
    init(_ section: Section) throws(Failure) {
        var section = section
        file = section.file
        path = section.path
        script = try section.text("script")
        if let script, !JobName.isScript(script) {
            throw section.mismatch("script", "a file in the jobs directory such as \"backup.lua\"", .text(script))
        }
        enabled = try section.bool("enabled") ?? true
        if let word = try section.word("sandbox", of: SandboxMode.allCases.map(\.rawValue)) {
            sandbox = SandboxMode(rawValue: word) ?? .enforced
        }
        writeExec = try section.bool("write_exec") ?? false
        approve = try section.bool("approve") ?? false
        if let value = section.take("settings") {
            guard let values = value.map else {
                throw section.mismatch("settings", "a table of names and values", value)
            }
            settings = values
        }
        if let value = section.take("needs") { needs = try Needs(value, of: file, at: path + ["needs"]) }
        for name in ["run", "discover"] where section.keys.contains(name) {
            throw section.failure([name], "only the script can say it", cure: "remove it")
        }
        var given = section
        var checked = JobHeader()
        try HeaderKeys.apply(&section, to: &checked)
        try section.finish(known: HeaderKeys.plain + Self.own)
        for key in HeaderKeys.plain { header[key] = given.take(key) }
        user = checked.user
    }

    /// A script's header with the operator's keys over it.
    package func applied(to scriptHeader: JobHeader) throws(Failure) -> JobHeader {
        var result = scriptHeader
        var section = try Section(.map(header), of: file, at: path)
        try HeaderKeys.apply(&section, to: &result)
        if needs != nil { result.discovers = false }
        return result
    }

    /// The settings given here, as a layer of `Settings`.
    package var layer: Settings.Layer { Settings.Layer(settings, file: file, path: path + ["settings"]) }
}

/// The names of jobs and of their files.
package enum JobName {
    /// Whether a text can be a job's name: `[a-z0-9][a-z0-9_-]*`, at most 100 bytes.
    package static func isValid(_ name: String) -> Bool {
        guard (1...100).contains(name.utf8.count), name.first != "_", name.first != "-" else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"),
                UInt8(ascii: "-"):
                true
            default: false
            }
        }
    }

    /// Whether a file of this name in the jobs directory is a job: `NAME.lua`, and no `*_spec.lua`.
    package static func isScript(_ file: String) -> Bool {
        file.hasSuffix(".lua") && !file.hasSuffix("_spec.lua") && isValid(String(file.dropLast(4)))
    }
}
