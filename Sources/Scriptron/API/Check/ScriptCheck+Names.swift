/// Globals, and the members of modules and libraries.
extension ScriptCheck {
    mutating func judge(global name: String, at position: LuaPosition) {
        guard !scan.chunk.usesEnvironment, !vocabulary.isKnown(global: name), scan.setGlobals[name] == nil,
            !scan.tested.contains(name)
        else { return }
        let absent = LuaAbsent.cure(name)
        let cure = absent ?? self.cure(name, among: vocabulary.globals, else: "declare it: local \(name) = …")
        // To call nil, or to look into it, fails.
        report(
            scan.pressed.contains(position) ? .error : .warning, "EGLOBAL", position, "there is no global \(name)",
            cure: cure)
    }

    mutating func judgeChange(_ target: LuaExpression, isFunction: Bool) {
        switch target.kind {
        case .global(let name):
            guard !scan.chunk.usesEnvironment, scan.setGlobals[name] == target.position else { return }
            report(
                .warning, "EGLOBAL", target.position, "\(name) is set as a global, which every file of the job sees",
                cure: isFunction ? "write local function \(name)(…)" : "write local \(name) before its first use")
        case .member(let base, let name):
            let owner: String
            switch names.meaning(base) {
            case .module(let module): owner = module
            case .library(let library): owner = library
            default: return
            }
            report(
                .error, "EGLOBAL", name.position, "\(owner).\(name.text) cannot be set: the table is locked",
                cure: "keep what is yours in a local of your own")
        default: return
        }
    }

    mutating func judge(member name: LuaName, of base: LuaExpression) {
        switch names.meaning(base) {
        case .module(let module):
            let known = vocabulary.functions[module] ?? [:]
            guard known[name.text] == nil, !scan.tested.contains("\(module).\(name.text)") else { return }
            report(
                .error, "EUNKNOWN", name.position, "there is no \(module).\(name.text)",
                cure: cure(
                    name.text, among: known.keys, prefix: module + ".",
                    else: "scriptron api \(module) lists what there is"))
        case .this:
            let known = vocabulary.fieldsOfThis + (vocabulary.functions["this"].map { Array($0.keys) } ?? [])
            guard !known.contains(name.text) else { return }
            report(
                .error, "EUNKNOWN", name.position, "there is no this.\(name.text)",
                cure: cure(name.text, among: known, prefix: "this.", else: "scriptron api this lists what there is"))
        case .library(let library):
            let whole = "\(library).\(name.text)"
            let known = GoldenList.tables[library] ?? []
            guard !known.contains(name.text), !scan.tested.contains(whole) else { return }
            let absent = LuaAbsent.cure(whole)
            report(
                scan.pressed.contains(name.position) ? .error : .warning, "EUNKNOWN", name.position,
                "there is no \(whole)",
                cure: absent
                    ?? cure(
                        name.text, among: known, prefix: library + ".",
                        else: "\(library) has " + known.joined(separator: ", ")))
        default: return
        }
    }

    /// `require "x"` of a library that is not there.
    mutating func judgeRequire(_ arguments: [LuaExpression]) {
        guard let libraries = subject.libraries, arguments.count == 1, let name = arguments[0].text,
            !libraries.contains(name)
        else { return }
        report(
            .error, "ENOENT", arguments[0].position, "there is no jobs/lib/\(name).lua",
            cure: cure(
                name, among: libraries,
                else: "require finds the files of jobs/lib and nothing else: scriptron api lists what the host offers"))
    }
}
