/// A plain value, as it passes between a script, its worker, the host and the store.
///
/// Lua's strings are bytes, so text is held as bytes; `text` reads it as UTF-8. A Lua table is a `list` when its
/// keys are exactly 1…n with n ≥ 1, else a `map` (its keys must then be strings of valid UTF-8).
package enum Value: Sendable, Hashable {
    /// Lua's nil, JSON's null.
    case null
    case bool(Bool)
    case int(Int64)
    case number(Double)
    /// A Lua string: any bytes.
    case bytes([UInt8])
    case list([Value])
    case map([String: Value])
    /// A live object that a host function returned to the script (a lock, an open file): `kind` names its
    /// methods' table, `id` is the host function's own key. It has no plain form: encoding one is an error.
    case handle(kind: String, id: Int64)

    /// Text as a value.
    package static func text(_ text: String) -> Value { .bytes(Array(text.utf8)) }

    /// A list of texts.
    package static func texts(_ texts: [String]) -> Value { .list(texts.map { .text($0) }) }

    /// The value as text, where it is bytes of valid UTF-8.
    package var text: String? {
        guard case .bytes(let bytes) = self else { return nil }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The value as a whole number: an int, or a number without a fraction that fits.
    package var integer: Int64? {
        switch self {
        case .int(let value): value
        case .number(let value): Int64(exactly: value)
        default: nil
        }
    }

    /// The value as a number.
    package var double: Double? {
        switch self {
        case .int(let value): Double(value)
        case .number(let value): value
        default: nil
        }
    }

    /// The value as a boolean.
    package var bool: Bool? {
        if case .bool(let value) = self { value } else { nil }
    }

    /// The value as a list; an empty map is the empty list too, for Lua cannot tell them apart.
    package var list: [Value]? {
        switch self {
        case .list(let values): values
        case .map(let values) where values.isEmpty: []
        default: nil
        }
    }

    /// The value as a map; an empty list is the empty map too, for Lua cannot tell them apart.
    package var map: [String: Value]? {
        switch self {
        case .map(let values): values
        case .list(let values) where values.isEmpty: [:]
        default: nil
        }
    }

    /// The member `key` of a map; nil where there is none, or no map.
    package subscript(key: String) -> Value? {
        if case .map(let values) = self { values[key] } else { nil }
    }

    /// Whether this is `null`.
    package var isNull: Bool { self == .null }

    /// What a message calls a value of this kind: Lua's own names for its types.
    package var typeName: String {
        switch self {
        case .null: "nil"
        case .bool: "boolean"
        case .int, .number: "number"
        case .bytes: "string"
        case .list, .map: "table"
        case .handle(let kind, _): kind
        }
    }
}

extension Value: ExpressibleByStringLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByFloatLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral, ExpressibleByNilLiteral
{
    package init(stringLiteral value: String) { self = .text(value) }
    package init(booleanLiteral value: Bool) { self = .bool(value) }
    package init(integerLiteral value: Int64) { self = .int(value) }
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(arrayLiteral elements: Value...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, Value)...) {
        self = .map(Dictionary(elements, uniquingKeysWith: { _, last in last }))
    }
    package init(nilLiteral: ()) { self = .null }
}
