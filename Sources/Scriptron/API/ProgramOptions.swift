/// Reads the arguments of `process.run`, `output` and `pipe` into a call whose programs are granted.
func programCall(
    _ stages: [Value], _ arguments: Arguments, _ context: APIContext
) throws(Failure) -> ProgramCall {
    let session = try context.current(arguments.function)
    var call = ProgramCall(call: arguments.function, stages: [])
    var options = try arguments.options(1)
    let user = try options.text("user")
    for stage in stages { call.stages.append(try programStage(stage, user, arguments, session)) }
    if let expect = options.take("expect") {
        let codes = expect.integer.map { [$0] } ?? expect.list?.compactMap(\.integer) ?? []
        let fitting = codes.compactMap { Int32(exactly: $0) }
        guard !fitting.isEmpty, fitting.count == expect.list?.count ?? 1 else {
            throw options.mismatch("expect", "an exit code or a list of them", expect)
        }
        call.expect = Set(fitting)
    }
    call.timeout = try options.duration("timeout")
    if let input = options.take("stdin") { call.input = try programInput(input, options, context) }
    if let output = options.take("stdout") { call.output = try programOutput(output, options, context) }
    if let environment = options.take("env") { call.environment = try programEnvironment(environment, options) }
    if let directory = options.take("cwd") {
        guard case .bytes(let raw) = directory else { throw options.mismatch("cwd", "a path", directory) }
        call.directory = try context.check(raw, .read, call: arguments.function)
    }
    call.limit = try options.size("max") ?? session.grant.limits.output
    call.readsOnly = try options.bool("reads_only", default: false)
    call.dry = options.take("dry")
    try options.finish(
        known: ["expect", "timeout", "stdin", "stdout", "env", "cwd", "user", "max", "reads_only", "dry"])
    return call
}

private func programStage(
    _ value: Value, _ user: String?, _ arguments: Arguments, _ session: APIContext.Session
) throws(Failure) -> ProgramCall.Stage {
    guard let values = value.list, !values.isEmpty else {
        throw Failure(
            code: "EARGUMENT", "\(arguments.function): argv must be a list that starts with a program's name",
            cure: "write { \(words(value) ?? "\"gzip\", \"-9\", path") }: nothing is split or expanded by a shell")
    }
    var argv: [[UInt8]] = []
    for (index, value) in values.enumerated() {
        switch value {
        case .bytes(let bytes): argv.append(bytes)
        case .int(let number): argv.append(Array(String(number).utf8))
        case _ where value.secretName != nil:
            throw Failure(
                code: "EARGUMENT",
                "\(arguments.function): argv[\(index + 1)] is secret:\(value.secretName ?? "")",
                cure: "everybody on the machine can read a program's arguments: give it by stdin")
        default:
            throw Failure(
                code: "EARGUMENT",
                "\(arguments.function): argv[\(index + 1)] must be text or a whole number, not \(value.shown)")
        }
        if argv[index].contains(0) {
            throw Failure(code: "EARGUMENT", "\(arguments.function): argv[\(index + 1)] holds a NUL byte")
        }
    }
    let program = try granted(argv[0], user, arguments, session)
    return ProgramCall.Stage(program: program.path, arguments: argv, user: program.user?.name)
}

/// The granted program of this name or path, and of this user where one is given; else that of the job's own user
/// comes before those of others.
private func granted(
    _ raw: [UInt8], _ user: String?, _ arguments: Arguments, _ session: APIContext.Session
) throws(Failure) -> Grant.Program {
    let name = Path(bytes: raw)
    let isPath = raw.contains(UInt8(ascii: "/"))
    let own = session.grant.identity?.name ?? Users.ownName
    let programs = session.grant.programs
    let named = programs.filter { program in
        isPath
            ? program.path == name.normalized || program.name == name.text
            : program.name == name.text || program.path.name == raw
    }
    if let user {
        if let found = named.first(where: { ($0.user?.name ?? own) == user }) {
            session.uses?.tell(.run(name.text, user: found.user?.name))
            return found
        }
    } else if let found = named.first(where: { $0.user == nil }) ?? named.first {
        let users = Set(named.compactMap(\.user?.name)).sorted()
        if found.user == nil || users.count == 1 {
            session.uses?.tell(.run(name.text, user: found.user?.name))
            return found
        }
        throw Failure(
            code: "EARGUMENT",
            "\(arguments.function): \(name.text) is granted as \(users.joined(separator: " and as "))",
            cure: "say which: user = \"\(users[0])\"")
    }
    if raw.first != UInt8(ascii: "/"), let words = words(.bytes(raw)), words.contains(",") {
        throw Failure(
            code: "EARGUMENT", "\(arguments.function): \"\(name.text)\" is the name of one program, blanks and all",
            cure: "write { \(words) }")
    }
    let allowed = programs.isEmpty ? "no program" : Set(programs.map(\.shown)).sorted().joined(separator: ", ")
    let resolver = session.resolver
    let failure: Failure
    if let user, user != own {
        failure = resolver.refusal(
            "\(arguments.function) may not run \(name.text) as \(user); it may run \(allowed)",
            needs: "run = { { \"\(name.text)\", user = \"\(user)\" } }",
            ceiling: "run = { \"\(name.text)\" }, user = { \"\(user)\" }"
        ) { $0.allowsRun(name.text, base: resolver.base) && $0.user.contains(user) }
    } else {
        failure = resolver.refusal(
            "\(arguments.function) may not run \(name.text); it may run \(allowed)", "run", name.text
        ) { $0.allowsRun(name.text, base: resolver.base) }
    }
    session.effects.post(.refusal(failure.description))
    throw failure
}

