/// A tree that is compared with an archive's manifest, as it is or as it would be. Names are relative to its root.
protocol VerifiedTree {
    /// What is there, links not followed and none on the way; nil: nothing.
    func status(_ names: [[UInt8]]) throws -> FileStatus?
    /// What a symbolic link holds.
    func target(_ names: [[UInt8]]) throws -> [UInt8]
    /// What gives a file's content piece by piece; nil where nobody knows it yet.
    func reader(_ names: [[UInt8]]) throws -> ((Int) throws -> [UInt8])?
    /// Gives all that is in it to `body`, by its path.
    func visit(_ body: ([UInt8]) throws -> Void) throws
}

/// A tree that is really there.
struct RealTree: VerifiedTree {
    let root: Directory
    let path: Path

    private func holder(_ names: [[UInt8]]) throws(SystemError) -> Directory { try root.descend(names.dropLast()) }

    func status(_ names: [[UInt8]]) throws -> FileStatus? {
        guard let directory = try? holder(names) else { return nil }
        return try directory.status(names[names.count - 1])
    }

    func target(_ names: [[UInt8]]) throws -> [UInt8] { try holder(names).target(names[names.count - 1]) }

    func reader(_ names: [[UInt8]]) throws -> ((Int) throws -> [UInt8])? {
        try RegularFile.read(names[names.count - 1], in: try holder(names), follow: false).descriptor.read
    }

    func visit(_ body: ([UInt8]) throws -> Void) throws {
        let walker = try TreeWalker(root, at: path)
        while let step = walker.next() {
            if case .entry(let found, _, _) = step { try body(Array(found.bytes[walker.prefixLength...])) }
        }
    }
}

/// Compares a tree, as an archive was unpacked into it, with the archive's manifest: names, kinds, sizes, modes, times,
/// links and contents; owners where this process is root.
struct TreeVerification {
    private let tree: any VerifiedTree
    private let check: () throws -> Void

    init(_ tree: any VerifiedTree, check: @escaping () throws -> Void) {
        self.tree = tree
        self.check = check
    }

    func run(_ expected: () throws -> ArchiveManifest.Entry?) throws -> ArchiveTotals {
        var totals = ArchiveTotals()
        var differences = Differences()
        // Those above a source's name are not in the manifest.
        var names: Set<[UInt8]> = []
        let comparesOwners = Permission.owner.uid == 0
        while let entry = try expected() {
            try check()
            let member = entry.member
            let parts = try member.safeComponents()
            for count in parts.indices { names.insert(Array(parts[...count].joined(separator: [UInt8(ascii: "/")]))) }
            guard let status = try tree.status(parts) else {
                differences.add(member.name, "it is missing")
                continue
            }
            if member.kind == .directory { totals.directories += 1 } else { totals.files += 1 }
            try compare(member, entry.sha256, status, parts, comparesOwners, &differences)
            if member.kind == .file { totals.bytes += member.size }
        }
        try tree.visit { name in
            if !names.contains(name) { differences.add(name, "it is not in it") }
        }
        try differences.finish("the tree")
        return totals
    }

    private func compare(
        _ member: TarMember, _ sha256: String?, _ status: FileStatus, _ names: [[UInt8]], _ comparesOwners: Bool,
        _ differences: inout Differences
    ) throws {
        let kind: FileKind =
            switch member.kind {
            case .file: .file
            case .directory: .directory
            case .link: .link
            case .fifo: .fifo
            // Another name of anything but a directory.
            case .hardLink: status.kind == .directory ? .file : status.kind
            }
        guard status.kind == kind else { return differences.add(member.name, "it is a \(status.kind.rawValue)") }
        if member.kind == .hardLink {
            let first = try member.safeComponents(member.target)
            if try tree.status(first)?.id != status.id {
                differences.add(member.name, "it is no other name of \(Path(bytes: member.target).text)")
            }
            return
        }
        if member.kind == .link {
            if try tree.target(names) != member.target { differences.add(member.name, "where it leads") }
            return
        }
        if status.mode & 0o1777 != member.mode & 0o1777 { differences.add(member.name, "its mode") }
        if status.modified != member.modified { differences.add(member.name, "its time") }
        if comparesOwners, status.uid != member.uid || status.gid != member.gid {
            differences.add(member.name, "its owner")
        }
        guard member.kind == .file else { return }
        if status.size != member.size { return differences.add(member.name, "its size") }
        guard let read = try tree.reader(names) else { return }
        let digest = try Digest(.sha256)
        while true {
            try check()
            let bytes = try read(1 << 20)
            if bytes.isEmpty { break }
            digest.update(bytes)
        }
        if Digest.hexadecimal(digest.finish()) != sha256 { differences.add(member.name, "its content") }
    }
}
