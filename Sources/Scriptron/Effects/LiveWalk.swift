/// A walk of the real file system.
final class LiveWalk: EntrySource {
    private let walker: TreeWalker
    private let options: WalkOptions
    private let view: (any WalkView)?
    private let check: () throws(Failure) -> Void
    private let prefix: Int
    /// What is walked in place of a directory, and that directory, where it is told when it is left.
    private var inner: (walk: any EntrySource, left: (path: Path, status: FileStatus)?)?

    /// - Parameters:
    ///   - view: Shows what is there otherwise than it is; nil: nobody does.
    ///   - check: Fails where the time is over.
    init(
        _ walker: TreeWalker, _ options: WalkOptions, _ view: (any WalkView)?,
        check: @escaping () throws(Failure) -> Void
    ) {
        self.walker = walker
        self.options = options
        self.view = view
        self.check = check
        prefix = walker.prefixLength
    }

    func next(_ limit: Int) throws(Failure) -> WalkBatch {
        var batch = WalkBatch()
        var steps = 0
        while batch.entries.count < limit, batch.problems.count < limit {
            if let inner {
                let part = try inner.walk.next(limit - batch.entries.count)
                batch.entries += part.entries
                batch.problems += part.problems
                guard part.entries.isEmpty, part.problems.isEmpty else { continue }
                self.inner = nil
                if let left = inner.left { leave(left.path, left.status, &batch) }
            }
            guard let step = walker.next() else { break }
            steps += 1
            if steps % 1024 == 1 { try check() }
            switch step {
            case .entry(let path, let status, let enters): come(path, status, enters: enters, &batch)
            case .leaving(let path, let status): leave(path, status, &batch)
            case .problem(let path, let error):
                batch.problems.append(WalkProblem(path: path, failure: FileFailure.of(error, "fs.walk", path)))
            }
        }
        return batch
    }

    private func come(_ path: Path, _ real: FileStatus, enters: Bool, _ batch: inout WalkBatch) {
        guard let status = view == nil ? real : view?.shows(path, real, isLeft: false) else { return walker.skip() }
        if options.filter.excludes(path.bytes[prefix...]) { return walker.skip() }
        var enters = enters
        if enters, status.kind != .directory {
            walker.skip()
            enters = false
        }
        if enters, let walk = view?.walk(below: path) {
            walker.skip()
            inner = (walk, options.childrenFirst ? (path, real) : nil)
        }
        if !(enters && options.childrenFirst) { take(path, status, &batch) }
    }

    private func leave(_ path: Path, _ real: FileStatus, _ batch: inout WalkBatch) {
        if let status = view == nil ? real : view?.shows(path, real, isLeft: true) { take(path, status, &batch) }
    }

    private func take(_ path: Path, _ status: FileStatus, _ batch: inout WalkBatch) {
        if options.filter.wants(path.bytes[prefix...], status) {
            batch.entries.append(FileEntry(path: path, status: status))
        }
    }
}

/// Shows what a walk of the real file system comes upon as it would be.
protocol WalkView: AnyObject {
    /// What would be at a path of the walk that really has this status; nil: nothing. `isLeft` says that it is a
    /// directory, as it was when it was come upon.
    func shows(_ path: Path, _ status: FileStatus, isLeft: Bool) -> FileStatus?
    /// The walk of a directory in which not only less would be than really is; nil: it is walked as it is.
    func walk(below path: Path) -> (any EntrySource)?
}
