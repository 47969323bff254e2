/// Calls: of what they are, with what, and what becomes of what they return.
extension ScriptCheck {
    mutating func judge(call function: LuaExpression, _ arguments: [LuaExpression], at position: LuaPosition) {
        switch names.meaning(function) {
        case .function(let called): judge(called, arguments, at: position)
        case .coroutine:
            report(
                .error, "EARGUMENT", position, "\(names.shown(function) ?? "this") is a coroutine, no function",
                cure: "write coroutine.resume(\(names.shown(function) ?? "it")), or make it with coroutine.wrap")
        default: break
        }
        if case .global(let name) = function.kind { judge(base: name, arguments) }
        if case .member(let base, let name) = function.kind, case .handle(let kind) = names.meaning(base) {
            judge(handle: kind, name, of: base, arguments)
        }
    }

    /// Calls of Lua's own functions that take other functions, or lists.
    private mutating func judge(base name: String, _ arguments: [LuaExpression]) {
        guard let first = arguments.first else { return }
        switch name {
        case "require": judgeRequire(arguments)
        case "pcall":
            // What fails there is caught: it is told, and fails nothing.
            guard case .function(let called) = names.meaning(first) else { return }
            let before = findings.count
            judge(called, Array(arguments.dropFirst()), at: first.position)
            for index in before..<findings.count { findings[index].level = .warning }
        case "ipairs", "pairs":
            guard case .call(let inner, _) = first.kind, case .function(let called) = names.meaning(inner),
                called.returnsIterator
            else { return }
            report(
                .error, "EARGUMENT", first.position, "\(called.name) returns an iterator, no list",
                cure: "write for … in \(called.name)(…) do")
        default: return
        }
    }

    /// `db.exec(…)` where `db:exec(…)` is meant.
    private mutating func judge(
        handle kind: String, _ name: LuaName, of base: LuaExpression, _ arguments: [LuaExpression]
    ) {
        let shown = names.shown(base) ?? "it"
        guard let method = vocabulary.methods[kind]?[name.text] else { return unknown(method: name, of: kind) }
        if case .local(let given)? = arguments.first?.kind, case .local(let owner) = base.kind, given == owner {
            return judge(method, Array(arguments.dropFirst()), at: name.position)
        }
        if case .varargs? = arguments.first?.kind { return }
        report(
            .error, "EARGUMENT", name.position, "\(shown).\(name.text) does not say which \(kind) is meant",
            cure: "write \(shown):\(name.text)(…)")
    }

    mutating func judge(method name: LuaName, of base: LuaExpression, _ arguments: [LuaExpression]) {
        let owner: String
        switch names.meaning(base) {
        case .handle(let kind):
            guard let method = vocabulary.methods[kind]?[name.text] else { return unknown(method: name, of: kind) }
            return judge(method, arguments, at: name.position)
        case .module(let module): owner = module
        case .this: owner = "this"
        default: return
        }
        let known = vocabulary.functions[owner] ?? [:]
        guard known[name.text] != nil else {
            return report(
                .error, "EUNKNOWN", name.position, "there is no \(owner).\(name.text)",
                cure: cure(
                    name.text, among: known.keys, prefix: owner + ".",
                    else: "scriptron api \(owner) lists what there is"))
        }
        report(
            .error, "EARGUMENT", name.position,
            "\(owner):\(name.text) hands \(owner) itself over as the first argument",
            cure: "write \(owner).\(name.text)(…), with a dot")
    }

    private mutating func unknown(method name: LuaName, of kind: String) {
        let known = vocabulary.methods[kind]?.keys.sorted() ?? []
        report(
            .error, "EUNKNOWN", name.position, "a \(kind) has no \(name.text)",
            cure: cure(name.text, among: known, else: "it has " + known.joined(separator: ", ")))
    }

    /// A call whose only point is what it returns, which nobody takes.
    mutating func judgeUnused(_ call: LuaExpression) {
        guard case .call(let function, _) = call.kind else { return }
        let name: String
        switch names.meaning(function) {
        case .function(let called) where called.onlyAnswers: name = called.name
        case .libraryFunction(let called) where called.hasPrefix("string.") || called.hasPrefix("utf8."): name = called
        default: return
        }
        report(
            .warning, "EUNUSED", call.position, "\(name) changes nothing, and nobody takes what it returns",
            cure: "write local result = \(name)(…)")
    }

    /// `for … in fs.list(…) do`.
    mutating func judgeLoop(_ value: LuaExpression) {
        guard case .call(let inner, _) = value.kind, case .function(let called) = names.meaning(inner),
            called.returnsList
        else { return }
        report(
            .error, "EARGUMENT", value.position, "\(called.name) returns a list, no iterator",
            cure: "write for _, item in ipairs(\(called.name)(…)) do")
    }

    // MARK: Arguments

    /// Judges the arguments of a call of the host API.
    mutating func judge(_ function: Reference.Function, _ arguments: [LuaExpression], at position: LuaPosition) {
        // A header, and what declares settings, are judged when the job is loaded.
        guard function.owner != "job", function.owner != "option",
            !function.parameters.contains(where: { $0.name == "..." })
        else { return }
        let isCounted = arguments.last.map { !Self.mayBeSeveral($0) } ?? true
        let place = function.parameters.count
        for (index, parameter) in function.parameters.enumerated() {
            guard index < arguments.count else {
                guard isCounted, parameter.isRequired, !ScriptType(parameter.type).takesNil else { continue }
                report(
                    .error, "EARGUMENT", position,
                    "\(function.name): argument \(index + 1) (\(parameter.name)) is missing",
                    cure: "it is called as \(function.signature)")
                return
            }
            judge(arguments[index], as: parameter.type, "argument \(index + 1) (\(parameter.name))", of: function)
        }
        guard !function.options.isEmpty else { return }
        guard place < arguments.count else {
            if isCounted, let missing = function.options.first(where: \.isRequired) {
                report(
                    .error, "EARGUMENT", position, "\(function.name): option \(missing.name) is missing",
                    cure: missing.text.withSmallStart)
            }
            return
        }
        judgeOptions(arguments[place], number: place + 1, of: function)
        judgeArchive(arguments, of: function)
    }

    /// Options that are for files, where an archive is sent.
    private mutating func judgeArchive(_ arguments: [LuaExpression], of function: Reference.Function) {
        let isPut = function.name == "bucket:put"
        guard isPut || function.name == "http.upload", arguments.count > 2,
            case .table(let source) = arguments[1].kind, case .table(let options) = arguments[2].kind,
            source.contains(where: { ScriptScan.key($0) == "archive" })
        else { return }
        let ofFiles = isPut ? ["checksum", "resume"] : ["sink", "progress"]
        for field in options {
            guard let key = ScriptScan.key(field), ofFiles.contains(key) else { continue }
            report(
                .error, "EOPTION", field.value.position, "\(function.name): \(key) is not given with an archive",
                cure: "send a file, or take it out")
        }
    }

    /// Whether an expression at the end of a list may stand for several values, or for none.
    private static func mayBeSeveral(_ expression: LuaExpression) -> Bool {
        switch expression.kind {
        case .varargs, .call, .method: true
        default: false
        }
    }
}

extension String {
    /// As it stands within a sentence, without its full stop.
    var withSmallStart: String {
        let text = hasSuffix(".") ? String(dropLast()) : self
        return text.prefix(1).lowercased() + text.dropFirst()
    }
}
