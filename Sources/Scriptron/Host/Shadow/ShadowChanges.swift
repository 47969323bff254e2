/// What the overlays of a shadow hold: the changes that a run made in it, as steps of a plan.
struct ShadowChanges {
    /// A removed file that may have got another name.
    private struct Removed {
        var path: Path
        var status: FileStatus
    }

    /// Files up to this size are compared with those that went, for renames, in bytes.
    private static let mostCompared: Int64 = 256 << 20

    /// What is the host's own, and no effect of the job.
    private let ignored: [Path]
    /// The state directory, which the host makes.
    private let state: Path
    private(set) var plan = Plan()
    private var removed: [Removed] = []
    private var made: [(path: Path, change: Path, status: FileStatus)] = []
    /// Files of several names in the overlays, and the first of these: a hard link to a name that was there before, too.
    private var first: [FileID: Path] = [:]
    /// Where renamed directories were.
    private var left: Set<Path> = []
    /// Bytes of differences that the plan may still take.
    private var leftForDifferences = 256 << 10

    init(_ layers: [ShadowWorld.Layer], ignoring ignored: [Path], state: Path) throws(SystemError) {
        self.ignored = ignored
        self.state = state
        for layer in layers {
            try compare(layer.changes, layer.path, lower: layer.path)
        }
        settle()
    }

