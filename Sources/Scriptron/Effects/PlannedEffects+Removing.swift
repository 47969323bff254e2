/// Renaming and removing files as they would be.
extension PlannedEffects {
    package func rename(_ from: CheckedPath, _ to: CheckedPath, replace: Bool) throws(Failure) {
        try rename(from, to, replace: replace, "fs.rename")
    }

    /// The same for another call, which its errors are told by.
    func rename(_ from: CheckedPath, _ to: CheckedPath, replace: Bool, _ call: String) throws(Failure) {
        try live.spareGrantRoot(from.path, call)
        try live.spareGrantRoot(to.path, call)
        let source = try existing(from.path, follow: false, call)
        let fromParent = try parent(from.path, call)
        let toParent = try parent(to.path, call)
        try mayRemove(source, fromParent, call)
        let before = try find(to.path, follow: false, call)
        if let before, before.status.id != source.status.id {
            guard replace else {
                throw Failure(
                    code: "EEXIST", "\(call) \(to.path.text): it is there already",
                    cure: "give replace = true where it may be replaced")
            }
            try mayReplace(before, by: source, call)
        }
        let crosses = source.status.id.device != toParent.status.id.device
        if crosses, source.status.kind != .file, source.status.kind != .link {
            throw Failure(
                code: "EXDEV",
                "\(call) \(from.path.text): a \(FileFailure.name(of: source.status.kind)) cannot be moved to another file system or grant",
                cure: "let one write need cover both paths, or copy what is in it")
        }
        if to.path.name.count > Path.longestName {
            throw FileFailure.of(SystemError(ErrorNumber.nameTooLong, call: call), call, to.path)
        }
        let target = toParent.path.appending(Path(bytes: to.path.name))
        // Two names of one file: then nothing happens (rename(2)).
        if let before, before.status.id == source.status.id, before.path != source.path {
            plan.add("rename", ["from": .bytes(from.path.bytes), "to": .bytes(to.path.bytes)])
            return
        }
        if crosses {
            try moveByCopy(source, to: target, in: toParent, before, call)
        } else {
            if let before, before.path != source.path { self.replace(before) }
            overlay.move(source, to: target)
        }
        plan.add(
            "rename", ["from": .bytes(from.path.bytes), "to": .bytes(to.path.bytes)],
            bytes: crosses ? source.status.size : nil)
    }

    /// Moves a file to another file system: a new one there, with one name.
    private func moveByCopy(
        _ source: Overlay.Found, to target: Path, in directory: Overlay.Found, _ before: Overlay.Found?, _ call: String
    ) throws(Failure) {
        if source.status.kind == .file, !Permission.mayRead(source.status) { throw denied(source.path, call) }
        let made =
            source.status.kind == .file
            ? alike(source.status, in: directory, source.content, size: source.status.size)
            : overlay.make(
                .link, in: directory, mode: 0o777, owner: Permission.owner, now: nanoseconds, content: .unknown,
                size: source.status.size, target: source.target)
        try take(made, in: directory, call, target)
        if let before { replace(before) }
        overlay.put(target, made)
        release(source)
        overlay.remove(source)
    }

    /// Whether an entry is still reached from its walk's root without a link on the way.
    private func isAsWalked(_ path: Path, _ found: Overlay.Found) -> Bool {
        let root = walked.filter { path.isInside($0.path) }.max { $0.path.bytes.count < $1.path.bytes.count }
        guard let root else { return true }
        let rest = path.bytes.dropFirst(root.path.bytes.count)
        return found.path.bytes == root.canonical.bytes + rest
    }

    private func mayRemove(_ found: Overlay.Found, _ parent: Overlay.Found, _ call: String) throws(Failure) {
        guard Permission.mayRemove(found.status, from: parent.status) else {
            throw Failure(
                code: "EPERM", "\(call) \(found.path.text): Operation not permitted",
                cure: "only the file's owner or root may do this: see the job's user")
        }
    }

    private func mayReplace(
        _ before: Overlay.Found, by source: Overlay.Found, _ call: String
    ) throws(Failure) {
        let isDirectory = before.status.kind == .directory
        if isDirectory != (source.status.kind == .directory) {
            throw Failure(
                code: isDirectory ? "EISDIR" : "ENOTDIR", "\(call) \(before.path.text): it is of another kind")
        }
        if isDirectory { try mustBeEmpty(before, call) }
    }

    private func mustBeEmpty(_ found: Overlay.Found, _ call: String) throws(Failure) {
        let isEmpty: Bool
        do throws(SystemError) { isEmpty = try overlay.isEmpty(found.path) } catch {
            throw FileFailure.of(error, call, found.path)
        }
        if !isEmpty {
            throw Failure(
                code: "ENOTEMPTY", "\(call) \(found.path.text): Directory not empty",
                cure: "use fs.remove_tree to remove a directory with what is in it")
        }
    }

    package func remove(_ path: CheckedPath, seen: FileStatus?) throws(Failure) -> Removal {
        let call = "fs.remove"
        try live.spareGrantRoot(path.path, call)
        guard let found = try find(path.path, follow: false, call) else { return .gone }
        if let seen, !found.status.isStill(seen) || !isAsWalked(path.path, found) { return .changed }
        try mayRemove(found, try parent(path.path, call), call)
        let isDirectory = found.status.kind == .directory
        if isDirectory { try mustBeEmpty(found, call) }
        let isLastName = found.status.kind == .file && found.status.links <= 1
        release(found)
        overlay.remove(found)
        plan.add(
            isDirectory ? "remove directory" : "remove", plan.isFull ? [:] : ["path": .bytes(path.path.bytes)],
            bytes: isDirectory ? nil : isLastName ? found.status.size : 0)
        return .removed
    }

    package func removeTree(_ path: CheckedPath, maxEntries: Int64?) throws(Failure) -> TreeTotals {
        let call = "fs.remove_tree"
        try live.spareGrantRoot(path.path, call)
        guard let found = try find(path.path, follow: false, call) else { return TreeTotals() }
        if found.status.kind != .directory {
            throw Failure(
                code: "ENOTDIR", "\(call) \(path.path.text): it is a \(FileFailure.name(of: found.status.kind))",
                cure: "use fs.remove")
        }
        try mayRemove(found, try parent(path.path, call), call)
        var totals = TreeTotals()
        totals.directories = 1
        var directories = [found]
        var linked: [Overlay.Found] = []
        var single: [Overlay.Found] = [found]
        while let directory = directories.popLast() {
            for child in try children(directory.path, call) {
                try mayRemove(child, directory, call)
                if child.status.kind == .directory {
                    totals.directories += 1
                    directories.append(child)
                    single.append(child)
                } else {
                    totals.files += 1
                    if child.status.links > 1 { linked.append(child) } else { single.append(child) }
                    if child.status.kind == .file, child.status.links == 1 { totals.bytes += child.status.size }
                }
                if let maxEntries, totals.files + totals.directories > maxEntries {
                    throw Failure(
                        code: "ETOOMANY",
                        "\(call) \(path.path.text): it holds more than \(maxEntries) entries; nothing was removed")
                }
            }
            try live.checkDeadline(call)
        }
        // Other names of these files have one link less from now on.
        for file in linked {
            // Two names in the tree may be all that it has.
            guard let now = try find(file.path, follow: false, call) else { continue }
            release(now)
            overlay.remove(now)
        }
        for file in single { release(file) }
        overlay.remove(found)
        plan.add(
            "remove tree",
            [
                "path": .bytes(path.path.bytes), "files": .int(totals.files), "directories": .int(totals.directories),
            ], bytes: totals.bytes)
        return totals
    }
}
