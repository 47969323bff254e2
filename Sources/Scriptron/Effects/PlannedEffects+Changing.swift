/// Changing files as they would be.
extension PlannedEffects {
    /// The directory that holds a path, which may be written in.
    func parent(_ path: Path, _ call: String) throws(Failure) -> Overlay.Found {
        let parent = try existing(path.parent, follow: true, call)
        guard parent.status.kind == .directory else {
            throw Failure(code: "ENOTDIR", "\(call) \(path.parent.text): it is no directory")
        }
        guard Permission.mayWrite(parent.status) else { throw denied(path, call) }
        used.writes(path)
        return parent
    }

    func denied(_ path: Path, _ call: String) -> Failure {
        Failure(
            code: "EACCES", "\(call) \(path.text): Permission denied",
            cure: "let the job's user do this by the owner and mode of the file and its directories")
    }

    /// Puts what `make` makes at a path, and gives what a plan says of it.
    @discardableResult
    func place(
        _ path: Path, _ call: String, _ make: (Overlay.Found, Overlay.Found?) throws(Failure) -> PlannedFile
    ) throws(Failure) -> [String: Value] {
        let parent = try parent(path, call)
        let canonical = parent.path.appending(Path(bytes: path.name))
        let before: Overlay.Found?
        do throws(SystemError) { before = try overlay.look(canonical) } catch {
            throw FileFailure.of(error, call, path)
        }
        let file = try make(parent, before)
        overlay.put(canonical, file)
        return file.made
    }

    /// The content to keep of these bytes: themselves while there is room.
    func keep(_ bytes: [UInt8]) -> PlannedFile.Content {
        guard kept + bytes.count <= Self.mostKept else { return .unknown }
        kept += bytes.count
        return .bytes(bytes)
    }

    /// What a plan shows of new content, as text of a unified diff; nothing where either is no text, or it is much.
    func difference(_ before: Overlay.Found?, _ data: [UInt8]) -> [String: Value] {
        var old: [UInt8] = []
        if let before {
            guard before.status.kind == .file, before.status.size <= UnifiedDiff.mostBytes else { return [:] }
            switch before.content {
            case .bytes(let bytes): old = bytes
            case .real(let real):
                let most = Int64(UnifiedDiff.mostBytes)
                guard let bytes = try? live.read(real: real, max: most, call: "fs.read") else { return [:] }
                old = bytes
            case .unknown: return [:]
            }
        }
        guard let lines = UnifiedDiff.lines(old, data), !lines.isEmpty else { return [:] }
        let text = lines.joined(separator: "\n")
        guard text.utf8.count <= leftForDifferences else { return [:] }
        leftForDifferences -= text.utf8.count
        return ["diff": .text(text)]
    }

    package func write(_ path: CheckedPath, _ data: [UInt8], _ options: WriteOptions) throws(Failure) -> Int64 {
        let call = "fs.write"
        let bytes = Int64(data.count)
        let known = try find(path.path, follow: false, call)
        try live.judge(known?.status, replace: options.replace, call, path.path)
        let made = try place(path.path, call) { parent, before throws(Failure) in
            if !options.atomic || live.isGrantRoot(path.path), let before, !Permission.mayWrite(before.status) {
                throw denied(path.path, call)
            }
            let file = overlay.make(
                .file, in: parent, mode: live.allowedMode(options.mode ?? before?.status.mode ?? 0o644),
                owner: (
                    options.owner?.uid ?? before?.status.uid ?? Permission.owner.uid,
                    options.owner?.gid ?? before?.status.gid ?? Permission.owner.gid
                ), now: nanoseconds, content: keep(data), size: bytes)
            return file
        }
        let difference = difference(known, data)
        plan.add(
            "write", made.merging(difference) { $1 }.merging(["path": .bytes(path.path.bytes)]) { $1 }, bytes: bytes)
        return bytes
    }

    /// Gives a file new content in place.
    func rewrite(
        _ path: Path, _ found: Overlay.Found?, _ data: [UInt8], effect: String, _ call: String
    ) throws(Failure) {
        let size = Int64(data.count)
        if let found {
            guard Permission.mayWrite(found.status) else { throw denied(path, call) }
            used.writes(path)
            let file = overlay.adopt(found)
            file.content = keep(data)
            resize(file, size)
        } else {
            try place(path, call) { parent, _ in
                overlay.make(
                    .file, in: parent, mode: 0o644, owner: Permission.owner, now: nanoseconds, content: keep(data),
                    size: size)
            }
        }
        plan.add(effect, ["path": .bytes(path.bytes)], bytes: size)
    }

