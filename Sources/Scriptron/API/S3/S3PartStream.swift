/// An upload of what is not known before, such as an archive that is made meanwhile: in parts, of which one at a time is
/// held. What fits into one part goes at once.
final class S3PartStream {
    /// The most parts that S3 takes of an object.
    private static let mostParts = 10_000

    private let bucket: S3Bucket
    private let key: [UInt8]
    private let partSize: Int
    private var held: [UInt8] = []
    private var upload: String?
    /// The tag and the MD5 of each part that is there.
    private var parts: [(tag: String, md5: [UInt8])] = []
    private var size: Int64 = 0
    private let whole: Digest
    private let wholeMD5: Digest

    init(_ bucket: S3Bucket, _ key: [UInt8], partSize: Int64) throws(Failure) {
        self.bucket = bucket
        self.key = key
        self.partSize = Int(clamping: partSize)
        whole = try Digest(.sha256)
        wholeMD5 = try Digest(.md5)
    }

    /// The least size of the next part: they grow, so that ten thousand hold half a terabyte of parts of 16 MiB.
    private var wanted: Int { partSize * (1 + parts.count / 1000) }

    /// Takes a piece; sends a part where one is full.
    func write(_ bytes: [UInt8]) throws {
        whole.update(bytes)
        wholeMD5.update(bytes)
        size += Int64(bytes.count)
        held += bytes
        if held.count >= wanted { try send() }
    }

    private func send() throws {
        let bytes = held
        held = []
        if upload == nil { upload = try bucket.begin(key, []) }
        guard let upload, parts.count < Self.mostParts else {
            throw Failure(
                code: "EFBIG", "s3:put \(Path(bytes: key).text): it needs more than \(Self.mostParts) parts",
                cure: "give a larger part_size")
        }
        let md5 = try Digest(.md5)
        md5.update(bytes)
        let sum = md5.finish()
        var request = S3Bucket.Request(function: "put", method: "PUT", key: key)
        request.query = ["partNumber": "\(parts.count + 1)", "uploadId": upload]
        request.payload = try Digest.sha256(bytes)
        request.body = .bytes(bytes)
        let tag = try bucket.check(
            tag: try bucket.ask(request, expect: [200]), Digest.hexadecimal(sum), key)
        parts.append((tag, sum))
    }

    /// Sends what is left, and has the object come to be; what is known of it then.
    func finish(_ free: [(name: String, value: String)]) throws -> Value {
        let sha256 = Digest.hexadecimal(whole.finish())
        var known = S3Bucket.Object(size: size, sha256: nil)
        if parts.isEmpty {
            known.sha256 = sha256
            var request = S3Bucket.Request(function: "put", method: "PUT", key: key)
            request.headers = [("x-amz-meta-sha256", sha256)]
            request.payload = sha256
            request.body = .bytes(held)
            let md5 = Digest.hexadecimal(wholeMD5.finish())
            if let response = try bucket.finish(request, free, known) { try bucket.check(tag: response, md5, key) }
        } else {
            if !held.isEmpty { try send() }
            known.tags = try tags()
            var list = ""
            for (index, part) in parts.enumerated() {
                list += "<Part><PartNumber>\(index + 1)</PartNumber><ETag>\(part.tag)</ETag></Part>"
            }
            let body = Array("<CompleteMultipartUpload>\(list)</CompleteMultipartUpload>".utf8)
            var request = S3Bucket.Request(function: "put", method: "POST", key: key)
            request.query = ["uploadId": upload ?? ""]
            request.body = .bytes(body)
            request.payload = try Digest.sha256(body)
            _ = try bucket.finish(request, free, known)
        }
        let found = try bucket.head(key).found
        guard known.isThere(found) else { throw S3Bucket.other(key) }
        return .map((found.map ?? [:]).merging(["sha256": .text(sha256)]) { $1 })
    }

    /// The tags that the object may have: of parts the MD5 of theirs with their number, of servers that join them the MD5
    /// of the whole. Nil where the server's tags are no MD5, as where it encrypts.
    private func tags() throws(Failure) -> Set<String>? {
        guard parts.allSatisfy({ $0.tag.lowercased() == Digest.hexadecimal($0.md5) }) else { return nil }
        let joined = try Digest(.md5)
        for part in parts { joined.update(part.md5) }
        let ofParts = Digest.hexadecimal(joined.finish())
        let ofAll = Digest.hexadecimal(wholeMD5.finish())
        return [ofAll, "\(ofParts)-\(parts.count)", "\(ofAll)-\(parts.count)"]
    }

    /// Removes what is on the server; warns where that fails.
    func abort() {
        guard let upload, (try? bucket.remove(upload: upload, of: key, function: "put")) == nil else { return }
        try? bucket.context(of: "put").effects.post(
            .warning("s3:put \(Path(bytes: key).text): its parts could not be removed from the server"))
    }
}

extension S3Bucket {
    /// How large parts of what is not known before are, in bytes.
    static let streamedPart: Int64 = 16 << 20

    /// Puts an archive while it is made: no file of it is anywhere. Where anything fails, nothing stays on the server.
    func put(_ key: [UInt8], _ archive: ArchiveUpload, partSize: Int64, replaces: Bool) throws -> Value {
        let effects = try context(of: "put").effects
        if effects.isDry {
            let totals = try archive.make(effects) { _ in }
            _ = try ask(Request(function: "put", method: "PUT", key: key, body: .bytes([])))
            return ["key": .bytes(key), "assumed": true, "archive": archiveTotals(totals)]
        }
        if !replaces, !(try head(key).found.isNull) { throw Self.taken(key) }
        let stream = try S3PartStream(self, key, partSize: partSize)
        do {
            let totals = try archive.make(effects) { try stream.write($0) }
            let found = try stream.finish(replaces ? [] : [(name: "if-none-match", value: "*")])
            return .map((found.map ?? [:]).merging(["archive": archiveTotals(totals)]) { $1 })
        } catch {
            stream.abort()
            throw error
        }
    }
}
