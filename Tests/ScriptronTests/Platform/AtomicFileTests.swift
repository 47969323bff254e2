import Glibc
import Testing

@testable import Scriptron

@Suite("AtomicFile") struct AtomicFileTests {
    private let name = Array("target".utf8)

    private func begin(_ directory: TemporaryDirectory, _ content: String) throws -> AtomicFile {
        let file = try AtomicFile(name, in: try directory.opened)
        try file.descriptor.write(Array(content.utf8))
        return file
    }

    @Test("Until it is committed the name keeps what it had") func commit() throws {
        let directory = try TemporaryDirectory()
        try directory.file("target", "old")
        let file = try begin(directory, "new")
        #expect(directory.text("target") == "old")
        try file.commit(replace: true)
        #expect(directory.text("target") == "new")
        #expect(try directory.names() == ["target"])
    }

    @Test("What is let go of uncommitted leaves nothing") func abandoned() throws {
        let directory = try TemporaryDirectory()
        do { _ = try begin(directory, "new") }
        #expect(try directory.names() == [])
    }

    @Test("Without replace an existing name stays, and nothing is left") func noReplace() throws {
        let directory = try TemporaryDirectory()
        let file = try begin(directory, "new")
        try directory.file("target", "came meanwhile")
        #expect(throws: SystemError.self) { try file.commit(replace: false) }
        #expect(directory.text("target") == "came meanwhile")
        #expect(try directory.names() == ["target"])
    }

    @Test("What a killed writer left is removed by the next") func leftover() throws {
        let directory = try TemporaryDirectory()
        let first = try begin(directory, "half")
        let left = try #require(try directory.names().first)
        // As after a kill: the file is there, and nobody holds its lock.
        try first.commit(replace: true)
        try directory.file(left, "half")
        try begin(directory, "whole").commit(replace: true)
        #expect(directory.text("target") == "whole")
        #expect(try directory.names() == ["target"])
    }

    @Test("Two writers at once do not disturb each other; the last one wins") func concurrent() throws {
        let directory = try TemporaryDirectory()
        let one = try begin(directory, "one")
        let other = try begin(directory, "other")
        #expect(try directory.names().count == 2)
        try other.commit(replace: true)
        try one.commit(replace: true)
        #expect(directory.text("target") == "one")
        #expect(try directory.names() == ["target"])
    }

    @Test("A file of somebody else under that name is not touched", .enabled(if: getuid() == 0, "needs root"))
    func foreign() throws {
        let directory = try TemporaryDirectory()
        let first = try begin(directory, "x")
        let left = try #require(try directory.names().first)
        try first.commit(replace: true)
        try directory.file(left, "theirs")
        #expect(directory.at(left).withCString { chown($0, 65534, 65534) } == 0)
        try begin(directory, "mine").commit(replace: true)
        #expect(directory.text(left) == "theirs")
        #expect(directory.text("target") == "mine")
    }
}
