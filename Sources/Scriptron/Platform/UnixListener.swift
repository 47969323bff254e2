import Glibc

/// A listening Unix stream socket with a name in the file system (unix(7)).
package struct UnixListener: Sendable {
    /// The listening descriptor; non-blocking, close-on-exec.
    package let descriptor: Descriptor
    package let path: Path

    /// Binds and listens at `path` with the given mode. A socket that is there is replaced: the caller holds the
    /// state directory's lock, so that nobody listens at it any more. Anything but a socket is the error EEXIST.
    package init(path: Path, mode: UInt32 = 0o600) throws(SystemError) {
        self.path = path
        let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
        let number = try retrying("socket") { socket(AF_UNIX, kind, 0) }
        descriptor = Descriptor(owning: number)
        try Self.removeSocket(path)
        let address = try UnixAddress(path)
        // The socket's own mode becomes that of the name (Linux), and nobody can connect before listen(2).
        try retrying("fchmod", path.text) { fchmod(number, mode_t(mode)) }
        try address.withSocketAddress { pointer, length throws(SystemError) in
            try retrying("bind", path.text) { bind(number, pointer, length) }
        }
        try retrying("listen", path.text) { listen(number, 64) }
    }

    /// Removes the socket's name; the descriptor stays open.
    package func removeName() { try? Self.removeSocket(path) }

    private static func removeSocket(_ path: Path) throws(SystemError) {
        try path.withCString { name throws(SystemError) in
            var status = stat()
            if lstat(name, &status) != 0 {
                if errno == ENOENT { return }
                throw SystemError.current("lstat", path.text)
            }
            if status.st_mode & S_IFMT != S_IFSOCK {
                throw SystemError(EEXIST, call: "bind", subject: path.text)
            }
            try retrying("unlink", path.text) { unlink(name) }
        }
    }
}
