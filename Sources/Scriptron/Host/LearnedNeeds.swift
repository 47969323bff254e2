/// What a run used, on its way to the smallest needs that would have served it.
struct LearnedNeeds: Sendable {
    /// More than this many are no longer told apart.
    private static let most = 5000
    /// So many in one directory stand for the directory.
    private static let many = 4

    private var uses: Set<Use> = []

    mutating func take(_ use: Use) { if uses.count < Self.most { uses.insert(use) } }

    /// The needs as `jobs.NAME.needs` of the configuration takes them: nothing wider than the run's own grant. Paths
    /// inside of the configuration's folder are relative to it.
    ///
    /// - Parameters:
    ///   - grant: What bounded the run.
    func needs(of job: LoadedJob, _ grant: Grant, base: Path) -> Value {
        let write = Self.collapsed(Set(uses.compactMap { Self.written($0, grant) }), within: grant.write)
        let looked = Set(uses.compactMap { Self.read($0, grant) }).filter { path in
            !write.contains { path.isInside($0) }
        }
        let read = Self.collapsed(looked, within: grant.read + grant.write)
        var needs: [String: Value] = [:]
        func put(_ key: String, _ values: [Value]) { if !values.isEmpty { needs[key] = .list(values) } }
        put("read", read.map { Self.value($0, base) })
        put("write", write.map { Self.value($0, base) })
        put("run", programs(grant))
        put("connect", texts { if case .connect(let target) = $0 { target } else { nil } })
        put("signal", texts { if case .signal(let name) = $0 { name } else { nil } })
        put("service", texts { if case .service(let unit) = $0 { unit } else { nil } })
        // What leaves no trace to be watched stays as it was declared.
        put("secrets", job.needs.secrets.sorted().map { .text($0) })
        if job.needs.setid { needs["setid"] = true }
        if let user = job.needs.user { needs["user"] = .text(user) }
        return .map(needs)
    }

    /// A program as it was run.
    private struct Run: Hashable, Comparable {
        let name: String
        let user: String?

        var value: Value { user.map { ["1": .text(name), "user": .text($0)] } ?? .text(name) }

        static func < (left: Run, right: Run) -> Bool { (left.name, left.user ?? "") < (right.name, right.user ?? "") }
    }

    /// The programs that the script ran, each by its name and user; and those that programs started, where no other one
    /// brings them along (tar's filters): whoever they run as, the file is what must be granted.
    private func programs(_ grant: Grant) -> [Value] {
        var asked: Set<Run> = []
        var started: Set<Run> = []
        for use in uses {
            if case .run(let name, let user) = use { asked.insert(Run(name: name, user: user)) }
            if case .execute(let name, let user) = use { started.insert(Run(name: name, user: user)) }
        }
        // A path serves its name too.
        asked = asked.filter { run in
            !asked.contains { $0 != run && $0.user == run.user && $0.name.hasSuffix("/" + run.name) }
        }
        let served = Set(asked.flatMap { Self.files($0, grant) })
        let files = Dictionary(uniqueKeysWithValues: started.map { ($0, Self.files($0, grant)) })
        let others = started.filter { run in
            guard let own = files[run]?.first else { return !asked.contains(run) }
            if served.contains(own) { return false }
            return !files.contains { other, all in
                if other == run { return false }
                if all.first == own { return other < run }
                return all.contains(own) && !(files[run]?.contains(all[0]) ?? false)
            }
        }
        return asked.union(others).sorted().map(\.value)
    }

    /// The files behind a program, the first of which it is itself; empty where it is none of the grant's.
    private static func files(_ run: Run, _ grant: Grant) -> [Path] {
        let found = grant.programs.first { program in
            guard program.user?.name == run.user else { return false }
            return run.name.contains("/")
                ? program.path.text == run.name || program.name == run.name
                : program.name == run.name || program.path.name == Array(run.name.utf8)
        }
        return found?.files ?? []
    }

    private func texts(_ text: (Use) -> String?) -> [Value] { uses.compactMap(text).sorted().map { .text($0) } }

    /// What must be writable: the directory of a name, or the name where the bound goes no further.
    private static func written(_ use: Use, _ grant: Grant) -> Path? {
        guard case .write(let path) = use else { return nil }
        let found = existing(path.parent, within: grant.write) ?? path
        return grant.write.contains { found.isInside($0) } ? found : nil
    }

    private static func read(_ use: Use, _ grant: Grant) -> Path? {
        guard case .read(let path) = use else { return nil }
        return existing(path, within: grant.read + grant.write)
    }

    /// The path, or the nearest directory above it that is still there: needs must name what exists.
    private static func existing(_ path: Path, within roots: [Path]) -> Path? {
        var path = path
        while roots.contains(where: { path.isInside($0) }) {
            if ((try? FileStatus.of(path, follow: true)) ?? nil) != nil { return path }
            path = path.parent
        }
        return nil
    }

    /// Without one that lies inside another; many of one directory become the directory, where that is within `roots`.
    private static func collapsed(_ paths: Set<Path>, within roots: [Path]) -> [Path] {
        var paths = paths
        while true {
            let byParent = Dictionary(grouping: GrantResolver.merged(Array(paths))) { $0.parent }
            let full = byParent.first { parent, inside in
                inside.count >= many && roots.contains { parent.isInside($0) }
            }
            guard let full else { return GrantResolver.merged(Array(paths)) }
            paths = paths.filter { !$0.isInside(full.key) }.union([full.key])
        }
    }

    private static func value(_ path: Path, _ base: Path) -> Value {
        guard path != base, base != "/", path.isInside(base) else { return .bytes(path.bytes) }
        return .bytes(Array(path.bytes.dropFirst(base.bytes.count + 1)))
    }
}
