/// Making, reading and unpacking archives.
extension LiveEffects {
    package func createArchive(
        _ path: CheckedPath, _ sources: [ArchiveSource], _ options: ArchiveOptions
    ) throws(Failure) -> ArchiveTotals {
        let call = "archive.create"
        let (directory, name) = try place(path.path, call)
        return try told(call, path.path) {
            try mustBeFree(path.path, name, in: directory, call)
            let file = try AtomicFile(name, in: directory, mode: 0o600)
            var own: Set<FileID> = [try FileStatus(of: file.descriptor).id]
            var list: AtomicFile?
            if let path = options.manifest?.path {
                let (directory, name) = try place(path, call)
                try mustBeFree(path, name, in: directory, call)
                list = try AtomicFile(name, in: directory, mode: 0o600)
                if let list { own.insert(try FileStatus(of: list.descriptor).id) }
            }
            let manifest = try list.map { file in try ArchiveManifest.Writer { try file.descriptor.write($0) } }
            let creation = try ArchiveCreation(
                { try file.descriptor.write($0) }, options.compression, manifest: manifest
            ) { [self] in
                try checkDeadline(call)
            }
            for source in sources { try add(source, options, to: creation, call, but: own) }
            try creation.finish()
            try file.descriptor.setMode(options.mode)
            try list?.descriptor.setMode(options.mode)
            // The archive comes last: where it is, its manifest is too.
            try list?.commit(replace: false)
            do {
                try file.commit(replace: false)
            } catch {
                if let path = options.manifest?.path { try? Directory(path.parent).unlink(path.name) }
                throw error
            }
            return creation.totals
        }
    }

    package func sendArchive(
        _ sources: [ArchiveSource], _ options: ArchiveOptions, call: String,
        _ output: @escaping ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) -> ArchiveTotals {
        let creation = try ArchiveCreation({ try output($0) }, options.compression, manifest: nil) { [self] in
            try checkDeadline(call)
        }
        for source in sources {
            try told(call, source.path.path) { try add(source, options, to: creation, call) }
        }
        return try told(call, sources.first?.path.path ?? "/") {
            try creation.finish()
            return creation.totals
        }
    }

    /// Puts a source, with all that is below it, into an archive.
    func add(
        _ source: ArchiveSource, _ options: ArchiveOptions, to creation: ArchiveCreation, _ call: String,
        but own: Set<FileID> = []
    ) throws {
        try visit(source, options, call) { name, directory, status, stored in
            if !own.contains(status.id) { try creation.add(name, in: directory, status, as: stored) }
        } problem: { stored, error in
            creation.unreadable(stored, error)
        }
    }

    package func scanArchive(_ sources: [ArchiveSource], _ options: ArchiveOptions) throws(Failure) -> ArchiveTotals {
        var scan = ArchiveScan()
        var steps = 0
        for source in sources {
            try told("archive.scan", source.path.path) {
                try visit(source, options, "archive.scan") { _, _, status, stored in
                    steps += 1
                    if steps % 1024 == 1 { try checkDeadline("archive.scan") }
                    try scan.add(stored, status)
                } problem: { stored, error in
                    scan.unreadable(stored, error)
                }
            }
        }
        return scan.result
    }

    /// What an archive of these would hold, and what could not be read for it.
    func plannedArchive(_ sources: [ArchiveSource], _ options: ArchiveOptions) throws(Failure) -> ArchiveTotals {
        let call = "archive.create"
        var totals = ArchiveTotals()
        var linked: Set<FileID> = []
        for source in sources {
            try told(call, source.path.path) {
                try visit(source, options, call) { _, _, status, stored in
                    if (totals.files + totals.directories) % 1024 == 0 { try checkDeadline(call) }
                    switch status.kind {
                    case .directory: totals.directories += 1
                    case .file where linked.contains(status.id): totals.files += 1
                    case .file where Permission.mayRead(status):
                        if status.links > 1 { linked.insert(status.id) }
                        totals.files += 1
                        totals.bytes += status.size
                    case .file:
                        let error = SystemError(ErrorNumber.accessDenied, call: "openat")
                        totals.remark(
                            \.unreadable, ArchiveRemark(path: stored, code: error.name, message: error.reason))
                    case .link, .fifo: totals.files += 1
                    case .socket, .block, .character:
                        totals.remark(
                            \.unreadable,
                            ArchiveRemark(
                                path: stored, code: "ENOTREG",
                                message: "it is a \(FileFailure.name(of: status.kind)), and left out"))
                    }
                } problem: { stored, error in
                    totals.remark(\.unreadable, ArchiveRemark(path: stored, code: error.name, message: error.reason))
                }
            }
        }
        return totals
    }

    /// Nothing is overwritten.
    private func mustBeFree(_ path: Path, _ name: [UInt8], in directory: Directory, _ call: String) throws {
        if try directory.status(name) != nil {
            throw Failure(
                code: "EEXIST", "\(call) \(path.text): it is there already",
                cure: "nothing is overwritten: take another name")
        }
    }

