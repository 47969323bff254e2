/// Compressing and archiving as it would be.
extension PlannedEffects {
    package func compress(
        _ from: CheckedPath, _ to: CheckedPath, _ options: CompressOptions
    ) throws(Failure) -> ConvertedFile {
        try convert(from.path, to.path, "archive.compress", effect: "compress")
    }

    package func decompress(_ from: CheckedPath, _ to: CheckedPath, max: Int64?) throws(Failure) -> ConvertedFile {
        try convert(from.path, to.path, "archive.decompress", effect: "decompress")
    }

    package func compressAll(
        _ items: [CompressItem], _ options: CompressOptions
    ) throws(Failure) -> [Result<ConvertedFile, Failure>] {
        let call = "archive.compress_all"
        return items.map { item in
            do throws(Failure) {
                if let seen = item.seen, try !existing(item.from.path, follow: false, call).status.isStill(seen) {
                    throw LiveEffects.changed(call, item.from.path)
                }
                return .success(try convert(item.from.path, item.to.path, call, effect: "compress"))
            } catch {
                return .failure(error)
            }
        }
    }

    package func compressedContent(_ path: CheckedPath) throws(Failure) -> ConvertedFile {
        let call = "archive.content"
        used.reads(path.path)
        let found = try existing(path.path, follow: false, call)
        if found.status.kind != .file { throw FileFailure.notRegular(found.status.kind, call, path.path) }
        if case .real(let real) = found.content { return try live.compressedContent(real: real) }
        plan.isAssumed = true
        return ConvertedFile(bytes: found.status.size, stored: found.status.size)
    }

    /// A file made out of another one; of its size only the other's is known.
    private func convert(
        _ from: Path, _ to: Path, _ call: String, effect: String
    ) throws(Failure) -> ConvertedFile {
        used.reads(from)
        let source = try existing(from, follow: false, call)
        if source.status.kind != .file { throw FileFailure.notRegular(source.status.kind, call, from) }
        guard Permission.mayRead(source.status) else { throw denied(from, call) }
        guard try find(to, follow: false, call) == nil else {
            throw Failure(
                code: "EEXIST", "\(call) \(to.text): it is there already",
                cure: "nothing is overwritten: take another name")
        }
        let made = try place(to, call) { parent, _ in
            let keepsOwner = Permission.owner.uid == 0
            let file = overlay.make(
                .file, in: parent, mode: live.allowedMode(source.status.mode),
                owner: keepsOwner ? (source.status.uid, source.status.gid) : Permission.owner, now: nanoseconds,
                content: .unknown, size: source.status.size)
            file.status.modified = source.status.modified
            file.status.accessed = source.status.accessed
            return file
        }
        plan.add(
            effect, made.merging(["from": .bytes(from.bytes), "to": .bytes(to.bytes)]) { $1 },
            bytes: source.status.size)
        return ConvertedFile(bytes: source.status.size, stored: source.status.size)
    }

    package func createArchive(
        _ path: CheckedPath, _ sources: [ArchiveSource], _ options: ArchiveOptions
    ) throws(Failure) -> ArchiveTotals {
        let call = "archive.create"
        for target in [path.path, options.manifest?.path].compactMap(\.self) {
            guard try find(target, follow: false, call) == nil else {
                throw Failure(
                    code: "EEXIST", "\(call) \(target.text): it is there already",
                    cure: "nothing is overwritten: take another name")
            }
        }
        // How far it can be compressed nobody knows before: its size is that of what goes into it.
        var totals = try scan(sources, call) { real throws(Failure) in try live.plannedArchive(real, options) }
        totals.fingerprint = nil
        totals.stored = totals.bytes
        var made: [String: Value] = [:]
        for target in [path.path, options.manifest?.path].compactMap(\.self) {
            made = try place(target, call) { parent, _ in
                overlay.make(
                    .file, in: parent, mode: options.mode, owner: Permission.owner, now: nanoseconds, content: .unknown,
                    size: target == path.path ? totals.bytes : 0)
            }
        }
        made["path"] = .bytes(path.path.bytes)
        made["files"] = .int(totals.files)
        if let manifest = options.manifest { made["manifest"] = .bytes(manifest.path.bytes) }
        plan.add("archive", made, bytes: totals.bytes)
        return totals
    }

    package func scanArchive(_ sources: [ArchiveSource], _ options: ArchiveOptions) throws(Failure) -> ArchiveTotals {
        try scan(sources, "archive.scan") { real throws(Failure) in try live.scanArchive(real, options) }
    }

    /// What is really there is scanned; of what is only planned there is a size.
    private func scan(
        _ sources: [ArchiveSource], _ call: String,
        _ scanReal: ([ArchiveSource]) throws(Failure) -> ArchiveTotals
    ) throws(Failure) -> ArchiveTotals {
        var planned = ArchiveScan()
        var real: [ArchiveSource] = []
        for source in sources {
            used.reads(source.path.path)
            let found = try existing(source.path.path, follow: true, call)
            if case .real = found.content, found.file == nil {
                real.append(source)
            } else {
                try planned.add(source.name, found.status)
            }
        }
        var totals = planned.result
        if !real.isEmpty {
            let scanned = try scanReal(real)
            totals.files += scanned.files
            totals.directories += scanned.directories
            totals.bytes += scanned.bytes
            totals.unreadable = scanned.unreadable
            totals.unlisted = scanned.unlisted
            if real.count == sources.count { totals.fingerprint = scanned.fingerprint }
        }
        return totals
    }

    /// Where the archive really is; nil where it is only planned, and what follows is assumed.
    private func real(_ path: Path, _ call: String) throws(Failure) -> Path? {
        used.reads(path)
        let found = try existing(path, follow: true, call)
        if case .real(let real) = found.content { return real }
        plan.isAssumed = true
        return nil
    }

    package func listArchive(_ path: CheckedPath, only: [Glob], max: Int64) throws(Failure) -> [ArchiveEntry] {
        guard let real = try real(path.path, "archive.list") else { return [] }
        return try live.listArchive(real: real, only: only, max: max)
    }

    package func verifyArchive(_ path: CheckedPath, manifest: CheckedPath?) throws(Failure) -> ArchiveTotals {
        let archive = try real(path.path, "archive.verify")
        let list = try manifest.map { path throws(Failure) in try real(path.path, "archive.verify") != nil } ?? true
        guard archive == path.path, list else { return ArchiveTotals() }
        return try live.verifyArchive(path, manifest: manifest)
    }

    package func extractArchive(
        _ path: CheckedPath, into: CheckedPath, _ options: ExtractOptions
    ) throws(Failure) -> ArchiveTotals {
        let call = "archive.extract"
        var totals = ArchiveTotals()
        if let real = try real(path.path, call) {
            for entry in try live.listArchive(real: real, only: options.only, max: 1 << 20) {
                if entry.kind == TarMember.Kind.directory.rawValue {
                    totals.directories += 1
                } else {
                    totals.files += 1
                    totals.bytes += entry.kind == TarMember.Kind.file.rawValue ? entry.size : 0
                }
            }
        }
        if try find(into.path, follow: true, call) == nil {
            _ = try makeDirectory(into, mode: nil, parents: true)
        }
        used.writes(into.path.appending("x"))
        plan.add(
            "extract",
            ["from": .bytes(path.path.bytes), "to": .bytes(into.path.bytes), "files": .int(totals.files)],
            bytes: totals.bytes)
        return totals
    }
}
