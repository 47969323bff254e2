/// The real file system as a walk through the overlay comes upon it, where nothing was put.
final class OverlayView: WalkView {
    private let effects: PlannedEffects
    private let root: Path
    private let canonical: Path
    private let options: WalkOptions
    /// The directory of the last path, as the walk names it, and where that leads.
    private var last: (parent: Path, canonical: Path, place: Overlay.Place, shape: Int)?

    /// - Parameters:
    ///   - root: The walk's root as the script names it.
    ///   - canonical: The same without links on the way.
    init(_ effects: PlannedEffects, root: Path, canonical: Path, _ options: WalkOptions) {
        self.effects = effects
        self.root = root
        self.canonical = canonical
        self.options = options
    }

    private func canonical(_ path: Path) -> Path {
        if root == canonical { return path }
        let prefix = root.bytes == [UInt8(ascii: "/")] ? 1 : root.bytes.count + 1
        return path.bytes.count < prefix ? canonical : canonical.appending(Path(bytes: Array(path.bytes[prefix...])))
    }

    func shows(_ path: Path, _ status: FileStatus, isLeft: Bool) -> FileStatus? {
        let overlay = effects.overlay
        if overlay.isUntouched { return overlay.seen(status) }
        let parent = path.parent
        if last?.parent != parent || last?.shape != overlay.shape {
            let canonical = canonical(parent)
            last = (parent, canonical, overlay.place(canonical), overlay.shape)
        }
        return last.flatMap { overlay.shown(path.name, status, $0.place, $0.canonical, isLeft: isLeft) }
    }

    func walk(below path: Path) -> (any EntrySource)? {
        let overlay = effects.overlay
        let canonical = canonical(path)
        guard !overlay.isUntouched, overlay.holdsNew(canonical), let found = try? overlay.look(canonical) else {
            return nil
        }
        return PlannedWalk(effects, root: root, below: path, directory: found, options)
    }
}

/// A walk through the overlay.
final class PlannedWalk: EntrySource {
    private struct Level {
        var directory: Overlay.Found
        /// The path as the script sees it.
        var path: Path
        /// Last first.
        var rest: [Overlay.Found]
    }

    private let effects: PlannedEffects
    private let options: WalkOptions
    private let prefix: Int
    private let device: UInt64
    /// How deep the first level lies in the walk.
    private let above: Int
    private var levels: [Level] = []
    private var pending: Level?

    /// - Parameters:
    ///   - root: The whole walk's root, as the script names it.
    ///   - start: The directory below which it goes; nil: the root.
    ///   - directory: That directory.
    init(
        _ effects: PlannedEffects, root: Path, below start: Path? = nil, directory: Overlay.Found,
        _ options: WalkOptions
    ) {
        self.effects = effects
        self.options = options
        prefix = root.bytes == [UInt8(ascii: "/")] ? 1 : root.bytes.count + 1
        device = directory.status.id.device
        above = start.map { $0.components.count - root.components.count } ?? 0
        pending = Level(directory: directory, path: start ?? root, rest: [])
    }

    func next(_ limit: Int) throws(Failure) -> WalkBatch {
        var batch = WalkBatch()
        while batch.entries.count < limit, batch.problems.count < limit {
            if let level = pending {
                pending = nil
                enter(level, &batch)
                continue
            }
            guard let top = levels.indices.last else { break }
            guard let found = levels[top].rest.popLast() else {
                let left = levels.removeLast()
                if options.childrenFirst, !levels.isEmpty { take(left.path, left.directory.status, &batch) }
                continue
            }
            let path = levels[top].path.appending(Path(bytes: found.path.name))
            if options.filter.excludes(path.bytes[prefix...]) { continue }
            let enters =
                found.status.kind == .directory && (options.depth.map { above + levels.count < $0 } ?? true)
                && (!options.oneFileSystem || found.status.id.device == device)
            if enters { pending = Level(directory: found, path: path, rest: []) }
            if !(enters && options.childrenFirst) { take(path, found.status, &batch) }
        }
        return batch
    }

    private func enter(_ level: Level, _ batch: inout WalkBatch) {
        var level = level
        do throws(Failure) {
            // In the order of a walk of what is really there: what a script takes first of several that are alike is
            // the same then.
            level.rest = try effects.children(level.directory.path, "fs.walk").reversed()
            levels.append(level)
        } catch {
            batch.problems.append(WalkProblem(path: level.path, failure: error))
        }
    }

    private func take(_ path: Path, _ status: FileStatus, _ batch: inout WalkBatch) {
        if options.filter.wants(path.bytes[prefix...], status) {
            batch.entries.append(FileEntry(path: path, status: status))
        }
    }
}
