import Glibc

/// Removes a directory with all that is in it, no link followed and no mount crossed.
package struct TreeRemoval: Sendable {
    /// Everything but directories that was removed (or counted).
    package var files: Int64 = 0
    package var directories: Int64 = 0
    /// Bytes of the regular files that had no other name.
    package var bytes: Int64 = 0
    /// What could not be removed first; the rest was gone on with.
    package var problem: (path: Path, error: SystemError)?

    /// Counts what is below `name` in the directory, itself included; stops where it is more than `limit`.
    package static func count(
        _ name: [UInt8], in parent: Directory, at path: Path, limit: Int64
    ) throws(SystemError) -> Int64 {
        let walker = try TreeWalker(try parent.child(name), at: path)
        var count: Int64 = 1
        while count <= limit, let step = walker.next() {
            if case .entry = step { count += 1 }
        }
        return count
    }

    /// Removes `name` in the directory; `check` is called between entries and may end it by throwing.
    package init(
        _ name: [UInt8], in parent: Directory, at path: Path, check: () throws -> Void = {}
    ) throws {
        let directory = try parent.child(name)
        let walker = try TreeWalker(directory, at: path, reportsLeaving: true)
        while let step = walker.next() {
            try check()
            do throws(SystemError) {
                switch step {
                case .entry(_, let status, let enters):
                    if status.kind == .directory {
                        if enters { continue }
                        // A mount point: it is not ours to empty.
                        throw SystemError(EBUSY, call: "unlinkat")
                    }
                    try walker.remove(directory: false)
                    files += 1
                    if status.kind == .file, status.links == 1 { bytes += status.size }
                case .leaving:
                    try walker.remove(directory: true)
                    directories += 1
                case .problem(_, let error): throw error
                }
            } catch {
                if error.number == ENOENT || problem != nil { continue }
                problem = (step.path, error)
            }
        }
        if problem == nil {
            try parent.removeDirectory(name)
            directories += 1
        }
    }
}

extension TreeWalker.Step {
    /// What it is about.
    package var path: Path {
        switch self {
        case .entry(let path, _, _), .leaving(let path, _), .problem(let path, _): path
        }
    }
}
