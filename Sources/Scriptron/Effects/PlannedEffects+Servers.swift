/// Databases on servers as they would be: planned, or with `--network` read in transactions that cannot write.
extension PlannedEffects {
    package func openDatabase(_ call: DatabaseCall) throws(Failure) -> any OpenDatabase {
        let step: [String: Value] = ["to": .text(call.address.need)]
        guard terms.network else {
            plan.add("connect", step)
            plan.isAssumed = true
            return PlannedDatabase(self, Path(call.address.need), nil)
        }
        plan.addReal("connect", step)
        var reading = call
        reading.isReadOnly = true
        return PlannedServer(self, call.address.need, try live.openDatabase(reading))
    }
}

/// A database on a server that is really read, and only seems to be written.
private final class PlannedServer: OpenDatabase {
    /// Statements that look: others may do something beside the tables (COPY TO writes files, CALL ends transactions).
    private static let looking: Set<String> = ["SELECT", "WITH", "VALUES", "TABLE", "SHOW", "EXPLAIN"]

    private let effects: PlannedEffects
    private let name: String
    private let real: any OpenDatabase

    init(_ effects: PlannedEffects, _ name: String, _ real: any OpenDatabase) {
        self.effects = effects
        self.name = name
        self.real = real
    }

    func rows(_ text: String, _ values: [Value]) throws(Failure) -> any RowSource {
        let first = text.drop { $0.isWhitespace || $0 == "(" }.prefix { $0.isLetter }.uppercased()
        guard Self.looking.contains(first), let server = real as? ServerDatabase else { return planned(text, values) }
        do throws(Failure) {
            let rows = try server.reading(text, values)
            effects.plan.addReal("sql", step(text, values))
            return rows
        } catch {
            // It would write: `WITH … INSERT`, a function that does.
            if error.code == "SQLSTATE_25006" { return planned(text, values) }
            throw error
        }
    }

    func execute(_ text: String, _ values: [Value]) throws(Failure) -> Int64 {
        if !["BEGIN", "COMMIT", "ROLLBACK"].contains(text) { _ = planned(text, values) }
        return 0
    }

    func close() { real.close() }

    private func step(_ text: String, _ values: [Value]) -> [String: Value] {
        ["server": .text(name), "text": .text(text), "values": .list(values)]
    }

    private func planned(_ text: String, _ values: [Value]) -> any RowSource {
        effects.plan.add("sql", step(text, values))
        effects.plan.isAssumed = true
        return NoRows()
    }
}
