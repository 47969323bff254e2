import CLinux
import Glibc

/// An open directory: what is done by it is done in this directory, wherever its path leads meanwhile.
package struct Directory: Sendable {
    package let descriptor: Descriptor
    /// Whether it may be listed and synced; else it was opened with O_PATH because it may not be read.
    package let isReadable: Bool

    /// Opens a directory by its path, however long; links on the way are followed.
    package init(_ path: Path) throws(SystemError) {
        // The kernel takes no more than PATH_MAX bytes at a time.
        var directory = try Directory(Array(path.bytes.prefix(path.isAbsolute ? 1 : 0)), in: nil, follow: true)
        var piece: [UInt8] = []
        for name in path.components {
            if piece.count + name.count > 3500 {
                directory = try Directory(piece, in: directory, follow: true)
                piece = []
            }
            if !piece.isEmpty { piece.append(UInt8(ascii: "/")) }
            piece += name
        }
        self = piece.isEmpty ? directory : try Directory(piece, in: directory, follow: true)
    }

    private init(_ name: [UInt8], in parent: Directory?, follow: Bool) throws(SystemError) {
        let number = parent?.descriptor.number ?? AT_FDCWD
        let flags = O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW)
        let name = name.isEmpty ? [UInt8(ascii: ".")] : name
        do throws(SystemError) {
            descriptor = Descriptor(owning: try openAt(number, name, O_RDONLY | flags))
            isReadable = true
        } catch  where error.number == EACCES {
            // To reach what is inside, the right to pass is enough.
            descriptor = Descriptor(owning: try openAt(number, name, scriptron_open_path_only | flags))
            isReadable = false
        }
    }

    /// The directory of this name in it; a link is an error (ENOTDIR or ELOOP), never followed.
    package func child(_ name: [UInt8]) throws(SystemError) -> Directory {
        try Directory(name, in: self, follow: false)
    }

    /// The directory that `path` names from here, no link followed on the way.
    package func descend(_ names: some Sequence<[UInt8]>) throws(SystemError) -> Directory {
        var directory = self
        for name in names { directory = try directory.child(name) }
        return directory
    }

    /// What is at a name in it, opened for its place alone (O_PATH); a link as the link.
    func place(_ name: [UInt8]) throws(SystemError) -> Descriptor {
        Descriptor(
            owning: try openAt(descriptor.number, name, scriptron_open_path_only | O_NOFOLLOW | O_CLOEXEC))
    }

    /// The status of a name in it, links not followed; nil where there is nothing.
    package func status(_ name: [UInt8]) throws(SystemError) -> FileStatus? { try .of(name, in: descriptor) }

    /// The names in it, in no order, without `.` and `..`; all at once, so only for what is known to be small.
    package func names() throws(SystemError) -> [[UInt8]] {
        var reader = DirectoryReader(self)
        var all: [[UInt8]] = []
        while let record = try reader.next() { all.append(record.name) }
        return all
    }

    /// The same with what each name stands for; the file is looked at only where the file system does not say it.
    package func namesWithKinds() throws(SystemError) -> [(name: [UInt8], kind: FileKind)] {
        var reader = DirectoryReader(self)
        var all: [(name: [UInt8], kind: FileKind)] = []
        while let record = try reader.next() {
            if let kind = record.kind {
                all.append((record.name, kind))
            } else if let status = try status(record.name) {
                // What is gone by now was never there.
                all.append((record.name, status.kind))
            }
        }
        return all
    }

    /// Removes a name that is not a directory.
    package func unlink(_ name: [UInt8]) throws(SystemError) { try unlink(name, flags: 0) }

    /// Removes an empty directory.
    package func removeDirectory(_ name: [UInt8]) throws(SystemError) { try unlink(name, flags: AT_REMOVEDIR) }

    private func unlink(_ name: [UInt8], flags: Int32) throws(SystemError) {
        try retrying("unlinkat", Path(bytes: name).text) { withName(name) { unlinkat(descriptor.number, $0, flags) } }
    }

    /// Makes a directory; the process's umask applies.
    package func makeDirectory(_ name: [UInt8], mode: UInt32) throws(SystemError) {
        try retrying("mkdirat", Path(bytes: name).text) { withName(name) { mkdirat(descriptor.number, $0, mode) } }
    }

    /// Makes a symbolic link that holds `target`, whatever that is.
    package func makeLink(_ name: [UInt8], target: [UInt8]) throws(SystemError) {
        try retrying("symlinkat", Path(bytes: name).text) {
            withName(target) { target in withName(name) { symlinkat(target, descriptor.number, $0) } }
        }
    }

    /// What a symbolic link holds.
    package func target(_ name: [UInt8]) throws(SystemError) -> [UInt8] {
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
        let count = try retrying("readlinkat", Path(bytes: name).text) {
            withName(name) { readlinkat(descriptor.number, $0, &buffer, buffer.count) }
        }
        return buffer.prefix(count).map { UInt8(bitPattern: $0) }
    }

    /// Gives the file `from` of `directory` another name in this one; an existing name is an error.
    package func link(_ from: [UInt8], of directory: Directory, to name: [UInt8]) throws(SystemError) {
        try retrying("linkat", Path(bytes: name).text) {
            withName(from) { from in
                withName(name) { linkat(directory.descriptor.number, from, descriptor.number, $0, 0) }
            }
        }
    }

    /// Renames `from` of this directory to `name` in `directory`; with `replace` an existing file is replaced, else it
    /// is an error (EEXIST), even one that appears in this moment.
    package func rename(
        _ from: [UInt8], to name: [UInt8], in directory: Directory, replace: Bool
    ) throws(SystemError) {
        let result = withName(from) { from in
            withName(name) {
                scriptron_rename_at(descriptor.number, from, directory.descriptor.number, $0, replace ? 1 : 0)
            }
        }
        if result == -EINVAL, !replace, let kind = try status(from)?.kind, kind != .directory {
            // A file system without RENAME_NOREPLACE: a hard link never replaces either.
            try directory.link(from, of: self, to: name)
            return try unlink(from)
        }
        try checked("renameat2", Path(bytes: name).text, result: result)
    }

    /// Makes the names in it durable (fsync(2)); where it may not be read there is no way to, and nothing is done.
    package func sync() throws(SystemError) {
        if isReadable { try retrying("fsync") { fsync(descriptor.number) } }
    }

    /// Opens a file or directory in it to change its attributes by its descriptor; a link is an error (ELOOP), a socket
    /// or device too (ENXIO, ENOTSUP).
    package func openForAttributes(_ name: [UInt8]) throws(SystemError) -> Descriptor {
        if let kind = try status(name)?.kind, ![.file, .directory, .fifo, .link].contains(kind) {
            throw SystemError(ENOTSUP, call: "openat", subject: Path(bytes: name).text)
        }
        do throws(SystemError) {
            return try open(name, O_RDONLY | O_NONBLOCK | O_NOCTTY)
        } catch  where error.number == EACCES {
            // What may not be read may still be open to be written.
            return try open(name, O_WRONLY | O_NONBLOCK | O_NOCTTY)
        }
    }

    /// Opens a file in it; a link is an error (ELOOP).
    func open(_ name: [UInt8], _ flags: Int32, mode: UInt32 = 0) throws(SystemError) -> Descriptor {
        Descriptor(owning: try openAt(descriptor.number, name, flags | O_NOFOLLOW | O_CLOEXEC, mode: mode))
    }
}

/// openat(2), again while interrupted.
func openAt(_ directory: Int32, _ name: [UInt8], _ flags: Int32, mode: UInt32 = 0) throws(SystemError) -> Int32 {
    if AccessTimes.areKept, flags & (O_ACCMODE | O_CREAT | scriptron_open_path_only) == O_RDONLY {
        // O_NOATIME: of other users' files the kernel refuses it.
        let number = withName(name) { openat(directory, $0, flags | 0o1000000, mode) }
        if number >= 0 { return number }
    }
    return try retrying("openat", Path(bytes: name).text) {
        withName(name) { openat(directory, $0, flags, mode) }
    }
}
