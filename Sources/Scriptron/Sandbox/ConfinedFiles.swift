/// Which files stood at the paths that a confinement is prepared from: where one of them is another file by now, it is
/// stale.
struct ConfinedFiles: Sendable, Hashable {
    private let identities: [FileID?]

    /// None at all.
    init() { identities = [] }

    private init(_ paths: [Path]) {
        // What cannot be looked at is prepared again with an error that says so.
        identities = paths.map { path in (try? FileStatus.of(path, follow: true))??.id }
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

    /// As it is sent to another process.
    var value: Value {
        .list(
            identities.map { identity in
                identity.map {
                    .list([.int(Int64(bitPattern: $0.device)), .int(Int64(bitPattern: $0.inode))])
                } ?? .null
            })
    }

    init?(_ value: Value) {
        guard let list = value.list else { return nil }
        identities = list.map { item in
            guard let pair = item.list, pair.count == 2, let device = pair[0].integer, let inode = pair[1].integer
            else {
                return nil
            }
            return FileID(device: UInt64(bitPattern: device), inode: UInt64(bitPattern: inode))
        }
    }
}
