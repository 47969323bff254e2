/// The smallest needs that would have served a run: what it read, where it wrote, what it started, where it connected,
/// what it signalled and reloaded.
struct UsedNeeds {
    /// More directories than these are told by the one that holds them, as a person would write it.
    private static let mostTold = 8
    /// More than this many are no longer told apart.
    private static let most = 1000

    private var read: Set<Path> = []
    private var write: Set<Path> = []
    var programs: Set<String> = []
    /// As needs write them: `host:port`, or a socket's path.
    var places: Set<String> = []
    var signalled: Set<String> = []
    var units: Set<String> = []
    /// Where was written last: mostly where is written next.
    private var last: Path?

    mutating func reads(_ path: Path) {
        if read.count < Self.most, !path.isInside(PlannedEffects.scratch) { read.insert(path) }
    }

    /// A name that is made, replaced or removed takes the right to write in its directory.
    mutating func writes(_ path: Path) {
        let parent = path.parent
        // The run's own directory takes no need.
        if parent == last || write.count >= Self.most || path.isInside(PlannedEffects.scratch) { return }
        last = parent
        write.insert(parent)
    }

    /// `{read, write, run, connect, signal, service}`, without paths that lie inside others.
    var value: Value {
        let write = gathered(write)
        let read = gathered(read).filter { path in !write.contains { path.isInside($0) } }
        var needs: [String: Value] = [:]
        if !read.isEmpty { needs["read"] = .list(read.map { .bytes($0.bytes) }) }
        if !write.isEmpty { needs["write"] = .list(write.map { .bytes($0.bytes) }) }
        for (kind, names) in ["run": programs, "connect": places, "signal": signalled, "service": units]
        where !names.isEmpty {
            needs[kind] = .texts(names.sorted())
        }
        return .map(needs)
    }

    private func gathered(_ all: Set<Path>) -> [Path] {
        var paths = outermost(all)
        while paths.count > Self.mostTold {
            let groups = Dictionary(grouping: paths, by: \.parent).filter { $0.key != "/" && $0.key != "." }
            let next = groups.max { ($0.value.count, $1.key) < ($1.value.count, $0.key) }
            guard let next else { break }
            paths = outermost(Set(paths + [next.key]))
        }
        return paths
    }

    private func outermost(_ paths: Set<Path>) -> [Path] {
        var kept: [Path] = []
        // A directory sorts before what is in it, though perhaps not directly.
        for path in paths.sorted() where !kept.contains(where: { path.isInside($0) }) { kept.append(path) }
        return kept
    }
}
