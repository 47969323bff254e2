/// The functions of `fs` for many names of one directory at once, and for files that are being written.
func fsChains(_ context: APIContext) -> [HostFunction] {
    [
        HostFunction("names") { arguments in
            let path = try context.path(arguments, 0, .read, name: "dir")
            var options = try arguments.options(1)
            let patterns = try options.patterns("pattern")
            try options.finish(known: ["pattern"])
            let names = try context.current("fs.names").effects.names(path, patterns)
            let others = names.others.map { ["name": .bytes($0.name), "type": .text($0.kind.rawValue)] as Value }
            return [.list(names.files.map { .bytes($0) }), .list(others)]
        },
        HostFunction("change") { arguments in
            let directory = try context.path(arguments, 0, .write, name: "dir")
            guard let values = arguments[1].list else {
                throw arguments.mismatch(1, "chains", "a list of lists of changes")
            }
            try arguments.end(2)
            var chains: [[DirectoryChange]] = []
            for value in values {
                guard let steps = value.list else {
                    throw arguments.mismatch(1, "chains", "a list of lists of changes")
                }
                chains.append(try steps.map { step throws(Failure) in try change(step, in: directory, arguments) })
            }
            let outcomes = try context.current("fs.change").effects.change(directory, chains)
            return [
                .list(
                    outcomes.map { outcome in
                        guard let failure = outcome.failure else { return true }
                        return [
                            "code": .text(failure.code), "message": .text(failure.description),
                            "done": .int(Int64(outcome.done)),
                        ]
                    })
            ]
        },
        HostFunction("copy_truncate") { arguments in
            try arguments.end(2)
            let (from, seen) = try fileAsSeen(arguments[0], .write, arguments, context)
            let to = try context.path(arguments, 1, .write, name: "to")
            let cut = try context.current("fs.copy_truncate").effects.copyTruncate(from, seen: seen, to)
            return [["bytes": .int(cut.bytes), "window": .number(cut.window)]]
        },
    ]
}

/// The file that a path or an entry stands for: an entry is the very file that was seen.
func fileAsSeen(
    _ value: Value, _ access: Access, _ arguments: Arguments, _ context: APIContext
) throws(Failure) -> (path: CheckedPath, seen: FileStatus?) {
    if case .bytes(let raw) = value {
        return (try context.check(raw, access, call: arguments.function, follow: false), nil)
    }
    guard let map = value.map else { throw arguments.mismatch(0, "from", "a path or an entry") }
    let (raw, seen) = try EntryValue.read(map, arguments.function)
    return (try context.check(raw, access, call: arguments.function, follow: false), seen)
}

/// One change: `{ rename = name or entry, to = name }` or `{ create = name, mode =, owner = }`.
private func change(
    _ value: Value, in directory: CheckedPath, _ arguments: Arguments
) throws(Failure) -> DirectoryChange {
    guard let map = value.map else { throw arguments.mismatch(1, "chains", "a list of lists of changes") }
    var options = Options(function: arguments.function, values: map)
    if let renamed = options.take("rename") {
        let to = try name("to", options.take("to") ?? .null, in: directory, options)
        try options.finish(known: ["rename", "to"])
        guard let entry = renamed.map else {
            return .rename(from: try name("rename", renamed, in: directory, options), to: to, seen: nil)
        }
        let (path, seen) = try EntryValue.read(entry, arguments.function)
        guard Path(bytes: path).parent == directory.path else {
            throw Failure(
                code: "EARGUMENT", "\(arguments.function): \(Path(bytes: path).text) is not in \(directory.path.text)")
        }
        return .rename(from: Path(bytes: path).name, to: to, seen: seen)
    }
    guard let created = options.take("create") else {
        throw Failure(code: "EARGUMENT", "\(arguments.function): a change is rename or create, not \(value.shown)")
    }
    let made = try name("create", created, in: directory, options)
    let mode = try options.mode("mode")
    let owner = try options.owner("owner")
    try options.finish(known: ["create", "mode", "owner"])
    return .create(made, mode: mode, owner: owner)
}

/// A name in the directory, without a slash.
private func name(
    _ key: String, _ value: Value, in directory: CheckedPath, _ options: Options
) throws(Failure) -> [UInt8] {
    guard case .bytes(let bytes) = value, directory.entry(bytes) != nil else {
        throw options.mismatch(key, "a name in the directory", value)
    }
    return bytes
}
