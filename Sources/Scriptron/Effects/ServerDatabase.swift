/// A database on a server, as a script asks for it.
package struct DatabaseCall: Sendable {
    /// The function that was called, for messages.
    package var call: String
    package var address: PostgresAddress
    package var password: [UInt8]?
    /// A bundle of certificates that are trusted instead of the machine's own.
    package var trust: CheckedPath?
    /// Seconds for the connection, and for each statement with its rows.
    package var timeout: Double
    /// Whether it is only read.
    package var isReadOnly: Bool
}

extension PostgresRows: RowSource {}

/// A database of PostgreSQL.
final class ServerDatabase: OpenDatabase {
    private let connection: PostgresConnection
    /// Whether a transaction that cannot write is open.
    private var isReading = false

    init(_ connection: PostgresConnection) { self.connection = connection }

    func rows(_ text: String, _ values: [Value]) throws(Failure) -> any RowSource {
        try PostgresRows(connection, text, values)
    }

    func reading(_ text: String, _ values: [Value]) throws(Failure) -> any RowSource {
        // Each in a transaction of its own that cannot write: once it has looked at something, its mode is fixed.
        if isReading { _ = try connection.execute("ROLLBACK", []) }
        isReading = false
        _ = try connection.execute("BEGIN READ ONLY", [])
        isReading = true
        _ = try connection.execute("SELECT 1", [])
        // One statement alone: a second one could follow a COMMIT.
        return try PostgresRows(connection, text, values, single: true)
    }

    func execute(_ text: String, _ values: [Value]) throws(Failure) -> Int64 {
        try connection.execute(text, values)
    }

    func close() { connection.close() }
}

extension LiveEffects {
    package func openDatabase(_ call: DatabaseCall) throws(Failure) -> any OpenDatabase {
        try checkDeadline(call.call)
        let until = min(Monotonic.now + call.timeout, settings.patience)
        var means = PostgresConnection.Means(timeout: call.timeout)
        means.password = call.password
        means.isReadOnly = call.isReadOnly
        if let trust = call.trust { means.trust = trust.path }
        if let host = call.address.host {
            if IPAddress(host) != nil {
                means.addresses = [host]
            } else {
                let answer = try settings.services.request(
                    .resolve, ["host": .text(host), "timeout": .number(max(until - Monotonic.now, 0.05))])
                means.addresses = (answer.list ?? []).compactMap(\.text)
            }
        }
        let turn = settings.turn
        // The server ends a statement at its time; only one that does not is given up here.
        let patience: () throws(Failure) -> Double = { [self] () throws(Failure) in
            try checkDeadline(call.call)
            return max(0.001, min(call.timeout + 1, settings.patience - Monotonic.now))
        }
        do throws(Failure) {
            let connection = try PostgresConnection(call.address, means, patience: patience) { body in
                turn.apart { _ in body() }
            }
            return ServerDatabase(connection)
        } catch {
            if error.code == "EACCES" {
                throw Failure(
                    code: "EGRANT", "\(call.call): the host refused to connect to \(call.address.need)",
                    cure: "the run's refusals say why (scriptron show RUN)")
            }
            throw Failure(code: error.code, "\(call.call) \(error.message)", cure: error.cure)
        }
    }
}
