import CLinux
import Glibc

/// Programs to start, connected by pipes, and how to wait for them.
package struct ProgramRequest {
    /// One program.
    package struct Stage {
        /// Absolute.
        package var program: Path
        /// From its own name; no NUL in any.
        package var arguments: [[UInt8]]
        /// Starts it by another process; nil: as a child of this one.
        package var elsewhere: (() throws -> ProgramElsewhere)?

        package init(program: Path, arguments: [[UInt8]], elsewhere: (() throws -> ProgramElsewhere)? = nil) {
            self.program = program
            self.arguments = arguments
            self.elsewhere = elsewhere
        }
    }

    /// What the first stage reads.
    package enum Input {
        /// `/dev/null`.
        case nothing
        case bytes([UInt8])
        case descriptor(Descriptor)
    }

    package var stages: [Stage]
    /// All of it, `NAME=value` each.
    package var environment: [[UInt8]] = []
    package var directory: Path = "/"
    package var input: Input = .nothing
    /// What the last stage writes to; nil: it is captured.
    package var output: Descriptor?
    /// On the monotonic clock: then they are asked to end (SIGTERM).
    package var deadline: Double = .infinity
    /// Seconds from then until they are killed.
    package var grace: Double = 5
    /// Seconds that those who still hold the pipes get after the last stage has ended.
    package var drain: Double = 0.5
    /// The most bytes kept of each stream; what comes beyond is read and dropped, so that no writer blocks.
    package var limit = 16 << 20
    /// Where given, output is told line by line (without the line feed) instead of captured.
    package var line: ((_ stage: Int, _ isError: Bool, _ line: [UInt8]) -> Void)?
    /// A line of more bytes is told in pieces.
    package var longestLine = 8 << 10
    /// Told where at the deadline no further process can be made: they have as many as they may.
    package var crowded: (() -> Void)?
    /// The most memory that each may map, in bytes; nil: no limit of its own.
    package var addressSpace: Int64?
    /// Whether children of others that ended are reaped meanwhile: for a process that is an init or a subreaper.
    package var reapsOrphans = false
    /// Whether it is given up: then the programs end as at the deadline. Looked at once a second.
    package var isCancelled: () -> Bool = { false }
    /// Runs what waits for the programs; others may go on meanwhile.
    package var wait: (_ poll: () -> Int32) -> Int32 = { $0() }

    package init(stages: [Stage]) { self.stages = stages }
}

/// How programs ended.
package struct ProgramEnd: Sendable, Hashable {
    package struct Stage: Sendable, Hashable {
        /// Nil where it could not be killed.
        package var exit: ProcessExit?
        package var pid: Int32
        package var standardError: [UInt8] = []
    }

    package var stages: [Stage] = []
    package var standardOutput: [UInt8] = []
    /// They were ended because the deadline had come.
    package var timedOut = false
    /// More came than is kept.
    package var overflowed = false
    /// Descendants held the pipes beyond the end of the last stage, and were killed.
    package var killedDescendants = false
    package var seconds: Double = 0
}

/// A program that could not be started.
package struct ProgramStartError: Error, Sendable {
    package let stage: Int
    package let error: SystemError
    /// What was said of it, where another process was to start it.
    package var text = ""
}

