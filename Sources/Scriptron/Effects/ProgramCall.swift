/// Programs to run: one, or several connected by pipes.
package struct ProgramCall: Sendable, Hashable {
    /// One program with its arguments.
    package struct Stage: Sendable, Hashable {
        /// Where the granted program lies.
        package var program: Path
        /// From the name it is called by; no NUL in any.
        package var arguments: [[UInt8]]
        /// Whom it runs as; nil: as the job. Another user's program is started by the host.
        package var user: String?

        package init(program: Path, arguments: [[UInt8]], user: String? = nil) {
            self.program = program
            self.arguments = arguments
            self.user = user
        }

        /// The name that messages call it by.
        package var name: String { Path(bytes: arguments.first ?? program.name).text }
    }

    /// What the first stage reads.
    package enum Input: Sendable, Hashable {
        /// `/dev/null`.
        case nothing
        case bytes([UInt8])
        case file(CheckedPath)
    }

    /// Where the last stage's standard output goes.
    package enum Output: Sendable, Hashable {
        case capture
        /// Line by line into the run's log; standard error too.
        case log
        /// Line by line to the caller, while they run; standard error too.
        case lines
        /// Into a file that is there, whole, only if all went well.
        case file(CheckedPath)
    }

    /// The function that was called (`process.run`), for messages.
    package var call: String
    package var stages: [Stage]
    package var input: Input = .nothing
    package var output: Output = .capture
    /// Seconds; the attempt's deadline bounds it too.
    package var timeout: Double?
    /// The exit codes that are no failure.
    package var expect: Set<Int32> = [0]
    /// Beside what every program gets.
    package var environment: [String: [UInt8]] = [:]
    package var directory: CheckedPath?
    /// The most that is captured of each stream, in bytes; more is a failure.
    package var limit: Int64 = 16 << 20
    /// The script says that it changes nothing, so that a dry run may run it.
    package var readsOnly = false
    /// What a dry run gives instead of running it.
    package var dry: Value?

    package init(call: String, stages: [Stage]) {
        self.call = call
        self.stages = stages
    }
}

/// What programs that ran left behind.
package struct ProgramResult: Sendable, Hashable {
    /// How one stage ended.
    package struct Stage: Sendable, Hashable {
        package var name: String
        /// Nil where a signal ended it.
        package var code: Int32?
        /// The name of the signal that ended it (`SIGKILL`).
        package var signal: String?
        package var standardError: [UInt8]
        /// The limit that may have ended it, in words.
        package var limit: String?
        /// The program that it was kept from executing, as far as its words tell.
        package var denied: String?

        package init(
            name: String, code: Int32?, signal: String?, standardError: [UInt8], limit: String? = nil
        ) {
            self.name = name
            self.code = code
            self.signal = signal
            self.standardError = standardError
            self.limit = limit
        }
    }

    package var stages: [Stage]
    package var standardOutput: [UInt8]
    package var seconds: Double
    /// Descendants that outlived it and were killed.
    package var killed: Bool

    package init(stages: [Stage], standardOutput: [UInt8], seconds: Double, killed: Bool = false) {
        self.stages = stages
        self.standardOutput = standardOutput
        self.seconds = seconds
        self.killed = killed
    }
}

/// Programs whose lines are taken while they run.
package protocol RunningPrograms: AnyObject {
    /// The next lines; none at the end.
    func next() throws(Failure) -> [ProgramLines.Block]
    /// What came of them; what still runs is ended.
    func finish() throws(Failure) -> ProgramOutcome
    /// Ends what still runs. Idempotent.
    func close()
}

/// What came of a call of programs.
package enum ProgramOutcome: Sendable, Hashable {
    case ran(ProgramResult)
    /// Planned: what the script said to take instead (null where it said nothing).
    case assumed(Value)
}
