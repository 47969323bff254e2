/// What is in scope while a script is parsed, by the rules of Lua's compiler: names, labels, and its limits.
struct LuaScopes {
    /// The local variables that a function may have at once.
    private static let localLimit = 200
    /// The outer variables that a function may use.
    private static let upvalueLimit = 255

    private struct Goto {
        var name: String
        var position: LuaPosition
        /// How many variables of the function are active where it stands.
        var active: Int
    }

    private struct Block {
        var isLoop: Bool
        /// How many variables of the function were active before it.
        var active: Int
        var labels: [String: (active: Int, line: Int)] = [:]
        /// What has found no label yet.
        var pending: [Goto] = []
    }

    private struct Function {
        var takesMore: Bool
        /// The variables in scope, the innermost last.
        var active: [Int] = []
        var blocks: [Block] = []
        var upvalues: Set<Int> = []
        var deepest = 0
    }

    private var functions: [Function] = []
    private(set) var locals: [LuaLocal] = []

    private var function: Function {
        get { functions[functions.count - 1] }
        _modify { yield &functions[functions.count - 1] }
    }

    private var block: Block {
        get { function.blocks[function.blocks.count - 1] }
        _modify { yield &functions[functions.count - 1].blocks[functions[functions.count - 1].blocks.count - 1] }
    }

    // MARK: Functions and blocks

    var takesMore: Bool { function.takesMore }

    mutating func enterFunction() {
        functions.append(Function(takesMore: false))
        enterBlock()
    }

    mutating func allowMore() { function.takesMore = true }

    /// Leaves the function; how deep expressions in it nest.
    mutating func leaveFunction() throws(LuaSyntaxError) -> Int {
        try leaveBlock()
        return functions.removeLast().deepest
    }

    mutating func note(depth: Int) { function.deepest = max(function.deepest, depth) }

    mutating func enterBlock(isLoop: Bool = false) {
        function.blocks.append(Block(isLoop: isLoop, active: function.active.count))
    }

    mutating func leaveBlock() throws(LuaSyntaxError) {
        let left = function.blocks.removeLast()
        function.active.removeLast(function.active.count - left.active)
        for var jump in left.pending where !(left.isLoop && jump.name == "break") {
            guard !function.blocks.isEmpty else {
                let message =
                    jump.name == "break"
                    ? "break outside a loop at line \(jump.position.line)"
                    : "no visible label '\(jump.name)' for goto at line \(jump.position.line)"
                throw LuaSyntaxError(position: jump.position, message: message)
            }
            jump.active = left.active
            block.pending.append(jump)
        }
    }

    // MARK: Variables

    /// A variable that is declared, but not in scope before `activate`.
    mutating func declare(_ name: LuaName, _ kind: LuaLocal.Kind, isConstant: Bool = false) -> Int {
        locals.append(LuaLocal(name: name.text, position: name.position, kind: kind, isConstant: isConstant))
        return locals.count - 1
    }

    mutating func activate(_ variables: [Int]) throws(LuaSyntaxError) {
        function.active += variables
        if function.active.count > Self.localLimit, let last = variables.last {
            throw LuaSyntaxError(
                position: locals[last].position,
                message: "too many local variables (limit is \(Self.localLimit)) in function")
        }
    }

    /// What a name means here; nil: a global.
    mutating func resolve(_ name: LuaName) throws(LuaSyntaxError) -> Int? {
        for level in functions.indices.reversed() {
            guard let found = functions[level].active.last(where: { locals[$0].name == name.text }) else { continue }
            try use(found, from: level, at: name.position)
            return found
        }
        // A global is a member of `_ENV`, which is an outer variable too.
        try use(-1, from: -1, at: name.position)
        return nil
    }

    private mutating func use(_ variable: Int, from owner: Int, at position: LuaPosition) throws(LuaSyntaxError) {
        for level in functions.indices.dropFirst(owner + 1) {
            functions[level].upvalues.insert(variable)
            if functions[level].upvalues.count > Self.upvalueLimit {
                throw LuaSyntaxError(
                    position: position, message: "too many upvalues (limit is \(Self.upvalueLimit)) in function")
            }
        }
    }

    mutating func assign(_ variable: Int, at position: LuaPosition) throws(LuaSyntaxError) {
        guard !locals[variable].isConstant else {
            throw LuaSyntaxError(
                position: position, message: "attempt to assign to const variable '\(locals[variable].name)'")
        }
        locals[variable].assignments += 1
    }

    // MARK: Jumps

    mutating func jump(to name: String, at position: LuaPosition) {
        if name != "break", function.blocks.contains(where: { $0.labels[name] != nil }) { return }
        block.pending.append(Goto(name: name, position: position, active: function.active.count))
    }

    /// A label; `isLast`: nothing but labels follows it in its block, so that the block's variables end before it.
    mutating func label(_ name: LuaName, isLast: Bool) throws(LuaSyntaxError) {
        if let known = function.blocks.lazy.compactMap({ $0.labels[name.text] }).first {
            throw LuaSyntaxError(
                position: name.position, message: "label '\(name.text)' already defined on line \(known.line)")
        }
        let active = isLast ? block.active : function.active.count
        block.labels[name.text] = (active, name.position.line)
        for jump in block.pending where jump.name == name.text && jump.active < active {
            let entered = locals[function.active[jump.active]].name
            throw LuaSyntaxError(
                position: jump.position,
                message: "<goto \(name.text)> at line \(jump.position.line) jumps into the scope of local '\(entered)'")
        }
        block.pending.removeAll { $0.name == name.text }
    }
}
