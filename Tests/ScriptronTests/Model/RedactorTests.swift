import Testing

@testable import Scriptron

struct RedactorTests {
    private let secret = "pass/word+42 \"é\""

    private func redacted(_ text: String) -> String {
        var redactor = Redactor()
        redactor.hide(Array(secret.utf8), name: "KEY")
        return String(decoding: redactor.redacted(Array(text.utf8)), as: UTF8.self)
    }

    @Test func `hides a secret however it is written`() {
        let bytes = Array(secret.utf8)
        let forms = [
            secret, PercentEncoding.encode(bytes), PercentEncoding.encode(bytes).lowercased(),
            Digest.hexadecimal(bytes), Digest.base64(bytes), "pass/word+42 \\\"é\\\"",
        ]
        for form in forms { #expect(redacted("before \(form) after").contains("before secret:KEY")) }
    }

    @Test(arguments: ["", "a", "ab", "abc", "user:"])
    func `hides it in base64 of a longer text`(before: String) {
        let text = Digest.base64(Array((before + secret + ":rest").utf8))
        let left = redacted("Basic \(text)")
        #expect(left.contains("secret:KEY"))
        // At most the characters that also hold bits of the neighbours are left.
        let sure = Digest.base64(Array((before + secret).utf8)).dropFirst((before.utf8.count + 2) / 3 * 4).dropLast(4)
        #expect(!left.contains(sure))
    }

    @Test func `goes into lists and tables, their names too, and leaves all else alone`() {
        var redactor = Redactor()
        #expect(redactor.redacted(["a": "b"]) == ["a": "b"])
        redactor.hide(Array("canary".utf8), name: "K")
        redactor.hide(Array("can".utf8), name: "SHORT")
        #expect(
            redactor.redacted(["x": ["a canary, a canary", 7, true, "can"], "canary": .null])
                == ["x": ["a secret:K, a secret:K", 7, true, "can"], "secret:K": .null])
    }
}
