/// Renaming and removing files.
extension LiveEffects {
    package func rename(_ from: CheckedPath, _ to: CheckedPath, replace: Bool) throws(Failure) {
        let call = "fs.rename"
        try spareGrantRoot(from.path, call)
        try spareGrantRoot(to.path, call)
        let (fromDirectory, fromName) = try place(from.path, call)
        let (directory, name) = try place(to.path, call)
        guard let source = try told(call, from.path, { try fromDirectory.status(fromName) }) else {
            throw FileFailure.missing(call, from.path)
        }
        do throws(SystemError) {
            try fromDirectory.rename(fromName, to: name, in: directory, replace: replace)
        } catch {
            if error.name != "EXDEV" { throw FileFailure.of(error, call, to.path) }
            // Another file system, or another grant: the kernel moves nothing between them.
            try moveByCopy(from.path, source, to.path, replace: replace, call)
            return
        }
        try told(call, to.path) {
            try directory.sync()
            try fromDirectory.sync()
        }
    }

    /// Copy, fsync, unlink; the source stays until the copy is durable, and where it changed meanwhile.
    private func moveByCopy(
        _ from: Path, _ source: FileStatus, _ to: Path, replace: Bool, _ call: String
    ) throws(Failure) {
        let (fromDirectory, fromName) = try place(from, call)
        switch source.kind {
        case .file:
            var options = CopyOptions()
            options.replace = replace
            _ = try copy(from, to, options, call, follow: false)
        case .link:
            let (directory, name) = try place(to, call)
            try told(call, to) {
                try directory.makeLink(name, target: try fromDirectory.target(fromName))
                try directory.sync()
            }
        default:
            throw Failure(
                code: "EXDEV",
                "\(call) \(from.text): a \(FileFailure.name(of: source.kind)) cannot be moved to another file system or grant",
                cure: "let one write need cover both paths, or copy what is in it")
        }
        let now = try told(call, from) { try fromDirectory.status(fromName) }
        guard let now, now.isStill(source) else {
            throw Failure(
                code: "EBUSY", "\(call) \(from.text): it changed while it was copied to \(to.text); both are there")
        }
        try told(call, from) {
            try fromDirectory.unlink(fromName)
            try fromDirectory.sync()
        }
    }

    package func remove(_ path: CheckedPath, seen: FileStatus?) throws(Failure) -> Removal {
        let call = "fs.remove"
        try spareGrantRoot(path.path, call)
        do throws(SystemError) {
            let parent = seen == nil ? try Directory(path.path.parent) : try parentAsWalked(path.path)
            let name = path.path.name
            guard let status = try parent.status(name) else { return .gone }
            if let seen, !status.isStill(seen) { return .changed }
            if status.kind == .directory {
                lastParent = nil
                try parent.removeDirectory(name)
            } else {
                try parent.unlink(name)
            }
            return .removed
        } catch {
            if error.name == "ENOENT" { return .gone }
            // A directory on the way is another now: what was seen is not there any more.
            if seen != nil, ["ENOTDIR", "ELOOP", "ESTALE"].contains(error.name) { return .changed }
            throw FileFailure.of(error, call, path.path)
        }
    }

    /// The directory that holds an entry of a walk, reached from the walk's root without following a link.
    private func parentAsWalked(_ path: Path) throws(SystemError) -> Directory {
        let parent = path.parent
        if let lastParent, lastParent.path == parent { return lastParent.directory }
        let root = walked.filter { parent.isInside($0.path) }.max { $0.path.bytes.count < $1.path.bytes.count }
        let directory =
            if let root {
                try root.directory.descend(parent.components.dropFirst(root.path.components.count))
            } else {
                try Directory(parent)
            }
        lastParent = (parent, directory)
        return directory
    }

    package func removeTree(_ path: CheckedPath, maxEntries: Int64?) throws(Failure) -> TreeTotals {
        let call = "fs.remove_tree"
        try spareGrantRoot(path.path, call)
        let (parent, name) = try place(path.path, call)
        lastParent = nil
        return try told(call, path.path) {
            guard let status = try parent.status(name) else { return TreeTotals() }
            if status.kind != .directory {
                throw Failure(
                    code: "ENOTDIR", "\(call) \(path.path.text): it is a \(FileFailure.name(of: status.kind))",
                    cure: "use fs.remove")
            }
            if let maxEntries {
                let count = try TreeRemoval.count(name, in: parent, at: path.path, limit: maxEntries)
                if count > maxEntries {
                    throw Failure(
                        code: "ETOOMANY",
                        "\(call) \(path.path.text): it holds more than \(maxEntries) entries; nothing was removed")
                }
            }
            let removal = try TreeRemoval(
                name, in: parent, at: path.path, check: { try checkDeadline(call) })
            if let problem = removal.problem { throw FileFailure.of(problem.error, call, problem.path) }
            var totals = TreeTotals()
            totals.files = removal.files
            totals.bytes = removal.bytes
            totals.directories = removal.directories
            return totals
        }
    }
}
