/// Expressions.
extension LuaParser {
    /// How firmly an operator holds what is left and right of it.
    private static let priorities: [String: (left: Int, right: Int)] = [
        "or": (1, 1), "and": (2, 2), "<": (3, 3), ">": (3, 3), "<=": (3, 3), ">=": (3, 3), "~=": (3, 3), "==": (3, 3),
        "|": (4, 4), "~": (5, 5), "&": (6, 6), "<<": (7, 7), ">>": (7, 7), "..": (9, 8), "+": (10, 10),
        "-": (10, 10), "*": (11, 11), "/": (11, 11), "//": (11, 11), "%": (11, 11), "^": (14, 13),
    ]
    private static let unaryPriority = 12

    mutating func expressions() throws(LuaSyntaxError) -> [LuaExpression] {
        var list = [try expression()]
        while try take(",") { list.append(try expression()) }
        return list
    }

    /// An expression of operators that hold more firmly than `limit`.
    mutating func expression(above limit: Int = 0) throws(LuaSyntaxError) -> LuaExpression {
        try nested { parser throws(LuaSyntaxError) in try parser.operation(above: limit) }
    }

    private mutating func operation(above limit: Int) throws(LuaSyntaxError) -> LuaExpression {
        var left: LuaExpression
        let start = token.position
        if let sign = unary {
            try advance()
            let operand = try expression(above: Self.unaryPriority)
            left = try make(.unary(sign, operand), at: start, over: [operand])
        } else {
            left = try simple()
        }
        while let sign = binary, let priority = Self.priorities[sign], priority.left > limit {
            let position = token.position
            try advance()
            let right = try expression(above: priority.right)
            left = try make(.binary(sign, left, right), at: position, over: [left, right])
        }
        return left
    }

    private var unary: String? {
        switch token.kind {
        case .keyword(.not): "not"
        case .symbol(let sign) where ["-", "~", "#"].contains(sign): sign
        default: nil
        }
    }

    private var binary: String? {
        switch token.kind {
        case .keyword(.and): "and"
        case .keyword(.or): "or"
        case .symbol(let sign): sign
        default: nil
        }
    }

    private mutating func simple() throws(LuaSyntaxError) -> LuaExpression {
        let start = token.position
        let kind: LuaExpression.Kind
        switch token.kind {
        case .number(let written): kind = .number(written)
        case .string(let bytes): kind = .string(bytes)
        case .keyword(.nil): kind = .nil
        case .keyword(.true): kind = .boolean(true)
        case .keyword(.false): kind = .boolean(false)
        case .symbol("..."):
            guard scopes.takesMore else {
                throw LuaSyntaxError(position: start, message: "cannot use '...' outside a vararg function near '...'")
            }
            kind = .varargs
        case .symbol("{"): return try table()
        case .keyword(.function):
            try advance()
            let (function, depth) = try functionBody(start, isMethod: false)
            return try make(.function(function), at: start, depth: depth)
        default: return try suffixed()
        }
        try advance()
        return try make(kind, at: start)
    }

    /// A variable or something in parentheses, with what hangs on it: members, keys, calls.
    mutating func suffixed() throws(LuaSyntaxError) -> LuaExpression {
        var result: LuaExpression
        let start = token.position
        switch token.kind {
        case .name: result = try variable(try name())
        case .symbol("("):
            try advance()
            let inner = try expression()
            try close(.symbol(")"), of: "(", at: start)
            result = try make(.group(inner), at: start, over: [inner])
        default: throw unexpected()
        }
        while true {
            switch token.kind {
            case .symbol("."):
                try advance()
                let member = try name()
                result = try make(.member(result, member), at: member.position, over: [result])
            case .symbol("["):
                let position = token.position
                try advance()
                let key = try expression()
                try expect("]")
                result = try make(.index(result, key), at: position, over: [result, key])
            case .symbol(":"):
                try advance()
                let method = try name()
                let arguments = try arguments()
                result = try make(.method(result, method, arguments), at: method.position, over: [result] + arguments)
            case .symbol("("), .symbol("{"), .string:
                let arguments = try arguments()
                result = try make(.call(result, arguments), at: result.position, over: [result] + arguments)
            default: return result
            }
        }
    }

    private mutating func arguments() throws(LuaSyntaxError) -> [LuaExpression] {
        let start = token.position
        switch token.kind {
        case .string(let bytes):
            try advance()
            return [try make(.string(bytes), at: start)]
        case .symbol("{"): return [try table()]
        case .symbol("("):
            try advance()
            let list = isAt(")") ? [] : try expressions()
            try close(.symbol(")"), of: "(", at: start)
            return list
        default: throw expected("function arguments")
        }
    }

    private mutating func table() throws(LuaSyntaxError) -> LuaExpression {
        let start = token.position
        try expect("{")
        var fields: [LuaField] = []
        var depth = 0
        while !isAt("}") {
            let field = try field()
            if case .computed(let key) = field.key { depth = max(depth, key.depth) }
            depth = max(depth, field.value.depth)
            fields.append(field)
            if try take(",") { continue }
            guard try take(";") else { break }
        }
        try close(.symbol("}"), of: "{", at: start)
        return try make(.table(fields), at: start, depth: depth)
    }

    private mutating func field() throws(LuaSyntaxError) -> LuaField {
        if try take("[") {
            let key = try expression()
            try expect("]")
            try expect("=")
            return LuaField(key: .computed(key), value: try expression())
        }
        if case .name = token.kind, try lookAhead() == .symbol("=") {
            let key = try name()
            try expect("=")
            return LuaField(key: .name(key), value: try expression())
        }
        return LuaField(key: .none, value: try expression())
    }

    /// A function from its parameters to its `end`, and how deep expressions nest in it.
    mutating func functionBody(
        _ start: LuaPosition, isMethod: Bool
    ) throws(LuaSyntaxError) -> (function: LuaFunction, depth: Int) {
        scopes.enterFunction()
        var parameters: [Int] = []
        if isMethod { parameters.append(declare(LuaName(text: "self", position: start), .parameter)) }
        try expect("(")
        var takesMore = false
        if !isAt(")") {
            repeat {
                if try take("...") {
                    takesMore = true
                    scopes.allowMore()
                    break
                }
                parameters.append(declare(try name(), .parameter))
            } while try take(",")
        }
        try expect(")")
        try scopes.activate(parameters)
        let block = try block()
        try close(.keyword(.end), of: "function", at: start)
        let depth = try scopes.leaveFunction()
        return (LuaFunction(parameters: parameters, takesMore: takesMore, block: block), depth)
    }
}
