import CCrypto

extension Digest {
    /// A keyed digest (RFC 2104), by OpenSSL's HMAC(3).
    static func hmac(_ algorithm: Algorithm, key: [UInt8], _ text: [UInt8]) throws(Failure) -> [UInt8] {
        let kind =
            switch algorithm {
            case .sha256: EVP_sha256()
            case .sha512: EVP_sha512()
            case .sha1: EVP_sha1()
            case .md5: EVP_md5()
            }
        var code = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        guard HMAC(kind, key, Int32(clamping: key.count), text, text.count, &code, &length) != nil else {
            throw Failure(code: "EDIGEST", "OpenSSL refuses the algorithm \(algorithm.rawValue)")
        }
        return Array(code.prefix(Int(length)))
    }

    /// Bytes in base64 (RFC 4648), with padding.
    static func base64(_ bytes: [UInt8]) -> String {
        // Four characters for three bytes, and the NUL that it writes.
        var text = [UInt8](repeating: 0, count: (bytes.count + 2) / 3 * 4 + 1)
        let count = EVP_EncodeBlock(&text, bytes, Int32(bytes.count))
        return String(decoding: text.prefix(Int(count)), as: UTF8.self)
    }
}
