import Scriptron

enum InitCommand: Command {
    static let syntax = CommandSyntax(
        name: "init", operands: "DIR", operandCount: 1...1,
        summary: "Make a working directory: a commented configuration, and the shipped jobs",
        options: [],
        notes: ["A file that is there already is left as it is. The files belong to whoever runs the command."])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let operand = arguments.operand(0) ?? ""
        guard !operand.isEmpty else {
            throw Failure(code: ControlCode.usage, "the name of the directory is empty", cure: "scriptron init DIR")
        }
        let directory = context.finder.absolute(operand)
        do {
            for (name, bytes) in Shipped.files {
                let path = directory.appending(name)
                // 0755 whatever the umask says: a configuration that others may write to is refused.
                try Directories.create(path.parent, mode: 0o755)
                let isNew = try NewFile.create(path, bytes, mode: 0o644)
                context.console.line((isNew ? "made  " : "kept  ") + path.text)
            }
            // Where the shipped jobs write: a need for a path that is not there would be refused.
            for name in ["jobs/lib", "var/tmp", "var/log"] {
                try Directories.create(directory.appending(name), mode: 0o755)
            }
        } catch {
            throw error.failure(cure: "name a directory that you may write to")
        }
        let file = directory.appending("scriptron.lua").text
        context.console.lines(["", "Start the host there:  scriptron serve --config \(file.shellQuoted)"])
        return .done
    }
}
