/// Making and changing files.
extension LiveEffects {
    package func write(_ path: CheckedPath, _ data: [UInt8], _ options: WriteOptions) throws(Failure) -> Int64 {
        let call = "fs.write"
        try checkDeadline(call)
        let (directory, name) = try place(path.path, call)
        return try told(call, path.path) {
            let existing = try directory.status(name)
            try judge(existing, replace: options.replace, call, path.path)
            // In place of nothing it comes whole, too, or not at all.
            guard options.atomic || existing == nil, !isGrantRoot(path.path) else {
                try writeInPlace(name, in: directory, data, options)
                return Int64(data.count)
            }
            let file = try AtomicFile(
                name, in: directory, mode: options.mode == nil && existing == nil ? 0o666 : 0o600)
            try file.descriptor.write(data)
            try adopt(file.descriptor, existing, options, call, path.path)
            try file.commit(replace: options.replace)
            return Int64(data.count)
        }
    }

    /// Refuses a target that is no regular file, or is there and may not be replaced.
    func judge(_ existing: FileStatus?, replace: Bool, _ call: String, _ path: Path) throws(Failure) {
        guard let existing else { return }
        if existing.kind != .file { throw FileFailure.notRegular(existing.kind, call, path) }
        if !replace {
            throw Failure(
                code: "EEXIST", "\(call) \(path.text): it is there already",
                cure: "give replace = true where it may be replaced")
        }
    }

    /// Gives a new file the owner and mode that are wanted, or those of the file that it replaces.
    private func adopt(
        _ file: Descriptor, _ existing: FileStatus?, _ options: WriteOptions, _ call: String, _ path: Path
    ) throws {
        let now = try FileStatus(of: file)
        let uid = options.owner?.uid ?? existing?.uid ?? now.uid
        let gid = options.owner?.gid ?? existing?.gid ?? now.gid
        if uid != now.uid || gid != now.gid {
            do throws(SystemError) {
                try file.setOwner(uid: uid, gid: gid)
            } catch {
                throw FileFailure.of(
                    error, call, path,
                    cure: options.owner == nil ? "write it in place: atomic = false keeps its owner" : nil)
            }
        }
        if let mode = options.mode ?? existing?.mode { try file.setMode(allowedMode(mode)) }
    }

    private func writeInPlace(
        _ name: [UInt8], in directory: Directory, _ data: [UInt8], _ options: WriteOptions
    ) throws {
        let file = try RegularFile.create(name, in: directory)
        try file.truncate(0)
        try file.descriptor.write(data)
        if let owner = options.owner { try file.descriptor.setOwner(uid: owner.uid, gid: owner.gid) }
        if let mode = options.mode { try file.descriptor.setMode(allowedMode(mode)) }
        try file.sync()
    }

    package func append(_ path: CheckedPath, _ data: [UInt8], sync: Bool) throws(Failure) -> Int64 {
        let call = "fs.append"
        try checkDeadline(call)
        let (directory, name) = try place(path.path, call)
        return try told(call, path.path) {
            if try directory.status(name) == nil, !isGrantRoot(path.path), try begin(name, in: directory, data) {
                return Int64(data.count)
            }
            let file = try RegularFile.append(name, in: directory)
            let before = try FileStatus(of: file.descriptor).size
            do {
                try file.descriptor.write(data)
            } catch {
                // A part of a line is worse than none; what others wrote meanwhile stays.
                let after = try FileStatus(of: file.descriptor).size
                if after > before, after < before + Int64(data.count) { try? file.truncate(before) }
                throw error
            }
            if sync { try file.sync() }
            return Int64(data.count)
        }
    }

    /// Makes a file that is missing, with what it begins with: where that finds no room, none is left, and nobody has
    /// opened one meanwhile. False where another one came first.
    private func begin(_ name: [UInt8], in directory: Directory, _ data: [UInt8]) throws -> Bool {
        let file = try AtomicFile(name, in: directory, mode: 0o666)
        try file.descriptor.write(data)
        do throws(SystemError) {
            try file.commit(replace: false)
        } catch {
            if error.number == ErrorNumber.exists { return false }
            throw error
        }
        return true
    }

    package func copy(_ from: CheckedPath, _ to: CheckedPath, _ options: CopyOptions) throws(Failure) -> Int64 {
        try copy(from.path, to.path, options, "fs.copy", follow: true)
    }

    func copy(
        _ from: Path, _ to: Path, _ options: CopyOptions, _ call: String, follow: Bool
    ) throws(Failure) -> Int64 {
        let (fromDirectory, fromName) = try place(from, call)
        let source = try told(call, from) { try RegularFile.read(fromName, in: fromDirectory, follow: follow) }
        let (directory, name) = try place(to, call)
        return try told(call, to) {
            let existing = try directory.status(name)
            try judge(existing, replace: options.replace, call, to)
            if existing?.id == source.status.id {
                throw Failure(code: "EINVAL", "\(call) \(to.text): it is the same file as \(from.text)")
            }
            let file = try AtomicFile(name, in: directory, mode: options.preserve ? 0o600 : 0o666)
            let bytes = try FileCopy.content(
                from: source.descriptor, to: file.descriptor, check: { try checkDeadline(call) })
            if options.preserve {
                try copyAttributes(of: source.descriptor, to: file.descriptor, call, to)
                try preserve(source.status, on: file.descriptor)
            }
            try file.commit(replace: options.replace)
            return bytes
        }
    }

