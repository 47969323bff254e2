import Testing

@testable import Scriptron

struct S3SignatureTests {
    /// The examples of "Authenticating Requests: Using the Authorization Header" in Amazon's reference of S3.
    @Test(arguments: [
        ("?lifecycle=", "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"),
        ("?max-keys=2&prefix=J", "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"),
    ])
    func `signs as the reference's examples do`(query: String, expected: String) throws {
        let signature = S3Signature(
            region: "us-east-1", key: "AKIAIOSFODNN7EXAMPLE",
            secret: Array("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY".utf8))
        let url = try TransferURL("https://examplebucket.s3.amazonaws.com/" + query)
        let headers = try signature.headers("GET", url, [], payload: S3Bucket.nothing, at: Timestamp(1_369_353_600))
        let login = try #require(
            headers.first { $0.name == "Authorization" }.map { String(decoding: $0.value, as: UTF8.self) })
        #expect(login.hasSuffix("Signature=" + expected))
    }

    @Test(arguments: [
        (0.0, "19700101T000000Z"), (951_782_399, "20000228T235959Z"), (951_782_400, "20000229T000000Z"),
        (1_369_353_600, "20130524T000000Z"), (4_107_542_399, "21000228T235959Z"), (4_107_542_400, "21000301T000000Z"),
    ])
    func `writes dates`(epoch: Double, text: String) { #expect(S3Signature.text(of: Timestamp(epoch)) == text) }
}
