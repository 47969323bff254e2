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

    /// Removes everything in a directory, following no link and leaving other file systems' mount points.
    package static func empty(_ path: Path) throws(SystemError) {
        let number = try path.withCString { name throws(SystemError) in
            try retrying("open", path.text) { open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC) }
        }
        try empty(owning: number, path.text)
    }

    private static func empty(owning number: Int32, _ subject: String) throws(SystemError) {
        guard let stream = fdopendir(number) else {
            let error = SystemError.current("fdopendir", subject)
            close(number)
            throw error
        }
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            // d_name is an array inside the record: its address is where the name starts.
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { strdup($0) }
            }
            guard let name else { throw SystemError(ENOMEM, call: "strdup") }
            defer { free(name) }
            if strcmp(name, ".") == 0 || strcmp(name, "..") == 0 { continue }
            if unlinkat(number, name, 0) == 0 { continue }
            guard errno == EISDIR || errno == EPERM else {
                throw SystemError.current("unlinkat", subject + "/" + String(cString: name))
            }
            let inner = try retrying("openat", subject) {
                openat(number, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            }
            try empty(owning: inner, subject)
            try retrying("unlinkat", subject) { unlinkat(number, name, AT_REMOVEDIR) }
        }
    }
}
