/// `s3`: objects of buckets, by path-style addresses.
package func s3Module(_ context: APIContext) -> HostModule {
    let buckets = HandleTable<S3Bucket>("bucket")
    func key(_ arguments: Arguments) throws(Failure) -> [UInt8] {
        let key = try arguments.bytes(1, "key")
        guard (1...1024).contains(key.count), key.first != UInt8(ascii: "/"), !key.contains(0) else {
            throw arguments.mismatch(1, "key", "1 to 1024 bytes that do not begin with a slash")
        }
        return key
    }
    return HostModule(
        "s3",
        functions: [
            HostFunction("open") { arguments in [try buckets.add(try openBucket(arguments, context))] }
        ],
        methods: [
            "bucket": [
                HostFunction("put") { arguments in
                    let bucket = try buckets.object(arguments)
                    let key = try key(arguments)
                    var options = try arguments.options(3)
                    let part = try options.size("part_size")
                    let replaces = try options.bool("replace", default: true)
                    if let archive = try ArchiveUpload(arguments, 2, context) {
                        try options.finish(known: ["part_size", "replace"])
                        let part = max(part ?? S3Bucket.streamedPart, S3Bucket.leastPart)
                        return [try bucket.put(key, archive, partSize: part, replaces: replaces)]
                    }
                    let path = try context.path(arguments, 2, .read)
                    let checksum = try options.text("checksum")
                    let resume = try resume(&options)
                    try options.finish(known: ["checksum", "part_size", "replace", "resume"])
                    return [
                        try bucket.put(
                            key, path, checksum: checksum, partSize: max(part ?? 64 << 20, S3Bucket.leastPart),
                            replaces: replaces,
                            resume: resume)
                    ]
                },
                HostFunction("get") { arguments in
                    let bucket = try buckets.object(arguments)
                    let key = try key(arguments)
                    let path = try context.path(arguments, 2, .write)
                    try arguments.end(3)
                    let known = try bucket.head(key)
                    var request = S3Bucket.Request(function: "get", method: "GET", key: key)
                    request.target = path
                    request.digest = known.found["sha256"]?.text
                    guard let response = try bucket.ask(request, expect: [200]) else {
                        return [["key": .bytes(key), "assumed": true]]
                    }
                    return [.map((known.found.map ?? [:]).merging(["size": .int(response.bytes)]) { $1 })]
                },
                HostFunction("head") { arguments in
                    let bucket = try buckets.object(arguments)
                    let key = try key(arguments)
                    try arguments.end(2)
                    return [try bucket.head(key).found]
                },
                HostFunction("verify") { arguments in
                    let bucket = try buckets.object(arguments)
                    let key = try key(arguments)
                    var options = try arguments.options(2)
                    let checksum = try options.text("checksum")
                    try options.finish(known: ["checksum"])
                    return [try bucket.verify(key, checksum: checksum)]
                },
                HostFunction("list") { arguments in
                    let bucket = try buckets.object(arguments)
                    let prefix = arguments[1].isNull ? [] : try arguments.bytes(1, "prefix")
                    var options = try arguments.options(2)
                    let most = Int(clamping: options.take("max")?.integer ?? 100_000)
                    try options.finish(known: ["max"])
                    return [.list(try bucket.list(prefix, most: most))]
                },
                HostFunction("delete") { arguments in
                    let bucket = try buckets.object(arguments)
                    let key = try key(arguments)
                    try arguments.end(2)
                    let request = S3Bucket.Request(function: "delete", method: "DELETE", key: key)
                    _ = try bucket.ask(request, expect: [200, 204])
                    return []
                },
                HostFunction("abort") { arguments in
                    let bucket = try buckets.object(arguments)
                    let key = try key(arguments)
                    try arguments.end(2)
                    return [.int(try bucket.abort(key))]
                },
                HostFunction("close") { arguments in
                    _ = try buckets.remove(arguments)
                    return []
                },
            ]
        ])
}

private func resume(_ options: inout Options) throws(Failure) -> S3Bucket.Resume {
    guard let given = options.take("resume") else { return .never }
    if let keeps = given.bool { return keeps ? .later : .never }
    guard let text = given.text, let resumption = S3Resumption(text) else {
        throw options.mismatch("resume", "true, or what the error of a put that broke off has as upload", given)
    }
    return .from(resumption)
}

private func openBucket(_ arguments: Arguments, _ context: APIContext) throws(Failure) -> S3Bucket {
    var options = try arguments.options(0)
    let endpoint: TransferURL
    do throws(Failure) {
        endpoint = try context.address(try options.text("endpoint") ?? "", "s3.open")
    } catch {
        if error.code != "EURL" { throw error }
        throw Failure(
            code: error.code, "s3.open: endpoint: \(error.message)",
            cure: error.cure ?? "write https://host or https://host:port")
    }
    guard ["http", "https"].contains(endpoint.scheme), endpoint.path == "/", endpoint.query == nil else {
        throw Failure(code: "EURL", "s3.open: endpoint must be https://host, without a path")
    }
    guard let bucket = try options.text("bucket"), !bucket.isEmpty, !bucket.contains("/") else {
        throw Failure(code: "EARGUMENT", "s3.open: option bucket must be a bucket's name")
    }
    let region = try options.text("region") ?? "us-east-1"
    let (key, secret) = (options.take("key") ?? .null, options.take("secret") ?? .null)
    var trust: CheckedPath?
    if let ca = options.take("ca") {
        guard case .bytes(let path) = ca else { throw options.mismatch("ca", "a path", ca) }
        trust = try context.check(path, .read, call: "s3.open")
    }
    let stall = try options.duration("timeout") ?? 120
    try options.finish(known: ["endpoint", "bucket", "region", "key", "secret", "ca", "timeout"])
    let signature = S3Signature(
        region: region, key: String(decoding: try context.revealed(key, "s3.open", "key").bytes, as: UTF8.self),
        secret: try context.revealed(secret, "s3.open", "secret").bytes)
    return S3Bucket(endpoint, bucket: bucket, signature, trust: trust, stall: stall, context)
}
