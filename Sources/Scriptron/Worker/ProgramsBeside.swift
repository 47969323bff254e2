/// The programs of other users beside workers, as the zygote that forked them keeps them.
///
/// One that ended is reported at once and waited for later: until then no other process gets its number, by which what
/// is left in its process group can be killed. Its worker says when, after it has read what that wrote.
struct ProgramsBeside {
    /// Seconds that a worker has for that: more than it takes.
    private static let patience = 1.0

    private struct Program {
        let pid: Int32
        /// The pid of its worker.
        let worker: Int32
        /// When it is waited for at last; nil: it runs.
        var until: Double?
    }

    private var programs: [Int64: Program] = [:]

    var isEmpty: Bool { programs.isEmpty }
    var pids: Set<Int32> { Set(programs.values.map(\.pid)) }

    /// Seconds until the next one is waited for; infinite where there is none.
    var next: Double { max(0, (programs.values.compactMap(\.until).min() ?? .infinity) - Monotonic.now) }

    mutating func add(_ id: Int64, pid: Int32, worker: Int32) {
        programs[id] = Program(pid: pid, worker: worker)
    }

    /// Those that have ended since the last look.
    mutating func look() -> [ProcessExit] {
        var ended: [ProcessExit] = []
        for (id, program) in programs where program.until == nil {
            guard let exit = ProcessExit.peek(pid: program.pid) else { continue }
            ended.append(exit)
            programs[id]?.until = Monotonic.now + Self.patience
            // Nobody waits for what is left of one that was killed.
            if exit.signal == ProcessExit.killSignal { letGo(id) }
        }
        return ended
    }

    /// Sends a signal to a worker's program and its process group. SIGKILL for one that ended ends what it left.
    mutating func signal(_ id: Int64, of worker: Int32, _ signal: Int32) {
        guard let program = programs[id], program.worker == worker else { return }
        if program.until == nil {
            ProcessTree.signalGroup(program.pid, signal)
        } else if signal == ProcessTree.killing {
            letGo(id)
        }
    }

    /// Waits for those whose time has come.
    mutating func letGoOfLate() {
        for (id, program) in programs where program.until.map({ $0 <= Monotonic.now }) ?? false { letGo(id) }
    }

    private mutating func letGo(_ id: Int64) {
        guard let program = programs.removeValue(forKey: id) else { return }
        ProcessTree.signalGroup(program.pid, ProcessTree.killing)
        _ = ProcessExit.reap(pid: program.pid, wait: false)
    }

    func killAll() {
        for program in programs.values { ProcessTree.kill(program.pid) }
    }
}
