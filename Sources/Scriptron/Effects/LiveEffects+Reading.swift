/// Looking at files.
extension LiveEffects {
    package func status(_ path: CheckedPath, follow: Bool) throws(Failure) -> FileEntry? {
        try told("fs.stat", path.path) {
            guard let status = try FileStatus.of(path.path, follow: follow) else { return nil }
            var entry = FileEntry(path: path.path, status: status)
            if status.kind == .link { entry.target = try Directory(path.path.parent).target(path.path.name) }
            return entry
        }
    }

    package func list(_ directory: CheckedPath, _ filter: EntryFilter) throws(Failure) -> [FileEntry] {
        try told("fs.list", directory.path) {
            let opened = try Directory(directory.path)
            var entries: [FileEntry] = []
            for name in try opened.names() {
                // What is gone by now was never there.
                guard let status = try opened.status(name) else { continue }
                if filter.excludes(name) || !filter.wants(name, status) { continue }
                entries.append(FileEntry(path: directory.path.appending(Path(bytes: name)), status: status))
            }
            return entries.sorted { $0.path < $1.path }
        }
    }

    package func names(_ directory: CheckedPath, _ patterns: [Glob]) throws(Failure) -> DirectoryNames {
        try told("fs.names", directory.path) {
            var names = DirectoryNames()
            for (name, kind) in try Directory(directory.path).namesWithKinds()
            where patterns.isEmpty || patterns.contains(where: { $0.matches(name) }) {
                names.add(name, kind)
            }
            return names.sorted()
        }
    }

    package func walk(_ root: CheckedPath, _ options: WalkOptions) throws(Failure) -> any EntrySource {
        try walk(root.path, root.path, options, nil)
    }

    /// Walks what a checked path leads to; `view` shows it as it would be.
    func walk(
        _ root: Path, _ real: Path, _ options: WalkOptions, _ view: (any WalkView)?
    ) throws(Failure) -> any EntrySource {
        try told("fs.walk", root) {
            let directory = try Directory(real)
            walked.removeAll { $0.path == root }
            walked.append((root, directory))
            // The oldest are forgotten: removal falls back to their paths.
            if walked.count > 32 { walked.removeFirst() }
            lastParent = nil
            let grant = settings.grant
            let walker = try TreeWalker(
                directory, at: root, maxDepth: options.depth, oneFileSystem: options.oneFileSystem,
                ownMounts: Set(grant.read + grant.write + (settings.scratch.map { [$0] } ?? [])),
                reportsLeaving: options.childrenFirst)
            return LiveWalk(walker, options, view) { [self] () throws(Failure) in try checkDeadline("fs.walk") }
        }
    }

    package func read(_ path: CheckedPath, max: Int64, call: String) throws(Failure) -> [UInt8] {
        try read(real: path.path, max: max, call: call)
    }

    /// Reads a path that was checked, or what such a path leads to in the overlay.
    func read(real path: Path, max: Int64, call: String) throws(Failure) -> [UInt8] {
        let (directory, name) = try place(path, call)
        return try told(call, path) {
            let file = try RegularFile.read(name, in: directory, follow: true)
            do {
                if file.status.size > max { throw SystemError.tooLarge }
                return try file.readAll(max: max)
            } catch let error as SystemError where error == .tooLarge {
                note(.read)
                throw Failure(
                    code: "EFBIG",
                    "\(call) \(path.text): it is larger than \(Quantity.describe(bytes: max))",
                    cure: "raise max, or read it with fs.lines or fs.open")
            }
        }
    }

    package func open(_ path: CheckedPath, _ mode: OpenMode, call: String) throws(Failure) -> any OpenFile {
        try open(real: path.path, mode, call: call)
    }

    /// Opens a path that was checked, or what such a path leads to in the overlay.
    func open(real path: Path, _ mode: OpenMode, call: String) throws(Failure) -> any OpenFile {
        let (directory, name) = try place(path, call)
        return try told(call, path) {
            let file =
                switch mode {
                case .read: try RegularFile.read(name, in: directory, follow: true)
                case .write: try RegularFile.create(name, in: directory)
                case .append: try RegularFile.append(name, in: directory)
                case .update: try RegularFile.update(name, in: directory, reading: true)
                }
            if mode == .write { try file.truncate(0) }
            return LiveFile(file, path: path, writes: mode.writes) { [self] error in
                failure(error, "file", path)
            }
        }
    }
}

/// An open file of the real file system.
private final class LiveFile: OpenFile {
    private var file: RegularFile?
    private let path: Path
    private let writes: Bool
    private let failure: (SystemError) -> Failure
    private var dirty = false

    init(_ file: RegularFile, path: Path, writes: Bool, failure: @escaping (SystemError) -> Failure) {
        self.file = file
        self.path = path
        self.writes = writes
        self.failure = failure
    }

    private func opened() throws(Failure) -> RegularFile {
        if let file { return file }
        throw Failure(code: "EBADF", "the file \(path.text) is closed")
    }

    private func told<Result>(_ body: () throws(SystemError) -> Result) throws(Failure) -> Result {
        do throws(SystemError) { return try body() } catch { throw failure(error) }
    }

    func read(_ count: Int) throws(Failure) -> [UInt8] {
        let file = try opened()
        return try told { () throws(SystemError) in try file.descriptor.read(count) }
    }

    func write(_ bytes: [UInt8]) throws(Failure) {
        let file = try opened()
        dirty = true
        try told { () throws(SystemError) in try file.descriptor.write(bytes) }
    }

    func seek(_ offset: Int64, from origin: SeekOrigin) throws(Failure) -> Int64 {
        let file = try opened()
        return try told { () throws(SystemError) in try file.seek(offset, from: origin.rawValue) }
    }

    func close() throws(Failure) {
        guard let file else { return }
        self.file = nil
        if writes, dirty { try told { () throws(SystemError) in try file.sync() } }
    }
}
