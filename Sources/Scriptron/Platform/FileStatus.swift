import CLinux
import Glibc

/// What kind of file a name stands for.
package enum FileKind: String, Sendable, Hashable, CaseIterable {
    case file
    case directory
    case link
    case fifo
    case socket
    case block
    case character

    init(mode: UInt32) {
        switch mode & S_IFMT {
        case S_IFDIR: self = .directory
        case S_IFLNK: self = .link
        case S_IFIFO: self = .fifo
        case S_IFSOCK: self = .socket
        case S_IFBLK: self = .block
        case S_IFCHR: self = .character
        default: self = .file
        }
    }
}

/// What names one file of this machine, whatever its paths.
package struct FileID: Sendable, Hashable {
    package var device: UInt64
    package var inode: UInt64

    package init(device: UInt64, inode: UInt64) {
        self.device = device
        self.inode = inode
    }
}

/// What the file system says of a file (statx(2)). Times are nanoseconds since the epoch.
package struct FileStatus: Sendable, Hashable {
    package var kind: FileKind
    /// The permission bits with set-id and sticky (0 to 0o7777).
    package var mode: UInt32
    package var uid: UInt32
    package var gid: UInt32
    package var id: FileID
    /// The mount it was reached through; 0 where the kernel does not say.
    package var mount: UInt64
    package var links: UInt32
    package var size: Int64
    /// Bytes that it takes on the disk.
    package var allocated: Int64
    package var accessed: Int64
    package var modified: Int64
    package var changed: Int64
    /// Nil where the file system does not keep it.
    package var born: Int64?

    package init(
        kind: FileKind, mode: UInt32, uid: UInt32, gid: UInt32, id: FileID, mount: UInt64 = 0, links: UInt32 = 1,
        size: Int64 = 0, allocated: Int64 = 0, time: Int64
    ) {
        self.kind = kind
        self.mode = mode
        self.uid = uid
        self.gid = gid
        self.id = id
        self.mount = mount
        self.links = links
        self.size = size
        self.allocated = allocated
        accessed = time
        modified = time
        changed = time
        born = time
    }

    private init(_ raw: scriptron_status) {
        self.init(
            kind: FileKind(mode: raw.mode), mode: raw.mode & 0o7777, uid: raw.uid, gid: raw.gid,
            id: FileID(device: raw.device, inode: raw.inode), mount: raw.mount, links: raw.links, size: raw.size,
            allocated: raw.allocated, time: raw.modified)
        accessed = raw.accessed
        changed = raw.changed
        born = raw.born == 0 ? nil : raw.born
    }

    /// The status of an open file.
    package init(of descriptor: Descriptor) throws(SystemError) {
        var raw = scriptron_status()
        try checked("statx", result: scriptron_status_at(descriptor.number, "", 0, &raw))
        self.init(raw)
    }

    /// The status of a path; nil where there is nothing.
    package static func of(_ path: Path, follow: Bool) throws(SystemError) -> FileStatus? {
        var raw = scriptron_status()
        let result = path.withCString { scriptron_status_at(AT_FDCWD, $0, follow ? 1 : 0, &raw) }
        return try found(result, raw, path.text)
    }

    /// The status of a name in an open directory, links not followed; nil where there is nothing.
    static func of(_ name: [UInt8], in directory: Descriptor) throws(SystemError) -> FileStatus? {
        var raw = scriptron_status()
        let result = withName(name) { scriptron_status_at(directory.number, $0, 0, &raw) }
        return try found(result, raw, Path(bytes: name).text)
    }

    private static func found(
        _ result: Int32, _ raw: scriptron_status, _ subject: @autoclosure () -> String
    ) throws(SystemError) -> FileStatus? {
        if result == -ENOENT || result == -ENOTDIR { return nil }
        try checked("statx", subject(), result: result)
        return FileStatus(raw)
    }

    /// Whether this still is the file that `seen` was: the same file with the same content. The change time counts
    /// only where no other name can change it (removing another hard link does), and nothing of a directory's times
    /// does, since removing what is in it changes them. Times are compared to the microsecond, since `seen` may have
    /// passed through a script's numbers.
    package func isStill(_ seen: FileStatus) -> Bool {
        guard id == seen.id, kind == seen.kind else { return false }
        if kind == .directory { return true }
        func same(_ one: Int64, _ other: Int64) -> Bool {
            one.subtractingReportingOverflow(other).partialValue.magnitude < 1000
        }
        return size == seen.size && same(modified, seen.modified)
            && (seen.links > 1 || same(changed, seen.changed))
    }
}

/// Calls `body` with the name as C takes it.
func withName<Result>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) -> Result) -> Result {
    Path(bytes: name).withCString(body)
}
