/// `archive`: compressed files and archives, read and written by the host.
package func archiveModule(_ context: APIContext) -> HostModule {
    HostModule(
        "archive",
        functions: [
            HostFunction("compress") { arguments in
                var given = try arguments.options(2)
                var options = CompressOptions()
                options.format = try given.compressionFormat("format")
                options.level = try given.level(of: options.format)
                try given.finish(known: ["format", "level"])
                let from = try context.path(arguments, 0, .read, name: "from", follow: false)
                let to = try context.path(arguments, 1, .write, name: "to")
                return [converted(try context.current("archive.compress").effects.compress(from, to, options))]
            },
            HostFunction("compress_all") { arguments in
                var given = try arguments.options(1)
                var options = CompressOptions()
                options.format = try given.compressionFormat("format")
                options.level = try given.level(of: options.format)
                try given.finish(known: ["format", "level"])
                let items = try compressItems(arguments, context)
                if items.isEmpty { return [.list([])] }
                let outcomes = try context.current(arguments.function).effects.compressAll(items, options)
                return [
                    .list(
                        outcomes.map { outcome in
                            switch outcome {
                            case .success(let file): return converted(file)
                            case .failure(let failure):
                                return ["code": .text(failure.code), "message": .text(failure.description)]
                            }
                        })
                ]
            },
            HostFunction("content") { arguments in
                try arguments.end(1)
                let path = try context.path(arguments, 0, .read, follow: false)
                return [converted(try context.current(arguments.function).effects.compressedContent(path))]
            },
            HostFunction("decompress") { arguments in
                var given = try arguments.options(2)
                let max = try given.size("max")
                try given.finish(known: ["max"])
                let from = try context.path(arguments, 0, .read, name: "from", follow: false)
                let to = try context.path(arguments, 1, .write, name: "to")
                return [converted(try context.current("archive.decompress").effects.decompress(from, to, max: max))]
            },
            HostFunction("create") { arguments in
                var given = try arguments.options(2)
                var options = ArchiveOptions()
                options.compression.format = try given.compressionFormat("format")
                options.compression.level = try given.level(of: options.compression.format)
                if let manifest = given.take("manifest") {
                    guard case .bytes(let bytes) = manifest else {
                        throw given.mismatch("manifest", "a path", manifest)
                    }
                    options.manifest = try context.check(bytes, .write, call: arguments.function)
                }
                options.mode = try given.mode("mode") ?? options.mode
                try given.sourceOptions(&options)
                try given.finish(known: ["format", "level", "manifest", "mode", "exclude", "one_fs"])
                let path = try context.path(arguments, 0, .write)
                let sources = try archiveSources(arguments, 1, context)
                return [
                    archiveTotals(try context.current(arguments.function).effects.createArchive(path, sources, options))
                ]
            },
            HostFunction("scan") { arguments in
                var given = try arguments.options(1)
                var options = ArchiveOptions()
                try given.sourceOptions(&options)
                try given.finish(known: ["exclude", "one_fs"])
                let sources = try archiveSources(arguments, 0, context)
                return [archiveTotals(try context.current(arguments.function).effects.scanArchive(sources, options))]
            },
            HostFunction("list") { arguments in
                var given = try arguments.options(1)
                let only = try given.patterns("only")
                let max = try given.count("max") ?? 10_000
                try given.finish(known: ["only", "max"])
                let path = try context.path(arguments, 0, .read)
                let found = try context.current(arguments.function).effects.listArchive(path, only: only, max: max)
                return [.list(found.map(entry))]
            },
            HostFunction("verify") { arguments in
                var given = try arguments.options(1)
                var manifest: CheckedPath?
                if let path = given.take("manifest") {
                    guard case .bytes(let bytes) = path else { throw given.mismatch("manifest", "a path", path) }
                    manifest = try context.check(bytes, .read, call: arguments.function)
                }
                try given.finish(known: ["manifest"])
                let path = try context.path(arguments, 0, .read)
                return [
                    archiveTotals(
                        try context.current(arguments.function).effects.verifyArchive(path, manifest: manifest))
                ]
            },
            HostFunction("extract") { arguments in
                var given = try arguments.options(2)
                var options = ExtractOptions()
                options.only = try given.patterns("only")
                options.owners = try given.bool("owners", default: true)
                options.max = try given.size("max")
                try given.finish(known: ["only", "owners", "max"])
                let path = try context.path(arguments, 0, .read)
                let into = try context.path(arguments, 1, .write, name: "into")
                return [
                    archiveTotals(
                        try context.current(arguments.function).effects.extractArchive(path, into: into, options))
                ]
            },
        ])
}

