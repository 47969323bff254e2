extension GrantResolver {
    /// The paths of a need, absolute and normalized; those that are refused are left out.
    func paths(
        _ paths: [Path], _ access: Access, _ identity: Grant.Identity?, _ refusals: inout Refusals
    ) -> [Path] {
        let key = "needs.\(access.rawValue)"
        var accepted: [Path] = []
        for written in paths {
            guard let path = absolute(written, key, &refusals) else { continue }
            // A link is judged by where it leads, too: no ceiling and no protection ends at a link.
            let real = (try? path.resolvingExistingLinks()) ?? path
            guard isUnprotected([path, real], access, written, key, &refusals) else { continue }
            if let ceiling = terms.ceiling, !allows(ceiling, real, access) {
                refusals.ceiling(
                    key, "\(path.text)", line: GrantRefusal.ceilingLine(access.rawValue, written.text))
                continue
            }
            if exists(path) || make(path, access, identity, key, &refusals) { accepted.append(path) }
        }
        return accepted
    }

    private func absolute(_ written: Path, _ key: String, _ refusals: inout Refusals) -> Path? {
        let path = terms.base.appending(written)
        guard !written.bytes.isEmpty, !written.bytes.contains(0) else {
            refusals.add(key, code: "EINVAL", "no path: \(GrantRefusal.quoted(written.text))")
            return nil
        }
        guard path.bytes.count <= PathResolver.longestPath,
            path.components.allSatisfy({ $0.count <= PathResolver.longestName })
        else {
            refusals.add(key, code: "ENAMETOOLONG", "the path is too long: \(written.text)")
            return nil
        }
        let normalized = path.normalized
        if Glob.isPattern(written.text), !exists(normalized) {
            refusals.add(
                key, code: "EINVAL", "\(written.text) is a pattern, and paths take none",
                cure: "name the directory, or find the paths in the job's discover function")
            return nil
        }
        return normalized
    }

    /// Whether a ceiling covers a path that links were followed in.
    private func allows(_ ceiling: Ceiling, _ real: Path, _ access: Access) -> Bool {
        let roots = access == .write ? ceiling.write : ceiling.read + ceiling.write
        return roots.contains { root in
            let root = terms.base.appending(root).normalized
            return real.isInside((try? root.resolvingExistingLinks()) ?? root)
        }
    }

    private func isUnprotected(
        _ paths: [Path], _ access: Access, _ written: Path, _ key: String, _ refusals: inout Refusals
    ) -> Bool {
        for protected in terms.protected where access == .write || protected.secret {
            let real = (try? protected.path.resolvingExistingLinks()) ?? protected.path
            for path in paths {
                for wall in [protected.path, real] {
                    let cure: String
                    if wall.isInside(path) {
                        cure = narrower(than: path, without: wall, access)
                    } else if path.isInside(wall) {
                        cure = "choose a directory outside \(wall.text)"
                    } else {
                        continue
                    }
                    let relation =
                        path == wall ? "is" : wall.isInside(path) ? "contains" : "lies inside"
                    refusals.add(key, "\(written.text) \(relation) \(protected.what) (\(wall.text))", cure: cure)
                    return false
                }
            }
        }
        return true
    }

    /// A cure that names directories inside `path` that hold nothing protected.
    private func narrower(than path: Path, without wall: Path, _ access: Access) -> String {
        let inside = ((try? StateFiles.names(in: path)) ?? []).map { path.appending(Path(bytes: $0)) }
        let free = inside.filter { entry in
            entry.name.first != UInt8(ascii: ".") && isDirectory(entry)
                && !terms.protected.contains {
                    (access == .write || $0.secret) && ($0.path.isInside(entry) || entry.isInside($0.path))
                }
        }
        if free.isEmpty { return "name narrower directories that do not hold \(wall.text)" }
        let named = free.prefix(3).map { GrantRefusal.quoted($0.text) }.joined(separator: ", ")
        return "name narrower directories, such as \(access.rawValue) = { \(named) }"
    }

    /// Makes a missing write path under the state directory, the job's user's own; whether it is there now.
    private func make(
        _ path: Path, _ access: Access, _ identity: Grant.Identity?, _ key: String, _ refusals: inout Refusals
    ) -> Bool {
        let state = terms.stateDirectory
        guard access == .write, path.isInside(state) else {
            refusals.add(
                key, code: "ENOENT", "\(path.text) does not exist",
                cure: "make it, or take it out of the job's needs")
            return false
        }
        guard terms.makesMissing else { return true }
        do throws(SystemError) {
            // Step by step and through no link: another job may be able to write on the way.
            var directory = try Directory(state)
            for name in path.components.dropFirst(state.components.count) {
                if try directory.status(name) == nil {
                    try directory.makeDirectory(name, mode: 0o750)
                    directory = try directory.child(name)
                    try directory.descriptor.setMode(0o750)
                    if let identity, terms.facts.canSwitchUser {
                        try directory.descriptor.setOwner(uid: identity.uid, gid: identity.gid)
                    }
                } else {
                    directory = try directory.child(name)
                }
            }
            return true
        } catch {
            refusals.add(key, code: error.name, "\(path.text) is missing and cannot be made: \(error)")
            return false
        }
    }

    private func exists(_ path: Path) -> Bool { (try? FileStatus.of(path, follow: true)) ?? nil != nil }

    private func isDirectory(_ path: Path) -> Bool {
        (try? FileStatus.of(path, follow: false))??.kind == .directory
    }
}
