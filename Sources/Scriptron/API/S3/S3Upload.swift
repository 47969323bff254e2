/// Uploads of files to a bucket: at once, or in parts. Until the last word nothing of it is to be seen there.
extension S3Bucket {
    /// The least that a part may have (but for the last), and how many there may be.
    static let leastPart: Int64 = 5 << 20
    private static let mostParts: Int64 = 10_000

    /// Puts a file under a key, and looks at what the server has then. `checksum` is the SHA-256 that the file must have;
    /// without `replaces` an object that is there stays (`EEXIST`).
    func put(
        _ key: [UInt8], _ path: CheckedPath, checksum: String?, partSize: Int64, replaces: Bool, resume: Resume
    ) throws -> Value {
        let effects = try context(of: "put").effects
        guard let entry = try effects.status(path, follow: true) else {
            throw Failure(code: "ENOENT", "s3:put \(path.path.text): there is no such file")
        }
        let size = entry.status.size
        var part = max(partSize, (size + Self.mostParts - 1) / Self.mostParts)
        if size <= part { part = max(size, 1) }
        if effects.isDry {
            if checksum != nil, try effects.isContentKnown(path) {
                try compare(path, try digests(of: path, size, part).whole, checksum)
            }
            _ = try ask(Request(function: "put", method: "PUT", key: key, body: .file(path)))
            return ["key": .bytes(key), "size": .int(size), "assumed": true]
        }
        let pieces = try digests(of: path, size, part)
        try compare(path, pieces.whole, checksum)
        let known = Object(size: size, sha256: pieces.whole)
        let meta = [(name: "x-amz-meta-sha256", value: pieces.whole)]
        if !replaces, !(try head(key).found.isNull) { throw Self.taken(key) }
        // Two who put at the same moment are told apart by the server, where it can.
        let free = replaces ? [] : [(name: "if-none-match", value: "*")]
        if size <= part, let only = pieces.parts.first {
            var request = Request(function: "put", method: "PUT", key: key)
            request.headers = meta + [("x-amz-checksum-sha256", Digest.base64(only.sha256))]
            request.payload = pieces.whole
            request.body = .part(path, offset: 0, length: size)
            if let response = try finish(request, free, known) { try check(tag: response, only.md5, key) }
        } else {
            let broken = S3Resumption(upload: "", sha256: pieces.whole, partSize: part)
            try putParts(key, path, pieces.parts, meta, free, known, try taken(up: resume, broken, key))
        }
        let found = try head(key).found
        guard known.isThere(found) else { throw Self.other(key) }
        let tag = found["etag"]?.text ?? ""
        // The tag of an object in parts ends with their number.
        if let dash = tag.firstIndex(of: "-"), let count = Int(tag[tag.index(after: dash)...]),
            count != pieces.parts.count
        {
            throw Self.other(key)
        }
        return .map((found.map ?? [:]).merging(["sha256": .text(pieces.whole)]) { $1 })
    }

    private func compare(_ path: CheckedPath, _ sum: String, _ checksum: String?) throws(Failure) {
        guard let checksum, checksum.lowercased() != sum else { return }
        throw Failure(
            code: "EDAMAGED", "s3:put \(path.path.text): its SHA-256 is \(sum), not \(checksum)",
            cure: "nothing was sent")
    }

    /// What an object must be when it was put.
    struct Object {
        var size: Int64
        /// Nil where it was not known when the upload began.
        var sha256: String?
        /// The tags that it may have; nil: any.
        var tags: Set<String>?

        /// Whether the answer to a question for it says so.
        func isThere(_ found: Value) -> Bool {
            found["size"]?.integer == size && (sha256 == nil || found["sha256"]?.text == sha256)
                && (tags?.contains(found["etag"]?.text?.lowercased() ?? "") ?? true)
        }
    }

    static func taken(_ key: [UInt8]) -> Failure {
        Failure(
            code: "EEXIST", "s3:put \(Path(bytes: key).text): it is there already",
            cure: "nothing was sent; take another key, or say replace = true")
    }

    static func other(_ key: [UInt8]) -> Failure {
        Failure(
            code: "EDAMAGED", "s3:put \(Path(bytes: key).text): what the server has is not what was sent",
            cure: "put it again")
    }

    /// Makes the request by which an object comes to be. Its answer may be lost after it was done: then the next try is
    /// told that the object is there, or that the upload is not. Nil in such a case.
    func finish(
        _ request: Request, _ free: [(name: String, value: String)], _ known: Object
    ) throws -> TransferResponse? {
        var conditional = request
        conditional.headers += free
        do {
            return try ask(conditional, expect: [200])
        } catch let error as HostError {
            switch error.fields["status"]?.integer {
            // It knows of no conditions.
            case 501 where !free.isEmpty: return try ask(request, expect: [200])
            case 404, 409, 412:
                if known.isThere(try head(request.key).found) { return nil }
                if error.fields["status"]?.integer == 412 { throw Self.taken(request.key) }
                throw error
            default: throw error
            }
        }
    }

