/// Compressing as it would be.
///
/// How small something becomes is known only once it is done: what is not too much is compressed in memory, and what
/// came of it is the planned file's content. Of the rest the size is guessed as that of its content, until it matters.
extension PlannedEffects {
    /// The most bytes of content that are compressed to know what will come.
    static let mostMeasured: Int64 = 256 << 20

    package func compress(
        _ from: CheckedPath, _ to: CheckedPath, _ options: CompressOptions
    ) throws(Failure) -> ConvertedFile {
        try compress(from.path, to.path, options, "archive.compress")
    }

    package func compressAll(
        _ items: [CompressItem], _ options: CompressOptions
    ) throws(Failure) -> [Result<ConvertedFile, Failure>] {
        let call = "archive.compress_all"
        return items.map { item in
            do throws(Failure) {
                if let seen = item.seen, try !existing(item.from.path, follow: false, call).status.isStill(seen) {
                    throw LiveEffects.changed(call, item.from.path)
                }
                return .success(try compress(item.from.path, item.to.path, options, call))
            } catch {
                return .failure(error)
            }
        }
    }

    package func decompress(_ from: CheckedPath, _ to: CheckedPath, max: Int64?) throws(Failure) -> ConvertedFile {
        let call = "archive.decompress"
        let source = try convertible(from.path, to.path, call)
        guard let read = try reader(source, call) else {
            plan.isAssumed = true
            let size = source.status.size
            let file = try convert(source, from.path, to.path, call, .unknown, size: size, effect: "decompress")
            return ConvertedFile(bytes: file.status.size, stored: size)
        }
        var content: [UInt8]? = []
        var count: Int64 = 0
        var result = try live.told(call, from.path) {
            try live.content(read, of: from.path, most: max, call) { bytes in
                count += Int64(bytes.count)
                content = count <= Self.mostOfOne ? content.map { $0 + bytes } : nil
            }
        }
        result.stored = source.status.size
        _ = try convert(
            source, from.path, to.path, call, content.map(keep) ?? .unknown, size: result.bytes, effect: "decompress")
        return result
    }

    package func compressedContent(_ path: CheckedPath) throws(Failure) -> ConvertedFile {
        let call = "archive.content"
        used.reads(path.path)
        let found = try existing(path.path, follow: false, call)
        if found.status.kind != .file { throw FileFailure.notRegular(found.status.kind, call, path.path) }
        if case .real(let real) = found.content { return try live.compressedContent(real: real) }
        guard let read = try reader(found, call) else {
            plan.isAssumed = true
            return ConvertedFile(bytes: found.status.size, stored: found.status.size)
        }
        var result = try live.told(call, path.path) { try live.content(read, of: path.path, call) { _ in } }
        result.stored = found.status.size
        return result
    }

    /// The most bytes of one file that are kept.
    static let mostOfOne: Int64 = 8 << 20

    /// What gives a file's content piece by piece; nil where only its size is known.
    func reader(_ found: Overlay.Found, _ call: String) throws(Failure) -> ((Int) throws -> [UInt8])? {
        switch found.content {
        case .real(let real):
            let file = try live.open(real: real, .read, call: call)
            return { try file.read($0) }
        case .bytes(let bytes):
            var position = 0
            return { count in
                defer { position = min(bytes.count, position + count) }
                return Array(bytes[position..<min(bytes.count, position + count)])
            }
        case .unknown: return nil
        }
    }

    /// A file that another one is to be made of, where there is none of that name yet.
    private func convertible(_ from: Path, _ to: Path, _ call: String) throws(Failure) -> Overlay.Found {
        used.reads(from)
        let source = try existing(from, follow: false, call)
        if source.status.kind != .file { throw FileFailure.notRegular(source.status.kind, call, from) }
        guard Permission.mayRead(source.status) else { throw denied(from, call) }
        guard try find(to, follow: false, call) == nil else {
            throw Failure(
                code: "EEXIST", "\(call) \(to.text): it is there already",
                cure: "nothing is overwritten: take another name")
        }
        return source
    }

    private func convert(
        _ source: Overlay.Found, _ from: Path, _ to: Path, _ call: String, _ content: PlannedFile.Content, size: Int64,
        effect: String
    ) throws(Failure) -> PlannedFile {
        var file: PlannedFile?
        let made = try place(to, call) { parent, _ in
            let alike = alike(source.status, in: parent, content, size: size)
            file = alike
            return alike
        }
        plan.add(
            effect, made.merging(["from": .bytes(from.bytes), "to": .bytes(to.bytes)]) { $1 },
            bytes: source.status.size)
        guard let file else { throw denied(to, call) }
        return file
    }

    private func compress(
        _ from: Path, _ to: Path, _ options: CompressOptions, _ call: String
    ) throws(Failure) -> ConvertedFile {
        let source = try convertible(from, to, call)
        let size = source.status.size
        guard case .unknown = source.content else {
            if measured + size <= Self.mostMeasured {
                measured += size
                return try compress(source, from, to, options, call)
            }
            do throws(Failure) {
                let file = try convert(source, from, to, call, .unknown, size: size, effect: "compress")
                space.guessed { [self] in
                    guard let packed = try? pack(source, options, call) else { return }
                    correct(file, size: packed.result.stored, in: to)
                }
                return ConvertedFile(bytes: size, stored: size)
            } catch  where error.code == "ENOSPC" {
                // It may be that it fits once it is compressed.
                return try compress(source, from, to, options, call)
            }
        }
        plan.isAssumed = true
        _ = try convert(source, from, to, call, .unknown, size: size, effect: "compress")
        return ConvertedFile(bytes: size, stored: size)
    }

    private func compress(
        _ source: Overlay.Found, _ from: Path, _ to: Path, _ options: CompressOptions, _ call: String
    ) throws(Failure) -> ConvertedFile {
        let packed = try pack(source, options, call)
        let content = packed.bytes.map(keep) ?? .unknown
        _ = try convert(source, from, to, call, content, size: packed.result.stored, effect: "compress")
        return packed.result
    }

    /// What a file becomes, and its bytes where they are not too many.
    private func pack(
        _ source: Overlay.Found, _ options: CompressOptions, _ call: String
    ) throws(Failure) -> (result: ConvertedFile, bytes: [UInt8]?) {
        let size = source.status.size
        guard let read = try reader(source, call) else {
            return (ConvertedFile(bytes: size, stored: size), nil)
        }
        let isLarge = size > FileCompression.small && options.format == .zstd
        let compressor = try Compressor(
            options.format, level: options.level, threads: isLarge ? LiveEffects.compressionThreads : 0)
        var stored: Int64 = 0
        var bytes: [UInt8]? = []
        var result = try live.told(call, source.path) {
            try FileCompression.compress(
                size: size, with: compressor, check: { try live.checkDeadline(call) }, read: read
            ) { piece in
                stored += Int64(piece.count)
                bytes = stored <= Self.mostOfOne ? bytes.map { $0 + piece } : nil
            }
        }
        result.stored = stored
        return (result, bytes)
    }
}
