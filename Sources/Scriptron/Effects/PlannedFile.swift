/// A file of the overlay: an inode that a dry run made or changed. Hard links share one.
final class PlannedFile {
    /// What is in it.
    enum Content {
        case bytes([UInt8])
        /// What the real file at this path holds.
        case real(Path)
        /// Not known: only its size is.
        case unknown
    }

    var status: FileStatus
    var content: Content
    /// What a symbolic link holds.
    var target: [UInt8]?

    init(status: FileStatus, content: Content, target: [UInt8]? = nil) {
        self.status = status
        self.content = content
        self.target = target
    }

    /// What a plan says of a file that it makes, beside its name.
    var made: [String: Value] {
        [
            "mode": .text(String(status.mode, radix: 8)), "uid": .int(Int64(status.uid)),
            "gid": .int(Int64(status.gid)),
        ]
    }
}
