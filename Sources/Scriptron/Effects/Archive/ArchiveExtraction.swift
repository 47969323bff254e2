/// Unpacks an archive below a directory. Everything is made new, by names in open directories and never through a link,
/// so that neither an archive's names nor its links lead anywhere else. What is there is never overwritten.
final class ArchiveExtraction {
    private let reader: TarReader
    private let root: Directory
    private let path: Path
    private let options: ExtractOptions
    private let setid: Bool
    private let restoresOwners: Bool
    private var totals = ArchiveTotals()
    /// Directories get their modes and times when nothing more is made in them.
    private var directories: [(parts: [[UInt8]], member: TarMember)] = []
    /// The directory that was used last: members of one come one after the other.
    private var last: (parts: ArraySlice<[UInt8]>, directory: Directory)?

    /// - Parameter setid: Whether set-id bits may be restored.
    init(_ reader: TarReader, into root: Directory, at path: Path, _ options: ExtractOptions, setid: Bool) {
        self.reader = reader
        self.root = root
        self.path = path
        self.options = options
        self.setid = setid
        restoresOwners = options.owners && Permission.owner.uid == 0
    }

    func run() throws -> ArchiveTotals {
        while let member = try reader.next() {
            // Before it is asked whether it is wanted: an archive that has one such name is not trusted at all.
            let parts = try member.safeComponents()
            if member.kind == .hardLink { _ = try member.safeComponents(member.target) }
            if !options.only.isEmpty, !options.only.contains(where: { $0.matches(member.name) }) { continue }
            totals.bytes += member.kind == .file ? member.size : 0
            if let max = options.max, totals.bytes > max {
                throw Failure(
                    code: "EFBIG", "the archive holds more than \(Quantity.describe(bytes: max))", cure: "raise max")
            }
            try make(member, parts)
            if member.kind == .directory { totals.directories += 1 } else { totals.files += 1 }
        }
        for (parts, member) in directories.reversed() {
            let directory = try root.descend(parts)
            try finish(directory.descriptor, member)
        }
        try root.syncFileSystem()
        return totals
    }

    private func make(_ member: TarMember, _ parts: [[UInt8]]) throws {
        let name = parts[parts.count - 1]
        let parent = try directory(parts.dropLast(), member)
        do {
            switch member.kind {
            case .directory:
                // The top of an archive may be there: what is in it is not touched.
                if try parent.status(name)?.kind != .directory { try parent.makeDirectory(name, mode: 0o700) }
                directories.append((parts, member))
            case .file: try finish(try fill(parent.createFile(name, mode: 0o600), member), member)
            case .link:
                try parent.makeLink(name, target: member.target)
                if restoresOwners { try? parent.setOwner(name, uid: member.uid, gid: member.gid) }
                // Where the sandbox has no call for it, a link has the time of its making.
                try? parent.setModified(name, member.modified)
            case .hardLink:
                let first = try member.safeComponents(member.target)
                let holder = try directory(first.dropLast(), member)
                guard try holder.status(first[first.count - 1])?.kind == .file else {
                    let text = Path(bytes: member.target).text
                    throw Failure(
                        code: "ENOENT", "\(member.text) is another name of \(text), which is not there",
                        cure: "unpack \(text) too")
                }
                try parent.link(first[first.count - 1], of: holder, to: name)
            case .fifo:
                try parent.makeFIFO(name, mode: 0o600)
                try finish(try parent.openForAttributes(name), member)
            }
        } catch let error as SystemError where error.name == "EEXIST" {
            throw Failure(
                code: "EEXIST", "\(path.appending(Path(bytes: member.name)).text): it is there already",
                cure: "nothing is overwritten: unpack into an empty directory")
        }
    }

    /// The open directory of these names, made where it is missing; a link on the way is refused.
    private func directory(_ parts: ArraySlice<[UInt8]>, _ member: TarMember) throws -> Directory {
        if let last, last.parts.elementsEqual(parts) { return last.directory }
        var directory = root
        for part in parts {
            if let status = try directory.status(part), status.kind != .directory {
                throw Failure(
                    code: "EESCAPE", "\(member.text) would lie behind \(Path(bytes: part).text), which is no directory",
                    cure:
                        "the archive was made to do harm, or something else is in the directory: unpack into an empty one"
                )
            } else if try directory.status(part) == nil {
                try directory.makeDirectory(part, mode: 0o755)
            }
            directory = try directory.child(part)
        }
        last = (parts, directory)
        return directory
    }

    private func fill(_ file: Descriptor, _ member: TarMember) throws -> Descriptor {
        var reached: Int64 = 0
        while let piece = try reader.piece() {
            if piece.offset != reached { try file.seek(to: piece.offset) }
            try file.write(piece.bytes)
            reached = piece.offset + Int64(piece.bytes.count)
        }
        if reached != member.size { try file.setLength(member.size) }
        return file
    }

    /// Attributes, owner, mode and times, in this order: each takes away what those before it need.
    private func finish(_ file: Descriptor, _ member: TarMember) throws {
        for (name, value) in member.attributes {
            do throws(SystemError) { try ExtendedAttributes.set(name, value, on: file) } catch {
                totals.remark(
                    \.changed,
                    ArchiveRemark(path: member.name, code: error.name, message: "its attribute \(name) is not set"))
            }
        }
        if restoresOwners { try file.setOwner(uid: member.uid, gid: member.gid) }
        try file.setMode(setid ? member.mode : member.mode & 0o1777)
        try file.setTimes(accessed: nil, modified: member.modified)
    }
}
