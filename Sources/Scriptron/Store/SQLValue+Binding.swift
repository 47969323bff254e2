import CSQLite

extension SQLValue {
    /// Binds it to a parameter of a prepared statement, from 1 on; SQLite's code. SQLite keeps a copy of its bytes.
    func bind(to statement: OpaquePointer, _ index: Int32) -> Int32 {
        // SQLITE_TRANSIENT, which C writes as a cast of -1 and Swift does not import: SQLite copies the bytes.
        let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
        switch self {
        case .null: return sqlite3_bind_null(statement, index)
        case .int(let int): return sqlite3_bind_int64(statement, index, int)
        case .real(let real): return sqlite3_bind_double(statement, index, real)
        case .text(let text):
            // With its length, so that a NUL inside is kept.
            return sqlite3_bind_text64(
                statement, index, text, UInt64(text.utf8.count), transient, UInt8(SQLITE_UTF8))
        case .blob(let bytes) where bytes.isEmpty: return sqlite3_bind_zeroblob(statement, index, 0)
        case .blob(let bytes):
            return sqlite3_bind_blob64(statement, index, bytes, UInt64(bytes.count), transient)
        }
    }
}