/// What is to be compressed: a list of `{from =, to =}`, each `from` a path or an entry.
private func compressItems(_ arguments: Arguments, _ context: APIContext) throws(Failure) -> [CompressItem] {
    guard let values = arguments[0].list else {
        throw arguments.mismatch(0, "files", "a list of { from = …, to = … }")
    }
    var items: [CompressItem] = []
    for value in values {
        guard let from = value["from"], case .bytes(let to)? = value["to"] else {
            throw arguments.mismatch(0, "files", "a list of { from = …, to = … }")
        }
        let (path, seen) = try fileAsSeen(from, .read, arguments, context)
        items.append(
            CompressItem(from: path, seen: seen, to: try context.check(to, .write, call: arguments.function)))
    }
    return items
}

/// The sources of an archive: paths, stored under their last names, or `{path =, as =}`.
func archiveSources(_ arguments: Arguments, _ index: Int, _ context: APIContext) throws(Failure) -> [ArchiveSource] {
    let given: [Value]
    if case .bytes = arguments[index] { given = [arguments[index]] } else { given = arguments[index].list ?? [] }
    if given.isEmpty { throw arguments.mismatch(index, "sources", "a path or a list of paths") }
    var sources: [ArchiveSource] = []
    var names: Set<[UInt8]> = []
    for value in given {
        var raw: [UInt8]
        var name: [UInt8]?
        if case .bytes(let bytes) = value {
            raw = bytes
        } else if case .bytes(let bytes)? = value["path"] {
            raw = bytes
            if case .bytes(let bytes)? = value["as"] { name = bytes }
        } else {
            throw arguments.mismatch(index, "sources", "a list of paths or of {path =, as =}")
        }
        let path = try context.check(raw, .read, call: arguments.function)
        let stored = name ?? path.path.name
        _ = try TarMember(name: stored, kind: .file).safeComponents()
        guard names.insert(stored).inserted else {
            throw Failure(
                code: "EARGUMENT",
                "\(arguments.function): two sources have the name \(Path(bytes: stored).text) in the archive",
                cure: "tell them apart: { path = \"…\", as = \"…\" }")
        }
        sources.append(ArchiveSource(path: path, name: stored))
    }
    return sources
}

func archiveTotals(_ totals: ArchiveTotals) -> Value {
    func remarks(_ list: [ArchiveRemark]) -> Value {
        .list(list.map { ["path": .bytes($0.path), "code": .text($0.code), "message": .text($0.message)] })
    }
    var members: [String: Value] = [
        "files": .int(totals.files), "directories": .int(totals.directories), "bytes": .int(totals.bytes),
        "unreadable": remarks(totals.unreadable), "changed": remarks(totals.changed), "unlisted": .int(totals.unlisted),
    ]
    if totals.stored > 0 { members["stored"] = .int(totals.stored) }
    if let hash = totals.sha256 { members["sha256"] = .text(hash) }
    if let fingerprint = totals.fingerprint { members["fingerprint"] = .text(fingerprint) }
    return .map(members)
}

private func entry(_ entry: ArchiveEntry) -> Value {
    var members: [String: Value] = [
        "path": .bytes(entry.name), "type": .text(entry.kind), "size": .int(entry.size),
        "mode": .text(EntryText.mode(entry.mode)), "uid": .int(Int64(entry.uid)), "gid": .int(Int64(entry.gid)),
        "mtime": .number(EntryValue.seconds(entry.modified)),
    ]
    if !entry.target.isEmpty { members["target"] = .bytes(entry.target) }
    return .map(members)
}

private func converted(_ file: ConvertedFile) -> Value {
    var members: [String: Value] = ["bytes": .int(file.bytes), "stored": .int(file.stored)]
    if let hash = file.sha256 { members["sha256"] = .text(hash) }
    return .map(members)
}

extension Options {
    /// What `create` and `scan` leave out.
    mutating func sourceOptions(_ options: inout ArchiveOptions) throws(Failure) {
        options.excludes = try patterns("exclude")
        options.oneFileSystem = try bool("one_fs", default: true)
    }

    /// The format to compress in.
    mutating func compressionFormat(_ name: String) throws(Failure) -> CompressionFormat {
        let words = CompressionFormat.allCases.map(\.rawValue)
        return CompressionFormat(rawValue: try word(name, of: words, default: CompressionFormat.zstd.rawValue)) ?? .zstd
    }

    /// The option `level`, which is one of the format's.
    mutating func level(of format: CompressionFormat) throws(Failure) -> Int? {
        guard let value = take("level") else { return nil }
        guard let level = value.integer.flatMap({ Int(exactly: $0) }), format.levels.contains(level) else {
            throw Failure(
                code: "EARGUMENT",
                "\(function): option level of \(format.rawValue) must be a whole number from \(format.levels.lowerBound) "
                    + "to \(format.levels.upperBound)")
        }
        return level
    }
}
