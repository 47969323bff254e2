import Glibc

/// Making, listing and emptying directories.
package enum Directories {
    /// Creates a directory and its missing parents; one that is there already is fine.
    package static func create(_ path: Path, mode: UInt32) throws(SystemError) {
        let result = path.withCString { mkdir($0, mode) }
        if result == 0 { return }
        switch errno {
        case EEXIST:
            var status = stat()
            _ = path.withCString { stat($0, &status) }
            if status.st_mode & S_IFMT != S_IFDIR { throw SystemError(ENOTDIR, call: "mkdir", subject: path.text) }
        case ENOENT where path.parent != path:
            try create(path.parent, mode: mode)
            // Once: there are file systems (proc) that give this answer whatever is there.
            if path.withCString({ mkdir($0, mode) }) != 0, errno != EEXIST {
                throw SystemError.current("mkdir", path.text)
            }
        default: throw SystemError.current("mkdir", path.text)
        }
    }

    /// A new directory of this process alone, below TMPDIR or /tmp (mkdtemp(3)).
    package static func temporary() throws(SystemError) -> Path {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array((parent + "/scriptron-XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.current("mkdtemp", parent) }
        return Path(bytes: template.dropLast().map { UInt8(bitPattern: $0) })
    }

    /// Removes a directory with everything in it.
    package static func remove(_ path: Path) throws(SystemError) {
        try empty(path)
        try retrying("rmdir", path.text) { path.withCString { rmdir($0) } }
    }

    /// Gives a directory to a user (lchown(2)).
    package static func setOwner(_ path: Path, uid: UInt32, gid: UInt32) throws(SystemError) {
        try retrying("lchown", path.text) { path.withCString { lchown($0, uid, gid) } }
    }

    /// Removes everything in a directory, following no link and leaving other file systems' mount points. Who made what
    /// is in it may have been hostile: it is as deep as it likes, and may be closed to its owner.
    package static func empty(_ path: Path) throws(SystemError) {
        try empty(try Directory(path.parent).child(path.name), at: path)
    }

    /// Removes everything in an open directory, as above; `path` is how errors name it.
    package static func empty(_ directory: Directory, at path: Path) throws(SystemError) {
        let walker = try TreeWalker(directory, at: path, reportsLeaving: true)
        while let step = walker.next() {
            switch step {
            case .entry(_, let status, let enters) where status.kind == .directory:
                guard enters else { throw SystemError(EBUSY, call: "unlinkat", subject: step.path.text) }
                if status.mode & 0o700 != 0o700 { walker.open() }
            case .entry:
                try walker.remove(directory: false)
            case .leaving:
                try walker.remove(directory: true)
            case .problem(_, let error): throw error
            }
        }
    }
}
