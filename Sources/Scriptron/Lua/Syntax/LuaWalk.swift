/// A statement or an expression of a script's tree.
package enum LuaNode {
    case statement(LuaStatement)
    case expression(LuaExpression)
}

/// Goes through a script's tree in the order of its text; what stands around comes before what stands in it.
package enum LuaWalk {
    package static func visit(_ block: LuaBlock, _ body: (LuaNode) -> Void) {
        for statement in block.statements { visit(statement, body) }
    }

    package static func visit(_ expressions: [LuaExpression], _ body: (LuaNode) -> Void) {
        for expression in expressions { visit(expression, body) }
    }

    private static func visit(_ statement: LuaStatement, _ body: (LuaNode) -> Void) {
        body(.statement(statement))
        switch statement.kind {
        case .assign(let targets, let values): visit(targets + values, body)
        case .call(let call): visit(call, body)
        case .local(_, let values), .return(let values): visit(values, body)
        case .localFunction(_, let function): visit(function.block, body)
        case .function(let target, let function):
            visit(target, body)
            visit(function.block, body)
        case .do(let block): visit(block, body)
        case .while(let condition, let block):
            visit(condition, body)
            visit(block, body)
        case .repeat(let block, let condition):
            visit(block, body)
            visit(condition, body)
        case .if(let branches, let otherwise):
            for branch in branches {
                visit(branch.condition, body)
                visit(branch.block, body)
            }
            if let otherwise { visit(otherwise, body) }
        case .count(_, let bounds, let block), .iterate(_, let bounds, let block):
            visit(bounds, body)
            visit(block, body)
        case .break, .goto, .label: return
        }
    }

    package static func visit(_ expression: LuaExpression, _ body: (LuaNode) -> Void) {
        body(.expression(expression))
        switch expression.kind {
        case .function(let function): visit(function.block, body)
        case .table(let fields):
            for field in fields {
                if case .computed(let key) = field.key { visit(key, body) }
                visit(field.value, body)
            }
        case .member(let base, _): visit(base, body)
        case .index(let base, let key): visit([base, key], body)
        case .call(let function, let arguments): visit([function] + arguments, body)
        case .method(let base, _, let arguments): visit([base] + arguments, body)
        case .unary(_, let operand), .group(let operand): visit(operand, body)
        case .binary(_, let left, let right): visit([left, right], body)
        case .nil, .boolean, .number, .string, .varargs, .local, .global: return
        }
    }
}
