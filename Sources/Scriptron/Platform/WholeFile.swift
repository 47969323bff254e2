import Glibc

/// A small file that is read whole and written in place.
package final class WholeFile: Sendable {
    private let descriptor: Descriptor
    private let path: Path

    /// Opens the file, or creates it with mode 0600.
    package init(path: Path) throws(SystemError) {
        self.path = path
        descriptor = Descriptor(
            owning: try path.withCString { name throws(SystemError) in
                try retrying("open", path.text) { open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600) }
            })
    }

    /// All its bytes.
    package func read() throws(SystemError) -> [UInt8] {
        try retrying("lseek", path.text) { lseek(descriptor.number, 0, SEEK_SET) }
        var bytes: [UInt8] = []
        while true {
            let piece = try descriptor.read(64 << 10)
            if piece.isEmpty { return bytes }
            bytes += piece
        }
    }

    /// Writes bytes at an offset.
    package func write(_ bytes: [UInt8], at offset: Int64) throws(SystemError) {
        try retrying("pwrite", path.text) { pwrite(descriptor.number, bytes, bytes.count, off_t(offset)) }
    }

    /// Empties it.
    package func truncate() throws(SystemError) {
        try retrying("ftruncate", path.text) { ftruncate(descriptor.number, 0) }
    }

    /// Takes an exclusive lock that lives as long as this object (flock(2)); false where another holds it.
    package func tryLock() throws(SystemError) -> Bool {
        if flock(descriptor.number, LOCK_EX | LOCK_NB) == 0 { return true }
        if errno == EWOULDBLOCK { return false }
        throw SystemError.current("flock", path.text)
    }
}
