/// What differs from a manifest, counted; the first few are told.
struct Differences {
    private var texts: [String] = []
    private(set) var count = 0

    mutating func add(_ name: [UInt8], _ what: String) {
        count += 1
        if texts.count < 5 { texts.append("\(Path(bytes: name).text): \(what)") }
    }

    /// Fails where there are any.
    func finish(_ kind: String) throws(Failure) {
        if count == 0 { return }
        let more = count > texts.count ? " and \(count - texts.count) more" : ""
        throw Decompressor.damaged("\(kind) differs from its manifest: \(texts.joined(separator: ", "))\(more)")
    }
}

/// Reads an archive through, to its last checksum, and compares it with its manifest, which has the same order.
struct ArchiveVerification {
    private let reader: TarReader

    init(_ reader: TarReader) { self.reader = reader }

    /// Without a manifest: whether it can be read to its end.
    func run() throws -> ArchiveTotals { try run(expected: nil) }

    func run(_ expected: @escaping () throws -> ArchiveManifest.Entry?) throws -> ArchiveTotals {
        try run(expected: expected)
    }

    private func run(expected: (() throws -> ArchiveManifest.Entry?)?) throws -> ArchiveTotals {
        var totals = ArchiveTotals()
        var differences = Differences()
        while let member = try reader.next() {
            if member.kind == .directory { totals.directories += 1 } else { totals.files += 1 }
            if member.kind == .file { totals.bytes += member.size }
            let hash = member.kind == .file ? try hash(of: member) : nil
            guard let expected else { continue }
            guard let entry = try expected() else {
                differences.add(member.name, "it is not in it")
                continue
            }
            guard entry.member.name == member.name else {
                differences.add(member.name, "\(entry.member.text) should be in its place")
                continue
            }
            let other = entry.member
            if other.kind != member.kind || other.mode != member.mode || other.uid != member.uid
                || other.gid != member.gid || other.modified != member.modified || other.target != member.target
                || (member.kind == .file && other.size != member.size)
            {
                differences.add(member.name, "what is said of it")
            }
            if entry.sha256 != hash { differences.add(member.name, "its content") }
        }
        if let expected {
            while let entry = try expected() { differences.add(entry.member.name, "it is missing") }
        }
        try differences.finish("it")
        return totals
    }

    /// SHA-256 of the member's content, holes counted as zeros.
    private func hash(of member: TarMember) throws -> String {
        let digest = try Digest(.sha256)
        var reached: Int64 = 0
        while let piece = try reader.piece() {
            ArchiveCreation.zeros(piece.offset - reached, digest)
            digest.update(piece.bytes)
            reached = piece.offset + Int64(piece.bytes.count)
        }
        ArchiveCreation.zeros(member.size - reached, digest)
        return Digest.hexadecimal(digest.finish())
    }
}

/// Compares a tree, as an archive was unpacked into it, with the archive's manifest: names, kinds, sizes, modes, times,
/// links and contents; owners where this process is root.
struct TreeVerification {
    private let root: Directory
    private let path: Path
    private let check: () throws -> Void

    init(_ root: Directory, at path: Path, check: @escaping () throws -> Void) {
        self.root = root
        self.path = path
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
            guard let directory = try? root.descend(parts.dropLast()),
                let status = try directory.status(parts[parts.count - 1])
            else {
                differences.add(member.name, "it is missing")
                continue
            }
            if member.kind == .directory { totals.directories += 1 } else { totals.files += 1 }
            try compare(
                member, entry.sha256, status, parts[parts.count - 1], in: directory, comparesOwners, &differences)
            if member.kind == .file { totals.bytes += member.size }
        }
        let walker = try TreeWalker(root, at: path)
        while let step = walker.next() {
            if case .entry(let found, _, _) = step {
                let relative = Array(found.bytes[walker.prefixLength...])
                if !names.contains(relative) { differences.add(relative, "it is not in it") }
            }
        }
        try differences.finish("the tree")
        return totals
    }

    private func compare(
        _ member: TarMember, _ sha256: String?, _ status: FileStatus, _ name: [UInt8], in directory: Directory,
        _ comparesOwners: Bool, _ differences: inout Differences
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
            let other = try? root.descend(first.dropLast()).status(first[first.count - 1])
            if other?.id != status.id {
                differences.add(member.name, "it is no other name of \(Path(bytes: member.target).text)")
            }
            return
        }
        if member.kind == .link {
            if try directory.target(name) != member.target { differences.add(member.name, "where it leads") }
            return
        }
        if status.mode & 0o1777 != member.mode & 0o1777 { differences.add(member.name, "its mode") }
        if status.modified != member.modified { differences.add(member.name, "its time") }
        if comparesOwners, status.uid != member.uid || status.gid != member.gid {
            differences.add(member.name, "its owner")
        }
        guard member.kind == .file else { return }
        if status.size != member.size { return differences.add(member.name, "its size") }
        let file = try RegularFile.read(name, in: directory, follow: false)
        let digest = try Digest(.sha256)
        while true {
            try check()
            let bytes = try file.descriptor.read(1 << 20)
            if bytes.isEmpty { break }
            digest.update(bytes)
        }
        if Digest.hexadecimal(digest.finish()) != sha256 { differences.add(member.name, "its content") }
    }
}
