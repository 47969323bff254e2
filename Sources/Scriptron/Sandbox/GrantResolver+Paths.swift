extension GrantResolver {
    /// The paths of a need, absolute and normalized; those that are refused are left out. Where links lead is noted in
    /// the grant.
    ///
    /// - Parameters:
    ///   - written: As the job wrote them.
    ///   - outer: What the job may write, by its text: what lies inside needs no grant of its own.
    func paths(
        _ written: [Path], _ access: Access, inside outer: [Path], _ grant: inout Grant, _ refusals: inout Refusals
    ) -> [Path] {
        let key = "needs.\(access.rawValue)"
        var named: [(written: Path, path: Path)] = []
        for text in written { if let path = absolute(text, key, &refusals) { named.append((text, path)) } }
        let roots = Self.merged(named.map(\.path) + outer)
        let trust = trust(grant.identity, access == .write ? named.map(\.path) : outer)
        var accepted: [Path] = []
        for (text, path) in named {
            guard isUnprotected([path], access, text, key, &refusals) else { continue }
            // What is inside another root is reached by that one, wherever links in it lead.
            let isRoot = roots.contains(path)
            guard !isRoot || isAllowed(path, access, text, key, trust, &grant, &refusals) else { continue }
            if exists(path) || make(path, access, grant.identity, key, &refusals) { accepted.append(path) }
        }
        return accepted
    }

    /// Judges a path by where it leads, for no ceiling and no protection ends at a link.
    private func isAllowed(
        _ path: Path, _ access: Access, _ written: Path, _ key: String, _ trust: LinkTrust, _ grant: inout Grant,
        _ refusals: inout Refusals
    ) -> Bool {
        let real: Path
        do throws(LinkTrust.Problem) {
            real = try trust.follow(path)
        } catch {
            refuse(path, error, key, &refusals)
            return false
        }
        guard isUnprotected([real], access, written, key, &refusals) else { return false }
        if let ceiling = terms.ceiling, !allows(ceiling, real, access) {
            refusals.ceiling(key, "\(path.text)", line: GrantRefusal.ceilingLine(access.rawValue, written.text))
            return false
        }
        // In /proc links are the kernel's, and lead elsewhere for each process.
        if real != path, !path.isInside("/proc") { grant.links[path] = real }
        return true
    }

    func refuse(_ path: Path, _ problem: LinkTrust.Problem, _ key: String, _ refusals: inout Refusals) {
        switch problem {
        case .planted(let link, let directory):
            refusals.add(
                key,
                "\(path.text) leads through the link \(link.text), which not only root and the job's user can set: "
                    + "others can write in \(directory.text)",
                cure: "name the path that the link should lead to, or keep others from writing in \(directory.text)")
        case .system(let error):
            refusals.add(key, code: error.name, "\(path.text) cannot be looked at: \(error)")
        }
    }

    /// Whose links count: those of root, of the host's user and of the job's, outside of what jobs may write.
    func trust(_ identity: Grant.Identity?, _ own: [Path]) -> LinkTrust {
        let users: Set<UInt32> = [0, terms.facts.uid, identity?.uid ?? terms.facts.uid]
        let writable = (own + terms.otherJobsWrite).flatMap { [$0, (try? $0.resolvingExistingLinks()) ?? $0] }
        return LinkTrust(users: users, writable: writable)
    }

    private func absolute(_ written: Path, _ key: String, _ refusals: inout Refusals) -> Path? {
        let path: Path
        do throws(PathText.Problem) {
            path = try PathText.absolute(written.bytes, base: terms.base)
        } catch {
            refusals.add(key, code: error.code, "\(error.message): \(GrantRefusal.quoted(written.text))")
            return nil
        }
        if Glob.isPattern(written.text), !exists(path) {
            refusals.add(
                key, code: "EINVAL", "\(written.text) is a pattern, and paths take none",
                cure: "name the directory, or find the paths in the job's discover function")
            return nil
        }
        return path
    }

    /// Whether a ceiling covers a path that links were followed in.
    private func allows(_ ceiling: Ceiling, _ real: Path, _ access: Access) -> Bool {
        let roots = access == .write ? ceiling.write : ceiling.read + ceiling.write
        return roots.contains { root in
            let root = terms.base.appending(root).normalized
            return real.isInside((try? root.resolvingExistingLinks()) ?? root)
        }
    }

    func isUnprotected(
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
