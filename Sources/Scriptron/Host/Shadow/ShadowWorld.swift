/// A copy of the machine's file systems in which everything can be changed and nothing of the machine is: each an
/// overlay whose changes go to memory.
struct ShadowWorld {
    /// One overlay: what it shows, and where its changes are.
    struct Layer {
        /// The path in the world, and the machine's directory below it.
        var path: Path
        var changes: Path
    }

    /// File systems that hold nothing of a person's: they get new ones of their own, or are shown as they are.
    private static let kernels: Set<String> = [
        "proc", "sysfs", "devtmpfs", "devpts", "cgroup", "cgroup2", "securityfs", "debugfs", "tracefs", "pstore", "bpf",
        "mqueue", "hugetlbfs", "configfs", "fusectl", "binfmt_misc", "efivarfs", "autofs", "nsfs", "rpc_pipefs",
    ]
    private static let devices = ["null", "zero", "full", "random", "urandom", "tty"]

    /// The directory that holds it all, an empty file system in memory.
    private let place: Path
    private(set) var layers: [Layer] = []
    /// What is otherwise than on the machine, for people.
    private(set) var notes: [String] = []
    private var points: [Path] = []
    private var types: [Path: String] = [:]

    /// Where the world is put together.
    var root: Path { place.appending("root") }

    /// Builds it at `place`, an empty directory; `size` bounds what changes may take, in bytes. This process must be in
    /// mount namespaces of its own.
    init(at place: Path, size: Int64) throws(SystemError) {
        self.place = place
        let mounts = Mount.parse(try Files.readSmall("/proc/self/mountinfo", max: 16 << 20))
        for mount in mounts {
            points.append(mount.point)
            types[mount.point] = mount.type
        }
        try ShadowNamespaces.mount("tmpfs", at: place, "size=\(size),mode=755")
        try Directories.create(root, mode: 0o755)
        // It becomes the root of the namespace, which must be a mount, also where no overlay covers all of it.
        try ShadowNamespaces.bind(root, at: root)
        try show("/")
        // What stands in for directories that no overlay covers, where nothing could be made that anybody would see.
        if !layers.contains(where: { $0.path == "/" }) {
            notes.append(
                "nothing can be made in / itself, nor in directories that hold mounts: there the world is fixed")
        }
        try makeDevices()
        try bindReadOnly("/sys")
    }

    private func inside(_ path: Path) -> Path {
        path == "/" ? root : root.appending(Path(bytes: Array(path.bytes.dropFirst())))
    }

    private func isPoint(_ path: Path) -> Bool { points.contains(path) }
    private func holdsMounts(_ path: Path) -> Bool {
        points.contains { $0 != path && $0.isInside(path) && !$0.isInside(place) }
    }

    /// Shows a directory of the machine: by one overlay, then what is mounted below it; where the kernel does not
    /// make that one, by one for each directory in it.
    private mutating func show(_ path: Path) throws(SystemError) {
        do throws(SystemError) {
            try cover(path)
        } catch {
            guard holdsMounts(path) || path == "/" else {
                notes.append("\(path.text) can only be read: \(error)")
                return try bindReadOnly(path)
            }
            return try split(path)
        }
        // Of mounts at one place the last counts; those below others come after them.
        for point in Set(points).sorted() where point != path && point.isInside(path) && !point.isInside(place) {
            if isKernels(point) { continue }
            guard let status = try? FileStatus.of(point, follow: false) else { continue }
            if status.kind == .directory {
                // Its own mounts are in this list too.
                do throws(SystemError) { try cover(point) } catch {
                    notes.append("\(point.text) can only be read: \(error)")
                    try bindReadOnly(point)
                }
            } else {
                try? ShadowNamespaces.bind(point, at: inside(point), readOnly: true)
            }
        }
    }

    private func isKernels(_ point: Path) -> Bool {
        if ["/proc", "/sys", "/dev"].contains(where: { point.isInside(Path($0)) }) { return true }
        return types[point].map(Self.kernels.contains) ?? false
    }

    private mutating func cover(_ path: Path) throws(SystemError) {
        let number = layers.count
        let changes = place.appending("changes/\(number)")
        let work = place.appending("work/\(number)")
        try Directories.create(changes, mode: 0o755)
        try Directories.create(work, mode: 0o755)
        // The top of the overlay is the directory with the changes: it looks like the one below.
        if let status = try FileStatus.of(path, follow: false) {
            let directory = try Directory(changes).descriptor
            try? directory.setOwner(uid: status.uid, gid: status.gid)
            try directory.setMode(status.mode)
            try? directory.setTimes(accessed: nil, modified: status.modified)
        }
        let lower = path.text.contains { ":,\\".contains($0) } ? nil : path.text
        guard let lower else { throw .notSupported("overlay", path.text) }
        let options = "lowerdir=\(lower),upperdir=\(changes.text),workdir=\(work.text)"
        do throws(SystemError) {
            try ShadowNamespaces.mount(
                "overlay", at: inside(path), options + (Users.isRoot ? ",redirect_dir=on" : ",userxattr"))
        } catch {
            try ShadowNamespaces.mount("overlay", at: inside(path), options)
        }
        layers.append(Layer(path: path, changes: changes))
    }

    private mutating func split(_ path: Path) throws(SystemError) {
        for (name, kind) in try Directory(path).namesWithKinds() {
            let child = path.appending(Path(bytes: name))
            if child == place { continue }
            switch kind {
            case .directory:
                try Directories.create(inside(child), mode: 0o755)
                if !isKernels(child) { try show(child) }
            case .link:
                try Directory(inside(path)).makeLink(name, target: try Directory(path).target(name))
            default:
                _ = try? Directory(inside(path)).createFile(name, mode: 0o644)
                try? ShadowNamespaces.bind(child, at: inside(child), readOnly: true)
            }
        }
    }

    private func bindReadOnly(_ path: Path) throws(SystemError) {
        guard try FileStatus.of(path, follow: true) != nil else { return }
        try ShadowNamespaces.bind(path, at: inside(path), recursive: true, readOnly: true)
    }

    /// A /dev with what every program may use, and nothing of the machine's.
    private func makeDevices() throws(SystemError) {
        let dev = inside("/dev")
        try ShadowNamespaces.mount("tmpfs", at: dev, "size=64m,mode=755")
        let directory = try Directory(dev)
        for name in Self.devices {
            let device = Path("/dev").appending(Path(name))
            guard try FileStatus.of(device, follow: true) != nil else { continue }
            _ = try directory.createFile(Array(name.utf8), mode: 0o666)
            try ShadowNamespaces.bind(device, at: dev.appending(Path(name)))
        }
        try Directories.create(dev.appending("shm"), mode: 0o755)
        try Directory(dev.appending("shm")).descriptor.setMode(0o1777)
        for (name, target) in [("fd", "/proc/self/fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")] {
            try directory.makeLink(Array(name.utf8), target: Array(target.utf8))
        }
    }
}
