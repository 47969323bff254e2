import CLinux
import Glibc

/// Walks what is below a directory, no link followed, with a bounded number of descriptors and no recursion.
///
/// Each directory is opened by its name in its parent's descriptor, so that nobody can lead the walk elsewhere by
/// swapping a directory for a link. Deeper than `openLimit` the upper ones are closed and opened again on the way
/// back, by `..` or from the root, and only if they still are what they were.
package final class TreeWalker {
    /// What the walk comes upon.
    package enum Step: Sendable {
        /// An entry, and whether the walk will go into it (then `skip` may be called before the next step).
        case entry(path: Path, FileStatus, enters: Bool)
        /// A directory whose entries have all come; only where `reportsLeaving`. The status is as it was before.
        case leaving(path: Path, FileStatus)
        /// Something that could not be read; the walk goes on behind it.
        case problem(path: Path, SystemError)
    }

    private struct Level {
        let name: [UInt8]
        let status: FileStatus
        /// The length of the path of this directory.
        let pathLength: Int
        var directory: Directory?
        var reader: DirectoryReader?
        /// Where reading goes on after it was closed.
        var offset: Int64 = 0
    }

    private static let openLimit = 16

    private let rootDirectory: Directory
    private let root: Path
    private let rootStatus: FileStatus
    private let maxDepth: Int?
    private let staysOn: Bool
    private let ownMounts: Set<Path>
    private let reportsLeaving: Bool
    private var levels: [Level]
    private var path: [UInt8]
    private var entering: (name: [UInt8], status: FileStatus)?
    private var current: [UInt8] = []

    /// - Parameters:
    ///   - root: The directory's path, for the entries' paths; absolute.
    ///   - maxDepth: 1 is the root's own entries; nil: all.
    ///   - oneFileSystem: Whether directories on other devices and mounts are passed over.
    ///   - ownMounts: Mount points that count as no boundary (the sandbox's own), absolute.
    ///   - reportsLeaving: Whether a directory is told again when all that is in it has come.
    package init(
        _ directory: Directory, at root: Path, maxDepth: Int? = nil, oneFileSystem: Bool = true,
        ownMounts: Set<Path> = [], reportsLeaving: Bool = false
    ) throws(SystemError) {
        if !directory.isReadable { throw SystemError(EACCES, call: "openat", subject: root.text) }
        rootDirectory = directory
        self.root = root
        rootStatus = try FileStatus(of: directory.descriptor)
        self.maxDepth = maxDepth
        staysOn = oneFileSystem
        self.ownMounts = ownMounts
        self.reportsLeaving = reportsLeaving
        path = root.bytes == [UInt8(ascii: "/")] ? [] : root.bytes
        levels = []
        levels.append(
            Level(
                name: [], status: rootStatus, pathLength: path.count, directory: directory,
                reader: DirectoryReader(directory)))
    }

    /// The root's descriptor.
    package var rootDescriptor: Directory { rootDirectory }

    /// The length of the root's path with the slash behind it: what is left of an entry's path is relative to it.
    package var prefixLength: Int { (root.bytes == [UInt8(ascii: "/")] ? 0 : root.bytes.count) + 1 }

    /// The directory that holds the entry that was the last step; nil where it can no longer be reached.
    package var holder: Directory? { levels.last?.directory }

    /// Passes over what is in the directory that was the last step.
    package func skip() { entering = nil }

    /// Gives the owner of the directory that was the last step all rights to it, so that the walk can go into it; where
    /// that fails, so does going into it.
    package func open() {
        guard let entering, let parent = levels.last?.directory, let child = try? parent.place(entering.name) else {
            return
        }
        // By the descriptor: by its name it could be a link by now.
        _ = "/proc/self/fd/\(child.number)".withCString { chmod($0, 0o700) }
    }

    /// Removes what the last step told, in the directory where it was found: an entry that is no directory, or a
    /// directory that was left and is empty.
    package func remove(directory: Bool) throws(SystemError) {
        // After an entry and after a leaving alike, the last level is the directory that holds it, and is open.
        guard let parent = levels.last?.directory else {
            throw SystemError(ESTALE, call: "unlinkat", subject: Path(bytes: current).text)
        }
        if directory { try parent.removeDirectory(current) } else { try parent.unlink(current) }
    }

    /// The next step; nil at the end.
    package func next() -> Step? {
        if let directory = entering {
            entering = nil
            if let problem = enter(directory.name, directory.status) { return problem }
        }
        while let top = levels.indices.last {
            do throws(SystemError) {
                guard let record = try levels[top].reader?.next() else {
                    if let step = leave() { return step }
                    continue
                }
                levels[top].offset = record.offset
                // Its reader is open, so its directory is.
                guard let status = try levels[top].directory?.status(record.name) else { continue }
                let path = child(record.name)
                let enters =
                    status.kind == .directory && (maxDepth.map { levels.count < $0 } ?? true)
                    && !(staysOn && crosses(path, status))
                if enters { entering = (record.name, status) }
                current = record.name
                return .entry(path: path, status, enters: enters)
            } catch {
                // A name that cannot be looked at, or a directory that cannot be read on.
                let failed = Path(bytes: Array(path.prefix(levels[top].pathLength)))
                if error.call == "getdents64" { levels[top].reader = nil }
                return .problem(path: failed, error)
            }
        }
        return nil
    }

    private func child(_ name: [UInt8]) -> Path {
        path.removeSubrange((levels.last?.pathLength ?? 0)...)
        return Path(bytes: path + [UInt8(ascii: "/")] + name)
    }

    /// Opens the directory below the current one; returns a problem or, where it is passed over, its leaving.
    private func enter(_ name: [UInt8], _ status: FileStatus) -> Step? {
        guard let parent = levels.last?.directory else { return nil }
        let path = child(name)
        do throws(SystemError) {
            let directory = try parent.child(name)
            let now = try FileStatus(of: directory.descriptor)
            guard now.id == status.id else { throw SystemError(ESTALE, call: "openat", subject: path.text) }
            if !directory.isReadable { throw SystemError(EACCES, call: "openat", subject: path.text) }
            closeUpper()
            self.path = path.bytes
            levels.append(
                Level(
                    name: name, status: status, pathLength: path.bytes.count, directory: directory,
                    reader: DirectoryReader(directory)))
            return nil
        } catch {
            if error.number == ENOENT { return nil }
            return .problem(path: path, error)
        }
    }

    private func crosses(_ path: Path, _ status: FileStatus) -> Bool {
        status.id.device != rootStatus.id.device
            || (status.mount != (levels.last?.status.mount ?? 0) && !ownMounts.contains(path))
    }

    /// Closes the uppermost open level but the root where too many are open.
    private func closeUpper() {
        let index = levels.count - Self.openLimit
        guard index > 0, levels[index].directory != nil else { return }
        levels[index].directory = nil
        levels[index].reader = nil
    }

    /// Goes back to the directory above, opened again where it was closed.
    private func leave() -> Step? {
        let left = levels.removeLast()
        defer { path.removeSubrange((levels.last?.pathLength ?? 0)...) }
        if let top = levels.indices.last, levels[top].directory == nil {
            do throws(SystemError) {
                let directory = try reopen(top, from: left.directory)
                try retrying("lseek") { lseek(directory.descriptor.number, off_t(levels[top].offset), SEEK_SET) }
                levels[top].directory = directory
                levels[top].reader = DirectoryReader(directory)
            } catch {
                return .problem(path: Path(bytes: Array(path.prefix(levels[top].pathLength))), error)
            }
        }
        guard reportsLeaving, !levels.isEmpty else { return nil }
        current = left.name
        return .leaving(path: Path(bytes: Array(path.prefix(left.pathLength))), left.status)
    }

    private func reopen(_ index: Int, from child: Directory?) throws(SystemError) -> Directory {
        let expected = levels[index].status.id
        let up = [UInt8(ascii: "."), UInt8(ascii: ".")]
        if let directory = try? child?.child(up), try FileStatus(of: directory.descriptor).id == expected {
            return directory
        }
        let directory = try rootDirectory.descend(levels[1...index].map(\.name))
        guard try FileStatus(of: directory.descriptor).id == expected else {
            throw SystemError(ESTALE, call: "openat", subject: Path(bytes: levels[index].name).text)
        }
        return directory
    }
}
