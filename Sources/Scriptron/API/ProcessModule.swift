/// `process`: programs that the job may run, and processes of the machine.
package func processModule(_ context: APIContext) -> HostModule {
    let running = HandleTable<(ProgramCall, any RunningPrograms)>("programs")
    return HostModule(
        "process",
        functions: [
            HostFunction("run") { arguments in
                let call = try programCall([arguments[0]], arguments, context)
                let effects = try context.current("process.run").effects
                if call.output == .lines { return [try running.add((call, try effects.start(call)))] }
                return [try resultOfRun(call, try effects.run(call))]
            },
            HostFunction("output") { arguments in
                let call = try programCall([arguments[0]], arguments, context)
                guard call.output == .capture else {
                    throw Failure(
                        code: "EARGUMENT", "process.output returns what the program writes: stdout is not given")
                }
                switch try context.current("process.output").effects.run(call) {
                case .assumed(let value): return [value.isNull ? "" : value["stdout"] ?? value]
                case .ran(let result):
                    try check(result, call)
                    return [.bytes(withoutLastLineFeed(result.standardOutput))]
                }
            },
            HostFunction("pipe") { arguments in
                guard let stages = arguments[0].list, !stages.isEmpty else {
                    throw arguments.mismatch(0, "stages", "a list of argument lists")
                }
                let call = try programCall(stages, arguments, context)
                let effects = try context.current("process.pipe").effects
                if call.output == .lines { return [try running.add((call, try effects.start(call)))] }
                return [try resultOfPipe(call, try effects.run(call))]
            },
            HostFunction("find") { arguments in
                let query = try processQuery(arguments)
                try arguments.end(1)
                return [try context.current("process.find").effects.request(.findProcesses, query)]
            },
            HostFunction("signal") { arguments in
                var query = try processQuery(arguments)
                let name = try arguments.text(1, "signal")
                try arguments.end(2)
                query["signal"] = .text(name.hasPrefix("SIG") ? String(name.dropFirst(3)) : name)
                let session = try context.current("process.signal")
                try tellSignalled(query, session)
                return [try session.effects.request(.signalProcesses, query)]
            },
        ],
        methods: [
            "programs": [
                // Lines, and behind those of one stream where and by whom they were written.
                HostFunction("next") { arguments in
                    let (call, programs) = try running.object(arguments)
                    let blocks = try programs.next()
                    if blocks.isEmpty { return [] }
                    let flat = blocks.flatMap { block -> [Value] in
                        let stream: Value = block.isError ? "stderr" : "stdout"
                        return [.bytes(block.bytes), stream, .text(call.stages[block.stage].name)]
                    }
                    return [.list(flat)]
                },
                HostFunction("finish") { arguments in
                    let (call, programs) = try running.object(arguments)
                    let outcome = try programs.finish()
                    let result =
                        call.call == "process.run" ? try resultOfRun(call, outcome) : try resultOfPipe(call, outcome)
                    var members = result.map ?? [:]
                    members["stdout"] = nil
                    return [.map(members)]
                },
                HostFunction("close") { arguments in
                    try running.remove(arguments)?.1.close()
                    return []
                },
            ]
        ],
        prelude: prelude)
}

/// What the prelude gives as `stdout` in place of a function; no script writes it by mistake.
let asLines = "\0lines"

