import Glibc
import Testing

@testable import Scriptron

/// rclone's server of S3, where `make rclone` has installed it, with the bucket `bucket`, which is a directory. It ends
/// with the test, and in a quarter of an hour at the latest.
final class RcloneServer: Sendable {
    static let program = Path(#filePath).parent.parent.parent.parent.appending(".build/rclone/bin/rclone")
    static var isThere: Bool { access(program.text, X_OK) == 0 }

    let port: UInt16
    // Only its `path` is used after init, from any thread, and that does not change.
    nonisolated(unsafe) private let directory: TemporaryDirectory
    private let process = Shared<ProcessHandle?>(nil)

    init() async throws {
        directory = try TemporaryDirectory()
        try directory.directory("data/bucket")
        // Free now, and of a range from which the kernel hands it out to nobody else so soon.
        port = try HTTPTestServer { _ in .silence }.port
        try await start()
    }

    deinit { process.value.withLock { $0 }?.signal(SIGTERM) }

    /// The directory that the bucket is.
    var bucket: Path { directory.path.appending("data/bucket") }

    /// Starts it, and waits until it answers.
    func start() async throws {
        let command =
            "timeout 900 \(Self.program.text) serve s3 --config /dev/null --auth-key the-key,'the secret' --vfs-cache-mode off "
            + "--dir-cache-time 0s --addr 127.0.0.1:\(port) \(directory.path.text)/data </dev/null "
            + ">>\(directory.path.text)/log 2>&1 & echo $!"
        let ran = try RanProgram.run("/bin/sh", ["-c", command])
        let handle = try ProcessHandle(pid: try #require(ran.lines.first.flatMap { Int32($0) }))
        process.value.withLock { $0 = handle }
        let until = Monotonic.now + 60
        while Monotonic.now < until {
            if (try? ConnectProbe.connect("127.0.0.1", port: port, until: Monotonic.now + 1)) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Failure(code: "ETEST", "rclone does not answer")
    }

    /// Ends it, as a server does that is switched off.
    func stop() {
        let handle = process.value.withLock { handle in
            defer { handle = nil }
            return handle
        }
        handle?.signal(SIGTERM)
        handle?.waitForEnd(seconds: 30)
    }
}
