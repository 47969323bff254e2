import CLinux
import Glibc

/// One program of a run: a child of this process, or one that another process started.
struct ProgramChild {
    private enum Place {
        case own(ProcessHandle)
        case elsewhere(ProgramElsewhere)
    }

    private let place: Place
    private let stage: Int
    private(set) var exit: ProcessExit?
    private(set) var hasEnded = false

    /// A child of this process, which leads a process group.
    init(_ handle: ProcessHandle, stage: Int) {
        place = .own(handle)
        self.stage = stage
    }

    init(_ program: ProgramElsewhere, stage: Int) throws(SystemError) {
        place = .elsewhere(program)
        self.stage = stage
        try program.status.setNonBlocking(true)
    }

    /// Its pid; 0 where it is no child of this process.
    var pid: Int32 { if case .own(let handle) = place { handle.pid } else { 0 } }

    /// Readable when it has ended.
    var descriptor: Descriptor {
        switch place {
        case .own(let handle): handle.descriptor
        case .elsewhere(let program): program.status
        }
    }

    /// Looks whether it has ended; throws where it never started.
    mutating func look() throws(ProgramStartError) {
        switch place {
        case .own(let handle): hasEnded = scriptron_has_ended(handle.pid) != 0
        case .elsewhere(let program):
            guard let bytes = try? program.status.read(ProgramStatus.length) else { return }
            switch ProgramStatus(bytes) {
            case .failed(let step, let errno):
                hasEnded = true
                let call = step == .confine ? "confine" : step == .chdir ? "chdir" : "execve"
                throw ProgramStartError(stage: stage, error: SystemError(errno, call: call))
            case .exited(let code): end(code: code, signal: nil)
            case .killed(let signal): end(code: nil, signal: signal)
            // Whoever started it is gone, and has taken it along.
            case nil: end(code: nil, signal: SIGKILL)
            }
        }
    }

    private mutating func end(code: Int32?, signal: Int32?) {
        hasEnded = true
        exit = ProcessExit(pid: 0, code: code, signal: signal, cpuSeconds: 0, maxRSSBytes: 0)
    }

    /// Signals its process group, while its number is still its own. Whoever started one elsewhere keeps its number until
    /// the process group is killed.
    func signal(_ number: Int32) {
        switch place {
        case .own(let handle): if exit == nil { kill(-handle.pid, number) }
        case .elsewhere(let program): if !hasEnded || number == SIGKILL { program.signal(number) }
        }
    }

    /// Takes its exit; one that was given up would be waited for in vain.
    mutating func reap() {
        guard case .own(let handle) = place else { return }
        if case .exit(let exit) = ProcessExit.reap(pid: handle.pid, wait: hasEnded) {
            self.exit = exit
            Spawn.forget(handle.pid)
        }
    }

    /// Ends it at once, as if it had never been.
    mutating func abandon() {
        signal(SIGKILL)
        guard case .own(let handle) = place else { return }
        _ = ProcessExit.reap(pid: handle.pid, wait: true)
        Spawn.forget(handle.pid)
    }
}
