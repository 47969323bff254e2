/// What the plan takes of file systems, and what it frees.
extension PlannedEffects {
    /// The nearest of a canonical path and those above it that really is there.
    private func real(_ path: Path) -> Path {
        var path = path
        while path != "/", (try? FileStatus.of(path, follow: true)) ?? nil == nil { path = path.parent }
        return path
    }

    /// Takes what a new file needs in a directory.
    func take(_ file: PlannedFile, in directory: Overlay.Found, _ call: String, _ path: Path) throws(Failure) {
        let device = file.status.id.device
        if file.status.kind == .file {
            file.status.allocated = space.rounded(file.status.size, device, real(directory.path))
        } else if file.status.kind == .directory, directory.status.allocated > 0 {
            // Some file systems keep a directory's names in blocks of its own, others do not.
            file.status.allocated = space.rounded(1, device, real(directory.path))
            file.status.size = file.status.allocated
        } else {
            file.status.allocated = 0
        }
        do throws(SystemError) {
            try space.take(PlannedSpace.Use(bytes: file.status.allocated, inodes: 1), device, real(directory.path))
        } catch {
            throw FileFailure.of(error, call, path)
        }
    }

    /// Gives back what a name's file took, where it was its last one.
    func release(_ found: Overlay.Found) {
        guard found.status.links <= 1 || found.status.kind == .directory else { return }
        _ = space.isReadOnly(found.status.id.device, real(found.path))
        space.change(found.status.id.device, by: PlannedSpace.Use(bytes: -found.status.allocated, inodes: -1))
    }

    /// Gives a file another size, where there is room for it.
    func resize(
        _ found: Overlay.Found, _ size: Int64, _ call: String, _ path: Path
    ) throws(Failure) -> PlannedFile {
        let device = found.status.id.device
        let before = space.rounded(found.status.size, device, real(found.path))
        // What lies behind the end in a hole takes nothing.
        let grown = max(space.rounded(size, device, real(found.path)) - before, -found.status.allocated)
        do throws(SystemError) {
            try space.take(PlannedSpace.Use(bytes: grown), device, real(found.path))
        } catch {
            throw FileFailure.of(error, call, path)
        }
        let file = overlay.adopt(found)
        file.status.size = size
        file.status.allocated += grown
        file.status.modified = nanoseconds
        file.status.changed = nanoseconds
        // Who changes what is in a file takes the rights of its owner and group from it, unless he may give them.
        if !live.settings.grant.setid {
            file.status.mode &= ~(file.status.mode & 0o010 == 0 ? 0o4000 : 0o6000)
        }
        return file
    }

    /// Gives a file whose size was only guessed its true one.
    func correct(_ file: PlannedFile, size: Int64, in path: Path) {
        let device = file.status.id.device
        let allocated = space.rounded(size, device, real(path))
        if file.status.links > 0 {
            space.change(device, by: PlannedSpace.Use(bytes: allocated - file.status.allocated))
        }
        file.status.size = size
        file.status.allocated = allocated
    }

    /// Whether the names in a directory may be changed at all.
    func mustBeWritable(_ directory: Overlay.Found, _ call: String, _ path: Path) throws(Failure) {
        guard space.isReadOnly(directory.status.id.device, real(directory.path)) else { return }
        throw FileFailure.of(SystemError(ErrorNumber.readOnly, call: call), call, path)
    }

    /// How full a file system would be, by how full it is.
    func usage(_ arguments: [String: Value]) throws(Failure) -> Value {
        let answer = try live.request(.diskUsage, arguments)
        guard case .bytes(let mount)? = answer["path"],
            let status = try? FileStatus.of(Path(bytes: mount), follow: true)
        else { return answer }
        return planned(answer, status.id.device)
    }

    private func planned(_ answer: Value, _ device: UInt64) -> Value {
        guard let use = space.use(of: device), use != PlannedSpace.Use(), var figures = answer.map else {
            return answer
        }
        func add(_ key: String, _ number: Int64) {
            if let now = figures[key]?.integer { figures[key] = .int(max(0, now + number)) }
        }
        add("used", use.bytes)
        add("free", -use.bytes)
        if figures["inodes"]?.integer ?? 0 > 0 { add("inodes_used", use.inodes) }
        return .map(figures)
    }
}
