/// Compressing and decompressing files.
extension LiveEffects {
    package func compress(
        _ from: CheckedPath, _ to: CheckedPath, _ options: CompressOptions
    ) throws(Failure) -> ConvertedFile {
        let outcomes = try compressAll([CompressItem(from: from, to: to)], options, "archive.compress")
        switch outcomes.first {
        case .success(let result): return result
        case .failure(let failure): throw failure
        case nil: throw Failure(code: "EINTERNAL", "archive.compress: nothing became of \(from.path.text)")
        }
    }

    package func compressAll(
        _ items: [CompressItem], _ options: CompressOptions
    ) throws(Failure) -> [Result<ConvertedFile, Failure>] {
        try compressAll(items, options, "archive.compress_all")
    }

    /// Small files on several threads at once, a file each; larger ones one after the other, by as many threads where
    /// the format can use them.
    private func compressAll(
        _ items: [CompressItem], _ options: CompressOptions, _ call: String
    ) throws(Failure) -> [Result<ConvertedFile, Failure>] {
        try checkDeadline(call)
        var directories: [Path: Directory] = [:]
        var outcomes: [Result<ConvertedFile, any Error>?] = Array(repeating: nil, count: items.count)
        var small: [(index: Int, work: FileCompression.Work)] = []
        var large: [(index: Int, work: FileCompression.Work)] = []
        for (index, item) in items.enumerated() {
            do {
                let work = FileCompression.Work(
                    source: try directory(of: item.from.path, &directories, source: true),
                    sourceName: item.from.path.name,
                    seen: item.seen, target: try directory(of: item.to.path, &directories, source: false),
                    targetName: item.to.path.name)
                let size = try item.seen?.size ?? work.source.status(work.sourceName)?.size ?? 0
                // gzip has no threads of its own.
                let isLarge = size > FileCompression.small && options.format == .zstd
                if isLarge { large.append((index, work)) } else { small.append((index, work)) }
            } catch {
                outcomes[index] = .failure(error)
            }
        }
        let deadline = settings.patience
        let mark = settings.turn.mark
        let compression = FileCompression(options: options, modeMask: allowedMode(0o7777)) {
            if Monotonic.now >= deadline { throw Self.overdue(call) }
            if mark?.isCancelled == true { throw Self.cancelled(call) }
        }
        settings.turn.apart { _ in
            for (index, outcome) in CompressionPool.run(small, compression, threads: Self.compressionThreads) {
                outcomes[index] = outcome
            }
            for (index, outcome) in CompressionPool.inline(large, compression, threads: Self.compressionThreads) {
                outcomes[index] = outcome
            }
        }
        for directory in Set(items.map(\.to.path.parent)).compactMap({ directories[$0] }) {
            try told(call, items[0].to.path.parent) { try directory.sync() }
        }
        return zip(items, outcomes).map { item, outcome in
            switch outcome {
            case .success(let result)?: .success(result)
            case .failure(let error)?: .failure(failure(of: error, item, call))
            case nil: .failure(Self.overdue(call))
            }
        }
    }

    /// The directory that holds a path, opened once for all that are in it.
    private func directory(
        of path: Path, _ opened: inout [Path: Directory], source: Bool
    ) throws -> Directory {
        let parent = path.parent
        if let directory = opened[parent] { return directory }
        do {
            let directory = try Directory(parent)
            opened[parent] = directory
            return directory
        } catch {
            throw source ? FileCompression.SourceTrouble(error: error) : error
        }
    }

