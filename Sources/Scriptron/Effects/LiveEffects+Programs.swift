/// Running programs.
extension LiveEffects {
    package func run(_ call: ProgramCall) throws(Failure) -> ProgramOutcome {
        var request = try request(call)
        var file: AtomicFile?
        var target: Path?
        switch call.output {
        case .capture, .lines: break
        case .log: request.line = { [self] stage, isError, line in log(call.stages[stage].name, isError, line) }
        case .file(let path):
            let (directory, name) = try place(path.path, call.call)
            file = try told(call.call, path.path) {
                let existing = try directory.status(name)
                try judge(existing, replace: true, call.call, path.path)
                let file = try AtomicFile(name, in: directory, mode: existing == nil ? 0o666 : 0o600)
                if let existing { try file.descriptor.setMode(allowedMode(existing.mode)) }
                return file
            }
            target = path.path
            request.output = file?.descriptor
        }
        let end = try telling(call, request) { try ProgramRun.run(request) }
        let result = noticeDenied(try judge(end, call), call)
        if let file, let target, result.failedStage(expect: call.expect) == nil {
            try told(call.call, target) { try file.commit(replace: true) }
        }
        return .ran(result)
    }

    package func start(_ call: ProgramCall) throws(Failure) -> any RunningPrograms {
        var request = try request(call)
        request.longestLine = 64 << 10
        return LivePrograms(
            lines: try telling(call, request) { try ProgramLines(request) },
            telling: { [self] lines throws(Failure) in try telling(call, request) { try lines.next() } },
            judging: { [self] end throws(Failure) in noticeDenied(try judge(end, call), call) })
    }

    /// What is asked of the system, but for where the output goes.
    private func request(_ call: ProgramCall) throws(Failure) -> ProgramRequest {
        try checkDeadline(call.call)
        var request = ProgramRequest(
            stages: call.stages.map { stage in
                ProgramRequest.Stage(
                    program: stage.program, arguments: stage.arguments,
                    elsewhere: stage.user.map { user in { [self] in try startElsewhere(stage, as: user, call) } })
            })
        request.environment = environment(call)
        request.directory = call.directory?.path ?? settings.base
        request.deadline = min(settings.patience, Monotonic.now + (call.timeout ?? .infinity))
        request.grace = settings.grace
        request.limit = Int(clamping: call.limit)
        request.reapsOrphans = settings.reapsOrphans
        request.addressSpace = settings.programAddressSpace
        request.crowded = { [self] in note(.processes) }
        let turn = settings.turn
        // Whoever waits for the programs may be given up; that need not be who started them.
        request.isCancelled = { turn.mark?.isCancelled == true }
        request.wait = { poll in turn.apart { _ in poll() } }
        request.input = try input(call)
        return request
    }

    private func input(_ call: ProgramCall) throws(Failure) -> ProgramRequest.Input {
        switch call.input {
        case .nothing: return .nothing
        case .bytes(let bytes): return .bytes(bytes)
        case .file(let path):
            let (directory, name) = try place(path.path, call.call)
            let file = try told(call.call, path.path) { try RegularFile.read(name, in: directory, follow: true) }
            return .descriptor(file.descriptor)
        }
    }

    /// Tells in the script's words why programs could not be started or waited for.
    private func telling<Result>(
        _ call: ProgramCall, _ request: ProgramRequest, _ body: () throws -> Result
    ) throws(Failure) -> Result {
        do {
            return try body()
        } catch let failure as Failure {
            throw failure
        } catch let error as ProgramStartError {
            let stage = call.stages[error.stage]
            if error.error.call == "chdir" {
                let directory = stage.user == nil ? request.directory : call.directory?.path ?? "/"
                throw FileFailure.of(error.error, call.call, directory, cure: "give another cwd")
            }
            if !error.text.isEmpty {
                throw Failure(
                    code: error.error.name,
                    "\(call.call): \(stage.name) (\(stage.program.text)) could not be started: \(error.text)")
            }
            throw startFailure(error.error, stage, call)
        } catch let error as SystemError {
            throw error.failure(cure: limitCure(error))
        } catch {
            throw Failure(code: "EINTERNAL", "\(call.call): \(error)")
        }
    }

