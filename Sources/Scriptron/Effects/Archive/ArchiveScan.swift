/// Counts what would go into an archive, and makes a fingerprint of it that stays the same as long as nothing is added,
/// removed or changed, in whatever order the file system tells of it.
struct ArchiveScan {
    private(set) var totals = ArchiveTotals()
    private var sum: [UInt64] = [0, 0, 0, 0]

    /// Takes an entry.
    mutating func add(_ stored: [UInt8], _ status: FileStatus) throws(Failure) {
        if status.kind == .directory {
            totals.directories += 1
        } else {
            totals.files += 1
            if status.kind == .file { totals.bytes += status.size }
        }
        let digest = try Digest(.sha256)
        digest.update(stored)
        // A directory's own times change with what is in it; other programs' marks on it (backup tools) do not count.
        var facts = "\u{0}\(status.kind.rawValue) \(status.mode) \(status.uid) \(status.gid) \(status.modified)"
        if status.kind != .directory { facts += " \(status.size) \(status.changed) \(status.id.inode)" }
        digest.update(Array(facts.utf8))
        let bytes = digest.finish()
        for place in sum.indices {
            sum[place] &+= bytes[8 * place..<8 * place + 8].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        }
    }

    mutating func unreadable(_ stored: [UInt8], _ error: SystemError) {
        totals.remark(\.unreadable, ArchiveRemark(path: stored, code: error.name, message: error.reason))
    }

    /// What was found.
    var result: ArchiveTotals {
        var totals = totals
        totals.fingerprint = sum.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.utf8.count) + digits
        }.joined()
        return totals
    }
}
