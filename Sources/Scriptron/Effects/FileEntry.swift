/// A file as scripts see it: where it was found and what the file system said then.
package struct FileEntry: Sendable, Hashable {
    package var path: Path
    package var status: FileStatus
    /// What a symbolic link holds.
    package var target: [UInt8]?

    package init(path: Path, status: FileStatus, target: [UInt8]? = nil) {
        self.path = path
        self.status = status
        self.target = target
    }
}

/// By which of its times a file's age is told. A directory's access and change are no sign of use (walking it and
/// removing what is in it leave them), so its modification stands for them.
package enum AgeClock: String, Sendable, Hashable, CaseIterable {
    case modified = "mtime"
    case accessed = "atime"
    case changed = "ctime"
    /// The newest of all, the birth included: a file that was just unpacked or moved here is young. For a directory
    /// only its modification and birth count, since walking it and removing what is in it change the others.
    case newest

    /// The time of a file by this clock, in nanoseconds since the epoch.
    package func time(of status: FileStatus) -> Int64 {
        switch self {
        case .accessed where status.kind == .directory, .changed where status.kind == .directory: status.modified
        case .modified: status.modified
        case .accessed: status.accessed
        case .changed: status.changed
        case .newest where status.kind == .directory: max(status.modified, status.born ?? .min)
        case .newest: max(status.modified, status.accessed, status.changed, status.born ?? .min)
        }
    }
}