/// One run of connected programs. Exits are awaited by pidfds, independently of the ends of the pipes: a descendant
/// that keeps a pipe open holds nobody up (golang/go 23019 and its kin).
package struct ProgramRun {
    private let request: ProgramRequest
    private var children: [ProgramChild] = []
    private var streams: [OutputStream] = []
    private var pumps: [DescriptorPump] = []
    private var input: (pipe: Descriptor, rest: ArraySlice<UInt8>)?
    private var end = ProgramEnd()
    private let started = Monotonic.now
    private var killAt = Double.infinity
    private var giveUpAt = Double.infinity
    private var drainUntil = Double.infinity

    /// Runs the programs and waits until all have ended and nothing of their process groups is left.
    package static func run(_ request: ProgramRequest) throws -> ProgramEnd {
        // A program that does not read its input must not end us.
        BrokenPipes.ignore()
        defer { BrokenPipes.restore() }
        var run = try ProgramRun(request)
        while try run.turn() {}
        return run.finish()
    }

    /// Starts the programs. Then come calls of `turn`, and at last one of `finish`.
    init(_ request: ProgramRequest) throws {
        self.request = request
        do {
            try start()
        } catch {
            abandon()
            throw error
        }
        if input?.rest.isEmpty == true { input = nil }
    }

    /// Waits for what the programs do next, and takes what they wrote; false where all have ended, or are given up.
    mutating func turn() throws -> Bool {
        do {
            return try look()
        } catch {
            abandon()
            throw error
        }
    }

    /// For so many seconds nobody took what was written: those who still hold the pipes have them again.
    mutating func wasHeldUp(for seconds: Double) { drainUntil += seconds }

    // Starting.

    private mutating func start() throws {
        let null = Descriptor(owning: try retrying("open", "/dev/null") { open("/dev/null", O_RDWR | O_CLOEXEC) })
        var next = null
        var bytes: [UInt8]?
        switch request.input {
        case .nothing: break
        case .descriptor(let descriptor): next = descriptor
        case .bytes(let given): bytes = given
        }
        for (index, stage) in request.stages.enumerated() {
            let isLast = index == request.stages.count - 1
            if let elsewhere = stage.elsewhere {
                var program = try elsewhere()
                if let sink = program.input {
                    program.input = nil
                    if let bytes {
                        try feed(bytes, to: sink)
                    } else if index > 0 || next !== null {
                        pumps.append(try DescriptorPump(from: next, to: sink))
                    }
                }
                bytes = nil
                children.append(try ProgramChild(program, stage: index))
                streams.append(try OutputStream(program.errors, stage: index, isError: true))
                next = program.output
                if isLast { try take(program.output, of: index) }
                continue
            }
            if let given = bytes {
                let pipe = try Pipe()
                try feed(given, to: pipe.write)
                next = pipe.read
                bytes = nil
            }
            let errors = try Pipe()
            let output = isLast && request.output != nil ? nil : try Pipe()
            // Without a pipe, a descriptor to write to was given.
            let target = output?.write ?? request.output ?? null
            let pid: Int32
            do throws(SystemError) {
                pid = try start(stage, [next, target, errors.write])
            } catch {
                throw ProgramStartError(stage: index, error: error)
            }
            children.append(ProgramChild(try ProcessHandle(pid: pid), stage: index))
            streams.append(try OutputStream(errors.read, stage: index, isError: true))
            if isLast, let output { streams.append(try OutputStream(output.read, stage: index, isError: false)) }
            next = output?.read ?? null
        }
    }

    private mutating func feed(_ bytes: [UInt8], to pipe: Descriptor) throws(SystemError) {
        try pipe.setNonBlocking(true)
        input = (pipe, bytes[...])
    }

    /// Takes the output of the last stage, which another process started and which cannot be given a descriptor.
    private mutating func take(_ output: Descriptor, of stage: Int) throws(SystemError) {
        if let target = request.output {
            pumps.append(try DescriptorPump(from: output, to: target))
        } else {
            streams.append(try OutputStream(output, stage: stage, isError: false))
        }
    }

    private func start(_ stage: ProgramRequest.Stage, _ descriptors: [Descriptor]) throws(SystemError) -> Int32 {
        let arguments = CStrings(stage.arguments)
        let environment = CStrings(request.environment)
        let path = CStrings([stage.program.bytes, request.directory.bytes])
        var program = scriptron_program()
        program.path = UnsafePointer(path.pointers[0])
        program.directory = UnsafePointer(path.pointers[1])
        program.descriptors = (descriptors[0].number, descriptors[1].number, descriptors[2].number)
        program.address_space = UInt64(clamping: request.addressSpace ?? 0)
        var step: Int32 = 0
        let pid = withExtendedLifetime((arguments, environment, path, descriptors)) {
            program.arguments = UnsafePointer(arguments.pointers)
            program.environment = UnsafePointer(environment.pointers)
            return Spawn.keeping { scriptron_spawn(&program, &step) }
        }
        let isDirectory = UInt32(step) == SCRIPTRON_SPAWN_DIRECTORY.rawValue
        let isExecution = UInt32(step) == SCRIPTRON_SPAWN_EXECUTE.rawValue
        return try checked(
            isDirectory ? "chdir" : isExecution ? "execve" : "fork",
            isDirectory ? request.directory.text : stage.program.text, result: pid)
    }

    /// Ends what was started, with nothing to be told of it.
    mutating func abandon() {
        for index in children.indices { children[index].abandon() }
        children = []
    }

    // Waiting.

    private mutating func look() throws -> Bool {
        reapOrphans()
        let running = children.contains { !$0.hasEnded }
        let now = Monotonic.now
        if running {
            if now >= request.deadline || request.isCancelled(), !end.timedOut {
                end.timedOut = true
                if let crowded = request.crowded, scriptron_can_fork() == -EAGAIN { crowded() }
                signalGroups(SIGTERM)
                killAt = now + request.grace
            }
            if now >= killAt {
                signalGroups(SIGKILL)
                killAt = .infinity
                giveUpAt = now + 5
            }
            if now >= giveUpAt { return false }
        } else {
            if streams.allSatisfy({ $0.isClosed }), pumps.allSatisfy({ $0.isClosed }) { return false }
            drainUntil = min(drainUntil, now + request.drain)
            if now >= drainUntil { return false }
        }
        let next = running ? min(end.timedOut ? .infinity : request.deadline, killAt, giveUpAt) : drainUntil
        try poll(seconds: min(next - now, 1))
        return true
    }

    private mutating func poll(seconds: Double) throws {
        var polled: [pollfd] = []
        for child in children where !child.hasEnded {
            polled.append(pollfd(fd: child.descriptor.number, events: Int16(POLLIN), revents: 0))
        }
        for stream in streams where !stream.isClosed {
            polled.append(pollfd(fd: stream.descriptor.number, events: Int16(POLLIN), revents: 0))
        }
        for pump in pumps where !pump.isClosed { polled.append(pump.polled) }
        if let input { polled.append(pollfd(fd: input.pipe.number, events: Int16(POLLOUT), revents: 0)) }
        let milliseconds = Int32(max(0, seconds) * 1000) + 1
        try retrying("poll") {
            var number: Int32 = 0
            let result = request.wait {
                let result = Glibc.poll(&polled, nfds_t(polled.count), milliseconds)
                number = errno
                return result
            }
            errno = number
            return result
        }
        for index in children.indices where !children[index].hasEnded {
            do throws(ProgramStartError) {
                try children[index].look()
            } catch {
                throw told(error)
            }
        }
        for index in streams.indices where !streams[index].isClosed { streams[index].drain(request, limit: 1 << 20) }
        for index in pumps.indices { try pumps[index].move() }
        feed()
    }

    /// With the last words of what was to become the program.
    private mutating func told(_ error: ProgramStartError) -> ProgramStartError {
        var error = error
        for index in streams.indices where streams[index].stage == error.stage && streams[index].isError {
            streams[index].drain(request, limit: 4 << 10)
            error.text = Path(bytes: Array(streams[index].kept.split(separator: UInt8(ascii: "\n")).last ?? [])).text
        }
        return error
    }

    private mutating func feed() {
        guard let pipe = input?.pipe, var rest = input?.rest else { return }
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(pipe.number, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { break }
            // It does not read its input (EPIPE): that is its own affair.
            if count < 0 { rest = [] }
            rest = rest.dropFirst(max(0, count))
        }
        input = rest.isEmpty ? nil : (pipe, rest)
    }

    /// Signals every stage with its process group.
    private func signalGroups(_ number: Int32) {
        for child in children { child.signal(number) }
    }

    /// Ends what still runs, without its having a word in it, and waits until it has ended: before `finish`, which takes
    /// only the exits that are there. What cannot be killed is given up.
    mutating func kill() {
        signalGroups(SIGKILL)
        giveUpAt = Monotonic.now + 5
        input = nil
        while children.contains(where: { !$0.hasEnded }), Monotonic.now < giveUpAt {
            var polled = children.filter { !$0.hasEnded }.map {
                pollfd(fd: $0.descriptor.number, events: Int16(POLLIN), revents: 0)
            }
            _ = Glibc.poll(&polled, nfds_t(polled.count), 100)
            for index in children.indices where !children[index].hasEnded { try? children[index].look() }
        }
    }

    /// Ends what is left of their process groups; how they ended.
    mutating func finish() -> ProgramEnd {
        input = nil
        end.killedDescendants = !end.timedOut && (streams.contains { !$0.isClosed } || pumps.contains { !$0.isClosed })
        signalGroups(SIGKILL)
        for index in streams.indices { streams[index].finish(request) }
        for index in children.indices {
            children[index].reap()
            var stage = ProgramEnd.Stage(exit: children[index].exit, pid: children[index].pid)
            for stream in streams where stream.stage == index && stream.isError { stage.standardError = stream.kept }
            end.stages.append(stage)
        }
        for stream in streams where !stream.isError { end.standardOutput = stream.kept }
        end.overflowed = streams.contains { $0.overflowed }
        reapOrphans()
        end.seconds = Monotonic.now - started
        return end
    }

    private func reapOrphans() {
        guard request.reapsOrphans else { return }
        while true {
            let pid = scriptron_ended_child()
            guard pid > 0, !Spawn.isKept(pid) else { return }
            _ = ProcessExit.reap(pid: pid, wait: true)
        }
    }
}
