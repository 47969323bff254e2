/// Puts files into an archive, as they are found: one after the other, each whole or padded to what its header says, so
/// that the archive stays one whatever happens to them meanwhile.
final class ArchiveCreation {
    private(set) var totals = ArchiveTotals()
    private let output: ([UInt8]) throws -> Void
    private let manifest: ArchiveManifest.Writer?
    private let compressor: Compressor
    private let digest: Digest
    private let check: () throws -> Void
    private var pending: [UInt8] = []
    /// The first names of files that have several.
    private var firstNames: [FileID: [UInt8]] = [:]

    /// - Parameters:
    ///   - output: Takes what is to be in the archive.
    ///   - check: Called between pieces; may end it by throwing.
    init(
        _ output: @escaping ([UInt8]) throws -> Void, _ options: CompressOptions, manifest: ArchiveManifest.Writer?,
        check: @escaping () throws -> Void
    ) throws(Failure) {
        self.output = output
        self.manifest = manifest
        self.check = check
        compressor = try Compressor(
            options.format, level: options.level, threads: LiveEffects.compressionThreads)
        digest = try Digest(.sha256)
    }

    /// Adds what a name in an open directory is. What lies in a directory is the caller's to add.
    func add(_ name: [UInt8], in directory: Directory, _ status: FileStatus, as stored: [UInt8]) throws {
        try check()
        var member = TarMember(name: stored, kind: .file, mode: status.mode)
        member.uid = status.uid
        member.gid = status.gid
        member.modified = status.modified
        switch status.kind {
        case .file: try addFile(name, in: directory, status, &member)
        case .directory:
            member.kind = .directory
            if let opened = try? directory.child(name), opened.isReadable {
                member.attributes = ExtendedAttributes.all(of: opened.descriptor)
            }
            totals.directories += 1
            try put(member)
        case .link:
            member.kind = .link
            guard let target = try? directory.target(name) else { return vanished(stored) }
            member.target = target
            totals.files += 1
            try put(member)
        case .fifo:
            member.kind = .fifo
            totals.files += 1
            try put(member)
        case .socket, .block, .character: leftOut(stored, status.kind)
        }
    }

    private func leftOut(_ stored: [UInt8], _ kind: FileKind) {
        totals.remark(
            \.unreadable,
            ArchiveRemark(path: stored, code: "ENOTREG", message: "it is a \(FileFailure.name(of: kind)), and left out")
        )
    }

    /// Adds something that is only planned: `read` gives its content, where it has any.
    func addPlanned(
        _ status: FileStatus, target: [UInt8]?, as stored: [UInt8], read: ((Int) throws -> [UInt8])?
    ) throws {
        try check()
        var member = TarMember(name: stored, kind: .file, mode: status.mode)
        member.uid = status.uid
        member.gid = status.gid
        member.modified = status.modified
        switch status.kind {
        case .directory:
            member.kind = .directory
            totals.directories += 1
            return try put(member)
        case .link:
            member.kind = .link
            member.target = target ?? []
        case .fifo: member.kind = .fifo
        case .file:
            if status.links > 1, let first = firstNames[status.id] {
                member.kind = .hardLink
                member.target = first
                break
            }
            if status.links > 1 { firstNames[status.id] = stored }
            return try addContent(status.size, &member, read)
        case .socket, .block, .character: return leftOut(stored, status.kind)
        }
        totals.files += 1
        try put(member)
    }

    private func addContent(
        _ size: Int64, _ member: inout TarMember, _ read: ((Int) throws -> [UInt8])?
    ) throws {
        member.size = size
        try write(TarWriter.header(of: member))
        let content = try Digest(.sha256)
        var left = size
        while left > 0 {
            try check()
            var bytes = try read?(Int(min(left, 1 << 20))) ?? []
            if bytes.isEmpty { bytes = [UInt8](repeating: 0, count: Int(min(left, 1 << 20))) }
            content.update(bytes)
            try write(bytes)
            left -= Int64(bytes.count)
        }
        try write([UInt8](repeating: 0, count: TarWriter.padding(size)))
        totals.files += 1
        totals.bytes += size
        try manifest?.add(ArchiveManifest.Entry(member: member, sha256: Digest.hexadecimal(content.finish())))
    }

    /// Says of something that was found that it cannot be read.
    func unreadable(_ stored: [UInt8], _ error: SystemError) {
        totals.remark(\.unreadable, ArchiveRemark(path: stored, code: error.name, message: error.reason))
    }

    /// Closes the archive and the manifest; they still have no names.
    func finish() throws {
        try write(TarWriter.end)
        try compressor.feed(pending, last: true, sink)
        pending = []
        try manifest?.finish()
        totals.sha256 = Digest.hexadecimal(digest.finish())
    }

