/// Compresses files into new ones, whole or not at all: under a temporary name, with the file's times, mode and (where
/// allowed) owner, read back before the copy gets its name, never in the place of one that is there. It may be used on
/// any thread.
struct FileCompression: Sendable {
    /// One file: where it is, and where its copy is to be.
    struct Work: Sendable {
        var source: Directory
        var sourceName: [UInt8]
        /// The file as it was seen; nil: whatever is there.
        var seen: FileStatus?
        var target: Directory
        var targetName: [UInt8]
    }

    /// A trouble with the file that was to be read; every other error is the copy's.
    struct SourceTrouble: Error {
        var error: any Error
    }

    /// A copy that is written and read back, and has no name yet.
    struct Unnamed {
        let file: AtomicFile
        let result: ConvertedFile

        /// Makes it durable and gives it its name; the directory is left to be synced.
        func publish() throws(SystemError) -> ConvertedFile {
            do throws(SystemError) { try file.sync() } catch {
                file.abandon()
                throw error
            }
            try file.publish(replace: false)
            return result
        }
    }

    let options: CompressOptions
    /// The bits of a mode that the job may give.
    let modeMask: UInt32
    /// Throws when the time is over.
    let check: @Sendable () throws -> Void

    /// Up to this size a file is not worth threads of its own.
    static let small: Int64 = 4 << 20

    /// Compresses one file by a compressor that is new or was reset.
    func copy(_ work: Work, with compressor: Compressor) throws -> Unnamed {
        let source = try opened(work)
        let exists = SystemError(ErrorNumber.exists, call: "openat")
        if try work.target.status(work.targetName) != nil { throw exists }
        let file = try AtomicFile(work.targetName, in: work.target, mode: 0o600)
        do {
            var result = try write(source, to: file.descriptor, with: compressor)
            // What was written is read back: compressors, memory and disks have failed before.
            try file.descriptor.seek(to: 0)
            let found = try Self.content(of: file.descriptor, check: check)
            guard found.bytes == result.bytes, found.sha256 == result.sha256 else {
                throw Failure(
                    code: "EDAMAGED", "what was written does not give the content back",
                    cure: "look for errors of memory and disk in the kernel's log (dmesg); nothing was kept of it")
            }
            // Of a file that somebody still writes, this would be a part that looks like the whole.
            guard try FileStatus(of: source.descriptor).isStill(source.status) else {
                throw SourceTrouble(
                    error: Failure(
                        code: "ECHANGED", "it changed while it was read",
                        cure: "have its writer close it first; nothing was kept of the attempt"))
            }
            try LiveEffects.preserve(source.status, on: file.descriptor, modeMask: modeMask)
            result.stored = try FileStatus(of: file.descriptor).size
            return Unnamed(file: file, result: result)
        } catch {
            file.abandon()
            throw error
        }
    }

    private func opened(_ work: Work) throws -> RegularFile {
        do {
            let source = try RegularFile.read(work.sourceName, in: work.source, follow: false)
            if let seen = work.seen, !source.status.isStill(seen) {
                throw Failure(code: "ECHANGED", "it is no longer the file that was seen")
            }
            return source
        } catch {
            throw SourceTrouble(error: error)
        }
    }

    private func write(
        _ source: RegularFile, to target: Descriptor, with compressor: Compressor
    ) throws -> ConvertedFile {
        try Self.compress(size: source.status.size, with: compressor, check: check) {
            try read(source, $0)
        } sink: {
            try target.write($0)
        }
    }

    /// Compresses what `read` gives of a file of this size: always alike, so that a plan knows how much will come.
    static func compress(
        size: Int64, with compressor: Compressor, check: () throws -> Void, read: (Int) throws -> [UInt8],
        sink: ([UInt8]) throws -> Void
    ) throws -> ConvertedFile {
        let digest = try Digest(.sha256)
        var result = ConvertedFile(bytes: 0, stored: 0)
        // A whole small file is given at once: the compressor then knows its size, and needs less memory for it.
        let piece = Int(min(max(size + 1, 4096), 1 << 20))
        var bytes = try read(piece)
        while true {
            try check()
            digest.update(bytes)
            result.bytes += Int64(bytes.count)
            // The size that was seen is the end; one that grew since is found by its times.
            let next = result.bytes == size ? [] : try read(piece)
            try compressor.feed(bytes, last: next.isEmpty, sink)
            if next.isEmpty { break }
            bytes = next
        }
        result.sha256 = Digest.hexadecimal(digest.finish())
        return result
    }

    private func read(_ source: RegularFile, _ count: Int) throws -> [UInt8] {
        do throws(SystemError) { return try source.descriptor.read(count) } catch { throw SourceTrouble(error: error) }
    }

    /// Length and SHA-256 of what a compressed file holds, from where it stands.
    static func content(of file: Descriptor, check: () throws -> Void) throws -> ConvertedFile {
        try content(file.read, check: check) { _ in }
    }

    /// Length and SHA-256 of what is decompressed out of what `read` gives; `sink` gets it piece by piece.
    ///
    /// - Parameters:
    ///   - most: The most bytes that it may hold; nil: any.
    /// - Throws: `EDAMAGED`, and `EFBIG` before the sink has more than the most.
    static func content(
        _ read: @escaping (Int) throws -> [UInt8], most: Int64? = nil, check: () throws -> Void,
        sink: ([UInt8]) throws -> Void
    ) throws -> ConvertedFile {
        let decompressor = Decompressor(read)
        let digest = try Digest(.sha256)
        var result = ConvertedFile(bytes: 0, stored: 0)
        while true {
            try check()
            let bytes = try decompressor.next()
            if bytes.isEmpty { break }
            result.bytes += Int64(bytes.count)
            if let most, result.bytes > most {
                throw Failure(
                    code: "EFBIG", "its content is larger than \(Quantity.describe(bytes: most))", cure: "raise max")
            }
            digest.update(bytes)
            try sink(bytes)
        }
        result.sha256 = Digest.hexadecimal(digest.finish())
        return result
    }
}
