/// Blocks and statements.
extension LuaParser {
    /// Whether a block ends here.
    private func isAtBlockEnd(untilCounts: Bool = true) -> Bool {
        switch token.kind {
        case .end, .keyword(.end), .keyword(.else), .keyword(.elseif): true
        case .keyword(.until): untilCounts
        default: false
        }
    }

    /// Statements up to the end of a block, in the scope that is open.
    mutating func block() throws(LuaSyntaxError) -> LuaBlock {
        var block = LuaBlock()
        while !isAtBlockEnd() {
            let isReturn = isAt(.return)
            if let statement = try nested({ parser throws(LuaSyntaxError) in try parser.statement() }) {
                block.statements.append(statement)
            }
            if isReturn { break }
        }
        return block
    }

    /// A block with a scope of its own.
    private mutating func scoped(isLoop: Bool = false) throws(LuaSyntaxError) -> LuaBlock {
        scopes.enterBlock(isLoop: isLoop)
        let block = try block()
        try scopes.leaveBlock()
        return block
    }

    /// One statement; nil for `;`.
    private mutating func statement() throws(LuaSyntaxError) -> LuaStatement? {
        let position = token.position
        guard let kind = try statementKind(position) else { return nil }
        return LuaStatement(kind: kind, position: position)
    }

    private mutating func statementKind(_ start: LuaPosition) throws(LuaSyntaxError) -> LuaStatement.Kind? {
        switch token.kind {
        case .symbol(";"):
            try advance()
            return nil
        case .symbol("::"):
            try advance()
            return try label()
        case .keyword(let keyword):
            switch keyword {
            case .if: return try ifStatement(start)
            case .while:
                try advance()
                let condition = try expression()
                try expect(.do)
                let block = try scoped(isLoop: true)
                try close(.keyword(.end), of: "while", at: start)
                return .while(condition, block)
            case .do:
                try advance()
                let block = try scoped()
                try close(.keyword(.end), of: "do", at: start)
                return .do(block)
            case .for: return try forStatement(start)
            case .repeat: return try repeatStatement(start)
            case .function: return try functionStatement(start)
            case .local:
                try advance()
                return try take(.function) ? try localFunction(start) : try localStatement()
            case .return: return try returnStatement()
            case .break:
                try advance()
                scopes.jump(to: "break", at: start)
                return .break
            case .goto:
                try advance()
                let target = try name()
                scopes.jump(to: target.text, at: start)
                return .goto(target.text)
            default: return try expressionStatement()
            }
        default: return try expressionStatement()
        }
    }

    private mutating func label() throws(LuaSyntaxError) -> LuaStatement.Kind {
        let label = try name()
        try expect("::")
        // Labels and `;` that follow stand at the same place.
        while isAt(";") || isAt("::") {
            _ = try nested { parser throws(LuaSyntaxError) in try parser.statement() }
        }
        try scopes.label(label, isLast: isAtBlockEnd(untilCounts: false))
        return .label(label.text)
    }

    private mutating func ifStatement(_ start: LuaPosition) throws(LuaSyntaxError) -> LuaStatement.Kind {
        var branches: [(condition: LuaExpression, block: LuaBlock)] = []
        repeat {
            try advance()
            let condition = try expression()
            try expect(.then)
            branches.append((condition, try scoped()))
        } while isAt(.elseif)
        let otherwise = try take(.else) ? try scoped() : nil
        try close(.keyword(.end), of: "if", at: start)
        return .if(branches, otherwise: otherwise)
    }

    private mutating func forStatement(_ start: LuaPosition) throws(LuaSyntaxError) -> LuaStatement.Kind {
        try advance()
        scopes.enterBlock(isLoop: true)
        // The loop's own three or four hidden variables count against the limit.
        let hidden = LuaName(text: "(for state)", position: start)
        var names = [try name()]
        let kind: LuaStatement.Kind
        if try take("=") {
            var bounds = [try expression()]
            try expect(",")
            bounds.append(try expression())
            if try take(",") { bounds.append(try expression()) }
            try scopes.activate((0..<3).map { _ in scopes.declare(hidden, .loop) })
            let variable = declare(names[0], .loop)
            kind = .count(variable, bounds, try loopBody([variable], start))
        } else {
            while try take(",") { names.append(try name()) }
            guard isAt(.in) else { throw expected(names.count == 1 ? "'=' or 'in'" : "'in'") }
            try advance()
            let values = try expressions()
            try scopes.activate((0..<4).map { _ in scopes.declare(hidden, .loop) })
            let variables = names.map { declare($0, .loop) }
            kind = .iterate(variables, values, try loopBody(variables, start))
        }
        try scopes.leaveBlock()
        return kind
    }

