import CLinux
import Glibc

/// An open regular file. Opening one never hangs: a FIFO, device or socket of that name is an error.
package struct RegularFile: Sendable {
    package let descriptor: Descriptor
    /// As it was when it was opened.
    package let status: FileStatus

    /// What was found where a regular file was expected.
    package enum OpenError: Error, Sendable {
        case system(SystemError)
        case notRegular(FileKind)
    }

    /// Opens a name in a directory to read it; `follow` also where the name is a link to a regular file.
    package static func read(
        _ name: [UInt8], in directory: Directory, follow: Bool
    ) throws(OpenError) -> RegularFile {
        try RegularFile(name, in: directory, O_RDONLY, follow: follow)
    }

    /// Opens a file that is there to write it in place; it is not emptied.
    package static func update(
        _ name: [UInt8], in directory: Directory, reading: Bool = false
    ) throws(OpenError) -> RegularFile {
        try RegularFile(name, in: directory, reading ? O_RDWR : O_WRONLY, follow: false)
    }

    /// Opens a file to write behind its end, and makes it where it is missing.
    package static func append(
        _ name: [UInt8], in directory: Directory, mode: UInt32 = 0o666
    ) throws(OpenError) -> RegularFile {
        try RegularFile(name, in: directory, O_WRONLY | O_APPEND | O_CREAT, follow: false, mode: mode)
    }

    /// Opens a file to write it in place, and makes it where it is missing.
    package static func create(
        _ name: [UInt8], in directory: Directory, mode: UInt32 = 0o666
    ) throws(OpenError) -> RegularFile {
        try RegularFile(name, in: directory, O_WRONLY | O_CREAT, follow: false, mode: mode)
    }

    private init(
        _ name: [UInt8], in directory: Directory, _ flags: Int32, follow: Bool, mode: UInt32 = 0
    ) throws(OpenError) {
        do throws(SystemError) {
            // O_NONBLOCK: opening a FIFO would wait for its other end; for a regular file it means nothing.
            let flags = flags | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)
            descriptor = Descriptor(owning: try openAt(directory.descriptor.number, name, flags, mode: mode))
            status = try FileStatus(of: descriptor)
        } catch {
            // A socket cannot be opened, and a FIFO without a reader cannot be opened to be written (ENXIO).
            if error.number == ENXIO || error.number == EISDIR || error.number == ELOOP,
                let kind = try? directory.status(name)?.kind, kind != .file, !(follow && kind == .link)
            {
                throw .notRegular(kind)
            }
            throw .system(error)
        }
        if status.kind != .file { throw .notRegular(status.kind) }
    }

    /// Makes content and size durable (fsync(2)).
    package func sync() throws(SystemError) { try retrying("fsync") { fsync(descriptor.number) } }

    /// Sets its length; what is new is zeros.
    package func truncate(_ size: Int64) throws(SystemError) {
        try retrying("ftruncate") { ftruncate(descriptor.number, off_t(size)) }
    }

    /// Moves the position (lseek(2)), counted from the start, the position (`cur`) or the `end`.
    package func seek(_ offset: Int64, from origin: String) throws(SystemError) -> Int64 {
        let whence = origin == "cur" ? SEEK_CUR : origin == "end" ? SEEK_END : SEEK_SET
        return Int64(try retrying("lseek") { lseek(descriptor.number, off_t(offset), whence) })
    }

    /// All bytes from the position; a file with more than `max` left is an error (EFBIG).
    package func readAll(max: Int64) throws(SystemError) -> [UInt8] {
        var bytes: [UInt8] = []
        if status.size > 0, status.size <= max { bytes.reserveCapacity(Int(status.size) + 1) }
        while true {
            let piece = try descriptor.read(256 << 10)
            if piece.isEmpty { return bytes }
            bytes += piece
            if Int64(bytes.count) > max { throw SystemError.tooLarge }
        }
    }
}

extension Descriptor {
    /// Sets the permission bits (fchmod(2)).
    package func setMode(_ mode: UInt32) throws(SystemError) { try retrying("fchmod") { fchmod(number, mode) } }

    /// Sets the owner (fchown(2)); nil stays as it is.
    package func setOwner(uid: UInt32?, gid: UInt32?) throws(SystemError) {
        try retrying("fchown") { fchown(number, uid ?? .max, gid ?? .max) }
    }

    /// Sets the times (futimens(3)), in nanoseconds since the epoch; nil stays as it is.
    package func setTimes(accessed: Int64?, modified: Int64?) throws(SystemError) {
        try retrying("futimens") { futimens(number, [Self.time(accessed), Self.time(modified)]) }
    }

    /// A time in nanoseconds since the epoch as system calls take it; nil: as it is.
    static func time(_ nanoseconds: Int64?) -> timespec {
        // UTIME_OMIT (utimensat(2)), which the C library hides from Swift.
        guard let nanoseconds else { return timespec(tv_sec: 0, tv_nsec: (1 << 30) - 2) }
        let second: Int64 = 1_000_000_000
        let fraction = ((nanoseconds % second) + second) % second
        return timespec(tv_sec: Int((nanoseconds - fraction) / second), tv_nsec: Int(fraction))
    }
}

extension SystemError {
    /// More than the caller takes.
    package static let tooLarge = SystemError(EFBIG, call: "read")
}
