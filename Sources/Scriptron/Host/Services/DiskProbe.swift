/// Looks at file systems, each look in a process of its own: one that hangs in a dead mount hangs alone.
package protocol DiskProbe: Sendable {
    /// Starts a look at the file system mounted at `path`. What the process writes to `output` is the answer
    /// (`DiskProbeCommand`), whole when the output ends.
    func start(_ path: Path) throws(SystemError) -> DiskProbeProcess
}

/// A look that runs.
package struct DiskProbeProcess: Sendable {
    package let process: ProcessHandle
    package let output: Descriptor

    package init(process: ProcessHandle, output: Descriptor) {
        self.process = process
        self.output = output
    }
}

/// The probe that is this program itself, started again with a hidden subcommand.
package struct OwnDiskProbe: DiskProbe {
    private let executable: Path

    /// `executable`: /proc/self/exe is this very binary, whatever an upgrade put at its path.
    package init(executable: Path = "/proc/self/exe") { self.executable = executable }

    package func start(_ path: Path) throws(SystemError) -> DiskProbeProcess {
        let pipe = try Pipe()
        let pid = try Spawn.start(
            executable, ["scriptron", DiskProbeCommand.name, Hex.encode(path.bytes)], environment: [],
            socket: pipe.write)
        return DiskProbeProcess(process: try ProcessHandle(pid: pid), output: pipe.read)
    }
}

/// The hidden subcommand that looks at one file system and answers on descriptor 3.
package enum DiskProbeCommand {
    /// `scriptron disk-probe HEX`: the mount point's bytes in hex. Dispatched before anything else.
    package static let name = "disk-probe"

    /// Runs it with the arguments of this process.
    package static func main() -> Never { ProcessExit.now(run(Array(CommandLine.arguments.dropFirst(2)))) }

    /// Runs it with what follows its name; the exit code.
    private static func run(_ arguments: [String]) -> Int32 {
        guard arguments.count == 1, let path = Hex.decode(arguments[0]) else { return 2 }
        let answer: Value
        do throws(SystemError) {
            answer = try FileSystemSpace.of(Path(bytes: path)).value
        } catch {
            answer = ["error": .text(error.description), "code": .text(error.name)]
        }
        do {
            try Descriptor(owning: 3).write(try ValueCodec.encode(answer))
            return 0
        } catch {
            return 1
        }
    }

    /// The answer of a look, from all that it wrote.
    static func space(_ output: [UInt8]) throws(Failure) -> FileSystemSpace {
        let answer = try ValueCodec.decode(output)
        if let error = answer["error"]?.text, let code = answer["code"]?.text { throw Failure(code: code, error) }
        guard let space = FileSystemSpace(answer) else {
            throw Failure(code: "EPROBE", "the look at the disk ended without an answer")
        }
        return space
    }
}

extension FileSystemSpace {
    /// `{size, used, free, inodes, inodes_used, read_only}`.
    var value: Value {
        [
            "size": .int(size), "used": .int(used), "free": .int(free), "inodes": .int(inodes),
            "inodes_used": .int(inodesUsed), "read_only": .bool(readOnly),
        ]
    }

    fileprivate init?(_ value: Value) {
        guard let size = value["size"]?.integer, let used = value["used"]?.integer, let free = value["free"]?.integer,
            let inodes = value["inodes"]?.integer, let inodesUsed = value["inodes_used"]?.integer,
            let readOnly = value["read_only"]?.bool
        else { return nil }
        self.init(size: size, used: used, free: free, inodes: inodes, inodesUsed: inodesUsed, readOnly: readOnly)
    }
}

/// Bytes as hex digits.
enum Hex {
    static func encode(_ bytes: [UInt8]) -> String {
        bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    /// Nil for what is no even number of hex digits.
    static func decode(_ text: String) -> [UInt8]? {
        let digits = text.compactMap(\.hexDigitValue)
        guard digits.count == text.count, digits.count % 2 == 0 else { return nil }
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
