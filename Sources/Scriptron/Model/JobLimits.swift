/// How much an attempt may take of the machine, beside Lua's memory and its timeout (`limits` of a job).
package struct JobLimits: Sendable, Hashable {
    /// How many processes a run may have where nobody says otherwise.
    package static let usualProcesses = 512

    /// Processes and threads at once, the worker's own included.
    package var processes = usualProcesses
    /// Open files of a process (RLIMIT_NOFILE).
    package var files = 1024
    /// The largest file that may be written, in bytes (RLIMIT_FSIZE); nil: none.
    package var fileSize: Int64?
    /// The memory of the worker and all programs together, in bytes; nil: none. Where the host can have no control group
    /// for it, the address space of each program.
    package var programMemory: Int64?
    /// The most that one call captures of each stream of a program, in bytes.
    package var output: Int64 = 16 << 20
    /// Lines of the log a second; as many at once.
    package var logRate = 10_000
    /// What may lie in the run's scratch directory, in bytes: the sizes of its files, holes included.
    package var scratch: Int64 = 1 << 30
    /// How many files and directories may lie there.
    package var scratchFiles = 100_000

    package init() {}

    /// All of it, as it is kept with the grant of a run.
    package var value: Value {
        var map: [String: Value] = [
            "processes": .int(Int64(processes)), "files": .int(Int64(files)), "output": .int(output),
            "log_rate": .int(Int64(logRate)), "scratch": .int(scratch), "scratch_files": .int(Int64(scratchFiles)),
        ]
        if let fileSize { map["file_size"] = .int(fileSize) }
        if let programMemory { map["program_memory"] = .int(programMemory) }
        return .map(map)
    }

    /// The limits out of their value; what it does not say has its default.
    package init(_ value: Value) {
        func number(_ key: String) -> Int? { value[key]?.integer.flatMap { Int(exactly: $0) } }
        processes = number("processes") ?? processes
        files = number("files") ?? files
        fileSize = value["file_size"]?.integer
        programMemory = value["program_memory"]?.integer
        output = value["output"]?.integer ?? output
        logRate = number("log_rate") ?? logRate
        scratch = value["scratch"]?.integer ?? scratch
        scratchFiles = number("scratch_files") ?? scratchFiles
    }
}

/// The limits by the names under which a record says that they were hit (`limits_hit`).
package enum LimitName: String, Sendable, CaseIterable {
    /// Lua's memory.
    case memory
    case timeout
    case processes
    case files
    case fileSize = "file_size"
    case programMemory = "program_memory"
    /// What a call captures of a program.
    case output
    case logRate = "log_rate"
    /// The size of a run's log.
    case log
    /// What a call reads of a file.
    case read
    case scratch
    /// The size of the run's result.
    case result
    /// How many sets of labels a metric has, and a job series.
    case metrics
    /// How many alerts a job has open, and a run changes.
    case alerts
    /// The size of a task that was pushed into a queue.
    case task
}
