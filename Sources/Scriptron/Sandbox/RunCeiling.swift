/// The `run` of a ceiling: which programs a job may declare.
///
/// An entry without a slash is a name, or a pattern of names, of the search path: `"*"` is every program there, and
/// none elsewhere. One with a slash is a path, or a pattern of paths in which `*` stands for a part of one name.
struct RunCeiling: Sendable {
    private let entries: [String]
    private let base: Path

    init(_ entries: [String], base: Path) {
        self.entries = entries
        self.base = base
    }

    /// Whether it covers a program at this place: links of its directory followed, its own not, for what it is called
    /// by is what it does.
    func covers(_ program: Path) -> Bool {
        let wanted = Self.place(program)
        return entries.contains { entry in
            guard Glob.isPattern(entry) else {
                let found = (try? ProgramFinder(base: base).places(entry)) ?? []
                return found.contains { Self.place($0) == wanted }
            }
            guard entry.contains("/") else {
                return Self.matches(entry, wanted.name)
                    && ProgramFinder.searchPath.contains { Self.directory($0) == wanted.parent }
            }
            let pattern = base.appending(Path(entry)).normalized
            if !Glob.isPattern(pattern.parent.text), Self.directory(pattern.parent) == wanted.parent {
                return Self.matches(Path(bytes: pattern.name).text, wanted.name)
            }
            return Self.matches(pattern, program) || Self.matches(pattern, wanted)
        }
    }

    private static func matches(_ pattern: Path, _ path: Path) -> Bool {
        let (patterns, names) = (pattern.components, path.components)
        return patterns.count == names.count
            && zip(patterns, names).allSatisfy { matches(String(decoding: $0, as: UTF8.self), $1) }
    }

    private static func matches(_ pattern: String, _ name: [UInt8]) -> Bool {
        (try? Glob(pattern))?.matches(name) ?? false
    }

    private static func place(_ path: Path) -> Path { directory(path.parent).appending(Path(bytes: path.name)) }

    private static func directory(_ path: Path) -> Path { (try? path.resolvingLinks()) ?? path }
}

extension Ceiling {
    /// Whether it covers an entry of `run` that names one program.
    package func allowsRun(_ entry: String, base: Path) -> Bool {
        let found = (try? ProgramFinder(base: base).places(entry)) ?? []
        return !found.isEmpty && found.allSatisfy { RunCeiling(run, base: base).covers($0) }
    }
}
