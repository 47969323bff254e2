import Synchronization

/// The looks at file systems that are under way: at most one a mount, whoever asks.
///
/// A look that has not come back by its caller's deadline is killed; where even that does not end it (a process stuck
/// in a dead mount), it stays the only one at that mount, and whoever asks for it next is told so at once.
final class DiskLooks: Sendable {
    private final class Look: Sendable {
        struct State {
            var result: Result<FileSystemSpace, Failure>?
            var isOverdue = false
            var process: ProcessHandle?
            var waiting: [Semaphore] = []
        }

        let started = Monotonic.now
        let state = Mutex(State())

        func finish(_ result: Result<FileSystemSpace, Failure>) {
            let waiting = state.withLock { state in
                state.result = result
                defer { state.waiting = [] }
                return state.waiting
            }
            for semaphore in waiting { semaphore.signal() }
        }
    }

    private let probe: any DiskProbe
    private let looks = Mutex<[Path: Look]>([:])

    init(probe: any DiskProbe) { self.probe = probe }

    /// How many looks have not come back.
    var underWay: Int { looks.withLock { $0.count } }

    /// Looks at the file systems mounted at `points`, all at the same time; what is not there within `timeout` seconds
    /// is a failure.
    func space(_ points: [Path], timeout: Double) -> [Result<FileSystemSpace, Failure>] {
        let deadline = Monotonic.now + timeout
        let started = points.map { look(at: $0) }
        return zip(points, started).map { point, look in
            do throws(Failure) {
                return .success(try wait(for: try look.get(), at: point, deadline: deadline, timeout: timeout))
            } catch {
                return .failure(error)
            }
        }
    }

    /// The look that is under way at a mount, or a new one.
    private func look(at point: Path) -> Result<Look, Failure> {
        let (look, isNew) = looks.withLock { looks in
            if let known = looks[point] { return (known, false) }
            let look = Look()
            looks[point] = look
            return (look, true)
        }
        if !isNew {
            guard look.state.withLock({ $0.isOverdue }) else { return .success(look) }
            let age = Quantity.describe(seconds: Monotonic.now - look.started)
            return .failure(
                Failure(
                    code: "ETIMEDOUT", "the file system at \(point) does not answer: a look at it has hung for \(age)",
                    cure: "see whether its device or server is there; umount -l \(point) lets go of it"))
        }
        do throws(SystemError) {
            try PlainThread.start(name: "disk look") { [self] in run(look, at: point) }
        } catch {
            looks.withLock { looks in _ = looks.removeValue(forKey: point) }
            return .failure(error.failure())
        }
        return .success(look)
    }

    /// Runs a look to its end, on a thread of its own that waits for a pipe.
    private func run(_ look: Look, at point: Path) {
        var result: Result<FileSystemSpace, Failure>
        do throws(SystemError) {
            let started = try probe.start(point)
            let isOverdue = look.state.withLock { state in
                state.process = started.process
                return state.isOverdue
            }
            if isOverdue { started.process.kill() }
            var output: [UInt8] = []
            while output.count < 4096 {
                let piece = try started.output.read(4096)
                if piece.isEmpty { break }
                output += piece
            }
            // It has said all it may, and ends; where somebody else has waited for it, this finds no child.
            started.process.kill()
            _ = ProcessExit.reap(pid: started.process.pid, wait: true)
            result = Result { () throws(Failure) in try DiskProbeCommand.space(output) }
        } catch {
            result = .failure(error.failure())
        }
        looks.withLock { looks in _ = looks.removeValue(forKey: point) }
        look.finish(result)
    }

    private func wait(
        for look: Look, at point: Path, deadline: Double, timeout: Double
    ) throws(Failure) -> FileSystemSpace {
        let done = Semaphore()
        let known = look.state.withLock { state in
            if state.result == nil { state.waiting.append(done) }
            return state.result
        }
        if let known { return try known.get() }
        if done.wait(seconds: deadline - Monotonic.now), let result = look.state.withLock({ $0.result }) {
            return try result.get()
        }
        let process = look.state.withLock { state in
            state.isOverdue = true
            return state.process
        }
        process?.kill()
        throw Failure(
            code: "ETIMEDOUT",
            "the file system at \(point) did not answer within \(Quantity.describe(seconds: timeout))",
            cure: "see whether its device or server is there")
    }
}
