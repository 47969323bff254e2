import Glibc
import Testing

@testable import Scriptron

/// The real binary rotates beside writers, kills and swapped files; the long form is `make soak`.
@Suite("End to end: rotation", .serialized) struct EndToEndRotateTests {
    private static let hasZstd = RanProgram.isThere("zstd")

    private func run(_ script: String, _ arguments: String...) throws -> RanProgram {
        let folder = Path(#filePath).parent.parent.parent.appending("ScriptronSoak/Rotate")
        let command = ["python3", folder.appending(script).text, TestBinary.path.text] + arguments
        return try RanProgram.run("/usr/bin/env", command)
    }

    @Test("A fast writer beside renames loses no line", .enabled(if: hasZstd, "needs zstd"))
    func rename() throws {
        let ran = try run("rotate_writer.py", "rename", "--rotations", "6")
        #expect(ran.lines.last == "rotation: as expected", "\(ran.output)")
        #expect(ran.output.contains("lines at") && ran.output.contains(": 0 lost, 0 torn"), "\(ran.output)")
    }

    @Test("A fast writer beside cuts loses few") func copyTruncate() throws {
        let ran = try run("rotate_writer.py", "copytruncate", "--rotations", "3", "--compress", "gzip")
        #expect(ran.lines.last == "rotation: as expected", "\(ran.output)")
    }

    @Test("Killed at random moments, and run again: every line is there once", .enabled(if: hasZstd, "needs zstd"))
    func kills() throws {
        let ran = try run("rotate_kills.py", "4", "5")
        #expect(ran.lines.last == "rotate kills: as expected", "\(ran.output)")
    }

    @Test(
        "Full disks, plans of what cannot be written, open files, and somebody who swaps files",
        .enabled(if: hasZstd && geteuid() == 0, "needs zstd and root"))
    func traps() throws {
        let ran = try run("rotate_traps.py", "--swaps", "2")
        #expect(ran.lines.last == "rotate traps: as expected", "\(ran.output)")
    }
}
