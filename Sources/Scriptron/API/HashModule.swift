/// `hash`: digests of files and texts.
package func hashModule(_ context: APIContext) -> HostModule {
    HostModule(
        "hash",
        functions: [
            HostFunction("file") { arguments in
                var options = try arguments.options(1)
                let digest = try Digest(try algorithm(&options))
                var left = try options.size("first") ?? .max
                try options.finish(known: ["algorithm", "first"])
                let path = try context.path(arguments, 0, .read)
                let effects = try context.current("hash.file").effects
                let file = try effects.open(path, .read, call: "hash.file")
                try effects.apart {
                    while left > 0 {
                        let bytes = try file.read(Int(min(left, 1 << 20)))
                        if bytes.isEmpty { break }
                        left -= Int64(bytes.count)
                        digest.update(bytes)
                    }
                }
                try file.close()
                return [.text(Digest.hexadecimal(digest.finish()))]
            },
            HostFunction("text") { arguments in
                let digest = try Digest(try algorithm(arguments, 1))
                digest.update(try arguments.bytes(0, "text"))
                return [.text(Digest.hexadecimal(digest.finish()))]
            },
            HostFunction("hmac") { arguments in
                let secret = try context.revealed(arguments[0], "hash.hmac", "the key").bytes
                let text = try arguments.bytes(1, "text")
                var options = try arguments.options(2)
                let algorithm = try algorithm(&options)
                let encoding = try options.word("encoding", of: ["hex", "base64"], default: "hex")
                let form = try options.word("key_encoding", of: ["raw", "base64", "whsec"], default: "raw")
                try options.finish(known: ["algorithm", "encoding", "key_encoding"])
                let key = try key(secret, form)
                let code = try Digest.hmac(algorithm, key: key, text)
                return [.text(encoding == "hex" ? Digest.hexadecimal(code) : Digest.base64(code))]
            },
        ])
}

/// A key as it was given.
private func key(_ given: [UInt8], _ form: String) throws(Failure) -> [UInt8] {
    switch form {
    case "whsec": return try WebhookKey.bytes(of: given)
    case "base64":
        guard let key = Digest.bytes(base64: given) else {
            throw Failure(code: "EKEY", "hash.hmac: the key is no base64")
        }
        return key
    default: return given
    }
}

private func algorithm(_ options: inout Options) throws(Failure) -> Digest.Algorithm {
    let words = Digest.Algorithm.allCases.map(\.rawValue)
    return Digest.Algorithm(rawValue: try options.word("algorithm", of: words, default: "sha256")) ?? .sha256
}

private func algorithm(_ arguments: Arguments, _ index: Int) throws(Failure) -> Digest.Algorithm {
    var options = try arguments.options(index)
    let algorithm = try algorithm(&options)
    try options.finish(known: ["algorithm"])
    return algorithm
}
