/// The functions of `fs` that look.
func fsReading(
    _ context: APIContext, _ walks: HandleTable<FSWalk>, _ lines: HandleTable<FSLines>,
    _ files: HandleTable<any OpenFile>
) -> [HostFunction] {
    [
        HostFunction("stat") { arguments in
            var options = try arguments.options(1)
            let follow = try options.bool("follow", default: true)
            try options.finish(known: ["follow"])
            let path = try context.path(arguments, 0, .read, follow: follow)
            let entry = try context.current("fs.stat").effects.status(path, follow: follow)
            return [entry.map(EntryValue.of) ?? .null]
        },
        HostFunction("list") { arguments in
            let path = try context.path(arguments, 0, .read, name: "dir")
            let effects = try context.current("fs.list").effects
            var options = try arguments.options(1)
            let filter = try options.filter(now: effects.now())
            try options.finish(known: filterOptions)
            return [.list(try effects.list(path, filter).map(EntryValue.of))]
        },
        HostFunction("walk") { arguments in
            let path = try context.path(arguments, 0, .read, name: "root")
            let effects = try context.current("fs.walk").effects
            var options = try arguments.options(1)
            var walk = WalkOptions()
            walk.filter = try options.filter(now: effects.now())
            walk.depth = try options.count("depth").map { Int(clamping: $0) }
            walk.oneFileSystem = try options.bool("one_fs", default: true)
            walk.filter.allDirectories = try options.bool("all_directories", default: false)
            walk.childrenFirst = try options.bool("children_first", default: false)
            let words = FSWalk.OnError.allCases.map(\.rawValue)
            let onError = FSWalk.OnError(rawValue: try options.word("on_error", of: words, default: "warn"))
            try options.finish(
                known: filterOptions + ["depth", "one_fs", "children_first", "all_directories", "on_error"])
            return [try walks.add(FSWalk(try effects.walk(path, walk), onError: onError ?? .warn))]
        },
        HostFunction("glob") { arguments in
            let pattern = try arguments.text(0, "pattern")
            try arguments.end(1)
            return [.list(try fsGlob(pattern, context).map(EntryValue.of))]
        },
        HostFunction("read") { arguments in
            var options = try arguments.options(1)
            let max = try options.size("max") ?? 16 << 20
            try options.finish(known: ["max"])
            let path = try context.path(arguments, 0, .read)
            return [.bytes(try context.current("fs.read").effects.read(path, max: max, call: "fs.read"))]
        },
        HostFunction("lines") { arguments in
            let path = try context.path(arguments, 0, .read)
            let file = try context.current("fs.lines").effects.open(path, .read, call: "fs.lines")
            return [try lines.add(FSLines(file, path: path.path))]
        },
        HostFunction("open") { arguments in
            let words = OpenMode.allCases.map(\.rawValue)
            let text = arguments[1].isNull ? "r" : try arguments.text(1, "mode")
            guard let mode = OpenMode(rawValue: text) else {
                throw arguments.mismatch(1, "mode", "one of " + words.joined(separator: ", "))
            }
            let path = try context.path(arguments, 0, mode.writes ? .write : .read)
            return [try files.add(try context.current("fs.open").effects.open(path, mode, call: "fs.open"))]
        },
        HostFunction("usage") { arguments in
            var options = try arguments.options(1)
            let timeout = try options.duration("timeout") ?? 2
            try options.finish(known: ["timeout"])
            let path = try context.path(arguments, 0, .read)
            return [
                try context.current("fs.usage").effects.request(
                    .diskUsage, ["path": .bytes(path.path.bytes), "timeout": .number(timeout)])
            ]
        },
        HostFunction("openers") { arguments in
            let effects = try context.current("fs.openers").effects
            if let values = arguments[0].list {
                let ids = try identities(values, arguments, context)
                return ids.isEmpty ? [.list([])] : [try effects.request(.openers, ["entries": .list(ids)])]
            }
            guard let id = try fileID(arguments[0], arguments, context) else { return [.list([])] }
            return [try effects.request(.openers, EntryValue.identity(id))]
        },
        HostFunction("in_use") { arguments in
            guard let values = arguments[0].list else {
                throw arguments.mismatch(0, "entries", "a list of paths or entries")
            }
            let effects = try context.current("fs.in_use").effects
            let ids = try identities(values, arguments, context)
            if ids.isEmpty { return [.list([])] }
            return [try effects.request(.openAny, ["entries": .list(ids)])]
        },
    ]
}

extension EntryValue {
    /// What names a file to the host.
    static func identity(_ id: FileID) -> [String: Value] {
        ["device": .int(Int64(bitPattern: id.device)), "inode": .int(Int64(bitPattern: id.inode))]
    }
}

/// What names the files of a list to the host.
private func identities(
    _ values: [Value], _ arguments: Arguments, _ context: APIContext
) throws(Failure) -> [Value] {
    var ids: [Value] = []
    for value in values {
        // What is gone is in nobody's use; no file has this identity.
        let id = try fileID(value, arguments, context) ?? FileID(device: 0, inode: 0)
        ids.append(.map(EntryValue.identity(id)))
    }
    return ids
}

/// The file that a path or an entry stands for; nil where there is none.
private func fileID(_ value: Value, _ arguments: Arguments, _ context: APIContext) throws(Failure) -> FileID? {
    if let map = value.map {
        let (path, seen) = try EntryValue.read(map, arguments.function)
        _ = try context.check(path, .read, call: arguments.function, follow: false)
        return seen.id
    }
    guard case .bytes(let raw) = value else { throw arguments.mismatch(0, "path", "a path or an entry") }
    let path = try context.check(raw, .read, call: arguments.function)
    return try context.current(arguments.function).effects.status(path, follow: true)?.status.id
}

/// The entries whose paths match, sorted. What lies before the first pattern must be granted.
private func fsGlob(_ pattern: String, _ context: APIContext) throws(Failure) -> [FileEntry] {
    let session = try context.current("fs.glob")
    let names = Path(pattern).components.map { String(decoding: $0, as: UTF8.self) }
    let plain = names.prefix { !Glob.isPattern($0) }
    let rest = names.dropFirst(plain.count)
    let start = (pattern.hasPrefix("/") ? "/" : "") + plain.joined(separator: "/")
    let root = try context.check(Array((start.isEmpty ? "." : start).utf8), .read, call: "fs.glob")
    guard let found = try session.effects.status(root, follow: true) else { return [] }
    if rest.isEmpty { return [found] }
    guard found.status.kind == .directory else { return [] }
    var options = WalkOptions()
    options.oneFileSystem = false
    options.depth = rest.contains { $0.contains("**") } ? nil : rest.count
    options.filter.patterns = [try Glob("/" + rest.joined(separator: "/"))]
    let source = try session.effects.walk(root, options)
    var entries: [FileEntry] = []
    while true {
        let batch = try source.next(256)
        if batch.entries.isEmpty, batch.problems.isEmpty { return entries.sorted { $0.path < $1.path } }
        entries += batch.entries
    }
}
