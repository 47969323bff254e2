import Testing

@testable import Scriptron

@Suite("Keys of webhooks") struct WebhookKeyTests {
    @Test("A signature is as Standard Webhooks has it") func signature() throws {
        // The example of the specification's reference libraries.
        let signature = try WebhookKey.signature(
            Array("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".utf8), id: "msg_p5jXN8AQM9LWM0D4loKWxJek",
            timestamp: 1_614_265_330, body: Array(#"{"test": 2432232314}"#.utf8))
        #expect(signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")
    }

    @Test("A secret without whsec_ is the key; one that is no base64 fails, and is not told") func keys() throws {
        #expect(try WebhookKey.bytes(of: Array("plain text".utf8)) == Array("plain text".utf8))
        #expect(try WebhookKey.bytes(of: Array("whsec_AAEC".utf8)) == [0, 1, 2])
        for text in ["whsec_", "whsec_A", "whsec_AAE!secret", "whsec_AA=C", "whsec_AAEC=", "whsec_AB"] {
            let failure = #expect(throws: Failure.self) { try WebhookKey.bytes(of: Array(text.utf8)) }
            #expect(failure?.code == "EKEY" && failure?.description.contains("secret!") == false)
        }
    }

    @Test("Base64 is read in either alphabet, with padding or without, of any bytes") func base64() {
        var random = SystemRandomNumberGenerator()
        for count in 0..<200 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let text = Digest.base64(bytes)
            #expect(Digest.bytes(base64: text.utf8) == bytes)
            let bare = text.replacing("=", with: "").replacing("+", with: "-").replacing("/", with: "_")
            #expect(Digest.bytes(base64: bare.utf8) == bytes)
        }
        #expect(Digest.bytes(base64: "AAEC\n".utf8) == nil)
    }
}
