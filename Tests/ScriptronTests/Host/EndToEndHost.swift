import Glibc
import Testing

@testable import Scriptron

/// The real binary in a directory of its own: a host that a test starts, and the command line that talks to it.
final class EndToEndHost: Sendable {
    /// What a command printed and returned.
    struct Answer: Sendable {
        var code: Int32
        var output: String
        var errors: String

        /// Its output as JSON lines.
        var rows: [Value] { output.split(separator: "\n").compactMap { try? JSON.decode(String($0)) } }
        /// All that it said, lines joined, so that a wrapped text can be searched.
        var text: String { (output + errors).split(whereSeparator: \.isWhitespace).joined(separator: " ") }
    }

    /// Commands block: they have threads of their own, not those of the tests.
    private static let threads = WorkQueue(name: "end-to-end", width: 24)

    // Only its `path` is used after init, from any thread, and that does not change.
    nonisolated(unsafe) private let directory: TemporaryDirectory
    /// Words before the binary: another user, where a test needs one.
    private let prefix: String
    private let process = Shared<ProcessHandle?>(nil)

    /// Makes the directory, with a configuration and jobs; `started` starts the host.
    init(
        _ configuration: String = "return {}", jobs: [String: String] = [:], as prefix: String = ""
    ) throws {
        directory = try TemporaryDirectory()
        self.prefix = prefix
        try directory.directory("jobs/lib")
        try directory.file("scriptron.lua", configuration)
        for (name, text) in jobs { try job(name, text) }
    }

    deinit { process.value.withLock { $0 }?.kill() }

    /// A path inside the directory.
    func at(_ name: String) -> Path { directory.path.appending(name) }

    /// Writes a job's script; as an editor does, by a new file that takes the old one's place.
    func job(_ name: String, _ text: String) throws { try write("jobs/\(name).lua", text) }

    /// Makes a directory, where it is not there.
    func directory(_ name: String) throws { try directory.directory(name) }

    /// Writes a file in one step.
    func write(_ name: String, _ text: String) throws {
        try directory.file(name + "~", text)
        try rename(name + "~", name)
    }

    /// Writes these bytes over a file's content.
    func overwrite(_ file: Path, _ bytes: [UInt8]) throws {
        let number = file.withCString { open($0, O_WRONLY | O_TRUNC | O_CLOEXEC) }
        guard number >= 0 else { throw SystemError.current("open", file.text) }
        try Descriptor(owning: number).write(bytes)
    }

    /// Copies a program into the directory.
    func copy(_ program: Path, _ name: String) throws {
        try directory.file(name, mode: 0o755)
        try overwrite(at(name), try Files.readSmall(program, max: 64 << 20))
    }

    func rename(_ old: String, _ new: String) throws {
        let failed = at(old).withCString { old in at(new).withCString { Glibc.rename(old, $0) } } != 0
        if failed { throw SystemError.current("rename", new) }
    }

    func remove(_ name: String) { _ = at(name).withCString { unlink($0) } }

    func mode(_ name: String, _ mode: mode_t) { _ = at(name).withCString { chmod($0, mode) } }

    /// Starts the host, by the words before it where there are any, and waits until it is up.
    func start(by words: String = "") async throws {
        try await start(
            with: "\(words) \(prefix) \(TestBinary.path.text) serve --config \(at("scriptron.lua").text)")
    }

    /// Starts what becomes the host, in the directory, and waits until it is up.
    func start(with words: String) async throws {
        let command = "cd \(directory.path.text) && \(words) </dev/null >>serve.log 2>&1 & echo $!"
        let pid = try #require(Int32(try await shell(command).output.split(separator: "\n").first ?? ""))
        let handle = try ProcessHandle(pid: pid)
        process.value.withLock { $0 = handle }
        try await eventually("the host is up: \(log)") { () -> Bool? in
            self.log.contains("is up:") ? true : nil
        }
    }

    /// What the host said.
    var log: String { (try? Files.readSmall(at("serve.log"))).map { String(decoding: $0, as: UTF8.self) } ?? "" }