    private func vanished(_ stored: [UInt8]) {
        totals.remark(
            \.changed, ArchiveRemark(path: stored, code: "vanished", message: "it was gone before it could be read"))
    }

    private func addFile(
        _ name: [UInt8], in directory: Directory, _ seen: FileStatus, _ member: inout TarMember
    ) throws {
        if seen.links > 1, let first = firstNames[seen.id] {
            member.kind = .hardLink
            member.target = first
            totals.files += 1
            return try put(member)
        }
        let file: RegularFile
        do {
            file = try RegularFile.read(name, in: directory, follow: false)
        } catch RegularFile.OpenError.system(let error) {
            if error.name == "ENOENT" { return vanished(member.name) }
            return unreadable(member.name, error)
        } catch RegularFile.OpenError.notRegular {
            // Something else took its name between the look and the opening.
            return vanished(member.name)
        }
        let status = file.status
        member.mode = status.mode
        member.uid = status.uid
        member.gid = status.gid
        member.modified = status.modified
        member.size = status.size
        member.attributes = ExtendedAttributes.all(of: file.descriptor)
        if status.allocated < status.size { member.segments = file.descriptor.segments(size: status.size) }
        if status.links > 1 { firstNames[status.id] = member.name }
        try write(TarWriter.header(of: member))
        let content = try Digest(.sha256)
        var stored: Int64 = 0
        var reached: Int64 = 0
        var hasShrunk = false
        for segment in member.segments ?? [FileSegment(offset: 0, length: status.size)] {
            Self.zeros(segment.offset - reached, content)
            if member.segments != nil { try file.descriptor.seek(to: segment.offset) }
            var left = segment.length
            while left > 0 {
                try check()
                var bytes: [UInt8] = []
                if !hasShrunk {
                    do throws(SystemError) {
                        bytes = try file.descriptor.read(Int(min(left, 1 << 20)))
                    } catch {
                        // The header is written: what cannot be read is zeros, and told.
                        unreadable(member.name, error)
                        hasShrunk = true
                    }
                }
                if bytes.isEmpty {
                    hasShrunk = true
                    bytes = [UInt8](repeating: 0, count: Int(min(left, 1 << 20)))
                }
                content.update(bytes)
                try write(bytes)
                left -= Int64(bytes.count)
            }
            stored += segment.length
            reached = segment.offset + segment.length
        }
        Self.zeros(status.size - reached, content)
        try write([UInt8](repeating: 0, count: TarWriter.padding(stored)))
        judge(file, hasShrunk: hasShrunk, member)
        totals.files += 1
        totals.bytes += status.size
        try manifest?.add(ArchiveManifest.Entry(member: member, sha256: Digest.hexadecimal(content.finish())))
    }

    /// Tells what happened to the file while it was read.
    private func judge(_ file: RegularFile, hasShrunk: Bool, _ member: TarMember) {
        let now = try? FileStatus(of: file.descriptor)
        let size = now?.size ?? 0
        let remark: (String, String)? =
            if hasShrunk {
                ("shrank", "it became shorter while it was read: what is missing is zeros")
            } else if size > file.status.size {
                ("grew", "it grew while it was read: what came behind is not in it")
            } else if now.map({ $0.modified != file.status.modified }) ?? true {
                ("changed", "it was written while it was read")
            } else {
                nil
            }
        if let remark {
            totals.remark(\.changed, ArchiveRemark(path: member.name, code: remark.0, message: remark.1))
        }
    }

    /// Feeds a digest the zeros of a hole.
    static func zeros(_ count: Int64, _ digest: Digest) {
        var left = count
        while left > 0 {
            let piece = Int(min(left, Int64(manyZeros.count)))
            digest.update(piece == manyZeros.count ? manyZeros : Array(manyZeros[..<piece]))
            left -= Int64(piece)
        }
    }

    private static let manyZeros = [UInt8](repeating: 0, count: 1 << 20)

    /// Writes a member without data.
    private func put(_ member: TarMember) throws {
        try write(TarWriter.header(of: member))
        try manifest?.add(ArchiveManifest.Entry(member: member))
    }

    private func write(_ bytes: [UInt8]) throws {
        if pending.isEmpty, bytes.count >= 1 << 20 { return try compressor.feed(bytes, sink) }
        pending += bytes
        guard pending.count >= 1 << 20 else { return }
        try compressor.feed(pending, sink)
        pending.removeAll(keepingCapacity: true)
    }

    private func sink(_ bytes: [UInt8]) throws {
        digest.update(bytes)
        totals.stored += Int64(bytes.count)
        try output(bytes)
    }
}
