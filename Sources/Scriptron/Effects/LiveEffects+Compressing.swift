/// Compressing and decompressing files.
extension LiveEffects {
    package func compress(
        _ from: CheckedPath, _ to: CheckedPath, _ options: CompressOptions
    ) throws(Failure) -> ConvertedFile {
        let call = "archive.compress"
        return try convert(from.path, to.path, call) { source, target in
            let compressor = try Compressor(
                options.format, level: options.level,
                // Threads pay from the first megabytes on.
                threads: source.status.size > 4 << 20 ? Self.compressionThreads : 0)
            let digest = try Digest(.sha256)
            var result = ConvertedFile(bytes: 0, stored: 0)
            func sink(_ bytes: [UInt8]) throws {
                result.stored += Int64(bytes.count)
                try target.write(bytes)
            }
            while true {
                try checkDeadline(call)
                let bytes = try source.descriptor.read(1 << 20)
                if bytes.isEmpty { break }
                digest.update(bytes)
                result.bytes += Int64(bytes.count)
                try compressor.feed(bytes, sink)
            }
            try compressor.feed([], last: true, sink)
            let hash = Digest.hexadecimal(digest.finish())
            // What was written is read back: compressors, memory and disks have failed before.
            try target.seek(to: 0)
            let (bytes, found) = try content(of: target, call)
            guard bytes == result.bytes, found == hash else {
                throw Failure(
                    code: "EDAMAGED", "\(call) \(to.path.text): what was written does not give the content back",
                    cure: "look for errors of memory and disk in the kernel's log (dmesg); nothing was kept of it")
            }
            result.sha256 = hash
            return result
        }
    }

    package func decompress(_ from: CheckedPath, _ to: CheckedPath, max: Int64?) throws(Failure) -> ConvertedFile {
        let call = "archive.decompress"
        return try convert(from.path, to.path, call) { source, target in
            let decompressor = Decompressor(source.descriptor.read)
            let digest = try Digest(.sha256)
            var result = ConvertedFile(bytes: 0, stored: source.status.size)
            while true {
                try checkDeadline(call)
                let bytes = try told(damaged: from.path, call) { try decompressor.next() }
                if bytes.isEmpty { break }
                result.bytes += Int64(bytes.count)
                if let max, result.bytes > max {
                    throw Failure(
                        code: "EFBIG",
                        "\(call) \(from.path.text): its content is larger than \(Quantity.describe(bytes: max))",
                        cure: "raise max")
                }
                digest.update(bytes)
                try target.write(bytes)
            }
            result.sha256 = Digest.hexadecimal(digest.finish())
            return result
        }
    }

    /// How many threads compress beside the one that reads.
    static var compressionThreads: Int { min(8, ProcessEnvironment.cores) }

    /// Length and SHA-256 of what a compressed file holds, from where it stands.
    private func content(of file: Descriptor, _ call: String) throws -> (bytes: Int64, sha256: String) {
        let decompressor = Decompressor(file.read)
        let digest = try Digest(.sha256)
        var count: Int64 = 0
        while true {
            try checkDeadline(call)
            let bytes = try decompressor.next()
            if bytes.isEmpty { return (count, Digest.hexadecimal(digest.finish())) }
            count += Int64(bytes.count)
            digest.update(bytes)
        }
    }

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
