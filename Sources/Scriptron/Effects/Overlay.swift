/// The file system as it would be: what a dry run made, changed, renamed and removed, over the real one.
///
/// Names form a tree whose nodes hide or add names; what changes in a file itself is kept by the file's identity, so
/// that all its names show it. Paths given here are canonical: `find` makes them so, following links as they would be.
class Overlay {
    /// What is at a path.
    struct Found {
        /// Without links on the way.
        var path: Path
        var status: FileStatus
        var target: [UInt8]?
        var content: PlannedFile.Content
        /// Nil where the real file is as it is.
        var file: PlannedFile?
    }

    private final class Node {
        var isRemoved = false
        var file: PlannedFile?
        /// The real file that shows here; nil: none.
        var real: Path?
        var children: [[UInt8]: Node] = [:]

        init(real: Path?) { self.real = real }
    }

    /// The overlay of a run; in debug builds one that is wrong, where a test asks for it.
    static func forRun() -> Overlay {
        #if DEBUG
            if let fault = BrokenOverlay.fault { return BrokenOverlay(fault) }
        #endif
        return Overlay()
    }

    private let root = Node(real: "/")
    private var changed: [FileID: PlannedFile] = [:]
    private var nextInode = UInt64.max
    /// Whether nothing was done yet: then everything is as it really is.
    private(set) var isUntouched = true

    // Looking.

    /// What is at a path; nil where there is nothing. ELOOP for links without an end.
    func find(_ path: Path, follow: Bool) throws(SystemError) -> Found? {
        var resolved: [[UInt8]] = []
        var pending = Array(path.components.reversed())
        var links = 0
        var last: Found?
        while let name = pending.popLast() {
            if name == Array("..".utf8) {
                _ = resolved.popLast()
                last = nil
                continue
            }
            let candidate = Self.path(resolved + [name])
            // In an untouched world the kernel follows what is on the way.
            if isUntouched, !pending.isEmpty, !pending.contains(Array("..".utf8)) {
                resolved.append(name)
                continue
            }
            if name.count > Path.longestName {
                throw SystemError(ErrorNumber.nameTooLong, call: "openat", subject: path.text)
            }
            guard let found = try look(candidate) else { return nil }
            if found.status.kind == .link, !pending.isEmpty || follow {
                links += 1
                if links > 40 { throw SystemError.tooManyLinks }
                let target = Path(bytes: found.target ?? [])
                if target.isAbsolute { resolved = [] }
                pending += target.components.reversed()
                last = nil
                continue
            }
            resolved.append(name)
            last = found
        }
        if let last { return last }
        return try look(Self.path(resolved))
    }

    /// What is at a canonical path, links not followed.
    func look(_ path: Path) throws(SystemError) -> Found? {
        let place = place(path.components)
        if place.node?.isRemoved == true { return nil }
        if let file = place.node?.file { return found(path, file) }
        guard let real = place.real, let status = try FileStatus.of(real, follow: false) else { return nil }
        if let file = changed[status.id] { return found(path, file) }
        let target = status.kind == .link ? try Directory(real.parent).target(real.name) : nil
        return Found(path: path, status: status, target: target, content: .real(real), file: nil)
    }

    private func found(_ path: Path, _ file: PlannedFile) -> Found {
        Found(path: path, status: file.status, target: file.target, content: file.content, file: file)
    }

    /// The names in a canonical directory, in no order.
    func names(_ directory: Path) throws(SystemError) -> [[UInt8]] {
        let place = place(directory.components)
        var names: [[UInt8]] = []
        let children = place.node?.children ?? [:]
        var seen: Set<[UInt8]> = []
        if place.node?.isRemoved != true, let real = place.real {
            for name in try Directory(real).names() {
                if !children.isEmpty { seen.insert(name) }
                if children[name]?.isRemoved != true { names.append(name) }
            }
        }
        for (name, node) in children where !node.isRemoved && !seen.contains(name) { names.append(name) }
        return names
    }

    /// Whether a canonical path that really is there was removed or moved away.
    func hides(_ path: Path) -> Bool {
        let place = place(path.components)
        return place.node?.isRemoved == true || (place.node == nil && place.real != path)
    }

    /// Whether names at or below a canonical path were changed.
    func hasChanges(below path: Path) -> Bool {
        if isUntouched { return false }
        let place = place(path.components)
        return place.node != nil || place.real != path
    }

    /// Whether files themselves were changed, under whatever names.
    var hasChangedFiles: Bool { !changed.isEmpty }

    private static func path(_ names: some Sequence<[UInt8]>) -> Path {
        Path(bytes: [UInt8(ascii: "/")] + Array(names.joined(separator: [UInt8(ascii: "/")])))
    }

    /// The node of a path where there is one, and the real file that shows there.
    private func place(_ names: [[UInt8]]) -> (node: Node?, real: Path?) {
        var node: Node? = root
        var real: Path? = "/"
        for name in names {
            if let child = node?.children[name] {
                node = child
                real = child.isRemoved ? nil : child.real
            } else {
                // Below what was removed, and below a file that is only planned, there is nothing.
                real = real?.appending(Path(bytes: name))
                node = nil
            }
        }
        return (node, real)
    }

    // Changing.

    /// The node of a path, made where it is missing.
    private func node(_ path: Path) -> Node {
        isUntouched = false
        var node = root
        for name in path.components {
            if let child = node.children[name] {
                node = child
            } else {
                let child = Node(real: node.real?.appending(Path(bytes: name)))
                node.children[name] = child
                node = child
            }
        }
        return node
    }

    /// Takes a name away.
    func remove(_ found: Found) {
        let node = node(found.path)
        node.isRemoved = true
        node.file = nil
        node.real = nil
        node.children = [:]
        if found.status.links > 1, found.status.kind != .directory { adopt(found).status.links -= 1 }
    }

    /// Puts a file at a canonical path, in the place of what is there.
    func put(_ path: Path, _ file: PlannedFile) {
        let node = node(path)
        node.isRemoved = false
        node.file = file
        node.real = nil
        node.children = [:]
    }

    /// Moves a name, with all that is below it.
    func move(_ found: Found, to path: Path) {
        let source = node(found.path)
        let moved = Node(real: source.real)
        moved.file = source.file
        moved.children = source.children
        source.isRemoved = true
        source.file = nil
        source.real = nil
        source.children = [:]
        let target = node(path)
        target.isRemoved = false
        target.file = moved.file
        target.real = moved.real
        target.children = moved.children
    }

    /// The file as one of the overlay's own, so that it can be changed under all its names.
    @discardableResult
    func adopt(_ found: Found) -> PlannedFile {
        isUntouched = false
        if let file = found.file { return file }
        let file = PlannedFile(status: found.status, content: found.content, target: found.target)
        changed[found.status.id] = file
        return file
    }

    /// A new file in a directory, not put anywhere yet.
    func make(
        _ kind: FileKind, in directory: Found, mode: UInt32, owner: (uid: UInt32, gid: UInt32), now: Int64,
        content: PlannedFile.Content, size: Int64, target: [UInt8]? = nil
    ) -> PlannedFile {
        nextInode -= 1
        let id = FileID(device: directory.status.id.device, inode: nextInode)
        let status = FileStatus(
            kind: kind, mode: mode, uid: owner.uid, gid: owner.gid, id: id, mount: directory.status.mount, size: size,
            allocated: (size + 4095) / 4096 * 4096, time: now)
        return PlannedFile(status: status, content: content, target: target)
    }
}
