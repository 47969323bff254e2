/// Which files of a directory or tree are wanted. What it leaves out never reaches Lua.
package struct EntryFilter: Sendable {
    /// One of these must match; empty: all do.
    package var patterns: [Glob] = []
    /// Whether directories are wanted whatever the patterns say.
    package var allDirectories = false
    /// None of these may match; below a directory that one matches nothing is looked at.
    package var excludes: [Glob] = []
    package var kinds: Set<FileKind>?
    /// Only files whose time by the clock is before this instant, in nanoseconds since the epoch.
    package var before: Int64?
    package var clock: AgeClock = .newest
    /// Only files of at least, and of at most, so many bytes. Directories always pass.
    package var minSize: Int64?
    package var maxSize: Int64?

    package init() {}

    /// Whether an exclusion matches the path, which is relative to the root.
    package func excludes(_ path: some Sequence<UInt8>) -> Bool {
        if excludes.isEmpty { return false }
        let bytes = Array(path)
        return excludes.contains { $0.matches(bytes) }
    }

    /// Whether the file is wanted; `path` is relative to the root.
    package func wants(_ path: some Sequence<UInt8>, _ status: FileStatus) -> Bool {
        if let kinds, !kinds.contains(status.kind) { return false }
        if let before, clock.time(of: status) >= before { return false }
        if status.kind != .directory {
            if let minSize, status.size < minSize { return false }
            if let maxSize, status.size > maxSize { return false }
        }
        if patterns.isEmpty || (allDirectories && status.kind == .directory) { return true }
        let bytes = Array(path)
        return patterns.contains { $0.matches(bytes) }
    }
}

/// How a tree is walked.
package struct WalkOptions: Sendable {
    package var filter = EntryFilter()
    /// How deep: 1 is the root's own entries; nil: all.
    package var depth: Int?
    /// Whether directories on other file systems are passed over.
    package var oneFileSystem = true
    /// Whether a directory comes after what is in it (as it was before), instead of before it.
    package var childrenFirst = false

    package init() {}
}

/// The entries of a walk, a batch at a time.
package protocol EntrySource: AnyObject {
    /// At most `limit` entries, and what could not be read on the way there. Both empty: the end.
    func next(_ limit: Int) throws(Failure) -> WalkBatch
}

/// One batch of a walk.
package struct WalkBatch: Sendable {
    package var entries: [FileEntry] = []
    package var problems: [WalkProblem] = []

    package init() {}
}

/// A part of a tree that could not be walked.
package struct WalkProblem: Sendable, Hashable {
    package var path: Path
    package var failure: Failure

    package init(path: Path, failure: Failure) {
        self.path = path
        self.failure = failure
    }
}
