/// Looking at files as they would be.
extension PlannedEffects {
    /// What is at a path, its errors told by the call.
    func find(_ path: Path, follow: Bool, _ call: String) throws(Failure) -> Overlay.Found? {
        do throws(SystemError) {
            return try overlay.find(path, follow: follow)
        } catch {
            throw FileFailure.of(error, call, path)
        }
    }

    /// What is at a path; a failure where there is nothing.
    func existing(_ path: Path, follow: Bool, _ call: String) throws(Failure) -> Overlay.Found {
        if let found = try find(path, follow: follow, call) { return found }
        throw FileFailure.missing(call, path)
    }

    package func status(_ path: CheckedPath, follow: Bool) throws(Failure) -> FileEntry? {
        used.reads(path.path)
        guard let found = try find(path.path, follow: follow, "fs.stat") else { return nil }
        return FileEntry(path: path.path, status: found.status, target: found.target)
    }

    package func list(_ directory: CheckedPath, _ filter: EntryFilter) throws(Failure) -> [FileEntry] {
        used.reads(directory.path)
        let found = try directoryAt(directory.path, "fs.list")
        var entries: [FileEntry] = []
        for child in try children(found.path, "fs.list") {
            let name = child.path.name
            if filter.excludes(name) || !filter.wants(name, child.status) { continue }
            entries.append(FileEntry(path: directory.path.appending(Path(bytes: name)), status: child.status))
        }
        return entries.sorted { $0.path < $1.path }
    }

    package func names(_ directory: CheckedPath, _ patterns: [Glob]) throws(Failure) -> DirectoryNames {
        used.reads(directory.path)
        let found = try directoryAt(directory.path, "fs.names")
        if !overlay.hasChanges(below: found.path) { return try live.names(directory, patterns) }
        var names = DirectoryNames()
        for child in try children(found.path, "fs.names") {
            let name = child.path.name
            if patterns.isEmpty || patterns.contains(where: { $0.matches(name) }) { names.add(name, child.status.kind) }
        }
        return names.sorted()
    }

    /// The directory at a path; a failure where there is none.
    func directoryAt(_ path: Path, _ call: String) throws(Failure) -> Overlay.Found {
        let found = try existing(path, follow: true, call)
        guard found.status.kind == .directory else {
            throw Failure(code: "ENOTDIR", "\(call) \(path.text): it is no directory")
        }
        return found
    }

    /// What is in a canonical directory, links not followed.
    func children(_ directory: Path, _ call: String) throws(Failure) -> [Overlay.Found] {
        do throws(SystemError) {
            var all: [Overlay.Found] = []
            for name in try overlay.names(directory) {
                if let found = try overlay.look(directory.appending(Path(bytes: name))) { all.append(found) }
            }
            return all
        } catch {
            throw FileFailure.of(error, call, directory)
        }
    }

    package func walk(_ root: CheckedPath, _ options: WalkOptions) throws(Failure) -> any EntrySource {
        used.reads(root.path)
        let found = try directoryAt(root.path, "fs.walk")
        walked.removeAll { $0.path == root.path }
        walked.append((root.path, found.path))
        if overlay.hasChanges(below: found.path) || found.path != root.path {
            return PlannedWalk(self, root: root.path, directory: found, options)
        }
        return FilteredWalk(try live.walk(root, options), overlay)
    }

    package func read(_ path: CheckedPath, max: Int64, call: String) throws(Failure) -> [UInt8] {
        used.reads(path.path)
        let found = try existing(path.path, follow: true, call)
        if found.status.kind != .file { throw FileFailure.notRegular(found.status.kind, call, path.path) }
        guard found.status.size <= max else {
            throw Failure(
                code: "EFBIG", "\(call) \(path.path.text): it is larger than \(Quantity.describe(bytes: max))",
                cure: "raise max, or read it with fs.lines or fs.open")
        }
        return try content(found, max: max, call)
    }

    /// The bytes that a file would hold; none where they are not known, and what follows is assumed.
    func content(_ found: Overlay.Found, max: Int64, _ call: String) throws(Failure) -> [UInt8] {
        switch found.content {
        case .bytes(let bytes): return bytes
        case .real(let real): return try live.read(real: real, max: max, call: call)
        case .unknown:
            plan.isAssumed = true
            return []
        }
    }

