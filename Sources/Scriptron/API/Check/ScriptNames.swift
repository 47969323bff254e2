/// What the expressions of a script stand for, as far as its text says so for certain.
struct ScriptNames {
    enum Meaning {
        /// Anything.
        case unknown
        case module(String)
        /// One of Lua's own libraries.
        case library(String)
        case function(Reference.Function)
        /// `string.format`
        case libraryFunction(String)
        case handle(String)
        case settings
        case this
        case coroutine
    }

    let scan: ScriptScan
    let vocabulary: ScriptVocabulary
    /// What the parameters of the header's functions are.
    private var parameters: [Int: Meaning] = [:]

    init(_ scan: ScriptScan, _ vocabulary: ScriptVocabulary) {
        self.scan = scan
        self.vocabulary = vocabulary
        for key in ["needs", "discover", "run"] {
            guard let value = scan.header(key), let function = scan.function(value) else { continue }
            for (variable, meaning) in zip(function.parameters, [Meaning.settings, key == "run" ? .this : .unknown])
            where scan.chunk.locals[variable].assignments == 0 {
                parameters[variable] = meaning
            }
        }
    }

    func meaning(_ expression: LuaExpression) -> Meaning {
        switch expression.kind {
        case .group(let inner): return meaning(inner)
        case .global(let name): return meaning(global: name)
        case .local(let variable):
            return parameters[variable] ?? scan.values[variable].map { meaning($0) } ?? .unknown
        case .member(let base, let name): return member(name.text, of: meaning(base))
        case .call(let function, _):
            switch meaning(function) {
            case .function(let function): return vocabulary.handle(function).map { .handle($0) } ?? .unknown
            case .libraryFunction("coroutine.create"): return .coroutine
            default: return .unknown
            }
        default: return .unknown
        }
    }

    private func meaning(global name: String) -> Meaning {
        guard !scan.chunk.usesEnvironment, scan.setGlobals[name] == nil else { return .unknown }
        if vocabulary.isModule(name) { return .module(name) }
        if vocabulary.isLibrary(name) { return .library(name) }
        return vocabulary.global(name).map { .function($0) } ?? .unknown
    }

    private func member(_ name: String, of base: Meaning) -> Meaning {
        switch base {
        case .module(let module): vocabulary.functions[module]?[name].map { .function($0) } ?? .unknown
        case .this: vocabulary.functions["this"]?[name].map { .function($0) } ?? .unknown
        case .library(let library):
            GoldenList.tables[library]?.contains(name) == true ? .libraryFunction("\(library).\(name)") : .unknown
        default: .unknown
        }
    }

    /// An expression as people would name it: `fs.read`, `db`; nil where it has no name.
    func shown(_ expression: LuaExpression) -> String? {
        switch expression.kind {
        case .local(let variable): scan.chunk.locals[variable].name
        case .global(let name): name
        case .member(let base, let name): shown(base).map { "\($0).\(name.text)" }
        case .group(let inner): shown(inner)
        default: nil
        }
    }
}