    /// The host's process.
    var pid: Int32 { process.value.withLock { $0 }?.pid ?? 0 }

    /// Asks the host to stop, and waits until it is gone.
    func stop() async throws {
        guard let handle = process.value.withLock({ $0 }) else { return }
        handle.signal(SIGTERM)
        await Self.aside { _ = handle.waitForEnd(seconds: 30) }
    }

    /// Runs one command of the command line.
    func command(_ words: String...) async throws -> Answer { try await command(words) }

    func command(_ words: [String]) async throws -> Answer {
        let words = words.map {
            "'" + $0.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
        }
        return try await shell(
            "cd \(directory.path.text) && \(prefix) env SCRIPTRON_CONFIG=\(at("scriptron.lua").text) COLUMNS=200 "
                + "timeout -k 10 120 \(TestBinary.path.text) " + words.joined(separator: " ") + " </dev/null")
    }

    /// The row of a run that is waited for.
    func run(_ words: String...) async throws -> Value {
        let all = ["run", "--json"] + words
        let words = all.map { "'\($0)'" }.joined(separator: " ")
        let answer = try await shell(
            "cd \(directory.path.text) && \(prefix) env SCRIPTRON_CONFIG=\(at("scriptron.lua").text) "
                + "timeout -k 10 120 \(TestBinary.path.text) \(words) </dev/null")
        return try #require(answer.rows.last, "\(answer.text)")
    }

    /// The row of a job; nil where there is none.
    func row(_ job: String) async throws -> Value? {
        try await command("jobs", "--json").rows.first { $0["job"]?.text == job }
    }

    /// The newest runs of a job, the newest first.
    func history(_ job: String) async throws -> [Value] {
        try await command("history", job, "--json", "-n", "100").rows
    }

    /// Asks until there is an answer, at most so many seconds.
    @discardableResult
    func eventually<Result>(
        _ what: @autoclosure () -> String, within seconds: Double = 30, _ ask: () async throws -> Result?
    ) async throws -> Result {
        let end = Monotonic.now + seconds
        while true {
            if let result = try await ask() { return result }
            if Monotonic.now > end { throw Failure(code: "ETIMEOUT", "it did not come about: \(what())") }
            await Self.aside { Monotonic.sleep(until: Monotonic.now + 0.05) }
        }
    }

    /// Runs a command line of the shell on a thread of its own.
    func shell(_ command: String) async throws -> Answer {
        let errors = at("errors-\(Self.next())")
        let answer: (Int32, String)? = await Self.aside {
            // The exit code is printed, for another test of this process may have waited for the shell.
            guard let stream = popen("( \(command)\n) 2>\(errors.text)\ncode=$?; echo; echo $code", "re") else {
                return nil
            }
            var output: [UInt8] = []
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { output += buffer.prefix(count) }
            pclose(stream)
            var lines = String(decoding: output, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            if lines.last?.isEmpty == true { lines.removeLast() }
            let code = Int32(lines.popLast() ?? "") ?? -1
            return (code, lines.joined(separator: "\n"))
        }
        let (code, output) = try #require(answer)
        let said = (try? Files.readSmall(errors)).map { String(decoding: $0, as: UTF8.self) } ?? ""
        _ = errors.withCString { unlink($0) }
        return Answer(code: code, output: output, errors: said)
    }

    private static let counter = Shared(0)

    private static func next() -> Int {
        counter.value.withLock { count in
            count += 1
            return count
        }
    }

    private static func aside<Result: Sendable>(_ body: @escaping @Sendable () -> Result) async -> Result {
        await withCheckedContinuation { continuation in threads.submit { continuation.resume(returning: body()) } }
    }

    /// The processes of this machine whose arguments hold a text.
    static func processes(with marker: String) -> [Int32] {
        let names = (try? Directory("/proc").names()) ?? []
        return names.compactMap { Int32(String(decoding: $0, as: UTF8.self)) }.filter { pid in
            let arguments = (try? Files.readSmall(Path("/proc/\(pid)/cmdline"))) ?? []
            return String(decoding: arguments, as: UTF8.self).contains(marker)
        }
    }
}
