/// Changing files as they would be.
extension PlannedEffects {
    /// The directory that holds a path, which may be written in.
    func parent(_ path: Path, _ call: String) throws(Failure) -> Overlay.Found {
        let parent = try holder(path.parent, call)
        guard Permission.mayWrite(parent.status) else { throw denied(path, call) }
        try mustBeWritable(parent, call, path)
        used.writes(path)
        return parent
    }

    /// The directory at a path; a failure where there is none.
    private func holder(_ path: Path, _ call: String) throws(Failure) -> Overlay.Found {
        do throws(SystemError) {
            if let holder = try overlay.holder(path) { return holder.found }
        } catch {
            throw FileFailure.of(error, call, path)
        }
        _ = try existing(path, follow: true, call)
        throw Failure(code: "ENOTDIR", "\(call) \(path.text): it is no directory")
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
        if path.name.count > Path.longestName {
            throw FileFailure.of(SystemError(ErrorNumber.nameTooLong, call: call), call, path)
        }
        let file = try make(parent, before)
        // Another name of a file takes nothing.
        if file.status.links == 1 { try take(file, in: parent, call, path) }
        if let before { replace(before) }
        overlay.put(canonical, file)
        return file.made
    }

    /// Takes the name of a file that another takes the place of.
    func replace(_ before: Overlay.Found) {
        release(before)
        overlay.remove(before)
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

    /// The same of what comes behind a file's end.
    private func addition(_ data: [UInt8]) -> [String: Value] {
        guard let lines = UnifiedDiff.lines([], data), !lines.isEmpty else { return [:] }
        let text = lines.dropFirst().joined(separator: "\n")
        guard text.utf8.count <= leftForDifferences else { return [:] }
        leftForDifferences -= text.utf8.count
        return ["diff": .text(text)]
    }

    package func write(_ path: CheckedPath, _ data: [UInt8], _ options: WriteOptions) throws(Failure) -> Int64 {
        let call = "fs.write"
        let bytes = Int64(data.count)
        let before = try find(path.path, follow: false, call)
        try live.judge(before?.status, replace: options.replace, call, path.path)
        let difference = difference(before, data)
        if !options.atomic || live.isGrantRoot(path.path), let before {
            return try writeInPlace(before, path.path, data, options, difference, call)
        }
        let owner = (
            uid: options.owner?.uid ?? before?.status.uid ?? Permission.owner.uid,
            gid: options.owner?.gid ?? before?.status.gid ?? Permission.owner.gid
        )
        let made = try place(path.path, call) { parent, before throws(Failure) in
            try mayGive(owner, call, path.path, cure: "write it in place: atomic = false keeps its owner")
            return overlay.make(
                .file, in: parent, mode: live.allowedMode(options.mode ?? before?.status.mode ?? 0o644), owner: owner,
                now: nanoseconds, content: keep(data), size: bytes)
        }
        plan.add(
            "write", made.merging(difference) { $1 }.merging(["path": .bytes(path.path.bytes)]) { $1 }, bytes: bytes)
        return bytes
    }

    /// Whether a file may be given to somebody else.
    func mayGive(
        _ owner: (uid: UInt32, gid: UInt32), _ call: String, _ path: Path, cure: String? = nil
    ) throws(Failure) {
        if owner == Permission.owner || Permission.mayGive(uid: owner.uid, gid: owner.gid) { return }
        throw FileFailure.of(SystemError(ErrorNumber.notPermitted, call: "fchown"), call, path, cure: cure)
    }

    private func writeInPlace(
        _ found: Overlay.Found, _ path: Path, _ data: [UInt8], _ options: WriteOptions,
        _ difference: [String: Value], _ call: String
    ) throws(Failure) -> Int64 {
        let bytes = Int64(data.count)
        guard Permission.mayWrite(found.status) else { throw denied(path, call) }
        used.writes(path)
        let file = try resize(found, bytes, call, path)
        file.content = keep(data)
        if let owner = options.owner {
            try mayGive((owner.uid ?? file.status.uid, owner.gid ?? file.status.gid), call, path)
            file.status.uid = owner.uid ?? file.status.uid
            file.status.gid = owner.gid ?? file.status.gid
        }
        if let mode = options.mode { file.status.mode = live.allowedMode(mode) }
        let step = file.made.merging(difference) { $1 }
        plan.add("write", step.merging(["path": .bytes(path.bytes), "in_place": true]) { $1 }, bytes: bytes)
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
            try resize(found, size, call, path).content = keep(data)
        } else {
            try place(path, call) { parent, _ in
                overlay.make(
                    .file, in: parent, mode: 0o644, owner: Permission.owner, now: nanoseconds, content: keep(data),
                    size: size)
            }
        }
        plan.add(effect, ["path": .bytes(path.bytes)], bytes: size)
    }

