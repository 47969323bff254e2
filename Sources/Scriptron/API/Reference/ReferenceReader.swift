/// Reads the text in which a module's reference is written: what it does in plain lines, then a line a fact.
///
///     # fs
///     Files.
///     @type Entry What is known of a file.
///     @field path string Its path.
///     ## fs.read
///     The whole content of a file.
///     @param path path The file.
///     @option max size="16MiB" A larger file fails.
///     @result string The bytes.
///     @error EFBIG The file is larger than `max`.
///     @need read the file
///     @example
///     local text = fs.read("notes.txt")
///
/// A `?` behind a name says that it may be left out, a `!` behind an option's that it may not.
enum ReferenceReader {
    static func module(_ text: String) throws(Failure) -> Reference.Module {
        var module = Reference.Module(name: "", text: "", records: [], functions: [])
        var function: Reference.Function?
        var inExample = false
        var inRecord = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("# ") {
                module.name = String(line.dropFirst(2))
            } else if line.hasPrefix("## ") {
                if let function { module.functions.append(finished(function)) }
                function = Reference.Function(
                    name: String(line.dropFirst(3)), text: "", parameters: [], options: [], takesMore: false,
                    results: [], problems: [], needs: [], example: "")
                inExample = false
            } else if inExample {
                function?.example += line + "\n"
            } else if line.hasPrefix("@type ") {
                let (name, text) = cut(line.dropFirst(6))
                module.records.append(Reference.Record(name: name, text: text, fields: []))
                inRecord = true
            } else if line.hasPrefix("@field ") {
                guard inRecord, !module.records.isEmpty else { throw broken(line) }
                module.records[module.records.count - 1].fields.append(try item(line.dropFirst(7)))
            } else if line.hasPrefix("@") {
                guard var current = function else { throw broken(line) }
                inExample = try read(line, into: &current)
                function = current
            } else if var current = function {
                current.text = joined(current.text, line)
                function = current
            } else {
                module.text = joined(module.text, line)
            }
        }
        if let function { module.functions.append(finished(function)) }
        module.text = trimmed(module.text)
        return module
    }

    /// Takes one fact; whether the example begins behind it.
    private static func read(_ line: String, into function: inout Reference.Function) throws(Failure) -> Bool {
        let (word, rest) = cut(line[...])
        switch word {
        case "@param": function.parameters.append(try item(rest[...]))
        case "@option":
            var option = try item(rest[...], isRequired: false)
            if option.name == "..." { function.takesMore = true }
            if option.name.hasSuffix("!") {
                option.name.removeLast()
                option.isRequired = true
            }
            function.options.append(option)
        case "@result":
            let (type, text) = cut(rest[...])
            function.results.append(Reference.Result(type: type, text: text))
        case "@error":
            let (code, text) = cut(rest[...])
            function.problems.append(Reference.Problem(code: code, text: text))
        case "@need":
            let (kind, text) = cut(rest[...])
            function.needs.append(Reference.Problem(code: kind, text: text))
        case "@example": return true
        default: throw broken(line)
        }
        return false
    }

    /// `name type=default text`.
    private static func item(_ line: Substring, isRequired: Bool = true) throws(Failure) -> Reference.Item {
        let (name, rest) = cut(line)
        let (form, text) = cut(rest[...])
        guard !name.isEmpty, !form.isEmpty else { throw broken(String(line)) }
        let parts = form.split(separator: "=", maxSplits: 1).map(String.init)
        let optional = name.hasSuffix("?")
        return Reference.Item(
            name: optional ? String(name.dropLast()) : name, type: parts[0], isRequired: isRequired && !optional,
            fallback: parts.count > 1 ? parts[1] : nil, text: text)
    }

    private static func finished(_ function: Reference.Function) -> Reference.Function {
        var function = function
        while function.example.hasSuffix("\n") { function.example.removeLast() }
        function.text = trimmed(function.text)
        return function
    }

    /// Lines of one paragraph stand on one line; an empty one parts paragraphs.
    private static func joined(_ text: String, _ line: String) -> String {
        if line.isEmpty { return text.isEmpty || text.hasSuffix("\n") ? text : text + "\n\n" }
        return text.isEmpty || text.hasSuffix("\n") ? text + line : text + " " + line
    }

    private static func trimmed(_ text: String) -> String {
        var text = text
        while text.hasSuffix("\n") { text.removeLast() }
        return text
    }

    private static func cut(_ line: Substring) -> (String, String) {
        let word = line.prefix { $0 != " " }
        return (String(word), String(line.dropFirst(word.count).drop { $0 == " " }))
    }

    private static func broken(_ line: String) -> Failure {
        Failure(code: "EFORMAT", "the line \"\(line)\" of the reference cannot be read")
    }
}
