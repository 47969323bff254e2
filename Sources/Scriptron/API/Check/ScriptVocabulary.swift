/// What a script can name: the host API as the reference has it, and Lua's own libraries as a state holds them.
struct ScriptVocabulary: Sendable {
    /// The API's functions by their modules, `fs` and `read`; what is called like a module itself is under "".
    private(set) var functions: [String: [String: Reference.Function]] = [:]
    /// The methods by the kinds of their handles: `bucket` and `put`.
    private(set) var methods: [String: [String: Reference.Function]] = [:]
    /// The tables of known form that options may be.
    private(set) var records: [String: Reference.Record] = [:]

    static let all = ScriptVocabulary(Reference.all)

    init(_ reference: Reference) {
        for function in reference.functions {
            if function.isMethod {
                methods[function.owner, default: [:]][function.member] = function
            } else if function.member.isEmpty {
                functions["", default: [:]][function.name] = function
            } else {
                functions[function.owner, default: [:]][function.member] = function
            }
        }
        for record in reference.modules.flatMap(\.records) { records[record.name] = record }
    }

    /// Whether a global is a module of the host. `this` is none: `run` gets it.
    func isModule(_ name: String) -> Bool {
        // The host adds to some of Lua's own libraries; those are what the state holds.
        name != "this" && !name.isEmpty && functions[name] != nil && GoldenList.tables[name] == nil
    }

    /// A function that is a global by itself: `parallel`.
    func global(_ name: String) -> Reference.Function? { functions[""]?[name] }

    /// Lua's own libraries.
    func isLibrary(_ name: String) -> Bool { GoldenList.tables[name] != nil }

    func isKnown(global name: String) -> Bool {
        isModule(name) || global(name) != nil || isLibrary(name) || GoldenList.globals.contains(name)
    }

    /// The names of all globals, for "did you mean".
    var globals: [String] {
        GoldenList.globals + GoldenList.tables.keys + functions.keys.filter { isModule($0) }
            + (functions[""].map { Array($0.keys) } ?? [])
    }

    /// What `this` has beside its functions.
    var fieldsOfThis: [String] { records["This"]?.fields.map(\.name) ?? [] }

    /// The kind of handle that a function returns: `queue`, of `lock?` the `lock`.
    func handle(_ function: Reference.Function) -> String? {
        guard let type = function.results.first?.type else { return nil }
        let kind = type.hasSuffix("?") ? String(type.dropLast()) : type
        return methods[kind] == nil ? nil : kind
    }
}

extension Reference.Function {
    /// Whether it is called for what it returns alone: it reads, and changes nothing.
    var onlyAnswers: Bool {
        guard ["fs", "json", "time", "hash"].contains(owner), let result = results.first else { return false }
        // What is opened for writing may be made by that.
        return result.type != "nil" && needs.allSatisfy { $0.code == "read" }
            && !["fs.temp_dir", "fs.open"].contains(name)
    }

    var returnsIterator: Bool { results.first?.type.hasPrefix("fun(") == true }
    var returnsList: Bool { results.first?.type.hasSuffix("[]") == true }
}