extension Grant.Program {
    /// As messages list it: `pg_dump as postgres`.
    fileprivate var shown: String { name + (user.map { " as \($0.name)" } ?? "") }
}

private func programInput(
    _ value: Value, _ options: Options, _ context: APIContext
) throws(Failure) -> ProgramCall.Input {
    // A secret reaches a program this way, never by its arguments or environment, which others can read.
    if case .bytes = value { return .bytes(try context.revealed(value, options.function, "stdin").bytes) }
    if value.secretName != nil || value.list?.isEmpty == false {
        return .bytes(try context.revealed(value, options.function, "stdin").bytes)
    }
    if let map = value.map, map.count == 1, case .bytes(let path)? = map["file"] {
        return .file(try context.check(path, .read, call: options.function))
    }
    throw options.mismatch("stdin", "text, a secret, a list of these, or {file = path}", value)
}

private func programOutput(
    _ value: Value, _ options: Options, _ context: APIContext
) throws(Failure) -> ProgramCall.Output {
    if value.text == "capture" { return .capture }
    if value.text == "log" { return .log }
    if value.text == asLines { return .lines }
    if let map = value.map, map.count == 1, case .bytes(let path)? = map["file"] {
        return .file(try context.check(path, .write, call: options.function))
    }
    throw options.mismatch("stdout", "\"capture\", \"log\", {file = path} or a function", value)
}

private func programEnvironment(_ value: Value, _ options: Options) throws(Failure) -> [String: [UInt8]] {
    guard let map = value.map else { throw options.mismatch("env", "a table of texts", value) }
    var environment: [String: [UInt8]] = [:]
    for (name, value) in map {
        guard !name.isEmpty, !name.contains("="), !name.utf8.contains(0) else {
            throw Failure(code: "EARGUMENT", "\(options.function): env has an impossible name, \(Path(name).text)")
        }
        if EnvironmentRules.refuses(name) {
            throw Failure(
                code: "EARGUMENT",
                "\(options.function): env.\(name) is refused: it makes programs load or run other code",
                cure: "leave it out")
        }
        switch value {
        case .bytes(let bytes) where !bytes.contains(0): environment[name] = bytes
        case .int(let number): environment[name] = Array(String(number).utf8)
        default:
            throw Failure(
                code: "EARGUMENT", "\(options.function): env.\(name) must be text without NUL, not \(value.typeName)")
        }
    }
    return environment
}

/// Which variables a script may not set for programs: those by which the loader, a shell or an interpreter takes in
/// code from elsewhere.
enum EnvironmentRules {
    private static let names: Set<String> = [
        "BASH_ENV", "ENV", "IFS", "PS4", "SHELLOPTS", "BASHOPTS", "PROMPT_COMMAND", "GCONV_PATH", "GETCONF_DIR",
        "GLIBC_TUNABLES", "HOSTALIASES", "LOCALDOMAIN", "LOCPATH", "MALLOC_TRACE", "NIS_PATH", "NLSPATH", "RES_OPTIONS",
        "RESOLV_HOST_CONF", "TZDIR", "NODE_OPTIONS", "NODE_PATH", "RUBYOPT", "RUBYLIB", "JAVA_TOOL_OPTIONS",
        "GIT_SSH", "GIT_SSH_COMMAND", "GIT_EXEC_PATH", "OPENSSL_CONF", "OPENSSL_ENGINES", "OPENSSL_MODULES",
        "SSLKEYLOGFILE",
    ]
    private static let prefixes = ["LD_", "BASH_FUNC_", "PYTHON", "PERL5", "DYLD_", "MALLOC_"]

    static func refuses(_ name: String) -> Bool {
        names.contains(name) || prefixes.contains { name.hasPrefix($0) }
    }
}

/// The words of a line as the items of a list: `"ls", "-l"`; nil where it is no line.
private func words(_ value: Value) -> String? {
    guard let line = value.text, line.utf8.count <= 200 else { return nil }
    let words = line.split { $0 == " " || $0 == "\t" || $0 == "\n" }
    return words.isEmpty ? nil : words.map { GrantRefusal.quoted(String($0)) }.joined(separator: ", ")
}
