/// The key of a webhook's signature, by Standard Webhooks (standardwebhooks.com): a secret is given as `whsec_` and the
/// key in base64. One without that beginning is the key itself.
package enum WebhookKey {
    private static let prefix = Array("whsec_".utf8)

    /// The key of a secret. Fails (`EKEY`) where what follows the beginning is no base64; the text does not say it.
    package static func bytes(of secret: [UInt8]) throws(Failure) -> [UInt8] {
        guard secret.starts(with: prefix) else { return secret }
        guard let key = Digest.bytes(base64: secret.dropFirst(prefix.count)), !key.isEmpty else {
            throw Failure(
                code: "EKEY", "the secret begins with whsec_, and what follows is no key in base64",
                cure: "copy it whole from where it was made")
        }
        return key
    }

    /// The signature of a message: `v1,` and the HMAC-SHA256 of `id.timestamp.body` in base64.
    package static func signature(
        _ secret: [UInt8], id: String, timestamp: Int64, body: [UInt8]
    ) throws(Failure) -> String {
        let signed = Array("\(id).\(timestamp).".utf8) + body
        return "v1," + Digest.base64(try Digest.hmac(.sha256, key: try bytes(of: secret), signed))
    }
}

extension Digest {
    /// The bytes of a text in base64 (RFC 4648), of either alphabet, with padding or without; nil for anything else.
    static func bytes(base64 text: some Sequence<UInt8>) -> [UInt8]? {
        var bits: UInt32 = 0
        var count = 0
        var digits = 0
        var padding = 0
        var bytes: [UInt8] = []
        for character in text {
            let value: UInt32
            switch character {
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = UInt32(character) - 65
            case UInt8(ascii: "a")...UInt8(ascii: "z"): value = UInt32(character) - 71
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = UInt32(character) + 4
            case UInt8(ascii: "+"), UInt8(ascii: "-"): value = 62
            case UInt8(ascii: "/"), UInt8(ascii: "_"): value = 63
            case UInt8(ascii: "="):
                padding += 1
                continue
            default: return nil
            }
            if padding > 0 { return nil }
            digits += 1
            bits = bits << 6 | value
            count += 6
            if count >= 8 {
                count -= 8
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
            }
        }
        // One digit is no byte; what is left over must be nothing.
        let isWhole = digits % 4 != 1 && bits & (1 << UInt32(count) - 1) == 0
        let isPadded = padding == 0 || (padding <= 2 && (digits + padding) % 4 == 0)
        return isWhole && isPadded ? bytes : nil
    }
}
