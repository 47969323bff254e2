import Scriptron

enum NewCommand: Command {
    static let syntax = CommandSyntax(
        name: "new", operands: "NAME", operandCount: 1...1,
        summary: "Write the beginning of a job into the jobs directory, or a copy of a shipped one",
        options: [
            OptionSyntax("like", value: "JOB", "a copy of this shipped job, with its settings"), .config,
        ],
        notes: [
            "Nothing is overwritten. The new job has no schedule yet, so that it runs by hand alone until it gets one."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let name = arguments.operand(0) ?? ""
        try check(name)
        let like = try arguments.value("like").map { like throws(Failure) in (name: like, text: try shipped(like)) }
        let place = try context.configuration(arguments)
        let directory = try context.local.locate(place).jobsDirectory
        let path = directory.appending("\(name).lua")
        let text =
            like.map { Starter.copy(of: $0.text, $0.name, as: name) }
            ?? Starter.text(name, folder: Path(bytes: directory.name).text)
        var made: [Path] = []
        do throws(SystemError) {
            if try NewFile.create(path, Array(text.utf8), mode: 0o644) { made.append(path) }
            if let like, !made.isEmpty { made += try addLibraries(of: like.text, in: directory) }
        } catch {
            throw error.failure(cure: "make the jobs directory, or name another configuration with --config")
        }
        guard !made.isEmpty else {
            throw Failure(
                code: "EEXIST", "there is a job \(name) already: \(path)", cure: "edit it, or choose another name")
        }
        context.console.lines(made.map { "made  \($0.text)" })
        let option = arguments.value("config").map { " --config \($0.shellQuoted)" } ?? ""
        context.console.lines([
            "", "Look at what it would do:  scriptron test \(name)\(option)",
            "Look for mistakes:         scriptron check \(name)\(option)",
        ])
        return .done
    }

    /// Writes the libraries that a copy requires, where they are not there yet; returns those that were made.
    private static func addLibraries(of script: [UInt8], in directory: Path) throws(SystemError) -> [Path] {
        var made: [Path] = []
        var todo = VersionFiles.required(script)
        var seen: Set<String> = []
        while let library = todo.popLast() {
            guard seen.insert(library).inserted,
                let bytes = Shipped.files.first(where: { $0.path.text == "jobs/lib/\(library).lua" })?.bytes
            else { continue }
            todo += VersionFiles.required(bytes)
            let path = directory.appending(Path("lib/\(library).lua"))
            try Directories.create(path.parent, mode: 0o755)
            if try NewFile.create(path, bytes, mode: 0o644) { made.append(path) }
        }
        return made
    }

    /// The text of a shipped job.
    private static func shipped(_ name: String) throws(Failure) -> [UInt8] {
        let scripts = Shipped.files.filter { $0.path.parent.text == "jobs" }
        if let script = scripts.first(where: { $0.path.text == "jobs/\(name).lua" }) { return script.bytes }
        let known = scripts.map { String(Path(bytes: $0.path.name).text.dropLast(4)) }.sorted()
        let near = Nearest.names(to: name, among: known, limit: 1).first
        throw Failure(
            code: ControlCode.usage, "there is no shipped job \(name)",
            cure: near.map { "did you mean --like \($0)?" } ?? "there are " + known.joined(separator: ", "))
    }

    /// Refuses what can be no job's name, and says one that can.
    private static func check(_ name: String) throws(Failure) {
        let file = name + ".lua"
        if JobName.isValid(name), JobName.isScript(file) { return }
        let last = name.split(separator: "/").last.map(String.init) ?? ""
        var near = ""
        for character in (last.hasSuffix(".lua") ? String(last.dropLast(4)) : last).lowercased() {
            let isPart = character.isASCII && (character.isLetter || character.isNumber || character == "_")
            near.append(isPart ? character : "-")
        }
        while near.hasPrefix("-") || near.hasPrefix("_") { near.removeFirst() }
        while near.hasSuffix("_spec") { near.removeLast(5) }
        while near.hasSuffix("-") { near.removeLast() }
        let rule = "a name has small letters, digits, - and _, and does not end in _spec"
        throw Failure(
            code: ControlCode.usage, "\"\(name)\" can be no job's name: \(rule)",
            cure: JobName.isValid(near) ? "write scriptron new \(near)" : "write scriptron new my-job")
    }
}