    package func open(_ path: CheckedPath, _ mode: OpenMode, call: String) throws(Failure) -> any OpenFile {
        let found = try find(path.path, follow: mode == .read, call)
        if let found, found.status.kind != .file { throw FileFailure.notRegular(found.status.kind, call, path.path) }
        if mode == .read || mode == .update, found == nil {
            throw FileFailure.missing(call, path.path)
        }
        if mode == .read {
            used.reads(path.path)
            if case .real(let real)? = found?.content { return try live.open(real: real, mode, call: call) }
        }
        var bytes: [UInt8] = []
        if mode != .write, let found { bytes = try content(found, max: Int64(Self.mostKept), call) }
        return PlannedOpenFile(bytes, path: path.path, mode) { [self] bytes throws(Failure) in
            try rewrite(path.path, found, bytes, effect: "write", call)
        }
    }
}

/// A walk of the real file system from which what was removed meanwhile is left out.
private final class FilteredWalk: EntrySource {
    private let source: any EntrySource
    private let overlay: Overlay

    init(_ source: any EntrySource, _ overlay: Overlay) {
        self.source = source
        self.overlay = overlay
    }

    func next(_ limit: Int) throws(Failure) -> WalkBatch {
        while true {
            var batch = try source.next(limit)
            let isEnd = batch.entries.isEmpty && batch.problems.isEmpty
            if !overlay.isUntouched { batch.entries.removeAll { overlay.hides($0.path) } }
            if isEnd || !batch.entries.isEmpty || !batch.problems.isEmpty { return batch }
        }
    }
}

/// A walk through the overlay.
private final class PlannedWalk: EntrySource {
    private struct Level {
        var directory: Overlay.Found
        /// The path as the script sees it.
        var path: Path
        var rest: [Overlay.Found]
    }

    private let effects: PlannedEffects
    private let options: WalkOptions
    private let prefix: Int
    private let device: UInt64
    private var levels: [Level] = []
    private var pending: Level?

    init(_ effects: PlannedEffects, root: Path, directory: Overlay.Found, _ options: WalkOptions) {
        self.effects = effects
        self.options = options
        prefix = root.bytes == [UInt8(ascii: "/")] ? 1 : root.bytes.count + 1
        device = directory.status.id.device
        pending = Level(directory: directory, path: root, rest: [])
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
                found.status.kind == .directory && (options.depth.map { levels.count < $0 } ?? true)
                && (!options.oneFileSystem || found.status.id.device == device)
            if enters { pending = Level(directory: found, path: path, rest: []) }
            if !(enters && options.childrenFirst) { take(path, found.status, &batch) }
        }
        return batch
    }

    private func enter(_ level: Level, _ batch: inout WalkBatch) {
        var level = level
        do throws(Failure) {
            level.rest = try effects.children(level.directory.path, "fs.walk")
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

/// A file of the overlay that is open.
private final class PlannedOpenFile: OpenFile {
    private var bytes: [UInt8]
    private var position: Int
    private let path: Path
    private let mode: OpenMode
    private let commit: ([UInt8]) throws(Failure) -> Void
    private var isOpen = true
    private var isDirty: Bool

    init(_ bytes: [UInt8], path: Path, _ mode: OpenMode, commit: @escaping ([UInt8]) throws(Failure) -> Void) {
        self.bytes = bytes
        self.path = path
        self.mode = mode
        self.commit = commit
        position = 0
        isDirty = mode == .write
    }

    private func check() throws(Failure) {
        if !isOpen { throw Failure(code: "EBADF", "the file \(path.text) is closed") }
    }

    func read(_ count: Int) throws(Failure) -> [UInt8] {
        try check()
        let end = min(bytes.count, position + count)
        guard position < end else { return [] }
        defer { position = end }
        return Array(bytes[position..<end])
    }

    func write(_ data: [UInt8]) throws(Failure) {
        try check()
        guard mode.writes else { throw Failure(code: "EBADF", "the file \(path.text) is open for reading only") }
        if mode == .append { position = bytes.count }
        guard position + data.count <= PlannedEffects.mostKept else {
            throw Failure(code: "EFBIG", "the file \(path.text) is too large for a dry run")
        }
        if position > bytes.count { bytes += [UInt8](repeating: 0, count: position - bytes.count) }
        bytes.replaceSubrange(position..<min(bytes.count, position + data.count), with: data)
        position += data.count
        isDirty = true
    }

    func seek(_ offset: Int64, from origin: SeekOrigin) throws(Failure) -> Int64 {
        try check()
        let base = origin == .start ? 0 : origin == .end ? bytes.count : position
        let (sum, overflows) = Int64(base).addingReportingOverflow(offset)
        guard !overflows, sum >= 0, let place = Int(exactly: sum) else {
            throw Failure(code: "EINVAL", "file \(path.text): there is no position before the start")
        }
        position = place
        return sum
    }

    func close() throws(Failure) {
        guard isOpen else { return }
        isOpen = false
        if isDirty { try commit(bytes) }
    }
}
