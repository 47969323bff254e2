/// The functions of `fs` that make and change files.
func fsChanging(_ context: APIContext) -> [HostFunction] {
    [
        HostFunction("write") { arguments in
            var given = try arguments.options(2)
            var options = WriteOptions()
            options.mode = try given.mode("mode")
            options.owner = try given.owner("owner")
            options.atomic = try given.bool("atomic", default: true)
            options.replace = try given.bool("replace", default: true)
            try given.finish(known: ["mode", "owner", "atomic", "replace"])
            let path = try context.path(arguments, 0, .write)
            let data = try arguments.bytes(1, "data")
            return [.int(try context.current("fs.write").effects.write(path, data, options))]
        },
        HostFunction("append") { arguments in
            var options = try arguments.options(2)
            let sync = try options.bool("sync", default: true)
            try options.finish(known: ["sync"])
            let path = try context.path(arguments, 0, .write)
            let data = try arguments.bytes(1, "data")
            return [.int(try context.current("fs.append").effects.append(path, data, sync: sync))]
        },
        HostFunction("copy") { arguments in
            var given = try arguments.options(2)
            var options = CopyOptions()
            options.preserve = try given.bool("preserve", default: true)
            options.replace = try given.bool("replace", default: false)
            try given.finish(known: ["preserve", "replace"])
            let from = try context.path(arguments, 0, .read, name: "from")
            let to = try context.path(arguments, 1, .write, name: "to")
            return [.int(try context.current("fs.copy").effects.copy(from, to, options))]
        },
        HostFunction("mkdir") { arguments in
            var options = try arguments.options(1)
            let mode = try options.mode("mode")
            let parents = try options.bool("parents", default: false)
            try options.finish(known: ["mode", "parents"])
            let path = try context.path(arguments, 0, .write)
            let made = try context.current("fs.mkdir").effects.makeDirectory(path, mode: mode, parents: parents)
            return [.bool(made)]
        },
        HostFunction("symlink") { arguments in
            let target = try arguments.bytes(0, "target")
            if target.isEmpty || target.contains(0) { throw arguments.mismatch(0, "target", "a path") }
            let path = try context.path(arguments, 1, .write)
            try context.current("fs.symlink").effects.symlink(target: target, path)
            return []
        },
        HostFunction("link") { arguments in
            let from = try context.path(arguments, 0, .write, name: "from")
            let to = try context.path(arguments, 1, .write, name: "to")
            try context.current("fs.link").effects.link(from, to)
            return []
        },
        HostFunction("chown") { arguments in
            let path = try context.path(arguments, 0, .write)
            let owner = try EntryValue.owner(arguments[1], arguments.function)
            try context.current("fs.chown").effects.changeOwner(path, owner)
            return []
        },
        HostFunction("chmod") { arguments in
            let path = try context.path(arguments, 0, .write)
            let mode = try EntryValue.mode(arguments[1], arguments.function)
            try context.current("fs.chmod").effects.changeMode(path, mode)
            return []
        },
        HostFunction("touch") { arguments in
            var options = try arguments.options(1)
            let modified = try options.time("mtime")
            let accessed = try options.time("atime")
            try options.finish(known: ["mtime", "atime"])
            let path = try context.path(arguments, 0, .write)
            try context.current("fs.touch").effects.touch(path, modified: modified, accessed: accessed)
            return []
        },
        HostFunction("truncate") { arguments in
            let path = try context.path(arguments, 0, .write)
            guard let size = arguments[1].isNull ? 0 : Quantity.bytes(arguments[1]) else {
                throw arguments.mismatch(1, "size", "a size")
            }
            try context.current("fs.truncate").effects.truncate(path, size: size)
            return []
        },
        HostFunction("temp_dir") { arguments in
            try arguments.end(0)
            return [.bytes(try context.current("fs.temp_dir").effects.temporaryDirectory().bytes)]
        },
    ]
}

extension Options {
    /// A time in seconds since the epoch, as nanoseconds.
    fileprivate mutating func time(_ name: String) throws(Failure) -> Int64? {
        guard let value = take(name) else { return nil }
        guard let seconds = value.double, abs(seconds) < 9e9 else {
            throw mismatch(name, "seconds since 1970", value)
        }
        return EntryValue.nanoseconds(seconds)
    }
}

/// The functions of `fs` that rename and remove.
func fsRemoving(_ context: APIContext) -> [HostFunction] {
    [
        HostFunction("rename") { arguments in
            var options = try arguments.options(2)
            let replace = try options.bool("replace", default: false)
            try options.finish(known: ["replace"])
            let from = try context.path(arguments, 0, .write, name: "from")
            let to = try context.path(arguments, 1, .write, name: "to")
            try context.current("fs.rename").effects.rename(from, to, replace: replace)
            return []
        },
        HostFunction("remove") { arguments in
            let effects = try context.current("fs.remove").effects
            let removal: Removal
            if let entry = arguments[0].map, !entry.isEmpty {
                let (raw, seen) = try EntryValue.read(entry, arguments.function)
                let path = try context.check(raw, .write, call: arguments.function, follow: false)
                removal = try effects.remove(path, seen: seen)
            } else {
                removal = try effects.remove(try context.path(arguments, 0, .write), seen: nil)
            }
            try arguments.end(1)
            // The reason tells what was gone from what was spared.
            return removal == .removed ? [true] : [false, .text(removal.rawValue)]
        },
        HostFunction("remove_tree") { arguments in
            var options = try arguments.options(1)
            let limit = try options.count("max_entries")
            try options.finish(known: ["max_entries"])
            let path = try context.path(arguments, 0, .write)
            let totals = try context.current("fs.remove_tree").effects.removeTree(path, maxEntries: limit)
            return [
                [
                    "files": .int(totals.files), "bytes": .int(totals.bytes), "directories": .int(totals.directories),
                ]
            ]
        },
    ]
}

extension Arguments {
    /// Fails where there are more than `count` arguments.
    func end(_ count: Int) throws(Failure) {
        if values.dropFirst(count).contains(where: { !$0.isNull }) {
            throw Failure(code: "EARGUMENT", "\(function) takes \(count) arguments, not \(values.count)")
        }
    }
}
