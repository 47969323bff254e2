import CPostgres

/// One result of a statement: one row of it, or its end.
final class PostgresResult {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) { self.handle = handle }

    deinit { scriptron_pq_clear(handle) }

    var status: ExecStatusType { scriptron_pq_status(handle) }

    var hasRow: Bool { scriptron_pq_rows(handle) > 0 }

    var columns: [String] {
        (0..<scriptron_pq_columns(handle)).map { index in
            scriptron_pq_column(handle, index).map { String(cString: $0) } ?? ""
        }
    }

    /// How many rows the command changed.
    var changed: Int64 { scriptron_pq_changed(handle).flatMap { Int64(String(cString: $0)) } ?? 0 }

    /// The row by the names of its columns; NULL is an absent key. Whole numbers, numbers, booleans and `bytea` are what
    /// they are; all else, `numeric` too, is the text that the server writes.
    func row(_ columns: [String]) -> [String: Value] {
        var row: [String: Value] = [:]
        for (index, name) in columns.enumerated() {
            let column = Int32(index)
            if !scriptron_pq_is_null(handle, column) { row[name] = value(column) }
        }
        return row
    }

    private func value(_ column: Int32) -> Value {
        var length: Int32 = 0
        guard let start = scriptron_pq_value(handle, column, &length) else { return .null }
        let raw = UnsafeRawBufferPointer(start: start, count: Int(length))
        let text = String(decoding: raw, as: UTF8.self)
        switch scriptron_pq_type(handle, column) {
        case 16: return .bool(text == "t")
        case 20, 21, 23, 26: return Int64(text).map { .int($0) } ?? .text(text)
        case 700, 701:
            let special = ["NaN": Double.nan, "Infinity": .infinity, "-Infinity": -.infinity]
            return (special[text] ?? Double(text)).map { .number($0) } ?? .text(text)
        case PostgresConnection.bytea:
            var count = 0
            guard let bytes = scriptron_pq_bytes(start, &count) else { return .null }
            defer { scriptron_pq_free(bytes) }
            return .bytes(Array(UnsafeBufferPointer(start: bytes, count: count)))
        default: return .bytes(Array(raw))
        }
    }

    /// What to do about an error, where the server itself does not say.
    private static func cure(_ state: String, isLate: Bool) -> String? {
        switch state {
        case _ where isLate: "raise timeout, or ask for less"
        case "25006": "open the database with write = true"
        case "42601": "values are written $1, $2, … in PostgreSQL"
        case "08P01", "42P02": "give as many values as the statement has, and sql.null() for NULL"
        default: nil
        }
    }

    /// The names of columns that hold bytes (`bytea`).
    var binaryColumns: Set<String> {
        Set(
            columns.enumerated().filter { scriptron_pq_type(handle, Int32($0.offset)) == PostgresConnection.bytea }.map(
                \.element))
    }

    /// What the server says of an error; nil where it is none of the server's.
    func failure(_ server: String) -> Failure? {
        func field(_ letter: Character) -> String? {
            let code = Int32(letter.asciiValue ?? 0)
            return scriptron_pq_error_field(handle, code).map { String(cString: $0) }
        }
        // PG_DIAG_SQLSTATE, _MESSAGE_PRIMARY, _MESSAGE_DETAIL, _MESSAGE_HINT.
        guard let state = field("C") else { return nil }
        let detail = field("D").map { " (\($0))" } ?? ""
        let isLate = state == "57014"
        return Failure(
            code: isLate ? "ETIMEDOUT" : "SQLSTATE_" + state, "\(server): \(field("M") ?? "an error")\(detail)",
            cure: field("H") ?? Self.cure(state, isLate: isLate))
    }
}
