import Testing

@testable import Scriptron

@Suite("Unused memory", .timeLimit(.minutes(15)))
struct UnusedMemoryTests {
    @Test("The program's text is given back, and comes back where it is needed")
    func text() throws {
        let before = try Self.residentFile()
        var least = before
        // Other tests run meanwhile, and have their text read again.
        for _ in 0..<20 where least >= before {
            UnusedMemory.giveBack()
            least = min(least, try Self.residentFile())
        }
        #expect(least < before)
        #expect(try JSON.text(["a": .list([1, 2.5, nil])]) == #"{"a":[1,2.5,null]}"#)
    }

    /// RssFile of this process, in kB (proc(5)).
    private static func residentFile() throws -> Int {
        let status = String(decoding: try Files.readSmall("/proc/self/status"), as: UTF8.self)
        let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
        return try #require(line.split(separator: " ").dropFirst().first.flatMap { Int($0) })
    }
}
