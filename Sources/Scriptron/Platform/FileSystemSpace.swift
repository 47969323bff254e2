import Glibc

/// How full a file system is (statvfs(3)). Sizes in bytes.
package struct FileSystemSpace: Sendable, Hashable {
    package var size: Int64
    /// What is taken, the superuser's reserve not counted.
    package var used: Int64
    /// What an unprivileged user may still take.
    package var free: Int64
    package var inodes: Int64
    package var inodesUsed: Int64
    package var readOnly: Bool
    /// What a file's content is rounded up to.
    package var block: Int64 = 4096

    /// What this process may still take: the superuser's reserve is root's.
    package var freeHere: Int64 { geteuid() == 0 ? size - used : free }

    /// The space of the file system that holds `path`. It may hang where that file system does.
    package static func of(_ path: Path) throws(SystemError) -> FileSystemSpace {
        var space = statvfs()
        _ = try path.withCString { name throws(SystemError) in
            try retrying("statvfs", path.text) { statvfs(name, &space) }
        }
        let unit = Int64(clamping: space.f_frsize)
        return FileSystemSpace(
            size: Int64(clamping: space.f_blocks) &* unit,
            used: Int64(clamping: space.f_blocks - space.f_bfree) &* unit,
            free: Int64(clamping: space.f_bavail) &* unit, inodes: Int64(clamping: space.f_files),
            inodesUsed: Int64(clamping: space.f_files - space.f_ffree), readOnly: space.f_flag & UInt(ST_RDONLY) != 0,
            block: max(unit, 1))
    }
}
