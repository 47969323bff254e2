/// Chains of changes in one directory, and cutting files, as they would be.
extension PlannedEffects {
    package func change(
        _ directory: CheckedPath, _ chains: [[DirectoryChange]]
    ) throws(Failure) -> [ChainOutcome] {
        let call = "fs.change"
        let found = try existing(directory.path, follow: true, call)
        guard found.status.kind == .directory else {
            throw Failure(code: "ENOTDIR", "\(call) \(directory.path.text): it is no directory")
        }
        return chains.map { chain in
            var outcome = ChainOutcome()
            do throws(Failure) {
                // What is given was seen before the first change, and so it is compared.
                for step in chain {
                    switch step {
                    case .rename(let from, _, let seen?): try compare(from, directory.path, seen, call)
                    case .rename: break
                    case .create(let name, _, let owner):
                        try prepare(directory.path.appending(Path(bytes: name)), owner, call)
                    }
                }
                for change in chain {
                    try follow(change, in: directory, call)
                    outcome.done += 1
                }
            } catch {
                outcome.failure = error
            }
            return outcome
        }
    }

    private func compare(
        _ name: [UInt8], _ directory: Path, _ seen: FileStatus, _ call: String
    ) throws(Failure) {
        let path = directory.appending(Path(bytes: name))
        let found = try existing(path, follow: false, call)
        if !found.status.isSameFile(seen) { throw LiveEffects.changed(call, path) }
    }

    /// What would keep a new file from being made, found before the first name is changed.
    private func prepare(_ path: Path, _ owner: Ownership?, _ call: String) throws(Failure) {
        let parent = try parent(path, call)
        try mayGive((owner?.uid ?? Permission.owner.uid, owner?.gid ?? Permission.owner.gid), call, path)
        do throws(SystemError) {
            try space.take(PlannedSpace.Use(inodes: 1), parent.status.id.device, parent.path)
            space.change(parent.status.id.device, by: PlannedSpace.Use(inodes: -1))
        } catch {
            throw FileFailure.of(error, call, path)
        }
    }

    private func follow(_ change: DirectoryChange, in directory: CheckedPath, _ call: String) throws(Failure) {
        func path(_ name: [UInt8]) throws(Failure) -> CheckedPath {
            guard let path = directory.entry(name) else {
                throw Failure(code: "EINVAL", "\(call): \(Path(bytes: name).text) is no name in a directory")
            }
            return path
        }
        switch change {
        case .rename(let from, let to, _):
            let target = try path(to)
            if try find(target.path, follow: false, call) != nil {
                throw Failure(code: "EEXIST", "\(target.path.text) is in the way")
            }
            try rename(try path(from), target, replace: false, call)
        case .create(let name, let mode, let owner):
            let target = try path(name)
            if try find(target.path, follow: false, call) != nil { return }
            let made = try place(target.path, call) { parent, _ in
                overlay.make(
                    .file, in: parent, mode: live.allowedMode(mode ?? 0o644),
                    owner: (owner?.uid ?? Permission.owner.uid, owner?.gid ?? Permission.owner.gid), now: nanoseconds,
                    content: .bytes([]), size: 0)
            }
            plan.add("create", made.merging(["path": .bytes(target.path.bytes)]) { $1 })
        }
    }

    package func copyTruncate(
        _ from: CheckedPath, seen: FileStatus?, _ to: CheckedPath
    ) throws(Failure) -> CutFile {
        let call = "fs.copy_truncate"
        let source = try existing(from.path, follow: false, call)
        if source.status.kind != .file { throw FileFailure.notRegular(source.status.kind, call, from.path) }
        // It is opened for both before anything is copied.
        guard Permission.mayRead(source.status), Permission.mayWrite(source.status) else {
            throw denied(from.path, call)
        }
        if let seen, !source.status.isSameFile(seen) { throw LiveEffects.changed(call, from.path) }
        if try find(to.path, follow: false, call) != nil {
            throw Failure(code: "EEXIST", "\(to.path.text) is in the way")
        }
        let bytes = try copy(from, to, CopyOptions())
        try truncate(from, size: 0)
        return CutFile(bytes: bytes, window: 0)
    }
}
