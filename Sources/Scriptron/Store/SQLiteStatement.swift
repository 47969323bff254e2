import CSQLite

/// A prepared statement, and the row it stands on.
final class SQLiteStatement {
    private let pointer: OpaquePointer
    private let file: Path

    init(owning pointer: OpaquePointer, file: Path) {
        self.pointer = pointer
        self.file = file
    }

    deinit { sqlite3_finalize(pointer) }

    /// Binds the statement's parameters, the first first.
    func bind(_ values: [SQLValue]) throws(Failure) {
        for (offset, value) in values.enumerated() {
            let code = value.bind(to: pointer, Int32(offset + 1))
            if code != SQLITE_OK { throw failure(code) }
        }
    }

    /// Goes to the next row; false where there is none.
    func step() throws(Failure) -> Bool {
        let code = sqlite3_step(pointer)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        throw failure(code)
    }

    /// Makes it ready for its next use, and gives its bound bytes back.
    func reset() {
        sqlite3_reset(pointer)
        sqlite3_clear_bindings(pointer)
    }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(pointer, column) == SQLITE_NULL }

    func int(_ column: Int32) -> Int64 { sqlite3_column_int64(pointer, column) }

    func optionalInt(_ column: Int32) -> Int64? { isNull(column) ? nil : int(column) }

    func real(_ column: Int32) -> Double { sqlite3_column_double(pointer, column) }

    func bytes(_ column: Int32) -> [UInt8] {
        guard let start = sqlite3_column_blob(pointer, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(pointer, column))))
    }

    func text(_ column: Int32) -> String { String(decoding: bytes(column), as: UTF8.self) }

    func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

    func timestamp(_ column: Int32) -> Timestamp { Timestamp(microseconds: int(column)) }

    func optionalTimestamp(_ column: Int32) -> Timestamp? { isNull(column) ? nil : timestamp(column) }

    /// One of a closed set of words; another one means that the file was changed by something else.
    func word<Word: RawRepresentable<String>>(_ column: Int32, _: Word.Type) throws(Failure) -> Word {
        let text = text(column)
        guard let word = Word(rawValue: text) else {
            let name = String(cString: sqlite3_column_name(pointer, column))
            throw SQLiteFailure.damaged("the column \(name) holds the unknown word \(text)", file: file)
        }
        return word
    }

    /// A value kept as JSON.
    func json(_ column: Int32) throws(Failure) -> Value {
        do throws(Failure) {
            return try JSON.decode(bytes(column))
        } catch {
            throw SQLiteFailure.damaged(error.message, file: file)
        }
    }

    private func failure(_ code: Int32) -> Failure {
        let text = sqlite3_db_handle(pointer).map { String(cString: sqlite3_errmsg($0)) }
        return SQLiteFailure.make(code, text ?? String(cString: sqlite3_errstr(code)), file: file)
    }
}
