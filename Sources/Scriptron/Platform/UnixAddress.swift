import Glibc

/// The address of a Unix socket, for bind(2), connect(2) and sendto(2).
///
/// The kernel takes at most 107 bytes of a path; a longer one is reached through its directory's descriptor in /proc.
package struct UnixAddress: Sendable {
    private static let room = 107

    /// The name that the kernel gets; valid while this value lives.
    package let name: Path
    /// A name in the abstract namespace, `@` standing for its NUL (sd_notify(3)).
    private let isAbstract: Bool
    private let directory: Descriptor?

    /// The address of the socket at `path`; its directory must exist where the path is long.
    package init(_ path: Path) throws(SystemError) {
        isAbstract = path.bytes.first == UInt8(ascii: "@")
        if path.bytes.count <= Self.room {
            name = path
            directory = nil
            return
        }
        let parent = path.parent
        let number = try parent.withCString { cString throws(SystemError) in
            try retrying("open", parent.text) { open(cString, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        }
        directory = Descriptor(owning: number)
        name = Path("/proc/self/fd/\(number)").appending(Path(bytes: path.name))
        if isAbstract || name.bytes.count > Self.room {
            throw SystemError(ENAMETOOLONG, call: "socket", subject: path.text)
        }
    }

    /// Calls `body` with the address as C takes it.
    @discardableResult
    func withSocketAddress<Result>(
        _ body: (UnsafePointer<sockaddr>, socklen_t) throws(SystemError) -> Result
    ) throws(SystemError) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name.bytes) }
        if isAbstract { address.sun_path.0 = 0 }
        // A name in the file system ends with its NUL, an abstract one with its length.
        let length = MemoryLayout<sa_family_t>.size + name.bytes.count + (isAbstract ? 0 : 1)
        return try withUnsafePointer(to: &address) { pointer throws(SystemError) in
            // Every socket address starts like the generic one (sockaddr(3type)).
            try UnsafeRawPointer(pointer).withMemoryRebound(to: sockaddr.self, capacity: 1) {
                generic throws(SystemError) in try body(generic, socklen_t(length))
            }
        }
    }
}
