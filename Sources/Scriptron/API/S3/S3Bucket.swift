/// A bucket that a script has opened: it makes requests, signs them, and reads the answers.
final class S3Bucket {
    private let endpoint: TransferURL
    private let bucket: String
    private let signature: S3Signature
    private let context: APIContext
    private let trust: CheckedPath?
    /// Seconds that a request may go without a byte in either direction.
    private let stall: Double

    /// SHA-256 of nothing.
    static let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

    init(
        _ endpoint: TransferURL, bucket: String, _ signature: S3Signature, trust: CheckedPath?, stall: Double,
        _ context: APIContext
    ) {
        self.endpoint = endpoint
        self.bucket = bucket
        self.signature = signature
        self.trust = trust
        self.stall = stall
        self.context = context
    }

    /// What is asked of the bucket.
    struct Request {
        var function: String
        var method: String
        var key: [UInt8] = []
        var query: [String: String] = [:]
        /// Lower case.
        var headers: [(name: String, value: String)] = []
        var body: WebCall.Body?
        var payload = S3Bucket.nothing
        var target: CheckedPath?
        var digest: String?
        /// Whether the answer is only hashed.
        var isHashed = false
        var dry: Value?
    }

    /// How often a request is tried that fails by what may pass, and how long the first pause may be, in seconds; each
    /// is four times as long as the one before.
    private static let tries = 3
    private static let firstPause = 0.3

    /// Makes a request once; nil where it is only planned. Any status is an answer.
    func ask(_ request: Request) throws(Failure) -> TransferResponse? {
        let name = "s3:" + request.function
        let session = try context.current(name)
        guard session.grant.allowsConnect(host: endpoint.host, port: endpoint.port) else {
            let need = endpoint.need
            let failure = session.resolver.refusal("\(name) may not connect to \(need)", "connect", need) {
                $0.allowsConnect(need)
            }
            session.effects.post(.refusal(failure.description))
            throw failure
        }
        session.uses?.tell(.connect(endpoint.need))
        var path = "/" + PercentEncoding.encode(Array(bucket.utf8))
        if !request.key.isEmpty { path += "/" + PercentEncoding.encode(request.key, keepingSlashes: true) }
        let query = request.query.map {
            (PercentEncoding.encode(Array($0.key.utf8)), PercentEncoding.encode(Array($0.value.utf8)))
        }
        .sorted { $0.0 < $1.0 }.map { $0.0 + "=" + $0.1 }.joined(separator: "&")
        let url = try TransferURL(endpoint.server + path + (query.isEmpty ? "" : "?" + query))
        guard url.path == path else {
            throw Failure(
                code: "EARGUMENT", "\(name): the key \(Path(bytes: request.key).text) has . or .. for a name in it")
        }
        var call = WebCall(url, call: name)
        call.method = request.method
        call.headers = try signature.headers(
            request.method, url, request.headers, payload: request.payload, at: session.effects.now())
        call.body = request.body
        call.target = request.target
        call.digest = request.digest
        call.isHashed = request.isHashed
        call.trust = trust
        // A large object takes as long as it takes, as long as it moves.
        call.timeout = .infinity
        call.stall = stall
        call.most = request.target == nil && !request.isHashed ? 64 << 20 : 1 << 50
        switch try session.effects.ask(call) {
        case .answered(let response): return response
        case .assumed: return nil
        }
    }

    /// Makes a request of which only these statuses are no failure; one that fails by what may pass (no connection, the
    /// server's own errors) is made again.
    func ask(_ request: Request, expect: Set<Int>) throws -> TransferResponse? {
        var pause = Self.firstPause
        for _ in 1..<Self.tries {
            do {
                return try askOnce(request, expect: expect)
            } catch  where Self.mayPass(error) {
                try context(of: request.function).effects.sleep(seconds: pause * Double.random(in: 0.5...1))
                pause *= 4
            }
        }
        return try askOnce(request, expect: expect)
    }

    /// What the references of S3 and HTTP say to try again.
    private static func mayPass(_ error: any Error) -> Bool {
        if let failure = error as? Failure { return PassingTrouble.isOne(code: failure.code) }
        guard let fields = (error as? HostError)?.fields else { return false }
        return PassingTrouble.isOne(status: Int(clamping: fields["status"]?.integer ?? 0))
            || ["InternalError", "SlowDown", "RequestTimeout"].contains(fields["s3_code"]?.text ?? "")
    }

