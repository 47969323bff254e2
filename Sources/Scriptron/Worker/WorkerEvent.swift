/// What happens to a worker, in the order in which it happens.
package enum WorkerEvent: Sendable {
    /// It runs, with this pid and start time.
    case spawned(pid: Int32, started: UInt64)
    /// The layers that are in force.
    case confined(String)
    /// It asks for a service; `Workers.answer` takes the number.
    case request(id: Int64, service: HostService, arguments: [String: Value])
    case note(WorkerNote)
    /// The header of its script; `Workers.send` tells it the settings.
    case header(Value)
    /// SIGKILL did not end it; it keeps its place until it ends.
    case unkillable(pid: Int32)
    /// It and everything it started is gone. The last event.
    case ended(WorkerEnd)
}

/// How a worker ended, as the host judges it.
package struct WorkerEnd: Sendable {
    /// The judgement.
    package enum Verdict: Sendable, Hashable {
        /// It said how its work ended, in time, and ended itself.
        case finished(WorkerResult)
        /// Its deadline came first.
        case timedOut
        case cancelled
        /// It ended without a word: why (`SIGSEGV`, `exit code 3`, `a message that is none`).
        case crashed(String)
        /// The zygote died under it.
        case lost
        /// It could not be made or confined.
        case refused(Failure)
        /// It was killed because it took more than it may of the machine.
        case exceeded(LimitName, Failure)
    }

    package var verdict: Verdict
    /// The limits that were seen to be hit from outside.
    package var limitsHit: [LimitName] = []
    /// Nil where no process was made, or nobody could wait for it.
    package var exit: ProcessExit?
}
