extension ConfinedFiles {
    private init(_ paths: [Path]) {
        // What cannot be looked at is prepared again with an error that says so.
        self.init(
            identities: paths.map { path in
                let status: FileStatus? = (try? FileStatus.of(path, follow: true)) ?? nil
                return status.map { Identity(device: $0.id.device, inode: $0.id.inode) }
            })
    }

    /// Those of a grant and a run's own directory, as they are now.
    static func look(_ grant: Grant, _ scratch: Path?) -> ConfinedFiles { ConfinedFiles(paths(grant, scratch)) }

    /// Whether a look at them may wait for another machine or for a program (NFS, FUSE), as the mounts tell.
    static func mayHang(_ grant: Grant, _ scratch: Path?, _ mounts: [Mount]) -> Bool {
        let points = mounts.filter(\.mayHang).map(\.point)
        return paths(grant, scratch).contains { path in points.contains { path.isInside($0) } }
    }

    private static func paths(_ grant: Grant, _ scratch: Path?) -> [Path] {
        grant.read.map(grant.real) + grant.write.map(grant.real) + (scratch.map { [$0] } ?? [])
            + grant.programs.flatMap(\.files)
    }

    /// Those of the base read set, as they are now.
    static func lookAtBase() -> ConfinedFiles { ConfinedFiles(BaseReadSet.all) }
}