    private func resize(_ file: PlannedFile, _ size: Int64) {
        file.status.size = size
        file.status.allocated = (size + 4095) / 4096 * 4096
        file.status.modified = nanoseconds
        file.status.changed = nanoseconds
        // Who changes what is in a file takes the rights of its owner and group from it, unless he may give them.
        if !live.settings.grant.setid {
            file.status.mode &= ~(file.status.mode & 0o010 == 0 ? 0o4000 : 0o6000)
        }
    }

    package func append(_ path: CheckedPath, _ data: [UInt8], sync: Bool) throws(Failure) -> Int64 {
        let call = "fs.append"
        let found = try find(path.path, follow: false, call)
        if let found, found.status.kind != .file { throw FileFailure.notRegular(found.status.kind, call, path.path) }
        let added = Int64(data.count)
        if let found {
            guard Permission.mayWrite(found.status) else { throw denied(path.path, call) }
            used.writes(path.path)
            let file = overlay.adopt(found)
            let isSmall = found.status.size <= 4 << 20
            file.content = isSmall ? keep(try content(found, max: 4 << 20, call) + data) : .unknown
            resize(file, found.status.size + added)
        } else {
            try place(path.path, call) { parent, _ in
                overlay.make(
                    .file, in: parent, mode: 0o644, owner: Permission.owner, now: nanoseconds, content: keep(data),
                    size: added)
            }
        }
        plan.add("append", ["path": .bytes(path.path.bytes)], bytes: added)
        return added
    }

    package func copy(_ from: CheckedPath, _ to: CheckedPath, _ options: CopyOptions) throws(Failure) -> Int64 {
        let call = "fs.copy"
        used.reads(from.path)
        let source = try existing(from.path, follow: true, call)
        if source.status.kind != .file { throw FileFailure.notRegular(source.status.kind, call, from.path) }
        guard Permission.mayRead(source.status) else { throw denied(from.path, call) }
        let before = try find(to.path, follow: false, call)
        try live.judge(before?.status, replace: options.replace, call, to.path)
        if before?.status.id == source.status.id {
            throw Failure(code: "EINVAL", "\(call) \(to.path.text): it is the same file as \(from.path.text)")
        }
        let made = try place(to.path, call) { parent, _ in
            let isRoot = Permission.owner.uid == 0
            let keepsOwner = options.preserve && isRoot
            let file = overlay.make(
                .file, in: parent, mode: options.preserve ? live.allowedMode(source.status.mode) : 0o644,
                owner: keepsOwner ? (source.status.uid, source.status.gid) : Permission.owner, now: nanoseconds,
                content: source.content, size: source.status.size)
            if options.preserve {
                file.status.modified = source.status.modified
                file.status.accessed = source.status.accessed
            }
            return file
        }
        plan.add(
            "copy",
            made.merging([
                "from": .bytes(from.path.bytes), "to": .bytes(to.path.bytes), "preserve": .bool(options.preserve),
            ]) { $1 }, bytes: source.status.size)
        return source.status.size
    }

    package func makeDirectory(_ path: CheckedPath, mode: UInt32?, parents: Bool) throws(Failure) -> Bool {
        let call = "fs.mkdir"
        if let found = try find(path.path, follow: true, call) {
            if found.status.kind == .directory { return false }
            throw Failure(code: "EEXIST", "\(call) \(path.path.text): it is there and no directory")
        }
        var missing = [path.path]
        while parents, let above = missing.last?.parent, try find(above, follow: true, call) == nil {
            missing.append(above)
        }
        for directory in missing.reversed() {
            let made = try place(directory, call) { parent, _ in
                overlay.make(
                    .directory, in: parent, mode: directory == path.path ? mode ?? 0o755 : 0o755,
                    owner: Permission.owner, now: nanoseconds, content: .unknown, size: 0)
            }
            plan.add("mkdir", made.merging(["path": .bytes(directory.bytes)]) { $1 })
        }
        return true
    }

    /// A name that must not be there yet.
    private func free(_ path: Path, _ call: String) throws(Failure) {
        if try find(path, follow: false, call) != nil {
            throw Failure(code: "EEXIST", "\(call) \(path.text): it is there already")
        }
    }

    package func symlink(target: [UInt8], _ path: CheckedPath) throws(Failure) {
        try free(path.path, "fs.symlink")
        try place(path.path, "fs.symlink") { parent, _ in
            overlay.make(
                .link, in: parent, mode: 0o777, owner: Permission.owner, now: nanoseconds, content: .unknown,
                size: Int64(target.count), target: target)
        }
        plan.add("symlink", ["path": .bytes(path.path.bytes), "target": .bytes(target)])
    }

