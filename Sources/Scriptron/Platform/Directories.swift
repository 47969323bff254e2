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
            try create(path, mode: mode)
        default: throw SystemError.current("mkdir", path.text)
        }
    }
}
