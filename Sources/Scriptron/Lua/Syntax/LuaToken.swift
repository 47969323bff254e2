/// A place in a script's text.
package struct LuaPosition: Sendable, Hashable, Comparable {
    /// From 1.
    package var line: Int
    /// In bytes, from 1.
    package var column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package static func < (left: LuaPosition, right: LuaPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// Why a text is no Lua.
package struct LuaSyntaxError: Error, Sendable, Hashable {
    package var position: LuaPosition
    /// As Lua's compiler says it: `'end' expected near <eof>`.
    package var message: String
}

/// The words that are no names.
enum LuaKeyword: String, CaseIterable {
    case and, `break`, `do`, `else`, elseif, end, `false`, `for`, function, goto, `if`, `in`, local, `nil`, not, or
    case `repeat`, `return`, then, `true`, until, `while`

    /// By their bytes: looked up once a name.
    static let byText: [String: LuaKeyword] = Dictionary(
        uniqueKeysWithValues: allCases.map { ($0.rawValue, $0) })
}

/// One token of a script.
struct LuaToken {
    enum Kind: Equatable {
        case name(String)
        case keyword(LuaKeyword)
        case string([UInt8])
        /// A numeral as written.
        case number(String)
        /// An operator or a delimiter: `+`, `...`, `::`.
        case symbol(String)
        case end
    }

    var kind: Kind
    var position: LuaPosition

    /// As errors show it.
    var shown: String {
        switch kind {
        case .name(let name), .number(let name), .symbol(let name): "'\(name)'"
        case .keyword(let keyword): "'\(keyword.rawValue)'"
        case .string(let bytes): "'\(String(decoding: bytes.prefix(40), as: UTF8.self))'"
        case .end: "<eof>"
        }
    }
}
