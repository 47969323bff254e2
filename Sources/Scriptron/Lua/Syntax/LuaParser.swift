/// Reads a Lua 5.4 script into a tree, without running it: what Lua's compiler takes it takes, and what that refuses it
/// refuses, but for what has no room in a function's registers.
package struct LuaParser {
    /// How deep statements and expressions nest, as in Lua.
    private static let levelLimit = 200
    /// How many operators or calls may be strung together. Lua has no such limit; nobody writes as many.
    static let depthLimit = 1000

    private var lexer: LuaLexer
    private(set) var token: LuaToken
    private var following: LuaToken?
    var scopes = LuaScopes()
    private var level = 0
    private var usesEnvironment = false

    private init(_ text: [UInt8]) throws(LuaSyntaxError) {
        lexer = LuaLexer(text)
        token = try lexer.next()
    }

    /// Parses a script's text.
    package static func parse(_ text: [UInt8]) throws(LuaSyntaxError) -> LuaChunk {
        var parser = try LuaParser(text)
        parser.scopes.enterFunction()
        parser.scopes.allowMore()
        let block = try parser.block()
        guard parser.token.kind == .end else { throw parser.expected("<eof>") }
        _ = try parser.scopes.leaveFunction()
        return LuaChunk(block: block, locals: parser.scopes.locals, usesEnvironment: parser.usesEnvironment)
    }

    // MARK: Tokens

    mutating func advance() throws(LuaSyntaxError) {
        if let next = following {
            token = next
            following = nil
        } else {
            token = try lexer.next()
        }
    }

    /// The token behind the current one.
    mutating func lookAhead() throws(LuaSyntaxError) -> LuaToken.Kind {
        let next: LuaToken
        if let known = following { next = known } else { next = try lexer.next() }
        following = next
        return next.kind
    }

    func isAt(_ symbol: String) -> Bool { token.kind == .symbol(symbol) }
    func isAt(_ keyword: LuaKeyword) -> Bool { token.kind == .keyword(keyword) }

    /// Takes a symbol, if it is here.
    mutating func take(_ symbol: String) throws(LuaSyntaxError) -> Bool {
        guard isAt(symbol) else { return false }
        try advance()
        return true
    }

    mutating func take(_ keyword: LuaKeyword) throws(LuaSyntaxError) -> Bool {
        guard isAt(keyword) else { return false }
        try advance()
        return true
    }

    mutating func expect(_ symbol: String) throws(LuaSyntaxError) {
        guard try take(symbol) else { throw expected("'\(symbol)'") }
    }

    mutating func expect(_ keyword: LuaKeyword) throws(LuaSyntaxError) {
        guard try take(keyword) else { throw expected("'\(keyword.rawValue)'") }
    }

    /// What closes something: the error names the line of what is open.
    mutating func close(_ closing: LuaToken.Kind, of opening: String, at position: LuaPosition) throws(LuaSyntaxError) {
        guard token.kind == closing else {
            let shown = LuaToken(kind: closing, position: position).shown
            if position.line == token.position.line { throw expected(shown) }
            throw expected("\(shown)", to: " (to close '\(opening)' at line \(position.line))")
        }
        try advance()
    }

    mutating func name() throws(LuaSyntaxError) -> LuaName {
        guard case .name(let text) = token.kind else { throw expected("<name>") }
        let name = LuaName(text: text, position: token.position)
        try advance()
        return name
    }

    func expected(_ what: String, to note: String = "") -> LuaSyntaxError {
        LuaSyntaxError(position: token.position, message: "\(what) expected\(note) near \(token.shown)")
    }

    func unexpected() -> LuaSyntaxError {
        LuaSyntaxError(position: token.position, message: "unexpected symbol near \(token.shown)")
    }

    // MARK: Depth

    /// Does something one level deeper.
    mutating func nested<Result>(
        _ body: (inout LuaParser) throws(LuaSyntaxError) -> Result
    ) throws(LuaSyntaxError) -> Result {
        level += 1
        guard level < Self.levelLimit else {
            throw LuaSyntaxError(position: token.position, message: "chunk has too many syntax levels")
        }
        defer { level -= 1 }
        return try body(&self)
    }

    /// An expression around others.
    mutating func make(
        _ kind: LuaExpression.Kind, at position: LuaPosition, over parts: [LuaExpression] = [], depth: Int = 0
    ) throws(LuaSyntaxError) -> LuaExpression {
        let depth = parts.reduce(depth) { max($0, $1.depth) } + 1
        guard depth <= Self.depthLimit else {
            throw LuaSyntaxError(
                position: position, message: "an expression nests deeper than \(Self.depthLimit) levels")
        }
        scopes.note(depth: depth)
        return LuaExpression(kind: kind, position: position, depth: depth)
    }

    /// What a name stands for.
    mutating func variable(_ name: LuaName) throws(LuaSyntaxError) -> LuaExpression {
        if name.text == "_ENV" { usesEnvironment = true }
        let found = try scopes.resolve(name)
        return try make(found.map { .local($0) } ?? .global(name.text), at: name.position)
    }

    /// A declared name that is `_ENV` changes what globals are, like a use of it.
    mutating func declare(_ name: LuaName, _ kind: LuaLocal.Kind, isConstant: Bool = false) -> Int {
        if name.text == "_ENV" { usesEnvironment = true }
        return scopes.declare(name, kind, isConstant: isConstant)
    }
}
