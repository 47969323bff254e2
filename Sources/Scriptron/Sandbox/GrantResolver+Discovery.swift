extension GrantResolver {
    /// The grant of a job's `discover` function, which runs before its needs are known: reading what the ceiling
    /// allows (without one, the whole machine but its kernel's file systems), never the store, the socket and secrets,
    /// and nothing else. The user is the operator's choice or the usual one.
    package func discovery() throws(GrantRefusals) -> Grant {
        var refusals = Refusals(job: job)
        var grant = Grant()
        grant.mode = terms.mode
        grant.memory = terms.memory
        grant.limits = terms.limits
        grant.identity = identity(nil, &refusals)
        let kernel: [Path] = ["/proc", "/sys", "/dev"]
        let roots = terms.ceiling.map { $0.read + $0.write } ?? ["/"]
        let secrets = terms.protected.filter(\.secret).map(\.path)
        let readable = roots.flatMap { root in
            Self.carve(terms.base.appending(root).normalized, without: secrets + kernel)
        }
        grant.read = Self.merged(readable)
        for path in grant.read {
            // What the operator wrote may be reached by links; what was found below is none.
            if let real = try? path.resolvingLinks(), real != path { grant.links[path] = real }
        }
        KernelFloor.check(grant, terms.facts, &refusals)
        if !refusals.failures.isEmpty { throw GrantRefusals(failures: refusals.failures) }
        return grant
    }

    /// What is at and below `root` without `walls`: itself where it holds none of them, else its entries, each carved
    /// again. What appears in a carved directory later is not covered.
    static func carve(_ root: Path, without walls: [Path]) -> [Path] {
        if walls.contains(where: { root.isInside($0) }) { return [] }
        guard (try? FileStatus.of(root, follow: true)) ?? nil != nil else { return [] }
        if !walls.contains(where: { $0.isInside(root) }) { return [root] }
        // An entry that is a link could lead to a wall by another name: it is left out.
        return ((try? StateFiles.names(in: root)) ?? []).flatMap { name in
            let entry = root.appending(Path(bytes: name))
            return entry.linkTarget() == nil ? carve(entry, without: walls) : []
        }
    }
}
