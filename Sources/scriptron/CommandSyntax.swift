import Scriptron

/// An option of a command.
struct OptionSyntax {
    /// Without its dashes.
    let name: String
    var letter: Character?
    /// What help calls its value; nil for a flag.
    var value: String?
    let help: String

    init(_ name: String, letter: Character? = nil, value: String? = nil, _ help: String) {
        self.name = name
        self.letter = letter
        self.value = value
        self.help = help
    }

    static let json = OptionSyntax("json", "print JSON lines instead of a table")
    static let config = OptionSyntax(
        "config", value: "FILE", "the configuration (else $SCRIPTRON_CONFIG, ./scriptron.lua)")
    static let socket = OptionSyntax("socket", value: "PATH", "the host's socket (else the one of the configuration)")
    static let help = OptionSyntax("help", letter: "h", "explain the command")

    /// `-n N, --limit N`.
    var usage: String {
        let value = value.map { " " + $0 } ?? ""
        return (letter.map { "-\($0), " } ?? "") + "--" + name + value
    }
}

/// What a command takes.
struct CommandSyntax {
    let name: String
    /// As help shows them: `[JOB]`.
    var operands = ""
    /// How many operands there may be.
    var operandCount = 0...0
    /// One line, without a full stop.
    let summary: String
    var options: [OptionSyntax] = []
    /// What help says below the options, a paragraph each.
    var notes: [String] = []

    /// `scriptron history [OPTIONS] [JOB]`.
    var usage: String { "scriptron \(name) [OPTIONS]" + (operands.isEmpty ? "" : " " + operands) }

    /// The text of `--help`.
    func help(width: Int) -> [String] {
        let options = options + [.help]
        let column = (options.map(\.usage.count).max() ?? 0) + 2
        let rows = options.flatMap { option in
            let lines = TextStyle(width: width - column - 2).wrap(option.help)
            return lines.enumerated().map { index, line in
                "  " + (index == 0 ? option.usage : "").padded(to: column) + line
            }
        }
        return ["Usage: " + usage, ""] + TextStyle(width: width).wrap(summary + ".") + ["", "Options:"] + rows
            + notes.flatMap { [""] + TextStyle(width: width).wrap($0) }
    }
}

/// What was given to a command.
struct CommandArguments {
    private var values: [String: [String]] = [:]
    private(set) var operands: [String] = []

    /// Whether `--help` was among them; the rest is not checked then.
    private(set) var wantsHelp = false

    /// Sorts the words behind the command's name. Errors have the code EUSAGE.
    init(_ words: some Collection<String>, for syntax: CommandSyntax) throws(Failure) {
        let options = syntax.options + [.help]
        var rest = words[...]
        while let word = rest.popFirst() {
            if word == "--" {
                operands += rest
                break
            }
            guard word.hasPrefix("-"), word != "-" else {
                operands.append(word)
                continue
            }
            let (option, attached) = try Self.find(word, among: options, of: syntax)
            switch (option.value, attached) {
            case (nil, nil): values[option.name, default: []].append("")
            case (nil, .some):
                throw Self.usage("--\(option.name) takes no value", syntax)
            case (.some, let given?): values[option.name, default: []].append(given)
            case (let name?, nil):
                guard let given = rest.popFirst() else { throw Self.usage("--\(option.name) needs \(name)", syntax) }
                values[option.name, default: []].append(given)
            }
        }
        wantsHelp = values["help"] != nil
        if !wantsHelp, !syntax.operandCount.contains(operands.count) {
            let surplus = operands.dropFirst(syntax.operandCount.upperBound).first
            throw Self.usage(surplus.map { "\"\($0)\" is one too many" } ?? "\(syntax.operands) is missing", syntax)
        }
    }

    /// The option that a word names, and the value that hangs on it (`--name=value`, `-n5`).
    private static func find(
        _ word: String, among options: [OptionSyntax], of syntax: CommandSyntax
    ) throws(Failure) -> (OptionSyntax, attached: String?) {
        if word.hasPrefix("--") {
            let parts = word.dropFirst(2).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let name = parts.first.map(String.init) ?? ""
            if let option = options.first(where: { $0.name == name }) {
                return (option, parts.count == 2 ? String(parts[1]) : nil)
            }
            let near = Nearest.names(to: name, among: options.map(\.name), limit: 1).first
            throw Failure(
                code: ControlCode.usage, "\(syntax.name) has no option --\(name)",
                cure: near.map { "did you mean --\($0)" } ?? "scriptron \(syntax.name) --help lists them")
        }
        let letter = word[word.index(after: word.startIndex)]
        guard let option = options.first(where: { $0.letter == letter }) else {
            throw Failure(
                code: ControlCode.usage, "\(syntax.name) has no option -\(letter)",
                cure: "scriptron \(syntax.name) --help lists them")
        }
        let attached = String(word.dropFirst(2))
        return (option, attached.isEmpty ? nil : attached)
    }

    private static func usage(_ message: String, _ syntax: CommandSyntax) -> Failure {
        Failure(code: ControlCode.usage, message, cure: "usage: " + syntax.usage)
    }

    /// Whether a flag was given.
    func has(_ option: String) -> Bool { values[option] != nil }

    /// An option's value; of several the last.
    func value(_ option: String) -> String? { values[option]?.last }

    /// All values of an option that may be repeated.
    func values(_ option: String) -> [String] { values[option] ?? [] }

    /// The operand at an index, if given.
    func operand(_ index: Int) -> String? { index < operands.count ? operands[index] : nil }

    /// An option that is a whole number in a range.
    func whole(_ option: String, in range: ClosedRange<Int>) throws(Failure) -> Int? {
        guard let text = value(option) else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw Failure(
                code: ControlCode.usage,
                "--\(option) takes a whole number from \(range.lowerBound) to \(range.upperBound), not \"\(text)\"")
        }
        return number
    }
}
