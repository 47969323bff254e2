/// Who may change what the host runs: its configuration, jobs and secrets, and the directories above them.
///
/// They must belong to root or to the host's user, and not be writable by others, or whoever can write them could do
/// anything in the host's name.
package struct SourceOwnership: Sendable, Hashable {
    /// The host's user.
    package var user: UInt32

    package init(user: UInt32 = Users.ownID) { self.user = user }

    /// Checks what a path leads to, and every directory and link on the way. Of the directories above it one that
    /// belongs to root and has the sticky bit may be writable by others (the temporary directory).
    package static func check(_ path: Path) throws(Failure) { _ = try SourceOwnership().check(path) }

    /// The same, and the way there.
    @discardableResult
    package func check(_ path: Path) throws(Failure) -> PathTrail {
        let trail: PathTrail
        do throws(SystemError) {
            trail = try PathTrail(path)
        } catch {
            throw error.failure()
        }
        guard !trail.isBroken else {
            throw Failure(
                code: "ENOENT", "there is no \(trail.end)\(trail.end == path ? "" : ", to which \(path) leads")")
        }
        for step in trail.steps { try judge(step.status, at: step.path, isParent: step.path != trail.end) }
        return trail
    }

    /// Judges one file or directory by its owner and mode.
    func judge(_ status: FileStatus, at path: Path, isParent: Bool) throws(Failure) {
        guard status.uid == 0 || status.uid == user else {
            throw Failure(
                code: "EOWNER", "\(path) belongs to \(Users.name(of: status.uid)), who could change what the host runs",
                cure: "chown \(Users.name(of: user)) \(path)")
        }
        // The mode of a link says nothing.
        guard status.kind != .link else { return }
        if isParent, status.kind == .directory, status.uid == 0, status.mode & 0o1000 != 0 { return }
        let others = status.mode & 0o002 != 0
        let group = status.mode & 0o020 != 0 && !Users.isOwnGroup(status.gid, of: status.uid)
        guard others || group else { return }
        let who = others && group ? "its group and others" : others ? "others" : "its group"
        throw Failure(
            code: "EMODE", "\(path) can be written by \(who), who could change what the host runs",
            cure: "chmod \(others && group ? "go-w" : others ? "o-w" : "g-w") \(path)")
    }
}