    package func link(_ from: CheckedPath, _ to: CheckedPath) throws(Failure) {
        let source = try existing(from.path, follow: false, "fs.link")
        if source.status.kind == .directory { throw FileFailure.notRegular(.directory, "fs.link", from.path) }
        try free(to.path, "fs.link")
        try place(to.path, "fs.link") { _, _ in
            let file = overlay.adopt(source)
            file.status.links += 1
            return file
        }
        plan.add("link", ["from": .bytes(from.path.bytes), "to": .bytes(to.path.bytes)])
    }

    /// Changes what a file is, not what it holds.
    private func change(
        _ path: CheckedPath, _ call: String, _ effect: String, _ arguments: [String: Value],
        _ body: (inout FileStatus) -> Void
    ) throws(Failure) {
        let found = try existing(path.path, follow: false, call)
        if found.status.kind == .link { throw FileFailure.notRegular(.link, call, path.path) }
        guard Permission.mayChange(found.status) else {
            throw Failure(
                code: "EPERM", "\(call) \(path.path.text): Operation not permitted",
                cure: "only the file's owner or root may do this: see the job's user")
        }
        used.writes(path.path)
        let file = overlay.adopt(found)
        body(&file.status)
        file.status.changed = nanoseconds
        plan.add(effect, arguments.merging(["path": .bytes(path.path.bytes)]) { first, _ in first })
    }

    package func changeOwner(_ path: CheckedPath, _ owner: Ownership) throws(Failure) {
        var arguments: [String: Value] = [:]
        arguments["uid"] = owner.uid.map { .int(Int64($0)) }
        arguments["gid"] = owner.gid.map { .int(Int64($0)) }
        try change(path, "fs.chown", "chown", arguments) { status in
            status.uid = owner.uid ?? status.uid
            status.gid = owner.gid ?? status.gid
        }
    }

    package func changeMode(_ path: CheckedPath, _ mode: UInt32) throws(Failure) {
        try live.checkMode(path.path, mode)
        try change(path, "fs.chmod", "chmod", ["mode": .text(String(mode, radix: 8))]) { $0.mode = mode }
    }

    package func touch(_ path: CheckedPath, modified: Int64?, accessed: Int64?) throws(Failure) {
        let both = modified == nil && accessed == nil
        let now = nanoseconds
        if try find(path.path, follow: false, "fs.touch") == nil {
            try place(path.path, "fs.touch") { parent, _ in
                let file = overlay.make(
                    .file, in: parent, mode: 0o644, owner: Permission.owner, now: now, content: .bytes([]), size: 0)
                file.status.modified = modified ?? now
                file.status.accessed = accessed ?? now
                return file
            }
            plan.add("touch", ["path": .bytes(path.path.bytes)])
            return
        }
        try change(path, "fs.touch", "touch", [:]) { status in
            status.modified = both ? now : modified ?? status.modified
            status.accessed = both ? now : accessed ?? status.accessed
        }
    }

    package func truncate(_ path: CheckedPath, size: Int64) throws(Failure) {
        let call = "fs.truncate"
        let found = try existing(path.path, follow: false, call)
        if found.status.kind != .file { throw FileFailure.notRegular(found.status.kind, call, path.path) }
        guard Permission.mayWrite(found.status) else { throw denied(path.path, call) }
        used.writes(path.path)
        let file = overlay.adopt(found)
        if size == 0 {
            file.content = .bytes([])
        } else if size <= 4 << 20, found.status.size <= 4 << 20 {
            let bytes = try content(found, max: 4 << 20, call)
            let zeros = [UInt8](repeating: 0, count: max(0, Int(size) - bytes.count))
            file.content = keep(Array(bytes.prefix(Int(size))) + zeros)
        } else {
            file.content = .unknown
        }
        let mode = file.status.mode
        resize(file, size)
        var step: [String: Value] = ["path": .bytes(path.path.bytes), "size": .int(size)]
        if file.status.mode != mode { step["mode"] = file.made["mode"] }
        plan.add("truncate", step)
    }

    package func temporaryDirectory() throws(Failure) -> Path {
        guard let scratch = live.settings.scratch else {
            throw Failure(code: "ENOENT", "fs.temp_dir: this run has no scratch directory")
        }
        let call = "fs.temp_dir"
        func make(_ path: Path) throws(Failure) {
            let parent = try existing(path.parent, follow: true, call)
            overlay.put(
                parent.path.appending(Path(bytes: path.name)),
                overlay.make(
                    .directory, in: parent, mode: 0o700, owner: Permission.owner, now: nanoseconds, content: .unknown,
                    size: 0))
        }
        if try find(scratch, follow: true, call) == nil { try make(scratch) }
        temporaryDirectories += 1
        let path = scratch.appending("tmp-\(temporaryDirectories)")
        try make(path)
        return path
    }
}