    /// The failure of one file's compression, told by the path that it is about.
    private func failure(of error: any Error, _ item: CompressItem, _ call: String) -> Failure {
        let source = error as? FileCompression.SourceTrouble
        let path = source == nil ? item.to.path : item.from.path
        switch source?.error ?? error {
        case let failure as Failure where ["EDEADLINE", "ECANCELED"].contains(failure.code): return failure
        case let failure as Failure:
            return Failure(code: failure.code, "\(call) \(path.text): \(failure.message)", cure: failure.cure)
        case let error as SystemError where error.name == "EEXIST":
            return Failure(
                code: "EEXIST", "\(call) \(path.text): it is there already",
                cure: "nothing is overwritten: take another name")
        case let error:
            do {
                return try told(call, path) { throw error }
            } catch {
                return error
            }
        }
    }

    package func compressedContent(_ path: CheckedPath) throws(Failure) -> ConvertedFile {
        try compressedContent(real: path.path)
    }

    /// The same of a path that was checked, or what such a path leads to in the overlay.
    func compressedContent(real path: Path) throws(Failure) -> ConvertedFile {
        let call = "archive.content"
        try checkDeadline(call)
        let (directory, name) = try place(path, call)
        return try told(call, path) {
            let file = try RegularFile.read(name, in: directory, follow: false)
            var result = try told(damaged: path, call) {
                try FileCompression.content(of: file.descriptor) { try self.checkDeadline(call) }
            }
            result.stored = file.status.size
            return result
        }
    }

    package func decompress(_ from: CheckedPath, _ to: CheckedPath, max: Int64?) throws(Failure) -> ConvertedFile {
        let call = "archive.decompress"
        return try convert(from.path, to.path, call) { source, target in
            var result = try content(source.descriptor.read, of: from.path, most: max, call) { try target.write($0) }
            result.stored = source.status.size
            return result
        }
    }

    /// What a compressed file at a path holds, its errors told by the call and the path.
    func content(
        _ read: @escaping (Int) throws -> [UInt8], of path: Path, most: Int64? = nil, _ call: String,
        sink: ([UInt8]) throws -> Void
    ) throws -> ConvertedFile {
        do {
            return try told(damaged: path, call) {
                try FileCompression.content(read, most: most, check: { try self.checkDeadline(call) }, sink: sink)
            }
        } catch let failure as Failure where failure.code == "EFBIG" {
            throw Failure(code: failure.code, "\(call) \(path.text): \(failure.message)", cure: failure.cure)
        }
    }

    /// How many threads compress beside the one that reads.
    static var compressionThreads: Int { min(8, ProcessEnvironment.cores) }

    /// Runs `body` with what is damaged told by the call and the path.
    func told<Result>(damaged path: Path, _ call: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch let failure as Failure where failure.code == "EDAMAGED" {
            throw Failure(code: failure.code, "\(call) \(path.text): the file is damaged: \(failure.message)")
        }
    }

    /// Makes a new file out of another, whole or not at all: under a temporary name, with the other's times, mode and
    /// (where allowed) owner, never in the place of one that is there. The source is left as it is.
    private func convert(
        _ from: Path, _ to: Path, _ call: String, _ body: (RegularFile, Descriptor) throws -> ConvertedFile
    ) throws(Failure) -> ConvertedFile {
        try checkDeadline(call)
        let (fromDirectory, fromName) = try place(from, call)
        let source = try told(call, from) { try RegularFile.read(fromName, in: fromDirectory, follow: false) }
        let (directory, name) = try place(to, call)
        return try told(call, to) {
            if try directory.status(name) != nil {
                throw Failure(
                    code: "EEXIST", "\(call) \(to.text): it is there already",
                    cure: "nothing is overwritten: take another name")
            }
            let file = try AtomicFile(name, in: directory, mode: 0o600)
            let result = try body(source, file.descriptor)
            // Of a file that somebody still writes, this would be a part that looks like the whole.
            guard try FileStatus(of: source.descriptor).isStill(source.status) else {
                throw Failure(
                    code: "ECHANGED", "\(call) \(from.text): it changed while it was read",
                    cure: "have its writer close it first; nothing was kept of the attempt")
            }
            try preserve(source.status, on: file.descriptor)
            try file.commit(replace: false)
            return result
        }
    }
}