    private func askOnce(_ request: Request, expect: Set<Int>) throws -> TransferResponse? {
        guard let response = try ask(request) else { return nil }
        let text = String(decoding: response.body, as: UTF8.self)[...]
        // A server may change its mind after it has said 200.
        let isError = text.contains("<Error>")
        if expect.contains(response.status), !isError || response.status != 200 { return response }
        let word = S3Answer.text("Code", in: text) ?? (response.status == 404 ? "NotFound" : "")
        let said = S3Answer.text("Message", in: text) ?? ""
        var fields: [String: Value] = ["status": .int(Int64(response.status))]
        // The answer to HEAD has no text.
        if !word.isEmpty { fields["s3_code"] = .text(word) }
        let words = ["\(response.status)", Path(word).text, Path(said).text].filter { !$0.isEmpty }
        throw HostError(
            Failure(
                code: "ES3",
                "s3:\(request.function) \(bucket)/\(Path(bytes: request.key).text): the server says "
                    + words.joined(separator: " ")),
            fields: fields)
    }

    /// The attempt's means.
    func context(of function: String) throws(Failure) -> APIContext.Session { try context.current("s3:" + function) }

    // Objects.

    /// Size, time, tag and the SHA-256 that `put` left; nil where there is no such object.
    func head(_ key: [UInt8]) throws -> (found: Value, isPlanned: Bool) {
        let response = try ask(Request(function: "head", method: "HEAD", key: key), expect: [200, 404])
        guard let response else { return (.null, true) }
        if response.status == 404 { return (.null, false) }
        func text(_ name: String) -> String? { response.header(name).map { String(decoding: $0, as: UTF8.self) } }
        var found: [String: Value] = ["key": .bytes(key)]
        found["size"] = text("content-length").flatMap { Int64($0) }.map { .int($0) }
        found["modified"] = text("last-modified").flatMap { TransferClient.date($0) }.map { .number($0) }
        found["etag"] = text("etag").map { .text($0.filter { $0 != "\"" }) }
        found["sha256"] = text("x-amz-meta-sha256").map { .text($0) }
        return (.map(found), false)
    }

    /// Reads an object through, and compares it with a SHA-256: the one that is given, or that `put` left.
    func verify(_ key: [UInt8], checksum: String?) throws -> Value {
        let (known, isPlanned) = try head(key)
        if isPlanned { return ["key": .bytes(key), "assumed": true] }
        let name = "s3:verify \(bucket)/\(Path(bytes: key).text)"
        if known.isNull { throw Failure(code: "ENOENT", "\(name): there is no such object") }
        guard let expected = checksum?.lowercased() ?? known["sha256"]?.text else {
            throw Failure(code: "EARGUMENT", "\(name): nobody left its SHA-256", cure: "give it as checksum")
        }
        var request = Request(function: "verify", method: "GET", key: key)
        request.isHashed = true
        guard let response = try ask(request, expect: [200]) else { return ["key": .bytes(key), "assumed": true] }
        guard response.sha256 == expected else {
            throw Failure(
                code: "EDAMAGED", "\(name): what the server has does not have the SHA-256 \(expected)",
                cure: "take another copy, and put this one again")
        }
        return ["key": .bytes(key), "size": .int(response.bytes), "sha256": .text(expected)]
    }

    /// Every object whose key begins so, page by page; at most so many.
    func list(_ prefix: [UInt8], most: Int) throws -> [Value] {
        var all: [Value] = []
        var token: String?
        while true {
            var request = Request(function: "list", method: "GET")
            request.query = ["list-type": "2", "encoding-type": "url"]
            request.query["prefix"] = String(decoding: prefix, as: UTF8.self)
            request.query["continuation-token"] = token
            guard let response = try ask(request, expect: [200]) else { return all }
            let text = String(decoding: response.body, as: UTF8.self)[...]
            for item in S3Answer.elements("Contents", in: text) {
                guard let key = S3Answer.text("Key", in: item) else { continue }
                var found: [String: Value] = ["key": .bytes(S3Answer.decoded(key))]
                found["size"] = S3Answer.text("Size", in: item).flatMap { Int64($0) }.map { .int($0) }
                found["modified"] = S3Answer.text("LastModified", in: item).flatMap(Self.time).map { .number($0) }
                found["etag"] = S3Answer.text("ETag", in: item).map { .text($0.filter { $0 != "\"" }) }
                all.append(.map(found))
            }
            if all.count > most {
                throw Failure(
                    code: "ETOOMANY", "s3:list \(bucket): there are more than \(most) objects", cure: "raise max")
            }
            let next = S3Answer.text("NextContinuationToken", in: text)
            guard S3Answer.text("IsTruncated", in: text) == "true", let next, next != token else { return all }
            token = next
        }
    }

    /// `2026-01-02T03:04:05.678Z`, which curl reads as `20260102 03:04:05 GMT`.
    private static func time(_ text: String) -> Double? {
        let plain = text.prefix { $0 != "." && $0 != "Z" }.filter { $0 != "-" }.replacing("T", with: " ")
        return TransferClient.date(plain + " GMT")
    }
}
