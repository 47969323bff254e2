import Synchronization

/// The scratch directories of runs: a few that are used again, each empty when a run gets it.
///
/// Few and lasting, because the sandbox of a grant is prepared for a directory's inode.
package final class ScratchSlots: Sendable {
    private struct State {
        var free: [String: [Path]] = [:]
        var next = 0
    }

    private let directory: Path
    /// The same, open: each run's end looks into it.
    private let root: Directory
    private let state = Mutex(State())

    /// Takes the directory where the slots are made; what a dead host left in it is removed.
    package init(directory: Path) throws(Failure) {
        do throws(SystemError) {
            try Directories.create(directory, mode: 0o711)
            try Directories.empty(directory)
            // A sandbox is made of paths without links.
            self.directory = try directory.resolvingLinks()
            root = try Directory(self.directory)
        } catch {
            throw error.failure()
        }
    }

    /// An empty directory that belongs to the user.
    package func take(_ identity: Grant.Identity?) throws(Failure) -> Path {
        let owner = identity.map { "\($0.uid):\($0.gid)" } ?? ""
        let known = state.withLock { $0.free[owner]?.popLast() }
        if let known { return known }
        let path = state.withLock { state in
            state.next += 1
            return directory.appending(String(state.next))
        }
        do throws(SystemError) {
            try Directories.create(path, mode: 0o700)
            if let identity { try Directories.setOwner(path, uid: identity.uid, gid: identity.gid) }
            return path
        } catch {
            throw error.failure()
        }
    }

    /// Gives a directory back: it is emptied. One that cannot be emptied, or that the run left otherwise than it got it,
    /// is never used again.
    package func giveBack(_ path: Path, _ identity: Grant.Identity?) {
        guard let slot = try? root.child(path.name), (try? Directories.empty(slot, at: path)) != nil else { return }
        guard Self.isAsNew(slot, identity) else { return void(StateFiles.removeEmptyDirectory(path)) }
        let owner = identity.map { "\($0.uid):\($0.gid)" } ?? ""
        state.withLock { $0.free[owner, default: []].append(path) }
    }

    /// Whether it is closed to others, and holds nothing that its next owner could find: a run may change the mode of
    /// its own directory, and give it attributes.
    private static func isAsNew(_ directory: Directory, _ identity: Grant.Identity?) -> Bool {
        guard let status = try? FileStatus(of: directory.descriptor) else { return false }
        return status.mode & 0o7777 == 0o700 && status.uid == identity?.uid ?? Users.ownID
            && ExtendedAttributes.names(of: directory.descriptor).allSatisfy { !$0.starts(with: "user.".utf8) }
    }

    private func void(_ removed: Bool) {}
}
