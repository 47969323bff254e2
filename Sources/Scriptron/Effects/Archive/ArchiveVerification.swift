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
