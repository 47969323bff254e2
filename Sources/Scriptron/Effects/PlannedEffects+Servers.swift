/// Databases on servers as they would be: planned, or with `--network` read in transactions that cannot write.
extension PlannedEffects {
    package func openDatabase(_ call: DatabaseCall) throws(Failure) -> any OpenDatabase {
        let step: [String: Value] = ["to": .text(call.address.need)]
        used.places.insert(call.address.need)
        guard terms.network else {
            plan.add("connect", step)
            plan.isAssumed = true
            return PlannedServer(self, call, nil)
        }
        plan.addReal("connect", step)
        var reading = call
        reading.isReadOnly = true
        return PlannedServer(self, call, try live.openDatabase(reading))
    }
}

/// A database on a server that is really read, or not even that, and only seems to be written.
private final class PlannedServer: OpenDatabase {
    /// Statements that look: others may do something beside the tables (COPY TO writes files, CALL ends transactions).
    private static let looking: Set<String> = ["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"]
    /// Statements that PostgreSQL refuses in every transaction that cannot write (SET TRANSACTION in its manual).
    private static let writing: Set<String> = [
        "INSERT", "UPDATE", "DELETE", "MERGE", "CREATE", "ALTER", "DROP", "COMMENT", "GRANT", "REVOKE", "TRUNCATE",
    ]

    private let effects: PlannedEffects
    private let name: String
    private let real: (any OpenDatabase)?
    /// Whether the server would let nothing be written. What a script says to it may change that.
    private var isReadOnly: Bool

    init(_ effects: PlannedEffects, _ call: DatabaseCall, _ real: (any OpenDatabase)?) {
        self.effects = effects
        name = call.address.need
        isReadOnly = call.isReadOnly
        self.real = real
    }

    func rows(_ text: String, _ values: [Value]) throws(Failure) -> any RowSource {
        let words = Self.words(text)
        try refuse(words)
        guard Self.looking.contains(words.first) else { return planned(text, values) }
        guard let server = real as? ServerDatabase else { return NoRows() }
        do throws(Failure) {
            let rows = try server.reading(text, values)
            effects.plan.addReal("sql", step(text, values))
            return rows
        } catch {
            // It would write: `WITH … INSERT`, a function that does.
            if error.code == "SQLSTATE_25006", !isReadOnly { return planned(text, values) }
            throw error
        }
    }

    func execute(_ text: String, _ values: [Value]) throws(Failure) -> Int64 {
        if ["BEGIN", "COMMIT", "ROLLBACK"].contains(text) { return 0 }
        let words = Self.words(text)
        try refuse(words)
        // SET and its kin may let later ones write.
        if !Self.looking.contains(words.first) { isReadOnly = false }
        _ = planned(text, values)
        return 0
    }

    func close() { real?.close() }

    /// The first two words of a statement, in capitals.
    private static func words(_ text: String) -> (first: String, second: String) {
        let start = text.drop { $0.isWhitespace || $0 == "(" }
        let first = start.prefix { $0.isLetter }
        let second = start.dropFirst(first.count).drop { $0.isWhitespace }.prefix { $0.isLetter }
        return (first.uppercased(), second.uppercased())
    }

    /// Refuses what the run's server would refuse without `write`.
    private func refuse(_ words: (first: String, second: String)) throws(Failure) {
        // ALTER SYSTEM writes no table, and is let pass.
        guard isReadOnly, Self.writing.contains(words.first), words != ("ALTER", "SYSTEM") else { return }
        throw Failure(
            code: "SQLSTATE_25006", "\(name): cannot execute \(words.first) in a read-only transaction",
            cure: "open it with write = true")
    }

    private func step(_ text: String, _ values: [Value]) -> [String: Value] {
        // As specs have it.
        [real == nil ? "path" : "server": .text(name), "text": .text(text), "values": .list(values)]
    }

    private func planned(_ text: String, _ values: [Value]) -> any RowSource {
        effects.plan.add("sql", step(text, values))
        effects.plan.isAssumed = true
        return NoRows()
    }
}
