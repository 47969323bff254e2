/// How a file is written.
package struct WriteOptions: Sendable, Hashable {
    /// Nil: as the file that is replaced; for a new one 0666 less the umask.
    package var mode: UInt32?
    /// Nil: as the file that is replaced.
    package var owner: Ownership?
    /// Whether readers see the old content or the new, never a part; else the file is written in place.
    package var atomic = true
    /// Whether an existing file is replaced, or an error.
    package var replace = true

    package init() {}
}

/// Who owns a file; nil: as it is.
package struct Ownership: Sendable, Hashable {
    package var uid: UInt32?
    package var gid: UInt32?

    package init(uid: UInt32? = nil, gid: UInt32? = nil) {
        self.uid = uid
        self.gid = gid
    }
}

/// How a file is copied.
package struct CopyOptions: Sendable, Hashable {
    /// Whether mode, times and, where allowed, the owner come along.
    package var preserve = true
    package var replace = false

    package init() {}
}

/// What a removal of a file found.
package enum Removal: String, Sendable, Hashable {
    case removed
    /// There was nothing of that name.
    case gone
    /// The file is no longer the one that was seen; it was spared.
    case changed
}

/// What was removed with a tree.
package struct TreeTotals: Sendable, Hashable {
    /// Everything but directories.
    package var files: Int64 = 0
    /// Bytes of the regular files that had no other name.
    package var bytes: Int64 = 0
    package var directories: Int64 = 0

    package init() {}
}

/// How a file is opened.
package enum OpenMode: String, Sendable, Hashable, CaseIterable {
    case read = "r"
    /// Made or emptied.
    case write = "w"
    /// Made where missing; written at its end.
    case append = "a"
    /// Read and written from its start; it must be there.
    case update = "r+"

    package var writes: Bool { self != .read }
}

/// An open regular file.
package protocol OpenFile: AnyObject {
    /// At most `count` bytes; empty at the end.
    func read(_ count: Int) throws(Failure) -> [UInt8]
    func write(_ bytes: [UInt8]) throws(Failure)
    /// Moves to `offset` bytes from the start, the position or the end; returns the new position.
    func seek(_ offset: Int64, from origin: SeekOrigin) throws(Failure) -> Int64
    /// Makes what was written durable and closes. Idempotent.
    func close() throws(Failure)
}

/// What a position in a file is counted from.
package enum SeekOrigin: String, Sendable, Hashable, CaseIterable {
    case start = "set"
    case current = "cur"
    case end
}

/// The names in a directory.
package struct DirectoryNames: Sendable {
    /// Of regular files.
    package var files: [[UInt8]] = []
    /// Of everything else, with what it is.
    package var others: [(name: [UInt8], kind: FileKind)] = []

    package init() {}

    mutating func add(_ name: [UInt8], _ kind: FileKind) {
        if kind == .file { files.append(name) } else { others.append((name, kind)) }
    }

    /// The same, sorted by name.
    func sorted() -> DirectoryNames {
        var copy = self
        copy.files.sort { $0.lexicographicallyPrecedes($1) }
        copy.others.sort { $0.name.lexicographicallyPrecedes($1.name) }
        return copy
    }
}
