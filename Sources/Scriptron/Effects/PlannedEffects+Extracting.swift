/// Unpacking archives as it would be: what is in them is there for every later call.
extension PlannedEffects {
    package func extractArchive(
        _ path: CheckedPath, into: CheckedPath, _ options: ExtractOptions
    ) throws(Failure) -> ArchiveTotals {
        let call = "archive.extract"
        if try find(into.path, follow: true, call) == nil {
            _ = try makeDirectory(into, mode: nil, parents: true)
        }
        let root = try directoryAt(into.path, call)
        used.writes(into.path.appending("x"))
        var totals = ArchiveTotals()
        defer {
            plan.add(
                "extract",
                ["from": .bytes(path.path.bytes), "to": .bytes(into.path.bytes), "files": .int(totals.files)],
                bytes: totals.bytes)
        }
        let read = try reading(path.path, call) { reader in
            var directories: [(path: Path, member: TarMember)] = []
            while let member = try reader.next() {
                // Before it is asked whether it is wanted: an archive that has one such name is not trusted at all.
                let parts = try member.safeComponents()
                let first = member.kind == .hardLink ? try member.safeComponents(member.target) : []
                if !options.only.isEmpty, !options.only.contains(where: { $0.matches(member.name) }) { continue }
                let bytes = member.kind == .file ? member.size : 0
                if let max = options.max, totals.bytes + bytes > max {
                    throw Failure(
                        code: "EFBIG", "the archive holds more than \(Quantity.describe(bytes: max))",
                        cure: "raise max")
                }
                let place = try parent(of: parts, in: root, member, call)
                try make(member, first: first, at: place, in: root, reader, options, call)
                totals.bytes += bytes
                if member.kind == .directory {
                    totals.directories += 1
                    directories.append((place, member))
                } else {
                    totals.files += 1
                }
            }
            // Directories get their modes when nothing more is made in them.
            for (path, member) in directories.reversed() {
                guard let found = try overlay.look(path) else { continue }
                finish(overlay.adopt(found), member, options)
            }
        }
        totals.sha256 = read?.sha256
        return totals
    }

    private func path(_ parts: some Sequence<[UInt8]>, in root: Overlay.Found) -> Path {
        parts.reduce(root.path) { $0.appending(Path(bytes: $1)) }
    }

    /// Where a member will be; the directories on its way are made where they are missing, and links there are refused.
    private func parent(
        of parts: [[UInt8]], in root: Overlay.Found, _ member: TarMember, _ call: String
    ) throws -> Path {
        var path = root.path
        for part in parts.dropLast() {
            path = path.appending(Path(bytes: part))
            let found = try overlay.look(path)
            if let found, found.status.kind != .directory {
                throw Failure(
                    code: "EESCAPE",
                    "\(member.text) would lie behind \(Path(bytes: part).text), which is no directory",
                    cure:
                        "the archive was made to do harm, or something else is in the directory: unpack into an empty one"
                )
            }
            if found == nil { try add(.directory, path, mode: 0o755, call) }
        }
        return path.appending(Path(bytes: parts[parts.count - 1]))
    }

    @discardableResult
    private func add(
        _ kind: FileKind, _ path: Path, mode: UInt32, _ call: String, _ content: PlannedFile.Content = .unknown,
        size: Int64 = 0, target: [UInt8]? = nil
    ) throws(Failure) -> PlannedFile {
        var made: PlannedFile?
        try place(path, call) { parent, _ in
            let file = overlay.make(
                kind, in: parent, mode: mode, owner: Permission.owner, now: nanoseconds, content: content, size: size,
                target: target)
            made = file
            return file
        }
        guard let made else { throw denied(path, call) }
        return made
    }

    private func make(
        _ member: TarMember, first: [[UInt8]], at path: Path, in root: Overlay.Found, _ reader: TarReader,
        _ options: ExtractOptions, _ call: String
    ) throws {
        if let there = try overlay.look(path) {
            // The top of an archive may be there: what is in it is not touched.
            if member.kind == .directory, there.status.kind == .directory { return }
            throw Failure(
                code: "EEXIST", "\(path.text): it is there already",
                cure: "nothing is overwritten: unpack into an empty directory")
        }
        switch member.kind {
        case .directory: try add(.directory, path, mode: 0o700, call)
        case .file:
            let content = try content(of: member, reader)
            finish(try add(.file, path, mode: 0o600, call, content, size: member.size), member, options)
        case .link:
            let size = Int64(member.target.count)
            let link = try add(.link, path, mode: 0o777, call, size: size, target: member.target)
            link.status.modified = member.modified
        case .hardLink:
            guard let found = try overlay.look(self.path(first, in: root)), found.status.kind == .file else {
                let text = Path(bytes: member.target).text
                throw Failure(
                    code: "ENOENT", "\(member.text) is another name of \(text), which is not there",
                    cure: "unpack \(text) too")
            }
            try place(path, call) { _, _ in
                let file = overlay.adopt(found)
                file.status.links += 1
                return file
            }
        case .fifo: finish(try add(.fifo, path, mode: 0o600, call), member, options)
        }
    }

    /// The content of the member that the reader has come to, where it is not too much.
    private func content(of member: TarMember, _ reader: TarReader) throws -> PlannedFile.Content {
        if member.size > Self.mostOfOne { return .unknown }
        var bytes = [UInt8](repeating: 0, count: Int(member.size))
        while let piece = try reader.piece() {
            let start = Int(piece.offset)
            guard start >= 0, start + piece.bytes.count <= bytes.count else {
                throw Decompressor.damaged("a member holds more than it says")
            }
            bytes.replaceSubrange(start..<start + piece.bytes.count, with: piece.bytes)
        }
        return keep(bytes)
    }

    private func finish(_ file: PlannedFile, _ member: TarMember, _ options: ExtractOptions) {
        if options.owners, Permission.owner.uid == 0 {
            file.status.uid = member.uid
            file.status.gid = member.gid
        }
        file.status.mode = live.settings.grant.setid ? member.mode : member.mode & 0o1777
        file.status.modified = member.modified
    }
}
