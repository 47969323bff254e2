/// A script as its parser understood it, with every name bound to what it means.
package struct LuaChunk: Sendable {
    package var block: LuaBlock
    /// Every local variable, parameters and those of loops too; expressions name them by their place here.
    package var locals: [LuaLocal]
    /// Whether the text speaks of `_ENV`, so that a global may be anything.
    package var usesEnvironment: Bool
}

/// A local variable.
package struct LuaLocal: Sendable, Hashable {
    package enum Kind: Sendable, Hashable {
        case variable
        case parameter
        case loop
        case function
    }

    package var name: String
    package var position: LuaPosition
    package var kind: Kind
    /// `<const>` or `<close>`: nothing may be assigned.
    var isConstant = false
    /// How often something is assigned to it after it was declared.
    package var assignments = 0
}

package struct LuaBlock: Sendable {
    package var statements: [LuaStatement] = []
}

/// A function's parameters and text.
package struct LuaFunction: Sendable {
    /// Places in the chunk's locals; `self` of a method comes first.
    package var parameters: [Int]
    package var takesMore: Bool
    package var block: LuaBlock
}

/// A name as it is written behind a dot or a colon.
package struct LuaName: Sendable, Hashable {
    package var text: String
    package var position: LuaPosition
}

package struct LuaExpression: Sendable {
    package indirect enum Kind: Sendable {
        case `nil`
        case boolean(Bool)
        case number(String)
        case string([UInt8])
        case varargs
        case function(LuaFunction)
        case table([LuaField])
        /// A place in the chunk's locals.
        case local(Int)
        case global(String)
        /// `base.name`
        case member(LuaExpression, LuaName)
        /// `base[key]`
        case index(LuaExpression, LuaExpression)
        case call(LuaExpression, [LuaExpression])
        case method(LuaExpression, LuaName, [LuaExpression])
        case unary(String, LuaExpression)
        case binary(String, LuaExpression, LuaExpression)
        /// In parentheses: one value.
        case group(LuaExpression)
    }

    package var kind: Kind
    package var position: LuaPosition
    /// How many expressions nest in it, itself counted: bounded, so that whoever walks it need not fear for the stack.
    var depth: Int

    /// The text, where it is a string in UTF-8.
    package var text: String? {
        if case .string(let bytes) = kind { return String(validating: bytes, as: UTF8.self) }
        return nil
    }
}

/// One entry of a table constructor.
package struct LuaField: Sendable {
    package enum Key: Sendable {
        case none
        case name(LuaName)
        case computed(LuaExpression)
    }

    package var key: Key
    package var value: LuaExpression
}

package struct LuaStatement: Sendable {
    package indirect enum Kind: Sendable {
        case assign([LuaExpression], [LuaExpression])
        case call(LuaExpression)
        case local([Int], [LuaExpression])
        case localFunction(Int, LuaFunction)
        /// `function a.b:c() end`: what is assigned to, and the function.
        case function(LuaExpression, LuaFunction)
        case `do`(LuaBlock)
        case `while`(LuaExpression, LuaBlock)
        case `repeat`(LuaBlock, until: LuaExpression)
        case `if`([(condition: LuaExpression, block: LuaBlock)], otherwise: LuaBlock?)
        case count(Int, [LuaExpression], LuaBlock)
        case iterate([Int], [LuaExpression], LuaBlock)
        case `return`([LuaExpression])
        case `break`
        case goto(String)
        case label(String)
    }

    package var kind: Kind
    package var position: LuaPosition
}