    /// Compares a directory of changes with the machine's (nil: there was none).
    private mutating func compare(_ changes: Path, _ path: Path, lower: Path?) throws(SystemError) {
        let directory = try Directory(changes)
        for name in try directory.names().sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            let inner = path.appending(Path(bytes: name))
            if ignored.contains(where: { inner.isInside($0) }) { continue }
            guard let status = try directory.status(name) else { continue }
            let below = lower.map { $0.appending(Path(bytes: name)) }
            let before = try below.flatMap { (path) throws(SystemError) in try FileStatus.of(path, follow: false) }
            let change = changes.appending(Path(bytes: name))
            switch status.kind {
            // A character device 0/0: the name is gone.
            case .character: if let before { gone(inner, before) }
            case .directory: try directoryChanged(change, inner, status, below: below, before)
            default: fileChanged(change, inner, status, below: below, before)
            }
        }
    }

    private mutating func directoryChanged(
        _ change: Path, _ path: Path, _ status: FileStatus, below: Path?, _ before: FileStatus?
    ) throws(SystemError) {
        let marks = ExtendedAttributes.all(of: try Directory(change).descriptor)
        func mark(_ name: String) -> [UInt8]? { marks["trusted.overlay.\(name)"] ?? marks["user.overlay.\(name)"] }
        if let from = mark("redirect") {
            let text = Path(bytes: from)
            let old = text.isAbsolute ? text : path.parent.appending(text)
            left.insert(old)
            plan.add("rename", ["from": .bytes(old.bytes), "to": .bytes(path.bytes)])
            return try compare(change, path, lower: old)
        }
        let isNew = before?.kind != .directory
        let isOpaque = mark("opaque") == Array("y".utf8)
        if let before, isNew || isOpaque { gone(path, before) }
        if isNew || isOpaque {
            if path != state { plan.add("mkdir", made(path, status)) }
        } else if let before {
            attributesChanged(path, status, before)
        }
        try compare(change, path, lower: isNew || isOpaque ? nil : below)
    }

    private mutating func fileChanged(
        _ change: Path, _ path: Path, _ status: FileStatus, below: Path?, _ before: FileStatus?
    ) {
        guard let before else { return made.append((path, change, status)) }
        guard before.kind == status.kind else {
            gone(path, before)
            return made.append((path, change, status))
        }
        if status.links > 1, first[status.id] == nil { first[status.id] = path }
        switch status.kind {
        case .file:
            if status.size == before.size, let below, Self.isSame(change, below, size: status.size) {
                return attributesChanged(path, status, before)
            }
            plan.add(
                "write", made(path, status).merging(difference(below, change, status)) { $1 }, bytes: status.size)
        case .link:
            let target = try? Directory(change.parent).target(change.name)
            if let below, target == (try? Directory(below.parent).target(below.name)) { return }
            plan.add("symlink", ["path": .bytes(path.bytes), "target": target.map { .bytes($0) } ?? .null])
        default: attributesChanged(path, status, before)
        }
    }

    private mutating func attributesChanged(_ path: Path, _ status: FileStatus, _ before: FileStatus) {
        if status.mode != before.mode {
            plan.add("chmod", ["path": .bytes(path.bytes), "mode": .text(String(status.mode, radix: 8))])
        }
        if status.uid != before.uid || status.gid != before.gid {
            plan.add(
                "chown", ["path": .bytes(path.bytes), "uid": .int(Int64(status.uid)), "gid": .int(Int64(status.gid))])
        }
        if status.kind == .file, status.modified != before.modified {
            plan.add("touch", ["path": .bytes(path.bytes), "modified": .number(Double(status.modified) / 1e9)])
        }
    }

    private mutating func gone(_ path: Path, _ before: FileStatus) {
        removed.append(Removed(path: path, status: before))
    }

    /// What was made and what is gone, when both are known: a file that went and came again has another name.
    private mutating func settle() {
        for (path, change, status) in made {
            if let other = first[status.id] {
                plan.add("link", ["from": .bytes(other.bytes), "to": .bytes(path.bytes)])
                continue
            }
            if status.links > 1 { first[status.id] = path }
            switch status.kind {
            case .file:
                if let index = removed.firstIndex(where: { isMoved($0, change, status) }) {
                    let old = removed.remove(at: index)
                    plan.add("rename", ["from": .bytes(old.path.bytes), "to": .bytes(path.bytes)])
                    attributesChanged(path, status, old.status)
                } else {
                    plan.add(
                        "write", made(path, status).merging(difference(nil, change, status)) { $1 }, bytes: status.size)
                }
            case .link:
                let target = (try? Directory(change.parent).target(change.name)) ?? []
                plan.add("symlink", ["path": .bytes(path.bytes), "target": .bytes(target)])
            default: plan.add("make \(status.kind.rawValue)", made(path, status))
            }
        }
        for old in removed where !left.contains(old.path) {
            let path: [String: Value] = ["path": .bytes(old.path.bytes)]
            guard old.status.kind == .directory else {
                plan.add("remove", path, bytes: old.status.links > 1 ? 0 : old.status.size)
                continue
            }
            let (files, directories, bytes) = Self.count(old.path)
            if files == 0, directories == 1 {
                plan.add("remove directory", path)
                continue
            }
            plan.add(
                "remove tree",
                path.merging(["files": .int(files), "directories": .int(directories)]) { $1 }, bytes: bytes)
        }
    }

    private func isMoved(_ old: Removed, _ change: Path, _ status: FileStatus) -> Bool {
        old.status.kind == .file && old.status.size == status.size && old.status.modified == status.modified
            && Self.isSame(change, old.path, size: status.size)
    }

    /// What is in a directory that is gone, with itself.
    private static func count(_ path: Path) -> (files: Int64, directories: Int64, bytes: Int64) {
        var (files, directories, bytes): (Int64, Int64, Int64) = (0, 1, 0)
        guard let directory = try? Directory(path), let walker = try? TreeWalker(directory, at: path) else {
            return (files, directories, bytes)
        }
        while let step = walker.next() {
            guard case .entry(_, let status, _) = step else { continue }
            if status.kind == .directory { directories += 1 } else { files += 1 }
            if status.kind == .file, status.links == 1 { bytes += status.size }
        }
        return (files, directories, bytes)
    }

    private func made(_ path: Path, _ status: FileStatus) -> [String: Value] {
        [
            "path": .bytes(path.bytes), "mode": .text(String(status.mode, radix: 8)), "uid": .int(Int64(status.uid)),
            "gid": .int(Int64(status.gid)),
        ]
    }

    private mutating func difference(_ old: Path?, _ new: Path, _ status: FileStatus) -> [String: Value] {
        let most = UnifiedDiff.mostBytes
        guard status.size <= Int64(most), let after = try? Files.readSmall(new, max: most) else { return [:] }
        var before: [UInt8] = []
        if let old {
            guard let bytes = try? Files.readSmall(old, max: most) else { return [:] }
            before = bytes
        }
        guard let lines = UnifiedDiff.lines(before, after), !lines.isEmpty else { return [:] }
        let text = lines.joined(separator: "\n")
        guard text.utf8.count <= leftForDifferences else { return [:] }
        leftForDifferences -= text.utf8.count
        return ["diff": .text(text)]
    }

    /// Whether two files of one size hold the same; of very large ones that is not looked up, and the answer is no.
    private static func isSame(_ one: Path, _ other: Path, size: Int64) -> Bool {
        if size > mostCompared { return false }
        guard let first = try? open(one), let second = try? open(other) else { return false }
        var offset: Int64 = 0
        while offset < size {
            guard let bytes = try? first.read(1 << 20, at: offset), let others = try? second.read(1 << 20, at: offset),
                bytes == others, !bytes.isEmpty
            else { return false }
            offset += Int64(bytes.count)
        }
        return true
    }

    private static func open(_ path: Path) throws -> Descriptor {
        try RegularFile.read(path.name, in: Directory(path.parent), follow: false).descriptor
    }
}