    /// What is continued: the resumption, without an upload where none is, and what the server has of it.
    private func taken(
        up resume: Resume, _ fresh: S3Resumption, _ key: [UInt8]
    ) throws -> (resume: Resume, resumption: S3Resumption, kept: [Int: Kept]) {
        guard case .from(let broken) = resume else { return (resume, fresh, [:]) }
        if broken.sha256 == fresh.sha256, broken.partSize == fresh.partSize {
            if let kept = try kept(of: broken.upload, key) { return (resume, broken, kept) }
        } else {
            // Of another content nothing is of use.
            try remove(upload: broken.upload, of: key, function: "put")
        }
        return (resume, fresh, [:])
    }

    private func putParts(
        _ key: [UInt8], _ path: CheckedPath, _ parts: [Part], _ meta: [(name: String, value: String)],
        _ free: [(name: String, value: String)], _ known: Object,
        _ begun: (resume: Resume, resumption: S3Resumption, kept: [Int: Kept])
    ) throws {
        var resumption = begun.resumption
        if resumption.upload.isEmpty { resumption.upload = try begin(key, meta) }
        do {
            var list = ""
            for (index, part) in parts.enumerated() {
                let tag: String
                if let kept = begun.kept[index + 1], kept.size == part.length, kept.tag.lowercased() == part.md5 {
                    tag = kept.tag
                } else {
                    var request = Request(function: "put", method: "PUT", key: key)
                    request.query = ["partNumber": "\(index + 1)", "uploadId": resumption.upload]
                    request.payload = Digest.hexadecimal(part.sha256)
                    request.body = .part(path, offset: part.offset, length: part.length)
                    tag = try check(tag: try ask(request, expect: [200]), part.md5, key)
                }
                list += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(tag)</ETag></Part>"
            }
            let body = Array("<CompleteMultipartUpload>\(list)</CompleteMultipartUpload>".utf8)
            var request = Request(function: "put", method: "POST", key: key, query: ["uploadId": resumption.upload])
            request.body = .bytes(body)
            request.payload = try Digest.sha256(body)
            _ = try finish(request, free, known)
        } catch {
            if begun.resume.keeps { throw Self.keeping(error, resumption) }
            if (try? remove(upload: resumption.upload, of: key, function: "put")) == nil {
                try context(of: "put").effects.post(
                    .warning("s3:put \(Path(bytes: key).text): its parts could not be removed from the server"))
            }
            throw error
        }
    }

    /// Begins an upload in parts; the server's name for it.
    func begin(_ key: [UInt8], _ meta: [(name: String, value: String)]) throws -> String {
        var request = Request(function: "put", method: "POST", key: key, query: ["uploads": ""])
        request.headers = meta
        let begun = try ask(request, expect: [200])
        let text = String(decoding: begun?.body ?? [], as: UTF8.self)[...]
        guard let upload = S3Answer.text("UploadId", in: text), !upload.isEmpty else {
            throw Failure(code: "ES3", "s3:put \(Path(bytes: key).text): the server gave no upload")
        }
        return upload
    }

    /// The tag of what the server took; where that is an MD5, as it is unless the server encrypts, it must be ours.
    @discardableResult
    func check(tag response: TransferResponse?, _ md5: String, _ key: [UInt8]) throws(Failure) -> String {
        let tag = String(decoding: response?.header("etag") ?? [], as: UTF8.self).filter { $0 != "\"" }
        let isPlain = response?.header("x-amz-server-side-encryption") == nil
        if isPlain, tag.count == 32, tag.allSatisfy(\.isHexDigit), tag.lowercased() != md5 {
            throw Failure(
                code: "EDAMAGED", "s3:put \(Path(bytes: key).text): what arrived is not what was sent",
                cure: "put it again")
        }
        return tag
    }

    struct Part {
        var offset: Int64
        var length: Int64
        var sha256: [UInt8]
        var md5: String
    }

    private func digests(
        of path: CheckedPath, _ size: Int64, _ part: Int64
    ) throws(Failure) -> (whole: String, parts: [Part]) {
        let file = try context(of: "put").effects.open(path, .read, call: "s3:put")
        let whole = try Digest(.sha256)
        var parts: [Part] = []
        var offset: Int64 = 0
        repeat {
            let length = min(part, size - offset)
            let (sha256, md5) = (try Digest(.sha256), try Digest(.md5))
            var left = length
            while left > 0 {
                let bytes = try file.read(Int(min(left, 1 << 20)))
                if bytes.isEmpty { throw Failure(code: "ESHRUNK", "s3:put \(path.path.text): it became shorter") }
                for digest in [whole, sha256, md5] { digest.update(bytes) }
                left -= Int64(bytes.count)
            }
            parts.append(
                Part(offset: offset, length: length, sha256: sha256.finish(), md5: Digest.hexadecimal(md5.finish())))
            offset += length
        } while offset < size
        return (Digest.hexadecimal(whole.finish()), parts)
    }
}
