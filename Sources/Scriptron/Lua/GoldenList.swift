/// Every name that a script can reach in a fresh state, before the host's modules: nothing may be there that is not
/// listed, and nothing missing. Opening a state fails otherwise, so that another build of Lua cannot widen it unseen.
enum GoldenList {
    /// The globals that are no tables.
    static let globals = [
        "_VERSION", "assert", "collectgarbage", "error", "getmetatable", "ipairs", "job", "load", "next", "pairs",
        "pcall", "print", "rawequal", "rawget", "rawlen", "rawset", "require", "select", "setmetatable", "tonumber",
        "tostring", "type", "xpcall",
    ]

    /// The tables, with what is in them.
    static let tables: [String: [String]] = [
        "coroutine": ["close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield"],
        "math": [
            "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log", "max",
            "maxinteger", "min", "mininteger", "modf", "pi", "rad", "random", "randomseed", "sin", "sqrt", "tan",
            "tointeger", "type", "ult",
        ],
        "option": [
            "boolean", "duration", "list", "map", "number", "one_of", "path", "paths", "secret", "size", "string",
        ],
        "os": ["clock", "date", "difftime", "time"],
        "string": [
            "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize", "rep",
            "reverse", "sub", "unpack", "upper",
        ],
        "table": ["concat", "insert", "move", "pack", "remove", "sort", "unpack"],
        "utf8": ["char", "charpattern", "codepoint", "codes", "len", "offset"],
    ]

    /// All of them, sorted: `assert`, …, `string.rep`.
    static var names: [String] {
        (globals + tables.flatMap { table, names in [table] + names.map { "\(table).\($0)" } }).sorted()
    }

    /// Fails with what is there and should not be, or the other way round.
    static func check(_ found: [String]) throws(Failure) {
        let expected = Set(names)
        let more = Set(found).subtracting(expected).sorted()
        let less = expected.subtracting(found).sorted()
        guard more.isEmpty, less.isEmpty else {
            throw Failure(
                code: "ELUA",
                "this build of Lua has other globals than expected: unexpected \(more), missing \(less)",
                cure: "build with Lua 5.4"
            )
        }
    }
}
