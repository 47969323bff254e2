/// What the calls of a script would need, against what it declares.
extension ScriptCheck {
    /// Needs that are declared under another name too.
    private static let implied = ["read": ["read", "write"]]
    private static let examples = [
        "read": "read = { \"/var/log\" }", "write": "write = { \"reports\" }", "run": "run = { \"gzip\" }",
        "connect": "connect = { \"db.internal:5432\" }", "signal": "signal = { \"nginx\" }",
        "service": "service = { \"nginx\" }",
    ]

    mutating func judgeNeeds() {
        guard !subject.needsAreOperators, let header = scan.header, let declared = declaredNeeds(header) else { return }
        var calls: [(function: Reference.Function, arguments: [LuaExpression], position: LuaPosition)] = []
        var hasScratch = false
        let names = names
        LuaWalk.visit(scan.chunk.block) { node in
            guard case .expression(let expression) = node else { return }
            switch expression.kind {
            case .call(let function, let arguments):
                guard case .function(let called) = names.meaning(function) else { return }
                calls.append((called, arguments, expression.position))
                // What lies in the run's scratch needs nothing.
                if called.name == "fs.temp_dir" || called.name == "sys.store_copy" { hasScratch = true }
            case .method(let base, let name, let arguments):
                guard case .handle(let kind) = names.meaning(base),
                    let method = names.vocabulary.methods[kind]?[name.text]
                else { return }
                calls.append((method, arguments, name.position))
            default: return
            }
        }
        var told: Set<String> = []
        for call in calls {
            guard let kind = missing(call.function, call.arguments, declared, hasScratch: hasScratch),
                told.insert(kind).inserted
            else { continue }
            let example = Self.examples[kind] ?? "\(kind) = …"
            report(
                .error, "ENEED", call.position, "\(call.function.name) needs \(kind), and the job declares none",
                cure: declared.isEmpty
                    ? "add needs = function(settings) return { \(example) } end" : "add \(example) to its needs")
        }
        if !declared.contains("secrets") { judgeSecrets(hasNeeds: !declared.isEmpty) }
    }

    /// Settings that hold secrets and are used, where the needs have no `secrets`.
    private mutating func judgeSecrets(hasNeeds: Bool) {
        guard let fields = scan.header("settings").flatMap({ scan.table($0) }) else { return }
        let names = names
        let secrets = Set(
            fields.compactMap { field -> String? in
                guard case .call(let function, _) = field.value.kind,
                    case .libraryFunction("option.secret") = names.meaning(function)
                else { return nil }
                return ScriptScan.key(field)
            })
        if secrets.isEmpty { return }
        var uses: [LuaName] = []
        LuaWalk.visit(scan.chunk.block) { node in
            guard case .expression(let expression) = node, case .member(let base, let name) = expression.kind,
                case .settings = names.meaning(base), secrets.contains(name.text)
            else { return }
            uses.append(name)
        }
        var told: Set<String> = []
        for use in uses where told.insert(use.text).inserted {
            let example = "secrets = { settings.\(use.text) }"
            report(
                .error, "ENEED", use.position, "settings.\(use.text) is a secret, and the job's needs name none",
                cure: hasNeeds
                    ? "add \(example) to its needs" : "add needs = function(settings) return { \(example) } end")
        }
    }

    /// The kind of need that a call lacks; nil where it has all, or where that cannot be told.
    private func missing(
        _ function: Reference.Function, _ arguments: [LuaExpression], _ declared: Set<String>, hasScratch: Bool
    ) -> String? {
        var kinds = function.needs.map(\.code)
        if function.name == "sql.open" {
            // A file or a server, as its address says.
            let isServer = arguments.first?.text.map { $0.hasPrefix("postgres") }
            kinds = isServer.map { $0 ? ["connect"] : ["read"] } ?? []
        }
        return kinds.first { kind in
            if kind == "read" || kind == "write", hasScratch { return false }
            return !(Self.implied[kind] ?? [kind]).contains { declared.contains($0) }
        }
    }

    /// The kinds that `needs` can return; nil where its text does not say.
    private func declaredNeeds(_ header: [LuaField]) -> Set<String>? {
        guard let value = scan.header("needs") else { return ScriptScan.isPlain(header) ? [] : nil }
        guard let function = scan.function(value) else { return nil }
        var kinds: Set<String> = []
        var isKnown = true
        var inner = 0
        LuaWalk.visit(function.block) { node in
            switch node {
            case .statement(let statement):
                switch statement.kind {
                case .return(let values):
                    guard inner == 0, let first = values.first, let fields = scan.table(first),
                        ScriptScan.isPlain(fields)
                    else { return isKnown = false }
                    kinds.formUnion(fields.compactMap { ScriptScan.key($0) })
                case .localFunction, .function: inner += 1
                default: return
                }
            case .expression(let expression): if case .function = expression.kind { inner += 1 }
            }
        }
        // With functions in it a return may be theirs.
        return isKnown ? kinds : nil
    }
}
