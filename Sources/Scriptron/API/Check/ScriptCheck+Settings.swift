/// Settings that are declared and never used, or used and never declared.
extension ScriptCheck {
    mutating func judgeSettings() {
        guard let header = scan.header else { return }
        let declared: [LuaField]
        if let value = scan.header("settings") {
            // What is not written out as a table may declare anything.
            guard let fields = scan.table(value), ScriptScan.isPlain(fields) else { return }
            declared = fields
        } else {
            guard ScriptScan.isPlain(header) else { return }
            declared = []
        }
        let known = declared.compactMap { ScriptScan.key($0) }
        judgeUses(known)
        var words = scan.words
        var parts = scan.parts
        for companion in subject.companions {
            guard let chunk = try? LuaParser.parse(companion) else { return }
            let companion = ScriptScan(chunk)
            words.formUnion(companion.words)
            parts.formUnion(companion.parts)
        }
        for field in declared {
            guard let name = ScriptScan.key(field), !words.contains(name),
                !parts.contains(where: { $0.utf8.count > 1 && (name.hasPrefix($0) || name.hasSuffix($0)) })
            else { continue }
            let place: LuaPosition = if case .name(let name) = field.key { name.position } else { field.value.position }
            report(
                .warning, "ESETTING", place, "the setting \(name) is declared and never used",
                cure: "use settings.\(name), or take it out")
        }
    }

    private mutating func judgeUses(_ known: [String]) {
        var uses: [LuaName] = []
        var given: Set<String> = []
        let names = names
        func settingsMember(_ expression: LuaExpression) -> LuaName? {
            guard case .member(let base, let name) = expression.kind, case .settings = names.meaning(base) else {
                return nil
            }
            return name
        }
        LuaWalk.visit(scan.chunk.block) { node in
            switch node {
            case .statement(let statement):
                // What the script puts there itself is there.
                if case .assign(let targets, _) = statement.kind {
                    given.formUnion(targets.compactMap { settingsMember($0)?.text })
                }
            case .expression(let expression): if let name = settingsMember(expression) { uses.append(name) }
            }
        }
        for name in uses where !known.contains(name.text) && !given.contains(name.text) {
            report(
                .warning, "ESETTING", name.position, "the setting \(name.text) is used and not declared: it is nil",
                cure: cure(
                    name.text, among: known, prefix: "settings.",
                    else: "declare it: settings = { \(name.text) = option.string \"…\" }"))
        }
    }
}