    /// Has the host start a program of another user. It starts in the root directory where the call names none, for that
    /// user need not reach the job's; and has no place for temporary files but what it may write anyway.
    private func startElsewhere(
        _ stage: ProgramCall.Stage, as user: String, _ call: ProgramCall
    ) throws(Failure) -> ProgramElsewhere {
        var environment = call.environment
        if let zone = settings.zone, environment["TZ"] == nil { environment["TZ"] = Array(zone.utf8) }
        let services = settings.services
        let (answer, descriptors) = try services.requestDescriptors(
            .programStart,
            [
                "path": .bytes(stage.program.bytes), "user": .text(user),
                "arguments": .list(stage.arguments.map { .bytes($0) }),
                "environment": .map(environment.mapValues { .bytes($0) }),
                "directory": .bytes(call.directory?.path.bytes ?? Array("/".utf8)),
            ])
        guard let program = answer["program"], descriptors.count == 4 else {
            throw Failure(code: "EFRAME", "\(call.call): the host started \(stage.name) and gave nothing to hold it by")
        }
        return ProgramElsewhere(
            input: descriptors[0], output: descriptors[1], errors: descriptors[2], status: descriptors[3]
        ) { signal in
            // A host that cannot be asked has ended it already.
            _ = try? services.request(.programSignal, ["program": program, "signal": .int(Int64(signal))])
        }
    }

    /// What programs are told of the world: nothing of the host's own environment.
    private func environment(_ call: ProgramCall) -> [[UInt8]] {
        var all: [String: [UInt8]] = [
            "PATH": Array("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".utf8),
            "HOME": settings.grant.identity?.home.bytes ?? settings.scratch?.bytes ?? Array("/".utf8),
            "LANG": Array("C.UTF-8".utf8),
        ]
        if let zone = settings.zone { all["TZ"] = Array(zone.utf8) }
        if let scratch = settings.scratch { all["TMPDIR"] = scratch.bytes }
        all.merge(call.environment) { _, given in given }
        return all.sorted { $0.key < $1.key }.map { Array($0.key.utf8) + [UInt8(ascii: "=")] + $0.value }
    }

    private func log(_ name: String, _ isError: Bool, _ line: [UInt8]) {
        // Path's text escapes what is no UTF-8 and what would move a terminal's cursor.
        post(
            .log(
                level: isError ? "warn" : "info", message: Path(bytes: line).text,
                fields: ["program": .text(name), "stream": isError ? "stderr" : "stdout"]))
    }

    private func judge(_ end: ProgramEnd, _ call: ProgramCall) throws(Failure) -> ProgramResult {
        if let stuck = end.stages.first(where: { $0.exit == nil }) {
            throw Failure(code: "EUNKILLABLE", "\(call.call): the process \(stuck.pid) could not be killed")
        }
        if end.timedOut {
            try checkDeadline(call.call)
            throw Failure(
                code: "ETIMEDOUT",
                "\(call.call): \(call.stages.map(\.name).joined(separator: " | ")) ran longer than its timeout of "
                    + Quantity.describe(seconds: call.timeout ?? 0) + " and was ended",
                cure: "raise timeout, or do less in one call")
        }
        if end.overflowed {
            note(.output)
            throw Failure(
                code: "EFBIG",
                "\(call.call): \(call.stages.last?.name ?? "") wrote more than \(Quantity.describe(bytes: call.limit))",
                cure:
                    "send it to a file (stdout = {file = path}) or to the log (stdout = \"log\"), or raise max or limits.output"
            )
        }
        let stages = zip(call.stages, end.stages).map { stage, end in
            ProgramResult.Stage(
                name: stage.name, code: end.exit?.code, signal: end.exit?.signal.map(ProcessExit.signalName),
                standardError: end.standardError, limit: reason(of: end.exit))
        }
        return ProgramResult(
            stages: stages, standardOutput: end.standardOutput, seconds: end.seconds, killed: end.killedDescendants)
    }
}

/// Programs that really run.
private final class LivePrograms: RunningPrograms {
    private let lines: ProgramLines
    private let telling: (ProgramLines) throws(Failure) -> [ProgramLines.Block]
    private let judging: (ProgramEnd) throws(Failure) -> ProgramResult

    init(
        lines: ProgramLines, telling: @escaping (ProgramLines) throws(Failure) -> [ProgramLines.Block],
        judging: @escaping (ProgramEnd) throws(Failure) -> ProgramResult
    ) {
        self.lines = lines
        self.telling = telling
        self.judging = judging
    }

    func next() throws(Failure) -> [ProgramLines.Block] { try telling(lines) }

    func finish() throws(Failure) -> ProgramOutcome { .ran(try judging(lines.finish())) }

    func close() { lines.close() }
}

extension ProgramResult {
    /// The first stage that ended otherwise than expected.
    package func failedStage(expect: Set<Int32>) -> Stage? {
        stages.first { stage in stage.code.map { !expect.contains($0) } ?? true }
    }
}
