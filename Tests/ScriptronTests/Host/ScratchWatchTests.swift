import Glibc
import Testing

@testable import Scriptron

@Suite("Scratch quota") struct ScratchWatchTests {
    private let directory: TemporaryDirectory
    private var limits = JobLimits()

    init() throws {
        directory = try TemporaryDirectory()
        limits.scratch = 1 << 20
        limits.scratchFiles = 10
    }

    @Test("What fits is left alone") func fits() throws {
        try directory.tree("a/b", String(repeating: "x", count: 500_000))
        #expect(ScratchWatch.excess(directory.path, limits) == nil)
        #expect(ScratchWatch.excess("/nowhere", limits) == nil)
    }

    @Test("Too many bytes, however deep") func bytes() throws {
        try directory.tree("a/b/c", String(repeating: "x", count: 600_000))
        try directory.tree("a/d", String(repeating: "x", count: 600_000))
        #expect(ScratchWatch.excess(directory.path, limits)?.code == "EQUOTA")
    }

    @Test("A hole counts with its size") func hole() throws {
        let file = try directory.file("sparse")
        #expect(truncate(file.text, 1 << 40) == 0)
        #expect(ScratchWatch.excess(directory.path, limits)?.message.contains("1.0 MiB") == true)
    }

    @Test(
        "A directory that the host may not look into is as bad as too much",
        .enabled(if: getuid() != 0, "needs a user who is not root"))
    func hidden() throws {
        let hidden = try directory.directory("hidden")
        chmod(hidden.text, 0o300)
        #expect(ScratchWatch.excess(directory.path, limits)?.code == "EQUOTA")
        chmod(hidden.text, 0o700)
    }

    @Test("Too many files and directories") func files() throws {
        for number in 0..<11 { try directory.directory("d\(number)") }
        #expect(ScratchWatch.excess(directory.path, limits)?.cure?.contains("scratch_files") == true)
    }
}
