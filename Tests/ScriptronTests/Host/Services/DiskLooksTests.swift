import Synchronization
import Testing

@testable import Scriptron

/// A probe whose processes are shells: they answer for healthy mounts, and hang for others.
private final class ShellProbe: DiskProbe {
    static let space = FileSystemSpace(size: 100, used: 60, free: 30, inodes: 10, inodesUsed: 4, readOnly: false)

    private let answer: Path
    /// The points whose look hangs.
    let hanging: Set<Path>
    /// How often each was looked at.
    let starts = Mutex<[Path: Int]>([:])

    init(_ directory: TemporaryDirectory, hanging: Set<Path>) throws {
        self.hanging = hanging
        answer = directory.path.appending("answer")
        try StateFiles.open(answer, .write).write(try ValueCodec.encode(Self.space.value))
    }

    func start(_ path: Path) throws(SystemError) -> DiskProbeProcess {
        starts.withLock { $0[path, default: 0] += 1 }
        let pipe = try Pipe()
        let script = hanging.contains(path) ? "exec sleep 1000" : "exec cat \(answer) >&3"
        let pid = try Spawn.start(
            "/bin/sh", ["sh", "-c", script], environment: ["PATH=/usr/bin:/bin"], socket: pipe.write)
        return DiskProbeProcess(process: try ProcessHandle(pid: pid), output: pipe.read)
    }
}

/// A probe whose processes cannot be killed: their output never ends, whatever is done to them.
private final class StuckProbe: DiskProbe {
    let starts = Mutex(0)
    /// Keeps the outputs open until it is emptied.
    let held = Mutex<[Descriptor]>([])

    func start(_ path: Path) throws(SystemError) -> DiskProbeProcess {
        let pipe = try Pipe()
        starts.withLock { $0 += 1 }
        held.withLock { $0.append(pipe.write) }
        let pid = try Spawn.start("/bin/true", ["true"], environment: [], socket: pipe.write)
        return DiskProbeProcess(process: try ProcessHandle(pid: pid), output: pipe.read)
    }
}

@Suite("DiskLooks") struct DiskLooksTests {
    @Test("A hung mount costs its deadline, the others answer") func hung() throws {
        let directory = try TemporaryDirectory()
        let probe = try ShellProbe(directory, hanging: ["/dead"])
        let looks = DiskLooks(probe: probe)
        let started = Monotonic.now
        let results = looks.space(["/a", "/dead", "/b"], timeout: 1)
        #expect(Monotonic.now - started >= 1 && Monotonic.now - started < 30)
        #expect(results[0] == .success(ShellProbe.space))
        #expect(results[2] == .success(ShellProbe.space))
        guard case .failure(let failure) = results[1] else { throw Failure(code: "ETEST", "the dead mount answered") }
        #expect(failure.code == "ETIMEDOUT")
        #expect(failure.message.contains("/dead"))
    }

    @Test("At most one look is under way at a mount; who asks for a stuck one is told at once") func stuck() throws {
        let probe = StuckProbe()
        let looks = DiskLooks(probe: probe)
        #expect(throws: Failure.self) { try looks.space(["/dead"], timeout: 0.05)[0].get() }
        let started = Monotonic.now
        for _ in 0..<20 {
            let error = #expect(throws: Failure.self) { try looks.space(["/dead"], timeout: 1000)[0].get() }
            #expect(error?.cure?.contains("umount -l /dead") == true)
        }
        #expect(Monotonic.now - started < 500)
        #expect(probe.starts.withLock { $0 } == 1)
        #expect(looks.underWay == 1)
        // The server is back: the look ends, without an answer, and the next one is a new one.
        probe.held.withLock { $0 = [] }
        while looks.underWay > 0 { try Semaphore.pause() }
        #expect(throws: Failure.self) { try looks.space(["/dead"], timeout: 0.05)[0].get() }
        #expect(probe.starts.withLock { $0 } == 2)
        probe.held.withLock { $0 = [] }
    }

    @Test("Callers at the same time share one look") func shared() throws {
        let probe = StuckProbe()
        let looks = DiskLooks(probe: probe)
        let done = Semaphore()
        let failures = Mutex(0)
        for _ in 0..<4 {
            try PlainThread.start(name: "caller") {
                if case .failure = looks.space(["/dead"], timeout: 0.3)[0] { failures.withLock { $0 += 1 } }
                done.signal()
            }
        }
        for _ in 0..<4 { done.wait() }
        #expect(failures.withLock { $0 } == 4)
        #expect(probe.starts.withLock { $0 } == 1)
        probe.held.withLock { $0 = [] }
    }

    @Test("A program that cannot be started is told") func missing() {
        struct NoProbe: DiskProbe {
            func start(_ path: Path) throws(SystemError) -> DiskProbeProcess {
                throw SystemError(2, call: "posix_spawn", subject: "probe")
            }
        }
        let looks = DiskLooks(probe: NoProbe())
        let error = #expect(throws: Failure.self) { try looks.space(["/"], timeout: 5)[0].get() }
        #expect(error?.code == "ENOENT")
        #expect(looks.underWay == 0)
    }

    @Test(
        "An answer that is none is a failure",
        arguments: [nil, ["size": 1], ["error": "e", "code": "EIO"], 7] as [Value?]
    ) func answers(_ value: Value?) throws {
        let output = try value.map { try ValueCodec.encode($0) } ?? []
        #expect(throws: Failure.self) { try DiskProbeCommand.space(output) }
        #expect(throws: Failure.self) { try DiskProbeCommand.space(output + [9]) }
    }

    @Test("The program's own probe looks at a real file system") func own() throws {
        let looks = DiskLooks(probe: OwnDiskProbe(executable: TestBinary.path))
        let results = looks.space(["/", "/nowhere at all"], timeout: 30)
        #expect(try results[0].get().size == FileSystemSpace.of("/").size)
        let error = #expect(throws: Failure.self) { try results[1].get() }
        #expect(error?.code == "ENOENT")
    }

    @Test("Hex comes back, and refuses what is none") func hex() {
        #expect(Hex.decode(Hex.encode([0, 0x0F, 0xFF, 0x2F])) == [0, 0x0F, 0xFF, 0x2F])
        for text in ["0", "0g", "é0", "0x"] { #expect(Hex.decode(text) == nil) }
    }
}

extension Semaphore {
    /// Lets another thread run, a hundredth of a second at most.
    fileprivate static func pause() throws { _ = Semaphore().wait(seconds: 0.01) }
}
