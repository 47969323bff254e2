import CLinux
import Glibc

/// What a restore makes in a directory: always new, never through a link.
extension Directory {
    /// A new file, open to be written; an existing name is an error (EEXIST).
    package func createFile(_ name: [UInt8], mode: UInt32) throws(SystemError) -> Descriptor {
        try open(name, O_RDWR | O_CREAT | O_EXCL, mode: mode)
    }

    /// A new FIFO.
    package func makeFIFO(_ name: [UInt8], mode: UInt32) throws(SystemError) {
        try retrying("mkfifoat", Path(bytes: name).text) { withName(name) { mkfifoat(descriptor.number, $0, mode) } }
    }

    /// Gives a link, or whatever has the name, to a user; the link is not followed.
    package func setOwner(_ name: [UInt8], uid: UInt32, gid: UInt32) throws(SystemError) {
        try retrying("fchownat", Path(bytes: name).text) {
            withName(name) { fchownat(descriptor.number, $0, uid, gid, AT_SYMLINK_NOFOLLOW) }
        }
    }

    /// Sets the modification time of a link, or of whatever has the name, in nanoseconds since the epoch.
    package func setModified(_ name: [UInt8], _ nanoseconds: Int64) throws(SystemError) {
        let times = [Descriptor.time(nanoseconds), Descriptor.time(nanoseconds)]
        try retrying("utimensat", Path(bytes: name).text) {
            withName(name) { utimensat(descriptor.number, $0, times, AT_SYMLINK_NOFOLLOW) }
        }
    }

    /// Makes everything durable that was written to the directory's file system (syncfs(2)).
    package func syncFileSystem() throws(SystemError) {
        try checked("syncfs", result: scriptron_sync_file_system(descriptor.number))
    }
}