    private mutating func loopBody(_ variables: [Int], _ start: LuaPosition) throws(LuaSyntaxError) -> LuaBlock {
        try expect(.do)
        scopes.enterBlock()
        try scopes.activate(variables)
        let block = try block()
        try scopes.leaveBlock()
        try close(.keyword(.end), of: "for", at: start)
        return block
    }

    private mutating func repeatStatement(_ start: LuaPosition) throws(LuaSyntaxError) -> LuaStatement.Kind {
        try advance()
        scopes.enterBlock(isLoop: true)
        scopes.enterBlock()
        let block = try block()
        try close(.keyword(.until), of: "repeat", at: start)
        // The condition sees the block's variables.
        let condition = try expression()
        try scopes.leaveBlock()
        try scopes.leaveBlock()
        return .repeat(block, until: condition)
    }

    private mutating func functionStatement(_ start: LuaPosition) throws(LuaSyntaxError) -> LuaStatement.Kind {
        try advance()
        var target = try variable(try name())
        var isMethod = false
        while isAt(".") || isAt(":"), !isMethod {
            isMethod = isAt(":")
            try advance()
            let member = try name()
            target = try make(.member(target, member), at: member.position, over: [target])
        }
        let (function, _) = try functionBody(start, isMethod: isMethod)
        try assign(target)
        return .function(target, function)
    }

    private mutating func localFunction(_ start: LuaPosition) throws(LuaSyntaxError) -> LuaStatement.Kind {
        let variable = declare(try name(), .function)
        // It may call itself.
        try scopes.activate([variable])
        return .localFunction(variable, try functionBody(start, isMethod: false).function)
    }

    private mutating func localStatement() throws(LuaSyntaxError) -> LuaStatement.Kind {
        var variables: [Int] = []
        var closes = false
        repeat {
            let name = try name()
            var isConstant = false
            if try take("<") {
                let attribute = try self.name()
                try expect(">")
                guard attribute.text == "const" || attribute.text == "close" else {
                    throw LuaSyntaxError(
                        position: attribute.position, message: "unknown attribute '\(attribute.text)'")
                }
                if attribute.text == "close" {
                    guard !closes else {
                        throw LuaSyntaxError(
                            position: attribute.position,
                            message: "multiple to-be-closed variables in local list")
                    }
                    closes = true
                }
                isConstant = true
            }
            variables.append(declare(name, .variable, isConstant: isConstant))
        } while try take(",")
        let values = try take("=") ? try expressions() : []
        try scopes.activate(variables)
        return .local(variables, values)
    }

    private mutating func returnStatement() throws(LuaSyntaxError) -> LuaStatement.Kind {
        try advance()
        let values = isAtBlockEnd() || isAt(";") ? [] : try expressions()
        _ = try take(";")
        guard isAtBlockEnd() else { throw expected("<eof>") }
        return .return(values)
    }

    private mutating func expressionStatement() throws(LuaSyntaxError) -> LuaStatement.Kind {
        let first = try suffixed()
        guard isAt("=") || isAt(",") else {
            switch first.kind {
            case .call, .method: return .call(first)
            default: throw LuaSyntaxError(position: token.position, message: "syntax error near \(token.shown)")
            }
        }
        var targets = [first]
        while try take(",") { targets.append(try suffixed()) }
        for target in targets { try assign(target) }
        try expect("=")
        return .assign(targets, try expressions())
    }

    /// Whether something may be assigned to; a variable counts it.
    private mutating func assign(_ target: LuaExpression) throws(LuaSyntaxError) {
        switch target.kind {
        case .local(let variable): try scopes.assign(variable, at: target.position)
        case .global, .member, .index: return
        default: throw LuaSyntaxError(position: token.position, message: "syntax error near \(token.shown)")
        }
    }
}
