import CCrypto

/// A digest that is fed piece by piece, by OpenSSL (EVP_DigestInit(3)).
package final class Digest {
    /// The algorithms that are offered.
    package enum Algorithm: String, CaseIterable, Sendable {
        case sha256
        case sha512
        case sha1
        case md5
    }

    // Made, used and freed by this object alone.
    private let context: OpaquePointer

    /// An empty digest; fails where the library refuses the algorithm (a FIPS policy does for md5).
    package init(_ algorithm: Algorithm) throws(Failure) {
        let kind =
            switch algorithm {
            case .sha256: EVP_sha256()
            case .sha512: EVP_sha512()
            case .sha1: EVP_sha1()
            case .md5: EVP_md5()
            }
        guard let context = EVP_MD_CTX_new() else { throw Failure(code: "ENOMEM", "no memory for a digest") }
        self.context = context
        if EVP_DigestInit_ex(context, kind, nil) != 1 {
            throw Failure(code: "EDIGEST", "OpenSSL refuses the algorithm \(algorithm.rawValue)")
        }
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Feeds bytes.
    package func update(_ bytes: [UInt8]) {
        // Cannot fail for a digest that was initialised (EVP_DigestUpdate(3)).
        _ = bytes.withUnsafeBytes { EVP_DigestUpdate(context, $0.baseAddress, $0.count) }
    }

    /// The digest's bytes; it is of no use afterwards.
    package func finish() -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        _ = EVP_DigestFinal_ex(context, &bytes, &length)
        return Array(bytes.prefix(Int(length)))
    }

    /// Bytes in hexadecimal, lower case.
    package static func hexadecimal(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    /// SHA-256 of bytes, in hexadecimal (FIPS 180-4).
    package static func sha256(_ bytes: [UInt8]) throws(Failure) -> String {
        let digest = try Digest(.sha256)
        digest.update(bytes)
        return hexadecimal(digest.finish())
    }
}
