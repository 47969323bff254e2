import Synchronization

/// The programs of other users that run for workers, as their host keeps them.
///
/// The host makes the pipes: the zygote gets the ends that become the program's, the worker the others. No descriptor
/// comes from a worker.
final class ForeignPrograms: Sendable {
    /// How many one worker may have at once.
    private static let most = 64

    /// The pipes of one program, and its channel.
    struct Pipes {
        /// What becomes its input, output, errors and status, and its end of the channel.
        let program: [Descriptor]
        /// What its worker gets.
        let worker: [Descriptor]
        /// The host's own end.
        let channel: PacketSocket

        /// - Parameters:
        ///   - owner: Who may open them again by `/dev/stdout` and the like.
        init(owner: Grant.Identity) throws(SystemError) {
            let (input, output, errors, status) = (try Pipe(), try Pipe(), try Pipe(), try Pipe())
            let (own, theirs) = try PacketSocket.pair()
            channel = own
            program = [input.read, output.write, errors.write, status.write, theirs.descriptor]
            worker = [input.write, output.read, errors.read, status.read]
            for end in program.prefix(3) { try end.setOwner(uid: owner.uid, gid: owner.gid) }
        }
    }

    private struct Program {
        let worker: Int64
        let request: Int64
        /// What its worker gets when it runs.
        var ends: [Descriptor]
        /// Where the worker is told of its end.
        let status: Descriptor
        let handover: ListenerHandover.Taker
        var pid: Int32?
    }

    /// What a worker's request is answered with.
    struct Answer {
        let worker: Int64
        let request: Int64
        let result: Result<(Int64, [Descriptor]), Failure>
    }

    private let programs = Mutex<[Int64: Program]>([:])

    /// Keeps a program that the zygote is asked for.
    func expect(
        _ id: Int64, for worker: Int64, request: Int64, _ pipes: Pipes, _ handover: ListenerHandover.Taker
    ) throws(Failure) {
        let isCrowd = programs.withLock { programs in
            if programs.values.count(where: { $0.worker == worker }) >= Self.most { return true }
            programs[id] = Program(
                worker: worker, request: request, ends: pipes.worker, status: pipes.program[3], handover: handover)
            return false
        }
        if isCrowd {
            throw Failure(code: "EAGAIN", "this run has \(Self.most) programs of other users already")
        }
    }

    /// The zygote made it.
    func started(_ id: Int64, _ process: ProcessHandle) -> Answer? {
        let program = programs.withLock { programs in
            let program = programs[id]
            programs[id]?.pid = process.pid
            programs[id]?.ends = []
            return program
        }
        guard let program else { return nil }
        program.handover.started(process)
        return Answer(worker: program.worker, request: program.request, result: .success((id, program.ends)))
    }

    /// The zygote could not make it; nil: it is none of these.
    func refused(_ id: Int64, _ failure: Failure) -> Answer? {
        guard let program = programs.withLock({ $0.removeValue(forKey: id) }) else { return nil }
        program.handover.end()
        return Answer(worker: program.worker, request: program.request, result: .failure(failure))
    }

    /// It ended: its worker is told, whose number this is; nil: it is none of these.
    func ended(_ exit: ProcessExit) -> Int64? {
        let program = programs.withLock { programs in
            programs.first { $0.value.pid == exit.pid }.flatMap { programs.removeValue(forKey: $0.key) }
        }
        guard let program else { return nil }
        program.handover.end()
        // A pipe that nobody filled takes it at once; one that nobody reads is an error, and no matter.
        try? program.status.write(ProgramStatus(exit).bytes)
        return program.worker
    }

    /// The worker is gone; its programs go with it.
    func forget(worker: Int64) {
        let unborn = programs.withLock { programs in
            let unborn = programs.filter { $0.value.worker == worker && $0.value.pid == nil }
            for id in unborn.keys { programs[id] = nil }
            return unborn.values.map(\.handover)
        }
        for handover in unborn { handover.end() }
    }

    /// The zygote is gone, and all of them with it.
    func forgetAll() {
        let all = programs.withLock { programs in
            defer { programs = [:] }
            return programs.values.map(\.handover)
        }
        for handover in all { handover.end() }
    }
}

extension Workers {
    /// Starts a program of another user for a worker, and answers its request.
    package func start(
        _ program: ForeignProgram, grant: Grant, scratch: Path?, for worker: Int64, request: Int64
    ) {
        do {
            let pipes = try ForeignPrograms.Pipes(owner: program.identity)
            let file = try SealedMemory.create(name: "program", try ValueCodec.encode(program.value))
            try order(
                program: pipes, file, as: program.identity.name, grant: grant, scratch: scratch, for: worker,
                request: request)
        } catch {
            answer(worker, request: request, .failure(Failure.wrapping(error)))
        }
    }
}
