import Scriptron

enum APICommand: Command {
    static let syntax = CommandSyntax(
        name: "api", operands: "[NAME]", operandCount: 0...1,
        summary: "Explain what scripts can call: all of it, a module (fs), a function (fs.copy) or a table (Entry)",
        options: [
            OptionSyntax("json", "print JSON lines, one a function"),
            OptionSyntax("as", value: "FORM", "all of it as markdown, annotations (for editors) or luacheck"),
        ],
        notes: [
            "scriptron api --as annotations > library/scriptron.lua tells lua-language-server what there is, "
                + "scriptron api --as luacheck > .luacheckrc tells luacheck."
        ])

    static func run(_ arguments: CommandArguments, _ context: CommandContext) throws(Failure) -> ExitCode {
        let reference = Reference.all
        if let form = arguments.value("as") {
            guard arguments.operand(0) == nil else {
                throw Failure(code: ControlCode.usage, "--as is of all of it", cure: "leave the name out")
            }
            let text = try document(form, reference)
            context.console.line(String(text.dropLast()))
            return .done
        }
        let style = context.console.style
        guard let name = arguments.operand(0) else {
            if arguments.has("json") {
                try context.console.json(reference.functions.map(\.value))
            } else {
                context.console.lines(ReferenceText.overview(reference, style))
            }
            return .done
        }
        let functions = try named(name, reference)
        if arguments.has("json") {
            try context.console.json(functions.map(\.value))
        } else if let module = reference.module(name) {
            context.console.lines(ReferenceText.members(module.text, functions, style))
        } else if functions.isEmpty, let record = record(name, reference) {
            context.console.lines(ReferenceText.record(record, style))
        } else if functions.count == 1 {
            context.console.lines(ReferenceText.function(functions[0], style))
        } else {
            context.console.lines(ReferenceText.members("What a \(name) can do.", functions, style))
        }
        return .done
    }

    private static func document(_ form: String, _ reference: Reference) throws(Failure) -> String {
        switch form {
        case "markdown": return ReferenceMarkdown.document(reference)
        case "annotations": return ReferenceAnnotations.document(reference)
        case "luacheck": return ReferenceLuacheck.document(reference)
        default:
            throw Failure(
                code: ControlCode.usage, "--as takes markdown, annotations or luacheck, not \"\(form)\"")
        }
    }

    /// The table of a known form of this name, in capitals or not.
    private static func record(_ name: String, _ reference: Reference) -> Reference.Record? {
        let records = reference.modules.flatMap(\.records)
        return records.first { $0.name == name } ?? records.first { $0.name.lowercased() == name.lowercased() }
    }

    /// The functions that a name stands for; of a table of a known form none.
    private static func named(_ name: String, _ reference: Reference) throws(Failure) -> [Reference.Function] {
        if let module = reference.module(name) { return module.functions }
        let records = reference.modules.flatMap(\.records).map(\.name)
        if records.contains(name) { return [] }
        let all = reference.functions
        // `needs` means the table, unless something else is called so.
        if !all.contains(where: { $0.owner == name }), record(name, reference) != nil { return [] }
        // `bucket.put` is understood as the method that it means.
        if let function = all.first(where: { $0.name == name || $0.name.replacing(":", with: ".") == name }) {
            return [function]
        }
        let owned = all.filter { $0.owner == name }
        if !owned.isEmpty { return owned }
        let known = all.map(\.name) + reference.modules.map(\.name) + records
        let near = Nearest.names(to: name, among: known)
        throw Failure(
            code: ControlCode.usage, "the API has no \"\(name)\"",
            cure: near.isEmpty ? "scriptron api lists what there is" : "did you mean " + near.joined(separator: ", "))
    }
}

extension Reference.Function {
    /// As programs read it.
    fileprivate var value: Value {
        func items(_ items: [Reference.Item]) -> Value {
            .list(
                items.map { item in
                    [
                        "name": .text(item.name), "type": .text(item.type), "required": .bool(item.isRequired),
                        "default": item.fallback.map { .text($0) } ?? .null, "text": .text(item.text),
                    ]
                })
        }
        return [
            "name": .text(name), "signature": .text(signature), "text": .text(text), "parameters": items(parameters),
            "options": items(options), "example": .text(example),
            "results": .list(results.map { ["type": .text($0.type), "text": .text($0.text)] }),
            "errors": .list(problems.map { ["code": .text($0.code), "text": .text($0.text)] }),
            "needs": .list(needs.map { ["kind": .text($0.code), "text": .text($0.text)] }),
        ]
    }
}
