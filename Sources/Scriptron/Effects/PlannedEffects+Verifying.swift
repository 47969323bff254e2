/// Comparing archives, and what was unpacked of them, as they would be.
extension PlannedEffects {
    package func verifyArchive(_ path: CheckedPath, manifest: CheckedPath?) throws(Failure) -> ArchiveTotals {
        let call = "archive.verify"
        let found = try existing(path.path, follow: true, call)
        var list: ArchiveManifest.Reader?
        if let manifest = manifest?.path {
            used.reads(manifest)
            guard let read = try reader(try existing(manifest, follow: true, call), call) else {
                plan.isAssumed = true
                return ArchiveTotals()
            }
            list = ArchiveManifest.Reader(read)
        }
        if found.status.kind == .directory {
            guard let list, let manifest = manifest?.path else {
                // Only an archive says by itself what should be in it.
                return try live.verifyArchive(path, manifest: nil)
            }
            return try live.told(call, path.path) {
                let tree = PlannedTree(effects: self, root: found.path, call: call)
                return try TreeVerification(tree) { [self] in try live.checkDeadline(call) }
                    .run { try live.told(damaged: manifest, call) { try list.next() } }
            }
        }
        let verified = try reading(path.path, call) { reader in
            guard let list, let manifest = manifest?.path else { return try ArchiveVerification(reader).run() }
            return try ArchiveVerification(reader).run { [self] in
                try live.told(damaged: manifest, call) { try list.next() }
            }
        }
        guard let verified else { return ArchiveTotals() }
        var totals = verified.result
        totals.sha256 = verified.sha256
        return totals
    }
}

/// A tree as it would be.
private struct PlannedTree: VerifiedTree {
    let effects: PlannedEffects
    /// Canonical.
    let root: Path
    let call: String

    private func found(_ names: [[UInt8]]) throws -> Overlay.Found? {
        var path = root
        for name in names { path = path.appending(Path(bytes: name)) }
        return try effects.overlay.look(path)
    }

    func status(_ names: [[UInt8]]) throws -> FileStatus? { try found(names)?.status }
    func target(_ names: [[UInt8]]) throws -> [UInt8] { try found(names)?.target ?? [] }

    func reader(_ names: [[UInt8]]) throws -> ((Int) throws -> [UInt8])? {
        guard let found = try found(names) else { return nil }
        let reader = try effects.reader(found, call)
        // That its content is right cannot be told: what follows is assumed.
        if reader == nil { effects.plan.isAssumed = true }
        return reader
    }

    func visit(_ body: ([UInt8]) throws -> Void) throws {
        var pending: [(directory: Path, name: [UInt8])] = [(root, [])]
        while let (directory, above) = pending.popLast() {
            for child in try effects.children(directory, call) {
                let name = (above.isEmpty ? [] : above + [UInt8(ascii: "/")]) + child.path.name
                try body(name)
                if child.status.kind == .directory { pending.append((child.path, name)) }
            }
        }
    }
}
