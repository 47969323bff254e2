/// Making and reading archives as it would be.
extension PlannedEffects {
    package func sendArchive(
        _ sources: [ArchiveSource], _ options: ArchiveOptions, call: String,
        _ output: @escaping ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) -> ArchiveTotals {
        var totals = try scan(sources, options, call) { real throws(Failure) in
            try live.plannedArchive(real, options)
        }
        totals.fingerprint = nil
        return totals
    }

    package func createArchive(
        _ path: CheckedPath, _ sources: [ArchiveSource], _ options: ArchiveOptions
    ) throws(Failure) -> ArchiveTotals {
        let call = "archive.create"
        let targets = [path.path, options.manifest?.path].compactMap(\.self)
        for target in targets {
            guard try find(target, follow: false, call) == nil else {
                throw Failure(
                    code: "EEXIST", "\(call) \(target.text): it is there already",
                    cure: "nothing is overwritten: take another name")
            }
            _ = try parent(target, call)
        }
        var totals = try scan(sources, options, call) { real throws(Failure) in
            try live.plannedArchive(real, options)
        }
        // How far it can be compressed nobody knows before: its size is that of what goes into it, until it matters.
        totals.fingerprint = nil
        totals.stored = totals.bytes
        var made = Made()
        if measured + totals.bytes <= Self.mostMeasured {
            measured += totals.bytes
            made = try self.made(sources, options, call)
            totals = made.totals
        } else {
            do throws(Failure) {
                try mustFit(totals.stored, 0, path.path, call)
            } catch  where error.code == "ENOSPC" {
                // It may be that it fits once it is compressed.
                made = try self.made(sources, options, call)
                totals = made.totals
            }
        }
        try mustFit(totals.stored, made.listed, path.path, call)
        var step: [String: Value] = [:]
        for target in targets {
            let isArchive = target == path.path
            step = try place(target, call) { parent, _ in
                overlay.make(
                    .file, in: parent, mode: options.mode, owner: Permission.owner, now: nanoseconds,
                    content: (isArchive ? made.archive : made.list).map(keep) ?? .unknown,
                    size: isArchive ? totals.stored : made.listed)
            }
        }
        step["path"] = .bytes(path.path.bytes)
        step["files"] = .int(totals.files)
        if let manifest = options.manifest { step["manifest"] = .bytes(manifest.path.bytes) }
        plan.add("archive", step, bytes: totals.bytes)
        return totals
    }

    /// Archive and manifest are there together before either has its name.
    private func mustFit(_ archive: Int64, _ list: Int64, _ path: Path, _ call: String) throws(Failure) {
        let parent = try parent(path, call)
        let device = parent.status.id.device
        let use = PlannedSpace.Use(
            bytes: space.rounded(archive, device, parent.path) + space.rounded(list, device, parent.path), inodes: 2)
        do throws(SystemError) {
            try space.take(use, device, parent.path)
            space.change(device, by: PlannedSpace.Use(bytes: -use.bytes, inodes: -use.inodes))
        } catch {
            throw FileFailure.of(error, call, path)
        }
    }

    /// An archive that was made in memory: the bytes where they are not too many.
    private struct Made {
        var totals = ArchiveTotals()
        var archive: [UInt8]?
        var list: [UInt8]?
        /// Bytes of the manifest.
        var listed: Int64 = 0
    }

    /// What would really come, without writing it anywhere.
    private func made(
        _ sources: [ArchiveSource], _ options: ArchiveOptions, _ call: String
    ) throws(Failure) -> Made {
        var made = Made()
        made.archive = []
        made.list = options.manifest == nil ? nil : []
        var stored: Int64 = 0
        try live.told(call, sources.first?.path.path ?? "/") {
            let manifest = try options.manifest.map { _ in
                try ArchiveManifest.Writer { bytes in
                    made.listed += Int64(bytes.count)
                    made.list = made.listed <= Self.mostOfOne ? made.list.map { $0 + bytes } : nil
                }
            }
            let creation = try ArchiveCreation(
                { bytes in
                    stored += Int64(bytes.count)
                    made.archive = stored <= Self.mostOfOne ? made.archive.map { $0 + bytes } : nil
                }, options.compression, manifest: manifest
            ) { [self] in
                try live.checkDeadline(call)
            }
            for source in sources {
                if let real = try real(source, call) {
                    try live.add(real, options, to: creation, call)
                } else {
                    try visit(source, options, call) { found, name in
                        try creation.addPlanned(
                            found.status, target: found.target, as: name,
                            read: found.status.kind == .file ? try reader(found, call) : nil)
                    } problem: { stored, error in
                        creation.unreadable(stored, error)
                    }
                }
            }
            try creation.finish()
            made.totals = creation.totals
        }
        return made
    }

    package func scanArchive(_ sources: [ArchiveSource], _ options: ArchiveOptions) throws(Failure) -> ArchiveTotals {
        try scan(sources, options, "archive.scan") { real throws(Failure) in try live.scanArchive(real, options) }
    }

