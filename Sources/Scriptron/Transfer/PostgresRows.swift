/// The rows of a statement, one after the other from the server: the connection serves nothing else meanwhile.
package final class PostgresRows {
    private let connection: PostgresConnection
    private var first: PostgresResult?
    private var isOver = false
    package private(set) var columns: [String] = []
    /// Those of which the values are bytes (`bytea`), not text.
    package private(set) var binaryColumns: Set<String> = []

    /// - Parameter single: Whether the text may hold no more than one statement, also without values.
    package init(
        _ connection: PostgresConnection, _ text: String, _ values: [Value], single: Bool = false
    ) throws(Failure) {
        self.connection = connection
        try connection.send(text, values, single: single)
        first = try take()
        columns = first?.columns ?? []
        binaryColumns = first?.binaryColumns ?? []
    }

    deinit { if !isOver { connection.abandon() } }

    /// At most so many rows; none at the end.
    package func next(_ limit: Int) throws(Failure) -> [[String: Value]] {
        var rows: [[String: Value]] = []
        while rows.count < limit {
            let result: PostgresResult
            if let first {
                result = first
            } else if let next = try take() {
                result = next
            } else {
                break
            }
            first = nil
            if columns.isEmpty { columns = result.columns }
            if result.hasRow { rows.append(result.row(columns)) }
        }
        return rows
    }

    private func take() throws(Failure) -> PostgresResult? {
        if isOver { return nil }
        do throws(Failure) {
            let result = try connection.next()
            isOver = result == nil
            return result
        } catch {
            isOver = true
            throw error
        }
    }
}

extension PostgresConnection {
    /// Runs a statement, or several without values; how many rows the last of them changed.
    package func execute(_ text: String, _ values: [Value]) throws(Failure) -> Int64 {
        try send(text, values)
        var changed: Int64 = 0
        while let result = try next() { if !result.hasRow { changed = result.changed } }
        return changed
    }
}
