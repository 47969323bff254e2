import Glibc

@testable import Scriptron

/// A program that a test ran to its end.
struct RanProgram {
    /// What it wrote to standard output and error.
    let output: String

    /// The lines of the output.
    var lines: [String] { output.split(separator: "\n").map(String.init) }

    /// Where one of this package's own executables is: beside the test bundle.
    static func own(_ name: String) throws -> Path {
        // This process is either the bundle itself or a helper that was given the bundle's path.
        let bundles = try [Path("/proc/self/exe").resolvingLinks()] + CommandLine.arguments.map { Path($0) }
        for bundle in bundles {
            let program = bundle.parent.appending(name)
            if try FileStatus.of(program, follow: true)?.kind == .file { return try program.resolvingLinks() }
        }
        throw SystemError(ENOENT, call: "find", subject: name)
    }

    /// Whether this machine has a program of this name.
    static func isThere(_ name: String) -> Bool {
        ["/usr/sbin", "/usr/bin", "/sbin", "/bin"].contains { access("\($0)/\(name)", X_OK) == 0 }
    }

    /// Runs a program with nothing on its standard input.
    static func run(_ program: Path, _ arguments: [String]) throws -> RanProgram {
        func quoted(_ word: String) -> String {
            "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
        }
        let command = ([program.text] + arguments).map(quoted).joined(separator: " ") + " </dev/null 2>&1"
        guard let stream = popen(command, "re") else { throw SystemError.current("popen", program.text) }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { output += buffer.prefix(count) }
        // Its exit code is of no use: another test of this process may have waited for it.
        pclose(stream)
        return RanProgram(output: String(decoding: output, as: UTF8.self))
    }
}
