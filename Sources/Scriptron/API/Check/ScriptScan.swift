/// What the judgement of single lines depends on, noted in one walk over the whole script before it.
struct ScriptScan {
    private(set) var chunk: LuaChunk
    /// What a local variable was given where it was declared, if it never gets anything else.
    private(set) var values: [Int: LuaExpression] = [:]
    /// Local functions that are never replaced.
    private(set) var functions: [Int: LuaFunction] = [:]
    /// Local variables whose members are set later.
    private(set) var changed: Set<Int> = []
    /// Globals that the script sets, with the first place of each.
    private(set) var setGlobals: [String: LuaPosition] = [:]
    /// Globals and members (`string.trim`) that the script asks for before it uses them: `if unpack then`, `x or y`.
    private(set) var tested: Set<String> = []
    /// Where a global or a member of one is called or looked into, which fails where it is nil.
    private(set) var pressed: Set<LuaPosition> = []
    /// Every name behind a dot and every text: whatever may be the use of a setting.
    private(set) var words: Set<String> = []
    /// The texts that names are put together of: `"pressure_" .. kind`.
    private(set) var parts: Set<String> = []
    /// What `job` was called with; nil where it is called otherwise than once, with a table.
    private(set) var header: [LuaField]?
    private var jobCalls = 0

    init(_ chunk: LuaChunk) {
        self.chunk = chunk
        var scan = self
        LuaWalk.visit(chunk.block) { node in
            switch node {
            case .statement(let statement): scan.note(statement)
            case .expression(let expression): scan.note(expression)
            }
        }
        self = scan
        if jobCalls != 1 { header = nil }
    }

    private mutating func note(_ statement: LuaStatement) {
        switch statement.kind {
        case .local(let variables, let given):
            for (variable, value) in zip(variables, given) where chunk.locals[variable].assignments == 0 {
                values[variable] = value
            }
        case .localFunction(let variable, let function) where chunk.locals[variable].assignments == 0:
            functions[variable] = function
        case .assign(let targets, _): for target in targets { noteChange(target) }
        case .function(let target, _): noteChange(target)
        case .while(let condition, _), .repeat(_, let condition): noteTest(condition)
        case .if(let branches, _): for branch in branches { noteTest(branch.condition) }
        default: return
        }
    }

    private mutating func noteChange(_ target: LuaExpression) {
        switch target.kind {
        case .global(let name): setGlobals[name] = setGlobals[name] ?? target.position
        case .member(let base, _), .index(let base, _):
            if case .local(let variable) = base.kind { changed.insert(variable) }
        default: return
        }
    }

    /// Names that stand where only matters whether there is something.
    private mutating func noteTest(_ expression: LuaExpression) {
        if let name = Self.name(expression) { tested.insert(name) }
    }

    /// `unpack`, or `string.trim`.
    static func name(_ expression: LuaExpression) -> String? {
        switch expression.kind {
        case .global(let name): name
        case .member(let base, let member):
            if case .global(let name) = base.kind { "\(name).\(member.text)" } else { nil }
        case .group(let inner): name(inner)
        default: nil
        }
    }

    private mutating func note(_ expression: LuaExpression) {
        switch expression.kind {
        case .binary("and", let left, let right), .binary("or", let left, let right),
            .binary("==", let left, let right), .binary("~=", let left, let right):
            noteTest(left)
            noteTest(right)
        case .unary("not", let operand): noteTest(operand)
        case .binary("..", let left, let right): parts.formUnion([left, right].compactMap(\.text))
        case .member(let base, let name):
            words.insert(name.text)
            press(base)
        case .index(let base, _): press(base)
        case .method(let base, let name, _):
            words.insert(name.text)
            press(base)
        case .call(let function, let arguments):
            press(function)
            guard case .global(let name) = function.kind else { return }
            if name == "type", let first = arguments.first { noteTest(first) }
            if name == "job" { noteHeader(arguments) }
        case .string: if let text = expression.text { words.insert(text) }
        default: return
        }
    }

    private mutating func press(_ expression: LuaExpression) { pressed.insert(expression.position) }

    private mutating func noteHeader(_ arguments: [LuaExpression]) {
        jobCalls += 1
        guard let first = arguments.first else { return }
        switch first.kind {
        case .table(let fields): header = fields
        case .local(let variable):
            if let value = values[variable], case .table(let fields) = value.kind, !changed.contains(variable) {
                header = fields
            }
        default: return
        }
    }

    // MARK: The header

    /// The value of one of the header's keys.
    func header(_ key: String) -> LuaExpression? { header.flatMap { Self.field(key, of: $0) } }

    static func field(_ key: String, of fields: [LuaField]) -> LuaExpression? {
        fields.last { Self.key($0) == key }?.value
    }

    /// A field's name, written as one or as a text in brackets.
    static func key(_ field: LuaField) -> String? {
        switch field.key {
        case .none: nil
        case .name(let name): name.text
        case .computed(let key): key.text
        }
    }

    /// Whether all keys of a table can be read off its text.
    static func isPlain(_ fields: [LuaField]) -> Bool { fields.allSatisfy { key($0) != nil } }

    /// The function that an expression is.
    func function(_ expression: LuaExpression) -> LuaFunction? {
        switch expression.kind {
        case .function(let function): function
        case .local(let variable): functions[variable] ?? values[variable].flatMap { self.function($0) }
        case .group(let inner): function(inner)
        default: nil
        }
    }

    /// The table that an expression is, if nothing is put into it elsewhere.
    func table(_ expression: LuaExpression) -> [LuaField]? {
        switch expression.kind {
        case .table(let fields): fields
        case .local(let variable): changed.contains(variable) ? nil : values[variable].flatMap { table($0) }
        case .group(let inner): table(inner)
        default: nil
        }
    }
}
