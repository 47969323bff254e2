/// Whose links are followed on the way to a granted path.
///
/// A link that somebody else can put there decides what the job is granted: it could lead a job of root into `/etc`.
/// So a link counts only where nobody but root, the host's user and the job's own user can have made it, and where no
/// job may write.
struct LinkTrust: Sendable {
    /// What stands in the way.
    enum Problem: Error, Hashable {
        /// The link at this path lies where somebody else can put one: in or below this directory.
        case planted(link: Path, directory: Path)
        case system(SystemError)
    }

    /// The users who may make links.
    let users: Set<UInt32>
    /// Where jobs may write, absolute; links inside are not followed.
    let writable: [Path]

    /// Where an absolute path leads, without any link in it; what is missing at its end is kept.
    func follow(_ path: Path) throws(Problem) -> Path {
        let trail: PathTrail
        do throws(SystemError) { trail = try PathTrail(path) } catch { throw .system(error) }
        var standings: [Path: Standing] = [:]
        for step in trail.steps {
            let parent = standings[step.path.parent] ?? .ours
            if step.status.kind == .link {
                if let directory = planted(step, in: parent) {
                    throw .planted(link: step.path, directory: directory)
                }
            } else {
                standings[step.path] = standing(of: step, in: parent)
            }
        }
        if !trail.isBroken { return trail.end }
        do throws(SystemError) { return try path.resolvingExistingLinks() } catch { throw .system(error) }
    }

    /// Who can put names into a directory.
    private enum Standing {
        case ours
        /// Others can add names, and touch none but their own.
        case sticky
        /// Others can: in this directory, or above it.
        case others(Path)
    }

    private func standing(of step: PathTrail.Step, in parent: Standing) -> Standing {
        if let directory = planted(step, in: parent) { return .others(directory) }
        if !users.contains(step.status.uid) || writable.contains(where: { step.path.isInside($0) }) {
            return .others(step.path)
        }
        let group = step.status.mode & 0o020 != 0 && !Users.isOwnGroup(step.status.gid, of: step.status.uid)
        guard step.status.mode & 0o002 != 0 || group else { return .ours }
        return step.status.mode & 0o1000 != 0 ? .sticky : .others(step.path)
    }

    /// The directory by which others can have put this name there; nil: nobody else can.
    private func planted(_ step: PathTrail.Step, in parent: Standing) -> Path? {
        switch parent {
        case .ours: nil
        case .sticky: users.contains(step.status.uid) ? nil : step.path.parent
        case .others(let directory): directory
        }
    }
}
