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
            return try overlay.children(directory)
        } catch {
            throw FileFailure.of(error, call, directory)
        }
    }

    package func walk(_ root: CheckedPath, _ options: WalkOptions) throws(Failure) -> any EntrySource {
        used.reads(root.path)
        let found = try directoryAt(root.path, "fs.walk")
        walked.removeAll { $0.path == root.path }
        walked.append((root.path, found.path))
        if overlay.holdsNew(found.path) { return PlannedWalk(self, root: root.path, directory: found, options) }
        // What was only removed or changed is left out, or shown so, where the walk comes upon it.
        let view = OverlayView(self, root: root.path, canonical: found.path, options)
        return try live.walk(root.path, found.path, options, view)
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

    package func isContentKnown(_ path: CheckedPath) throws(Failure) -> Bool {
        if case .unknown? = try find(path.path, follow: true, "fs.read")?.content { return false }
        return true
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
