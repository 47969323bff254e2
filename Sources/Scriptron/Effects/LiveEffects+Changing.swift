/// Changing many names of one directory, and cutting files that are being written.
extension LiveEffects {
    package func change(
        _ directory: CheckedPath, _ chains: [[DirectoryChange]]
    ) throws(Failure) -> [ChainOutcome] {
        let call = "fs.change"
        try checkDeadline(call)
        // Everything is done in this directory, wherever its path leads meanwhile.
        let opened = try told(call, directory.path) { try Directory(directory.path) }
        let outcomes = chains.map { follow($0, in: opened, directory.path, call) }
        try told(call, directory.path) { try opened.sync() }
        return outcomes
    }

    private func follow(
        _ chain: [DirectoryChange], in directory: Directory, _ path: Path, _ call: String
    ) -> ChainOutcome {
        var outcome = ChainOutcome()
        do throws(Failure) {
            try checkDeadline(call)
            // What can be known to fail does so before the first name is changed: a directory that is another now, a
            // full disk, an owner who may not be given.
            var made: [Int: AtomicFile] = [:]
            for (index, change) in chain.enumerated() {
                for name in change.names { try spareGrantRoot(path.appending(Path(bytes: name)), call) }
                switch change {
                case .rename(let from, _, let seen?): try check(from, in: directory, path, seen, call)
                case .rename: break
                case .create(let name, let mode, let owner):
                    made[index] = try prepare(name, in: directory, path, mode: mode, owner: owner, call)
                }
            }
            for (index, change) in chain.enumerated() {
                switch change {
                case .rename(let from, let to, _): try rename(from, to, in: directory, path, call)
                case .create(let name, _, _):
                    try told(call, path.appending(Path(bytes: name))) {
                        do throws(SystemError) {
                            try made[index]?.publish(replace: false)
                        } catch  where error.name == "EEXIST" {
                            // Whoever writes it was faster.
                        }
                    }
                }
                outcome.done += 1
            }
        } catch {
            outcome.failure = error
        }
        return outcome
    }

    private func check(
        _ name: [UInt8], in directory: Directory, _ path: Path, _ seen: FileStatus, _ call: String
    ) throws(Failure) {
        let file = path.appending(Path(bytes: name))
        guard let status = try told(call, file, { try directory.status(name) }) else {
            throw FileFailure.missing(call, file)
        }
        if !status.isSameFile(seen) { throw Self.changed(call, file) }
    }

    /// The failure of a call that was given a file as it was seen.
    static func changed(_ call: String, _ path: Path) -> Failure {
        Failure(code: "ECHANGED", "\(call) \(path.text): it is no longer the file that was seen")
    }

    /// A file with its mode and owner, ready to get its name.
    private func prepare(
        _ name: [UInt8], in directory: Directory, _ path: Path, mode: UInt32?, owner: Ownership?, _ call: String
    ) throws(Failure) -> AtomicFile {
        try told(call, path.appending(Path(bytes: name))) {
            let file = try AtomicFile(name, in: directory, mode: mode == nil ? 0o666 : 0o600)
            if let owner {
                let now = try FileStatus(of: file.descriptor)
                if owner.uid ?? now.uid != now.uid || owner.gid ?? now.gid != now.gid {
                    try file.descriptor.setOwner(uid: owner.uid, gid: owner.gid)
                }
            }
            if let mode { try file.descriptor.setMode(allowedMode(mode)) }
            return file
        }
    }

    private func rename(
        _ from: [UInt8], _ to: [UInt8], in directory: Directory, _ path: Path, _ call: String
    ) throws(Failure) {
        do throws(SystemError) {
            try directory.rename(from, to: to, in: directory, replace: false)
        } catch {
            switch error.name {
            case "EEXIST": throw Failure(code: "EEXIST", "\(path.appending(Path(bytes: to)).text) is in the way")
            case "ENOENT": throw FileFailure.missing(call, path.appending(Path(bytes: from)))
            default: throw failure(error, call, path.appending(Path(bytes: to)))
            }
        }
    }

    package func copyTruncate(
        _ from: CheckedPath, seen: FileStatus?, _ to: CheckedPath
    ) throws(Failure) -> CutFile {
        let call = "fs.copy_truncate"
        try checkDeadline(call)
        try spareGrantRoot(to.path, call)
        let (fromDirectory, fromName) = try place(from.path, call)
        let source = try told(call, from.path) { try RegularFile.update(fromName, in: fromDirectory, reading: true) }
        if let seen, !source.status.isSameFile(seen) { throw Self.changed(call, from.path) }
        let (directory, name) = try place(to.path, call)
        return try told(call, to.path) {
            if try directory.status(name) != nil {
                throw Failure(code: "EEXIST", "\(to.path.text) is in the way")
            }
            let file = try AtomicFile(name, in: directory, mode: 0o600)
            let check = { try self.checkDeadline(call) }
            var length = try FileCopy.content(from: source.descriptor, to: file.descriptor, check: check)
            // Most of what is written meanwhile is made durable before the file is cut; how often it is looked for is
            // bounded, since a fast writer never ends.
            for _ in 0..<8 {
                try file.sync()
                let before = length
                length = try FileCopy.rest(of: source.descriptor, to: file.descriptor, from: length, check: check)
                if length - before < 64 << 10 { break }
            }
            try preserve(try FileStatus(of: source.descriptor), on: file.descriptor)
            try file.publish(replace: false)
            do {
                try directory.sync()
                length = try FileCopy.rest(of: source.descriptor, to: file.descriptor, from: length)
                return try Self.cut(source, file, length)
            } catch {
                // The log still has all that was in it: the copy would be there twice.
                if try directory.status(name)?.id == FileStatus(of: file.descriptor).id { try directory.unlink(name) }
                throw error
            }
        }
    }

    /// Empties a log of which `length` bytes are copied, and what was added since until nothing more is. What fails
    /// before it is empty throws; what fails later loses nothing but a time or what the kernel would have kept.
    private static func cut(
        _ source: RegularFile, _ copy: AtomicFile, _ length: Int64
    ) throws(SystemError) -> CutFile {
        var result = CutFile(bytes: length, window: 0)
        var written = try FileStatus(of: source.descriptor).modified
        var looked = Monotonic.now
        // Bounded, since a fast writer never ends.
        for _ in 0..<1000 {
            looked = Monotonic.now
            let more = try source.descriptor.read(1 << 20)
            if more.isEmpty { break }
            try copy.descriptor.write(more)
            result.bytes += Int64(more.count)
            written = SystemClock().now().microseconds * 1000
        }
        try source.truncate(0)
        result.window = Monotonic.now - looked
        try? copy.descriptor.setTimes(accessed: nil, modified: written)
        try? copy.sync()
        return result
    }
}
