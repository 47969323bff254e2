/// The file system as it would be: what a dry run made, changed, renamed and removed, over the real one.
///
/// Names form a tree whose nodes hide or add names; what changes in a file itself is kept by the file's identity, so
/// that all its names show it. Paths given here are canonical: `find` makes them so, following links as they would be.
/// What is only looked at, and each name that is removed, costs one look in a directory that is open already: a sweep's
/// plan looks at each of a million files twice.
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

    /// A directory in which names are looked up.
    struct Holder {
        /// As it was asked for.
        fileprivate let asked: Path
        let found: Found
        fileprivate let node: OverlayNode?
        fileprivate let real: Path?
        /// The real one, open; nil where there is none, or it cannot be opened.
        fileprivate let directory: Directory?
        fileprivate let shape: Int
    }

    /// The overlay of a run; in debug builds one that is wrong, where a test asks for it.
    static func forRun() -> Overlay {
        #if DEBUG
            if let fault = BrokenOverlay.fault { return BrokenOverlay(fault) }
        #endif
        return Overlay()
    }

    private let root = OverlayNode(real: "/")
    private var changed: [FileID: PlannedFile] = [:]
    /// When names in real directories were changed, in nanoseconds.
    private var touched: [FileID: Int64] = [:]
    /// The time that it would be, in nanoseconds since the epoch.
    var clock: () -> Int64 = { 0 }
    private var nextInode = UInt64.max
    /// Grows whenever a path may lead elsewhere than before, or a directory got a node of its own.
    private(set) var shape = 0
    /// Most paths are asked for one after the other in one directory.
    private var lastHolder: Holder?
    /// Whether nothing was done yet: then everything is as it really is.
    private(set) var isUntouched = true

    // Looking.

    /// What is at a path; nil where there is nothing. ELOOP for links without an end.
    func find(_ path: Path, follow: Bool) throws(SystemError) -> Found? {
        if path != "/", path.isNormal, let holder = try holder(path.parent) {
            let name = path.name
            if name.count > Path.longestName {
                throw SystemError(ErrorNumber.nameTooLong, call: "openat", subject: path.text)
            }
            guard let found = try look(name, in: holder) else { return nil }
            if found.status.kind != .link || !follow { return found }
        }
        return try resolve(path, follow: follow)
    }

    /// The directory at a path, to look for names in it; nil where there is none.
    func holder(_ path: Path) throws(SystemError) -> Holder? {
        if let lastHolder, lastHolder.shape == shape, lastHolder.asked == path { return lastHolder }
        guard let found = try resolve(path, follow: true), found.status.kind == .directory else { return nil }
        let place = place(found.path)
        let holder = Holder(
            asked: path, found: found, node: place.node, real: place.real,
            directory: place.real.flatMap { try? Directory($0) }, shape: shape)
        lastHolder = holder
        return holder
    }

    /// What is at a name in a directory.
    func look(_ name: [UInt8], in holder: Holder) throws(SystemError) -> Found? {
        if let node = holder.node {
            if node.removed.contains(name) { return nil }
            if node.children[name] != nil { return try look(holder.found.path.appending(Path(bytes: name))) }
        }
        guard let real = holder.real?.appending(Path(bytes: name)) else { return nil }
        let path = holder.found.path.appending(Path(bytes: name))
        guard let directory = holder.directory else { return try look(path, real) }
        return try found(path, real, try directory.status(name), in: directory)
    }

    /// The same by taking the path apart, following links as they would be.
    private func resolve(_ path: Path, follow: Bool) throws(SystemError) -> Found? {
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
        let place = place(path)
        if let file = place.node?.file { return found(path, file) }
        guard let real = place.real else { return nil }
        return try look(path, real)
    }

    private func look(_ path: Path, _ real: Path) throws(SystemError) -> Found? {
        try found(path, real, try FileStatus.of(real, follow: false), in: nil)
    }

    private func found(
        _ path: Path, _ real: Path, _ status: FileStatus?, in directory: Directory?
    ) throws(SystemError) -> Found? {
        guard let status else { return nil }
        if let file = changed[status.id] { return found(path, file) }
        var target: [UInt8]?
        if status.kind == .link {
            let holder: Directory
            if let directory { holder = directory } else { holder = try Directory(real.parent) }
            target = try holder.target(real.name)
        }
        return Found(path: path, status: seen(timed(status)), target: target, content: .real(real), file: nil)
    }

    private func found(_ path: Path, _ file: PlannedFile) -> Found {
        Found(path: path, status: seen(file.status), target: file.target, content: file.content, file: file)
    }

    /// With the times that a directory has since names in it were changed.
    private func timed(_ status: FileStatus) -> FileStatus {
        guard status.kind == .directory, let time = touched[status.id] else { return status }
        var status = status
        (status.modified, status.changed) = (time, time)
        return status
    }

    /// What is told of a status; only overlays that are wrong on purpose tell anything else.
    func seen(_ status: FileStatus) -> FileStatus { status }

    /// The names in a canonical directory, in no order.
    func names(_ directory: Path) throws(SystemError) -> [[UInt8]] {
        let place = place(directory)
        var names: [[UInt8]] = []
        let children = place.node?.children ?? [:]
        let removed = place.node?.removed ?? []
        var seen: Set<[UInt8]> = []
        if let real = place.real {
            for name in try Directory(real).names() where !removed.contains(name) {
                if !children.isEmpty { seen.insert(name) }
                names.append(name)
            }
        }
        for name in children.keys where !seen.contains(name) { names.append(name) }
        return names
    }

    /// What is in a canonical directory, links not followed.
    func children(_ directory: Path) throws(SystemError) -> [Found] {
        guard let holder = try holder(directory) else {
            throw SystemError(ErrorNumber.notFound, call: "openat", subject: directory.text)
        }
        var all: [Found] = []
        for name in try names(directory) {
            if let found = try look(name, in: holder) { all.append(found) }
        }
        return all
    }

    /// Whether nothing is in a canonical directory.
    func isEmpty(_ directory: Path) throws(SystemError) -> Bool {
        let place = place(directory)
        if place.node?.children.isEmpty == false { return try names(directory).isEmpty }
        guard let real = place.real else { return true }
        // One of a million names that all are gone is looked at a name at a time.
        var reader = DirectoryReader(try Directory(real))
        while let record = try reader.next() {
            if place.node?.removed.contains(record.name) != true { return false }
        }
        return true
    }

    /// Whether something was put in a canonical directory or below it, or what shows there is really elsewhere. Else a walk
    /// of what is really there comes upon all that would be there.
    func holdsNew(_ path: Path) -> Bool {
        let place = place(path)
        return place.real != path || place.node?.holdsNew == true
    }

    /// Whether names at or below a canonical path were changed.
    func hasChanges(below path: Path) -> Bool {
        if isUntouched { return false }
        let place = place(path)
        return place.node != nil || place.real != path
    }

    /// What really is at a name in a canonical directory, as it would be; nil: it would not be there. `isLeft` keeps the
    /// times of a directory: a walk tells it as it was before what is in it was changed.
    func shown(
        _ name: [UInt8], _ status: FileStatus, _ place: Place, _ directory: Path, isLeft: Bool
    ) -> FileStatus? {
        if let node = place.node {
            if node.removed.contains(name) { return nil }
            if let child = node.children[name] {
                if let file = child.file { return seen(file.status) }
                guard child.real == directory.appending(Path(bytes: name)) else {
                    return try? look(directory.appending(Path(bytes: name)))?.status
                }
            }
        }
        if !changed.isEmpty, let file = changed[status.id] { return seen(file.status) }
        return seen(isLeft ? status : timed(status))
    }

    /// Whether files themselves were changed, under whatever names.
    var hasChangedFiles: Bool { !changed.isEmpty }

    private static func path(_ names: some Sequence<[UInt8]>) -> Path {
        Path(bytes: [UInt8(ascii: "/")] + Array(names.joined(separator: [UInt8(ascii: "/")])))
    }

    /// Where a canonical path leads.
    struct Place {
        /// Its node; nil: nothing at or below it is known to be otherwise than it really is.
        fileprivate let node: OverlayNode?
        /// The real file that shows there; nil: none.
        let real: Path?
    }

    /// The node of a path where there is one, and the real file that shows there.
    func place(_ path: Path) -> Place {
        if isUntouched { return Place(node: nil, real: path) }
        var node = root
        let names = path.components
        for (index, name) in names.enumerated() {
            // Below what was removed, and below a file that is only planned, there is nothing.
            if node.removed.contains(name) { return Place(node: nil, real: nil) }
            guard let child = node.children[name] else {
                let rest = Array(names[index...].joined(separator: [UInt8(ascii: "/")]))
                return Place(node: nil, real: node.real?.appending(Path(bytes: rest)))
            }
            node = child
        }
        return Place(node: node, real: node.real)
    }

    // Changing.

    /// The node of a path, made where it is missing.
    private func node(_ path: Path, isNew: Bool = false) -> OverlayNode {
        isUntouched = false
        var node = root
        for name in path.components {
            if isNew { node.tellNew() }
            if node.children[name] == nil { shape += 1 }
            node = node.child(name)
        }
        return node
    }

    /// Gives the directory of a canonical path the times of a change of its names.
    private func touch(holderOf path: Path) {
        let parent = path.parent
        let isLast = lastHolder?.shape == shape && lastHolder?.found.path == parent
        guard let found = isLast ? lastHolder?.found : try? look(parent) else { return }
        let time = clock()
        if let file = found.file ?? changed[found.status.id] {
            (file.status.modified, file.status.changed) = (time, time)
        } else {
            touched[found.status.id] = time
        }
    }

    /// Takes a name away.
    func remove(_ found: Found) {
        touch(holderOf: found.path)
        isUntouched = false
        if let lastHolder, lastHolder.shape == shape, lastHolder.node != nil, lastHolder.found.path == found.path.parent
        {
            lastHolder.node?.take(found.path.name)
        } else {
            node(found.path.parent).take(found.path.name)
        }
        if found.status.kind == .directory || found.status.kind == .link { shape += 1 }
        if found.status.links > 1, found.status.kind != .directory { adopt(found).status.links -= 1 }
    }

    /// Puts a file at a canonical path, in the place of what is there.
    func put(_ path: Path, _ file: PlannedFile) {
        let new = OverlayNode(real: nil)
        new.file = file
        node(path, isNew: true).become(new)
        shape += 1
        touch(holderOf: path)
    }

    /// Moves a name, with all that is below it.
    func move(_ found: Found, to path: Path) {
        let moved = node(found.path)
        node(found.path.parent).take(found.path.name)
        node(path, isNew: true).become(moved)
        shape += 1
        touch(holderOf: found.path)
        touch(holderOf: path)
    }

    /// The file as one of the overlay's own, so that it can be changed under all its names.
    @discardableResult
    func adopt(_ found: Found) -> PlannedFile {
        isUntouched = false
        if found.status.kind == .directory { shape += 1 }
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
