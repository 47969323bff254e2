import Glibc

@testable import Scriptron

/// A job that runs one program, which connects: `connect-attack`, in a real worker with a real broker.
final class ConnectingJob {
    let directory: TemporaryDirectory
    private let harness: WorkerHarness
    private let program: Path
    private let who: Who

    /// Whom the job and its program run as.
    struct Who: Sendable, CustomStringConvertible {
        /// Nil: root.
        var job: String?
        /// Nil: as the job.
        var program: String?

        static let root = Who()
        /// Root, another user, and a program of another user than the job's.
        static let all = [root, Who(job: "nobody"), Who(job: "daemon", program: "nobody")]

        var description: String { "\(program ?? job ?? "root") in a job of \(job ?? "root")" }
    }

    /// What came of a run.
    struct Ended {
        var lines: [String]
        var refusals: [String]
        var sandbox: String
    }

    /// - Parameters:
    ///   - names: The addresses of names, as the host is to find them.
    init(_ who: Who = .root, names: NameDirectory = NameDirectory()) throws {
        directory = try TemporaryDirectory()
        self.who = who
        harness = try WorkerHarness(names: names)
        chmod(directory.path.text, 0o755)
        program = directory.path.appending("connect-attack")
        let bytes = try Files.readSmall(try RanProgram.own("connect-attack"), max: 64 << 20)
        try StateFiles.open(program, .write).write(bytes)
        chmod(program.text, 0o755)
    }

    /// A grant as a host would make it of these needs.
    func grant(
        _ connect: [String], dns: Bool = false, write: [Path] = [], programs: [String] = []
    ) throws -> Grant {
        var needs = Needs()
        needs.connect = connect
        needs.dns = dns
        needs.write = write
        needs.run = ([program.text] + programs).map { Needs.Program(name: $0, user: who.program) }
        needs.read = try Self.libraries() + [directory.path]
        var terms = GrantTerms(base: "/", stateDirectory: "/nowhere", facts: .probe())
        terms.defaultUser = who.job
        terms.needsAreOperators = true
        do {
            return try GrantResolver(job: "test", terms: terms).resolve(needs)
        } catch {
            throw error.failure
        }
    }

    /// The directory of Swift's libraries, which the program may be linked with.
    private static func libraries() throws -> [Path] {
        let maps = String(decoding: try Files.readSmall("/proc/self/maps", max: 16 << 20), as: UTF8.self)
        let line = maps.split(separator: "\n").first { $0.hasSuffix("/libswiftCore.so") }
        return line?.split(separator: " ").last.map { [Path(String($0)).parent] } ?? []
    }

    /// Runs the program with these words; `before` is what the script does first.
    func run(_ words: String..., grant: Grant, before: String = "") async throws -> Ended {
        try await run(words, grant: grant, before: before)
    }

    func run(_ words: [String], grant: Grant, before: String = "") async throws -> Ended {
        let arguments = ([program.text] + words).map { "[==[\($0)]==]" }.joined(separator: ", ")
        let script = """
            return job { run = function()
              \(before)
              local every = {}
              for code = 0, 255 do every[code + 1] = code end
              return process.run({ \(arguments) }, { expect = every, cwd = "\(directory.path.text)" }).stdout
            end }
            """
        let services = MachineServices(names: harness.workers.names) { _, _ in }
        let ended = try await harness.run(script, grant: grant) { service, arguments in
            Result { () throws(Failure) in
                try services.answer(service, arguments, job: "test", run: 1, grant: grant)
            }
        }
        guard case .finished(let result) = ended.end.verdict, let text = result.result.text else {
            throw Failure(code: "ETEST", "\(ended.end.verdict)")
        }
        return Ended(
            lines: text.split(separator: "\n").map(String.init),
            refusals: ended.notes.compactMap { if case .refusal(let text) = $0 { text } else { nil } },
            sandbox: ended.sandbox)
    }
}