    package func append(_ path: CheckedPath, _ data: [UInt8], sync: Bool) throws(Failure) -> Int64 {
        let call = "fs.append"
        let found = try find(path.path, follow: false, call)
        if let found, found.status.kind != .file { throw FileFailure.notRegular(found.status.kind, call, path.path) }
        let added = Int64(data.count)
        var step: [String: Value] = [:]
        if let found {
            guard Permission.mayWrite(found.status) else { throw denied(path.path, call) }
            used.writes(path.path)
            let isSmall = found.status.size <= 4 << 20
            let all = isSmall ? try content(found, max: 4 << 20, call) + data : nil
            try resize(found, found.status.size + added, call, path.path).content = all.map(keep) ?? .unknown
        } else {
            step = try place(path.path, call) { parent, _ in
                overlay.make(
                    .file, in: parent, mode: 0o644, owner: Permission.owner, now: nanoseconds, content: keep(data),
                    size: added)
            }
        }
        step["path"] = .bytes(path.path.bytes)
        plan.add("append", addition(data).merging(step) { $1 }, bytes: added)
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
            options.preserve
                ? alike(source.status, in: parent, source.content, size: source.status.size)
                : overlay.make(
                    .file, in: parent, mode: 0o644, owner: Permission.owner, now: nanoseconds,
                    content: source.content, size: source.status.size)
        }
        plan.add(
            "copy",
            made.merging([
                "from": .bytes(from.path.bytes), "to": .bytes(to.path.bytes), "preserve": .bool(options.preserve),
            ]) { $1 }, bytes: source.status.size)
        return source.status.size
    }

    /// A new file with the times, mode and, where it may be given, owner of another.
    func alike(
        _ status: FileStatus, in directory: Overlay.Found, _ content: PlannedFile.Content, size: Int64
    ) -> PlannedFile {
        let keepsOwner = Permission.mayGive(uid: status.uid, gid: status.gid)
        let mode = live.allowedMode(status.mode)
        let isOwn = keepsOwner || (status.uid, status.gid) == Permission.owner
        let file = overlay.make(
            .file, in: directory, mode: isOwn ? mode : mode & 0o1777,
            owner: keepsOwner ? (status.uid, status.gid) : Permission.owner, now: nanoseconds, content: content,
            size: size)
        file.status.modified = status.modified
        file.status.accessed = status.accessed
        return file
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
        var content = PlannedFile.Content.unknown
        if size == 0 {
            content = .bytes([])
        } else if size <= 4 << 20, found.status.size <= 4 << 20 {
            let bytes = try self.content(found, max: 4 << 20, call)
            let zeros = [UInt8](repeating: 0, count: max(0, Int(size) - bytes.count))
            content = keep(Array(bytes.prefix(Int(size))) + zeros)
        }
        // A file that becomes longer by this has a hole: it takes no more than before.
        let file = size > found.status.size ? overlay.adopt(found) : try resize(found, size, call, path.path)
        let mode = found.status.mode
        file.content = content
        if file.status.size != size {
            file.status.size = size
            file.status.modified = nanoseconds
            file.status.changed = nanoseconds
        }
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
            let made = overlay.make(
                .directory, in: parent, mode: 0o700, owner: Permission.owner, now: nanoseconds, content: .unknown,
                size: 0)
            // On a disk of its own: that of the host's state, of which nothing is known here.
            made.status.id.device = 0
            overlay.put(parent.path.appending(Path(bytes: path.name)), made)
        }
        if try find(scratch, follow: true, call) == nil { try make(scratch) }
        temporaryDirectories += 1
        let path = scratch.appending("tmp-\(temporaryDirectories)")
        try make(path)
        return path
    }
}
