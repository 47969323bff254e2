import Glibc
import Testing

@testable import Scriptron

/// The long forms of the tests of rotation: what they print is their result.
@Suite("Rotation, at length", .serialized) struct RotateSoak {
    private func run(_ script: String, _ arguments: String...) throws -> Int32 {
        let script = Path(#filePath).parent.appending("Rotate").appending(script)
        let built = try Path("/proc/self/exe").resolvingLinks().parent.appending("scriptron").text
        let binary = getenv("SCRIPTRON_BINARY").map { String(cString: $0) } ?? built
        let words = ["python3", script.text, binary] + arguments
        return system(words.map { "'\($0)'" }.joined(separator: " "))
    }

    private var seed: String { getenv("SEED").map { String(cString: $0) } ?? "1" }

    @Test("Three hundred rotations beside fifty thousand lines a second lose none") func rename() throws {
        #expect(try run("rotate_writer.py", "rename", "--rotations", "300") == 0)
    }

    @Test("What three hundred cuts lose") func copyTruncate() throws {
        #expect(try run("rotate_writer.py", "copytruncate", "--rotations", "300") == 0)
    }

    @Test("Two hundred kills, and every line is there once") func kills() throws {
        #expect(try run("rotate_kills.py", "200", seed) == 0)
    }

    @Test("Full disks, and somebody who swaps files for a while", .enabled(if: geteuid() == 0, "needs root"))
    func traps() throws {
        #expect(try run("rotate_traps.py", "--swaps", "30") == 0)
    }
}
