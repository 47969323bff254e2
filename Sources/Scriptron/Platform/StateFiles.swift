import Glibc

/// The plain file operations that the host does on its own state directory; everything there is its user's alone.
package enum StateFiles {
    /// How a file is opened.
    package enum Access: Sendable {
        case read
        /// At its end, created with mode 0600 where there is none.
        case append
        /// For writing, created with mode 0600 where there is none.
        case write
    }

    /// Opens a file; the last name is not followed where it is a link.
    package static func open(_ path: Path, _ access: Access) throws(SystemError) -> Descriptor {
        let flags =
            switch access {
            case .read: O_RDONLY
            case .append: O_RDWR | O_APPEND | O_CREAT
            case .write: O_RDWR | O_CREAT
            }
        let number = try path.withCString { name throws(SystemError) in
            try retrying("open", path.text) { Glibc.open(name, flags | O_CLOEXEC | O_NOFOLLOW, mode_t(0o600)) }
        }
        return Descriptor(owning: number)
    }

    /// The names in a directory, sorted by their bytes, without `.` and `..`; none where there is no directory.
    package static func names(in directory: Path) throws(SystemError) -> [[UInt8]] {
        do throws(SystemError) {
            return try Directory(directory).names().sorted { $0.lexicographicallyPrecedes($1) }
        } catch  where error.number == ENOENT {
            return []
        }
    }

    /// Removes a file; whether there was one.
    @discardableResult
    package static func remove(_ path: Path) throws(SystemError) -> Bool {
        if path.withCString({ unlink($0) }) == 0 { return true }
        if errno == ENOENT { return false }
        throw .current("unlink", path.text)
    }

    /// Removes a directory that is empty; false where it is not, or is not there.
    @discardableResult
    package static func removeEmptyDirectory(_ path: Path) -> Bool { path.withCString { rmdir($0) } == 0 }

    /// Puts the file `from` in the place of `to`, at once (rename(2)), and makes that durable.
    package static func rename(_ from: Path, to: Path) throws(SystemError) {
        _ = try from.withCString { old throws(SystemError) in
            try to.withCString { new throws(SystemError) in
                try retrying("rename", to.text) { Glibc.rename(old, new) }
            }
        }
        try synchronize(to.parent)
    }

    /// Makes what was written to a file, or changed in a directory, durable (fsync(2)).
    package static func synchronize(_ path: Path) throws(SystemError) {
        let descriptor = try open(path, .read)
        try retrying("fsync", path.text) { fsync(descriptor.number) }
    }
}

extension Descriptor {
    /// At most `count` bytes at `offset`, whatever the position; empty at the end of the file.
    package func read(_ count: Int, at offset: Int64) throws(SystemError) -> [UInt8] {
        var failed: SystemError?
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            do throws(SystemError) {
                filled = try retrying("pread") { pread(number, buffer.baseAddress, count, off_t(offset)) }
            } catch {
                failed = error
            }
        }
        if let failed { throw failed }
        return bytes
    }

    /// Cuts the file to `size` bytes (ftruncate(2)).
    package func truncate(to size: Int64) throws(SystemError) {
        try retrying("ftruncate") { ftruncate(number, off_t(size)) }
    }
}