    /// What is really there is scanned; what the plan has changed is looked at in the overlay.
    private func scan(
        _ sources: [ArchiveSource], _ options: ArchiveOptions, _ call: String,
        _ scanReal: ([ArchiveSource]) throws(Failure) -> ArchiveTotals
    ) throws(Failure) -> ArchiveTotals {
        var planned = ArchiveScan()
        var all: [ArchiveSource] = []
        for source in sources {
            used.reads(source.path.path)
            if let real = try real(source, call) {
                all.append(real)
            } else {
                try live.told(call, source.path.path) {
                    try visit(source, options, call) { found, name in
                        try planned.add(name, found.status)
                    } problem: { stored, error in
                        planned.unreadable(stored, error)
                    }
                }
            }
        }
        var totals = planned.result
        if !all.isEmpty {
            let scanned = try scanReal(all)
            totals.files += scanned.files
            totals.directories += scanned.directories
            totals.bytes += scanned.bytes
            totals.unreadable += scanned.unreadable
            totals.unlisted += scanned.unlisted
            if all.count == sources.count { totals.fingerprint = scanned.fingerprint }
        }
        return totals
    }

    /// The source where it is as it really is; nil: the plan has changed it, or something below it.
    private func real(_ source: ArchiveSource, _ call: String) throws(Failure) -> ArchiveSource? {
        let found = try existing(source.path.path, follow: true, call)
        if overlay.isUntouched { return source }
        guard case .real = found.content, found.file == nil, !overlay.hasChanges(below: found.path) else { return nil }
        // Another name of a file may have been changed.
        if overlay.hasChangedFiles, found.status.kind == .directory { return nil }
        return source
    }

    /// Visits a source and all that is below it in the overlay, directories before what is in them. What may not be read
    /// is a problem, as in the run: nobody looks for what it holds; a scan looks at names alone.
    private func visit(
        _ source: ArchiveSource, _ options: ArchiveOptions, _ call: String,
        _ body: (Overlay.Found, [UInt8]) throws -> Void, problem: ([UInt8], SystemError) -> Void
    ) throws {
        let denied = SystemError(ErrorNumber.accessDenied, call: "openat")
        func take(_ found: Overlay.Found, _ name: [UInt8]) throws {
            let isRead = found.status.kind == .file && call != "archive.scan"
            if isRead, !Permission.mayRead(found.status) { return problem(name, denied) }
            try body(found, name)
        }
        let found = try existing(source.path.path, follow: true, call)
        try take(found, source.name)
        guard found.status.kind == .directory else { return }
        var pending: [(directory: Path, relative: [UInt8])] = [(found.path, [])]
        while let (directory, relative) = pending.popLast() {
            try live.checkDeadline(call)
            let children: [Overlay.Found]
            do throws(SystemError) {
                children = try overlay.children(directory)
            } catch {
                problem(source.name + (relative.isEmpty ? [] : [UInt8(ascii: "/")]) + relative, error)
                continue
            }
            for child in children.sorted(by: { $0.path < $1.path }) {
                let name = (relative.isEmpty ? [] : relative + [UInt8(ascii: "/")]) + child.path.name
                if options.excludes.contains(where: { $0.matches(name) }) { continue }
                try take(child, source.name + [UInt8(ascii: "/")] + name)
                let isHere = child.status.id.device == found.status.id.device
                if child.status.kind == .directory, isHere || !options.oneFileSystem {
                    pending.append((child.path, name))
                }
            }
        }
    }

    /// Runs `body` with a reader of an archive; nil where it is planned and only its size is known: what follows is
    /// assumed.
    func reading<Result>(
        _ path: Path, _ call: String, _ body: (TarReader) throws -> Result
    ) throws(Failure) -> (result: Result, sha256: String)? {
        used.reads(path)
        let found = try existing(path, follow: true, call)
        if found.status.kind != .file { throw FileFailure.notRegular(found.status.kind, call, path) }
        guard let read = try reader(found, call) else {
            plan.isAssumed = true
            return nil
        }
        return try live.told(call, path) {
            let digest = try Digest(.sha256)
            let decompressor = Decompressor(allowsPlain: true) { count in
                let bytes = try read(count)
                digest.update(bytes)
                return bytes
            }
            let result = try live.told(damaged: path, call) {
                try body(
                    TarReader { [self] in
                        try live.checkDeadline(call)
                        return try decompressor.next()
                    })
            }
            return (result, Digest.hexadecimal(digest.finish()))
        }
    }

    package func listArchive(_ path: CheckedPath, only: [Glob], max: Int64) throws(Failure) -> [ArchiveEntry] {
        try reading(path.path, "archive.list") { try LiveEffects.entries($0, path.path, only: only, max: max) }?.result
            ?? []
    }
}