    /// Visits a source and all that is below it, directories before what is in them.
    private func visit(
        _ source: ArchiveSource, _ options: ArchiveOptions, _ call: String,
        _ body: ([UInt8], Directory, FileStatus, [UInt8]) throws -> Void, problem: ([UInt8], SystemError) -> Void
    ) throws {
        let path = source.path.path
        let (directory, name) = try place(path, call)
        guard let status = try FileStatus.of(path, follow: true) else {
            throw Failure(code: "ENOENT", "\(call) \(path.text): there is no such file")
        }
        if status.kind != .directory { return try body(name, directory, status, source.name) }
        let root = try Directory(path)
        let here = [UInt8(ascii: ".")]
        try body(here, root, try FileStatus(of: root.descriptor), source.name)
        let grant = settings.grant
        let walker = try TreeWalker(
            root, at: path, oneFileSystem: options.oneFileSystem,
            ownMounts: Set(grant.read + grant.write + (settings.scratch.map { [$0] } ?? [])))
        let prefix = walker.prefixLength
        while let step = walker.next() {
            switch step {
            case .entry(let path, let status, _):
                let relative = Array(path.bytes[prefix...])
                if options.excludes.contains(where: { $0.matches(relative) }) {
                    walker.skip()
                } else if let holder = walker.holder {
                    try body(path.name, holder, status, source.name + [UInt8(ascii: "/")] + relative)
                }
            case .problem(let path, let error):
                let relative = path.bytes.dropFirst(prefix)
                problem(relative.isEmpty ? source.name : source.name + [UInt8(ascii: "/")] + relative, error)
            case .leaving: break
            }
        }
    }

    /// Runs `body` with a reader of the archive.
    private func reading<Result>(
        _ path: Path, _ call: String, _ body: (TarReader) throws -> Result
    ) throws(Failure) -> (result: Result, sha256: String) {
        let (directory, name) = try place(path, call)
        return try told(call, path) {
            let file = try RegularFile.read(name, in: directory, follow: true)
            let digest = try Digest(.sha256)
            let decompressor = Decompressor(allowsPlain: true) { count in
                let bytes = try file.descriptor.read(count)
                digest.update(bytes)
                return bytes
            }
            let result = try told(damaged: path, call) {
                try body(
                    TarReader { [self] in
                        try checkDeadline(call)
                        return try decompressor.next()
                    })
            }
            return (result, Digest.hexadecimal(digest.finish()))
        }
    }

    package func listArchive(_ path: CheckedPath, only: [Glob], max: Int64) throws(Failure) -> [ArchiveEntry] {
        try reading(path.path, "archive.list") { try Self.entries($0, path.path, only: only, max: max) }.result
    }

    static func entries(_ reader: TarReader, _ path: Path, only: [Glob], max: Int64) throws -> [ArchiveEntry] {
        var entries: [ArchiveEntry] = []
        while let member = try reader.next() {
            if !only.isEmpty, !only.contains(where: { $0.matches(member.name) }) { continue }
            guard entries.count < max else {
                throw Failure(
                    code: "ETOOMANY", "archive.list \(path.text): it has more than \(max) members",
                    cure: "raise max, or choose some by only")
            }
            entries.append(ArchiveEntry(member))
        }
        return entries
    }

    package func verifyArchive(_ path: CheckedPath, manifest: CheckedPath?) throws(Failure) -> ArchiveTotals {
        let call = "archive.verify"
        guard let manifest = manifest?.path else {
            let (totals, hash) = try reading(path.path, call) { try ArchiveVerification($0).run() }
            return totals.with(hash)
        }
        let (directory, name) = try place(manifest, call)
        let file = try told(call, manifest) { try RegularFile.read(name, in: directory, follow: true) }
        let list = ArchiveManifest.Reader(file.descriptor.read)
        if try FileStatus.of(path.path, follow: true, call)?.kind == .directory {
            return try told(call, path.path) {
                try TreeVerification(RealTree(root: try Directory(path.path), path: path.path)) { [self] in
                    try checkDeadline(call)
                }
                .run { try told(damaged: manifest, call) { try list.next() } }
            }
        }
        let (totals, hash) = try reading(path.path, call) { reader in
            try ArchiveVerification(reader).run { [self] in try told(damaged: manifest, call) { try list.next() } }
        }
        return totals.with(hash)
    }

    package func extractArchive(
        _ path: CheckedPath, into: CheckedPath, _ options: ExtractOptions
    ) throws(Failure) -> ArchiveTotals {
        let call = "archive.extract"
        if try FileStatus.of(into.path, follow: true, call) == nil {
            _ = try makeDirectory(into, mode: nil, parents: true)
        }
        let directory = try told(call, into.path) { try Directory(into.path) }
        let setid = settings.grant.setid
        let (totals, hash) = try reading(path.path, call) { reader in
            do {
                return try ArchiveExtraction(reader, into: directory, at: into.path, options, setid: setid).run()
            } catch let error as SystemError {
                throw failure(error, call, into.path)
            }
        }
        return totals.with(hash)
    }
}

extension ArchiveTotals {
    fileprivate func with(_ hash: String) -> ArchiveTotals {
        var copy = self
        copy.sha256 = hash
        return copy
    }
}
