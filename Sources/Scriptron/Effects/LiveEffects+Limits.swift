/// What an attempt meets of its limits: told in the failure, and in the record.
extension LiveEffects {
    /// Has the record say that a limit was hit.
    func note(_ limit: LimitName) { post(.limit(limit.rawValue)) }

    /// The failure of a system call on a path.
    func failure(_ error: SystemError, _ call: String, _ path: Path) -> Failure {
        FileFailure.of(error, call, path, cure: limitCure(error))
    }

    /// How to raise the limit that a system call met, which goes into the record; nil: it met none.
    func limitCure(_ error: SystemError) -> String? {
        let limits = settings.grant.limits
        switch error.name {
        case "EMFILE":
            note(.files)
            return "close files when they are done with, or raise limits.files (\(limits.files) open files)"
        case "EFBIG":
            guard let size = limits.fileSize else { return nil }
            note(.fileSize)
            return "raise limits.file_size (\(Quantity.describe(bytes: size)))"
        default: return nil
        }
    }

    /// The failure of a program that could not be started.
    func startFailure(_ error: SystemError, _ stage: ProgramCall.Stage, _ call: ProgramCall) -> Failure {
        var cure = limitCure(error)
        switch error.name {
        case "EACCES": cure = "add what it executes to the need run: \(stage.name), or its interpreter"
        case "EAGAIN":
            note(.processes)
            cure = "let fewer run at once, or raise limits.processes (\(settings.grant.limits.processes))"
        default: break
        }
        return Failure(
            code: error.name,
            "\(call.call): \(stage.name) (\(stage.program.text)) could not be started: \(error.reason)", cure: cure)
    }

    /// Why a program ended, where a limit can be the reason; nil: none can.
    func reason(of exit: ProcessExit?) -> String? {
        let limits = settings.grant.limits
        guard let exit else { return nil }
        // A shell tells the signal of its child by an exit code.
        let signal = exit.signal ?? (exit.code ?? 0) - 128
        if signal == ProcessExit.fileSizeSignal, let size = limits.fileSize {
            note(.fileSize)
            return "it wrote a file larger than limits.file_size (\(Quantity.describe(bytes: size)))"
        }
        if signal == ProcessExit.killSignal, let memory = limits.programMemory {
            return "as the kernel does at limits.program_memory (\(Quantity.describe(bytes: memory)))"
        }
        return nil
    }
}
