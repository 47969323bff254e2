/// A value as SQLite stores it (sqlite.org/datatype3.html).
enum SQLValue: Sendable, Hashable {
    case null
    case int(Int64)
    case real(Double)
    case text(String)
    case blob([UInt8])

    init(_ text: String?) { self = text.map(SQLValue.text) ?? .null }
    init(_ int: Int64?) { self = int.map(SQLValue.int) ?? .null }
    init(_ int: Int?) { self = int.map { .int(Int64($0)) } ?? .null }
    init(_ int: Int32?) { self = int.map { .int(Int64($0)) } ?? .null }
    /// Instants are whole microseconds, so that equal ones are equal in an index.
    init(_ instant: Timestamp?) { self = instant.map { .int($0.microseconds) } ?? .null }
    /// A closed set of words is stored as its word.
    init<Word: RawRepresentable<String>>(_ word: Word?) { self = word.map { .text($0.rawValue) } ?? .null }
}