    /// Attributes and access control lists; those that may not be set, or that this file system does not keep, are left out
    /// with a warning in the log.
    private func copyAttributes(of source: Descriptor, to copy: Descriptor, _ call: String, _ path: Path) throws {
        for (name, value) in ExtendedAttributes.all(of: source) {
            do throws(SystemError) {
                try ExtendedAttributes.set(name, value, on: copy)
            } catch {
                guard ["EPERM", "EACCES", "ENOTSUP", "EOPNOTSUPP"].contains(error.name) else { throw error }
                // The kernel gives labels of its own to every file.
                if name.hasPrefix("security.") || name.hasPrefix("trusted.") { continue }
                post(
                    .log(
                        level: "warn",
                        message: "\(call) \(path.text): its attribute \(name) is not kept (\(error.name))",
                        fields: [:]))
            }
        }
    }

    /// Owner (where it may be given away), mode and times of a copy's source.
    func preserve(_ status: FileStatus, on file: Descriptor) throws {
        try Self.preserve(status, on: file, modeMask: allowedMode(0o7777))
    }

    /// The same by the bits of a mode that may be given, for any thread.
    static func preserve(_ status: FileStatus, on file: Descriptor, modeMask: UInt32) throws {
        let now = try FileStatus(of: file)
        var mode = status.mode & modeMask
        if now.uid != status.uid || now.gid != status.gid {
            do throws(SystemError) {
                try file.setOwner(uid: status.uid, gid: status.gid)
            } catch {
                if error.name != "EPERM" { throw error }
                // As cp -p does for one who is not root; rights for another owner would be too many.
                mode &= 0o1777
            }
        }
        try file.setMode(mode)
        try file.setTimes(accessed: status.accessed, modified: status.modified)
    }

    package func makeDirectory(_ path: CheckedPath, mode: UInt32?, parents: Bool) throws(Failure) -> Bool {
        let call = "fs.mkdir"
        if try FileStatus.of(path.path, follow: true, call)?.kind == .directory { return false }
        if parents, try FileStatus.of(path.path.parent, follow: true, call) == nil {
            try makeParents(path.path.parent, call)
        }
        let (directory, name) = try place(path.path, call)
        return try told(call, path.path) {
            try directory.makeDirectory(name, mode: mode.map { $0 & 0o777 } ?? 0o777)
            if let mode {
                try directory.child(name).descriptor.setMode(allowedMode(mode))
            }
            try directory.sync()
            return true
        }
    }

    private func makeParents(_ path: Path, _ call: String) throws(Failure) {
        if try FileStatus.of(path, follow: true, call) != nil { return }
        try makeParents(path.parent, call)
        let (directory, name) = try place(path, call)
        try told(call, path) { try directory.makeDirectory(name, mode: 0o777) }
    }

    package func symlink(target: [UInt8], _ path: CheckedPath) throws(Failure) {
        let (directory, name) = try place(path.path, "fs.symlink")
        try told("fs.symlink", path.path) {
            try directory.makeLink(name, target: target)
            try directory.sync()
        }
    }

    package func link(_ from: CheckedPath, _ to: CheckedPath) throws(Failure) {
        let (source, sourceName) = try place(from.path, "fs.link")
        let (directory, name) = try place(to.path, "fs.link")
        try told("fs.link", to.path) {
            try directory.link(sourceName, of: source, to: name)
            try directory.sync()
        }
    }

    package func changeOwner(_ path: CheckedPath, _ owner: Ownership) throws(Failure) {
        try change(path, "fs.chown") { try $0.setOwner(uid: owner.uid, gid: owner.gid) }
    }

    package func changeMode(_ path: CheckedPath, _ mode: UInt32) throws(Failure) {
        try checkMode(path.path, mode)
        try change(path, "fs.chmod") { try $0.setMode(mode) }
    }

    /// Refuses set-id bits without the need for them.
    func checkMode(_ path: Path, _ mode: UInt32) throws(Failure) {
        if mode == allowedMode(mode) { return }
        throw Failure(
            code: "EGRANT", "fs.chmod \(path.text): set-id bits are not granted", cure: "add setid = true to the needs")
    }

    private func change(_ path: CheckedPath, _ call: String, _ body: (Descriptor) throws -> Void) throws(Failure) {
        let (directory, name) = try place(path.path, call)
        try told(call, path.path) { try body(try directory.openForAttributes(name)) }
    }

    package func touch(_ path: CheckedPath, modified: Int64?, accessed: Int64?) throws(Failure) {
        let call = "fs.touch"
        let (directory, name) = try place(path.path, call)
        try told(call, path.path) {
            let file =
                try directory.status(name) == nil
                ? try RegularFile.append(name, in: directory).descriptor : try directory.openForAttributes(name)
            let now = SystemClock().now().microseconds * 1000
            let both = modified == nil && accessed == nil
            try file.setTimes(accessed: both ? now : accessed, modified: both ? now : modified)
        }
    }

    package func truncate(_ path: CheckedPath, size: Int64) throws(Failure) {
        let (directory, name) = try place(path.path, "fs.truncate")
        try told("fs.truncate", path.path) {
            let file = try RegularFile.update(name, in: directory)
            try file.truncate(size)
            try file.sync()
        }
    }

    package func temporaryDirectory() throws(Failure) -> Path {
        guard let scratch = settings.scratch else {
            throw Failure(code: "ENOENT", "fs.temp_dir: this run has no scratch directory")
        }
        var generator = SystemRandomNumberGenerator()
        let name = "tmp-" + String(generator.next(), radix: 36)
        try told("fs.temp_dir", scratch) {
            try Directory(scratch).makeDirectory(Array(name.utf8), mode: 0o700)
        }
        return scratch.appending(name)
    }
}

extension FileStatus {
    /// The status of a path, its error told with the call.
    static func of(_ path: Path, follow: Bool, _ call: String) throws(Failure) -> FileStatus? {
        do throws(SystemError) { return try of(path, follow: follow) } catch { throw FileFailure.of(error, call, path) }
    }
}
