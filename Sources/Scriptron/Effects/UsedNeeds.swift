/// The smallest needs that would have served a run: what it read, where it wrote, what it started.
struct UsedNeeds {
    /// More than this many are no longer told apart.
    private static let most = 1000

    private var read: Set<Path> = []
    private var write: Set<Path> = []
    var programs: Set<String> = []

    mutating func reads(_ path: Path) {
        if read.count < Self.most, !path.isInside(PlannedEffects.scratch) { read.insert(path) }
    }

    /// A name that is made, replaced or removed takes the right to write in its directory.
    mutating func writes(_ path: Path) {
        // The run's own directory takes no need.
        if write.count < Self.most, !path.isInside(PlannedEffects.scratch) { write.insert(path.parent) }
    }

    /// `{read, write, run}`, without paths that lie inside others.
    var value: Value {
        let write = outermost(write)
        let read = outermost(read).filter { path in !write.contains { path.isInside($0) } }
        var needs: [String: Value] = [:]
        if !read.isEmpty { needs["read"] = .list(read.map { .bytes($0.bytes) }) }
        if !write.isEmpty { needs["write"] = .list(write.map { .bytes($0.bytes) }) }
        if !programs.isEmpty { needs["run"] = .texts(programs.sorted()) }
        return .map(needs)
    }

    private func outermost(_ paths: Set<Path>) -> [Path] {
        var kept: [Path] = []
        // A directory sorts before what is in it, though perhaps not directly.
        for path in paths.sorted() where !kept.contains(where: { path.isInside($0) }) { kept.append(path) }
        return kept
    }
}
