/// Goes through the scripts and libraries of a jobs directory without running them.
struct ScriptChecks {
    let snapshot: SourceSnapshot
    let configuration: Configuration
    /// The name of a library's file, as errors show it.
    private var folder: String { Path(bytes: configuration.jobsDirectory.name).text + "/lib" }

    /// What there is to say of the jobs' scripts, a row a finding.
    ///
    /// - Parameters:
    ///   - sources: The jobs. A script that serves several is looked at once.
    ///   - libraries: The names of libraries to look at too.
    ///   - known: What is known of them already; what stands at the same line is not said again.
    func failures(
        _ sources: [JobSource], libraries: [String], known: [Failure]
    ) -> [(level: ScriptFinding.Level, failure: Failure)] {
        var found: [(level: ScriptFinding.Level, failure: Failure)] = []
        var seen: Set<String> = []
        for source in sources {
            guard let text = source.files[source.script], seen.insert(source.script).inserted else { continue }
            var subject = ScriptCheck.Subject(text: text, isJob: true)
            subject.companions = source.files.filter { $0.key != source.script }.map(\.value)
            subject.needsAreOperators = sources.contains {
                $0.script == source.script && configuration.job($0.name).needs != nil
            }
            found += look(at: subject, named: source.script)
        }
        for name in libraries.sorted() {
            guard let text = snapshot.libraries[name]?.bytes else { continue }
            found += look(at: ScriptCheck.Subject(text: text, isJob: false), named: "\(folder)/\(name).lua")
        }
        return found.filter { finding in !known.contains { Self.isSame($0, finding.failure) } }
    }

    private func look(
        at subject: ScriptCheck.Subject, named file: String
    ) -> [(level: ScriptFinding.Level, failure: Failure)] {
        var subject = subject
        subject.libraries = snapshot.libraries.keys.sorted()
        return ScriptCheck.findings(subject).map { ($0.level, $0.failure(in: file)) }
    }

    /// Whether two failures are about one line: loading a job names lines, the walk over its text columns too.
    private static func isSame(_ known: Failure, _ found: Failure) -> Bool {
        guard let parts = found.place?.split(separator: ":"), parts.count > 2 else { return false }
        // What is no Lua is said once a file: the compiler and the parser may see its end at other lines.
        let place = parts.dropLast(found.code == "ESYNTAX" ? 2 : 1).joined(separator: ":")
        return known.description.hasPrefix(place + ":")
    }
}
