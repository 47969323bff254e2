/// One change of the names in a directory.
package enum DirectoryChange: Sendable, Hashable {
    /// Gives a file another name, which must be free; with `seen` only if it still is that file, whatever was written
    /// to it since.
    case rename(from: [UInt8], to: [UInt8], seen: FileStatus?)
    /// Makes an empty file, unless one of that name is there by then. `mode` nil: 0666 less the umask; `owner` nil: the
    /// run's.
    case create([UInt8], mode: UInt32?, owner: Ownership?)

    /// The names that it takes away or makes.
    package var names: [[UInt8]] {
        switch self {
        case .rename(let from, let to, _): [from, to]
        case .create(let name, _, _): [name]
        }
    }
}

/// How far a chain of changes came: each follows from the one before it.
package struct ChainOutcome: Sendable, Hashable {
    /// How many of its changes were made.
    package var done = 0
    /// Why not more.
    package var failure: Failure?

    package init() {}
}

/// What a log that was cut lost to its copy.
package struct CutFile: Sendable, Hashable {
    /// Bytes of the copy.
    package var bytes: Int64
    /// Seconds between the last look for more and the cut: what was written in them is lost.
    package var window: Double

    package init(bytes: Int64, window: Double) {
        self.bytes = bytes
        self.window = window
    }
}

extension FileStatus {
    /// Whether this is the file that `seen` was, under no more names, whatever was written to it since.
    func isSameFile(_ seen: FileStatus) -> Bool { id == seen.id && kind == seen.kind && links == seen.links }
}