/// A function as `stdout` is called for each line, between two waits for the program.
private let prelude = #"""
    local process, base = ...
    local next, type, rawget, gmatch = base.next, base.type, base.rawget, base.string.gmatch
    for _, name in base.ipairs { "run", "pipe" } do
      local plain = process[name]
      process[name] = function(...)
        local programs, options = ...
        local each = type(options) == "table" and rawget(options, "stdout")
        if type(each) ~= "function" then return plain(...) end
        local others = {}
        for key, value in next, options do others[key] = value end
        others.stdout = "\0lines"
        local running <close> = plain(programs, others)
        while true do
          local lines = running:next()
          if lines == nil then return running:finish() end
          for index = 1, #lines, 3 do
            for line in gmatch(lines[index], "([^\n]*)\n") do each(line, lines[index + 1], lines[index + 2]) end
          end
        end
      end
    end
    """#

/// `{name}` or `{pidfile}`; a plain text is a name.
private func processQuery(_ arguments: Arguments) throws(Failure) -> [String: Value] {
    if let name = arguments[0].text, !name.isEmpty { return ["name": .text(name)] }
    var options = try arguments.options(0)
    let name = try options.text("name")
    let pidfile = options.take("pidfile")
    try options.finish(known: ["name", "pidfile"])
    if let name, pidfile == nil { return ["name": .text(name)] }
    if case .bytes(let path)? = pidfile, name == nil { return ["pidfile": .bytes(path)] }
    throw arguments.mismatch(0, "process", "{name = …} or {pidfile = …}")
}

/// Tells by which names of the grant the processes are signalled, for a run that learns its needs.
private func tellSignalled(_ query: [String: Value], _ session: APIContext.Session) throws(Failure) {
    guard let uses = session.uses else { return }
    if let name = query["name"]?.text { return uses.tell(.signal(name)) }
    for process in try session.effects.request(.findProcesses, query).list ?? [] {
        if let name = process["name"]?.text { uses.tell(.signal(name)) }
    }
}

private func withoutLastLineFeed(_ bytes: [UInt8]) -> [UInt8] {
    bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes
}

private func resultOfRun(_ call: ProgramCall, _ outcome: ProgramOutcome) throws -> Value {
    switch outcome {
    case .assumed(let value): return planned(value, ["code": 0, "stdout": "", "stderr": "", "seconds": 0])
    case .ran(let result):
        try check(result, call)
        return .map(members(of: result.stages[0]).merging(members(of: result, call)) { first, _ in first })
    }
}

private func resultOfPipe(_ call: ProgramCall, _ outcome: ProgramOutcome) throws -> Value {
    switch outcome {
    case .assumed(let value):
        let stages = call.stages.map { ["name": .text($0.name), "code": 0, "stderr": ""] as Value }
        return planned(value, ["stages": .list(stages), "stdout": "", "seconds": 0])
    case .ran(let result):
        try check(result, call)
        var all = members(of: result, call)
        all["stages"] = .list(
            result.stages.map { .map(members(of: $0).merging(["name": .text($0.name)]) { first, _ in first }) })
        return .map(all)
    }
}

/// The documented result, with what the script gave as `dry` in its place.
private func planned(_ dry: Value, _ fallback: [String: Value]) -> Value {
    if case .bytes = dry { return .map(fallback.merging(["stdout": dry]) { _, given in given }) }
    return .map(fallback.merging(dry.map ?? [:]) { _, given in given })
}

private func members(of stage: ProgramResult.Stage) -> [String: Value] {
    var members: [String: Value] = ["stderr": .bytes(stage.standardError)]
    members["code"] = stage.code.map { .int(Int64($0)) }
    members["signal"] = stage.signal.map { .text($0) }
    return members
}

private func members(of result: ProgramResult, _ call: ProgramCall) -> [String: Value] {
    var members: [String: Value] = ["seconds": .number(result.seconds)]
    if call.output == .capture { members["stdout"] = .bytes(result.standardOutput) }
    if result.killed { members["killed_descendants"] = true }
    return members
}

/// Raises `EEXIT` where a stage ended otherwise than expected, with the end of what it complained about.
private func check(_ result: ProgramResult, _ call: ProgramCall) throws {
    guard let stage = result.failedStage(expect: call.expect) else { return }
    let how = stage.signal.map { "was ended by \($0)" } ?? "ended with exit code \(stage.code ?? -1)"
    let limit = stage.limit.map { " (\($0))" } ?? ""
    let complaint = Path(bytes: Array(withoutLastLineFeed(stage.standardError).suffix(2000))).lines
    let message = "\(call.call): \(stage.name) \(how)\(limit)" + (complaint.isEmpty ? "" : ": " + complaint)
    var fields: [String: Value] = ["program": .text(stage.name), "stderr": .bytes(stage.standardError)]
    fields["exit"] = stage.code.map { .int(Int64($0)) }
    fields["signal"] = stage.signal.map { .text($0) }
    if call.output == .capture { fields["stdout"] = .bytes(result.standardOutput) }
    let cure = stage.denied.map { "it may not start \($0): add it to the job's needs: run = { \"\($0)\" }" }
    throw HostError(Failure(code: "EEXIT", message, cure: cure), fields: fields)
}

extension Path {
    /// Text for people in which line feeds stay.
    fileprivate var lines: String {
        bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { Path(bytes: Array($0)).text }.joined(separator: "\n")
    }
}
