import Glibc
import Testing

@testable import Scriptron

struct SecretSourceTests {
    private let directory: TemporaryDirectory
    private let source: SecretSource

    init() throws {
        directory = try TemporaryDirectory()
        try directory.directory("secrets")
        source = SecretSource(Configuration(workingDirectory: directory.path))
    }

    private func text(_ name: String) throws -> String { String(decoding: try source.read(name), as: UTF8.self) }

    @Test func `reads a file, without the line feed at its end, as it is now`() throws {
        try directory.file("secrets/KEY", "word one\n", mode: 0o600)
        #expect(try text("KEY") == "word one")
        try directory.file("secrets/KEY", "word two", mode: 0o400)
        #expect(try text("KEY") == "word two")
    }

    @Test(arguments: [mode_t(0o644), 0o640, 0o604, 0o622])
    func `refuses one that others can read or change`(mode: mode_t) throws {
        try directory.file("secrets/KEY", "word", mode: mode)
        let failure = #expect(throws: Failure.self) { try source.read("KEY") }
        #expect(failure?.cure?.contains("chmod") == true)
        #expect(failure?.description.contains("word") == false)
    }

    @Test func `says where it looked for one that is not there, and refuses an empty one`() throws {
        try directory.file("secrets/EMPTY", "\n", mode: 0o600)
        for name in ["NONE_OF_THIS_NAME", "EMPTY"] {
            let failure = #expect(throws: Failure.self) { try source.read(name) }
            #expect(failure?.code == "ESECRET")
        }
    }

    @Test func `gives a run only what its grant names`() throws {
        try directory.file("secrets/KEY", "word", mode: 0o600)
        var grant = Grant()
        #expect(throws: Failure.self) { try source.read("KEY", for: grant).get() }
        grant.secrets = ["KEY"]
        #expect(try source.read("KEY", for: grant).get() == Array("word".utf8))
    }
}
