/// What a script keeps of an upload in parts that broke off, so that the next one goes on there.
struct S3Resumption: Hashable {
    /// The server's name for it.
    var upload: String
    /// What the file was then: the server has been told, and takes it for the object's.
    var sha256: String
    var partSize: Int64

    init(upload: String, sha256: String, partSize: Int64) {
        self.upload = upload
        self.sha256 = sha256
        self.partSize = partSize
    }

    /// Reads what `text` wrote.
    init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 2).map(String.init)
        guard parts.count == 3, let size = Int64(parts[0]), size > 0, parts[1].utf8.count == 64 else { return nil }
        self.init(upload: parts[2], sha256: parts[1], partSize: size)
    }

    var text: String { "\(partSize):\(sha256):\(upload)" }
}

extension S3Bucket {
    /// What becomes of an upload that breaks off.
    enum Resume {
        /// It is removed.
        case never
        /// It stays; the error says what continues it.
        case later
        /// So it did: this one goes on there, and stays too where it breaks off.
        case from(S3Resumption)

        var keeps: Bool { if case .never = self { false } else { true } }
    }

    /// A part that the server has.
    struct Kept {
        var tag: String
        var size: Int64
    }

    /// The parts that the server has of an upload, by their numbers; nil where it knows no such upload.
    func kept(of upload: String, _ key: [UInt8]) throws -> [Int: Kept]? {
        var all: [Int: Kept] = [:]
        var marker: String?
        while true {
            var request = Request(function: "put", method: "GET", key: key, query: ["uploadId": upload])
            request.query["part-number-marker"] = marker
            guard let response = try ask(request, expect: [200, 404]), response.status == 200 else { return nil }
            let text = String(decoding: response.body, as: UTF8.self)[...]
            for item in S3Answer.elements("Part", in: text) {
                guard let number = S3Answer.text("PartNumber", in: item).flatMap({ Int($0) }),
                    let size = S3Answer.text("Size", in: item).flatMap({ Int64($0) })
                else { continue }
                let tag = (S3Answer.text("ETag", in: item) ?? "").filter { $0 != "\"" }
                all[number] = Kept(tag: tag, size: size)
            }
            let next = S3Answer.text("NextPartNumberMarker", in: text)
            guard S3Answer.text("IsTruncated", in: text) == "true", let next, next != marker else { return all }
            marker = next
        }
    }

    /// The error of an upload that stays on the server, with what continues it.
    static func keeping(_ error: any Error, _ resumption: S3Resumption) -> any Error {
        let known = error as? HostError
        guard let failure = known?.failure ?? error as? Failure else { return error }
        let cure = failure.cure ?? "put it again with resume = the error's upload, or remove its parts with abort"
        var fields = known?.fields ?? [:]
        fields["upload"] = .text(resumption.text)
        return HostError(Failure(code: failure.code, failure.message, cure: cure), fields: fields)
    }
}
