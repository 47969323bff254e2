import CPostgres

/// One connection to a PostgreSQL server, by libpq. One thread at a time; every wait ends at its deadline.
package final class PostgresConnection {
    static let missing = Failure(code: "ELIBPQ", "libpq is not there", cure: "install the package libpq5")

    /// How the connection is made, beside its address.
    package struct Means {
        /// What the host's name leads to; one is tried after the other.
        package var addresses: [String] = []
        package var password: [UInt8]?
        /// The certificates that are trusted; nil: the machine's.
        package var trust: Path?
        /// Seconds that the server gives each statement.
        package var timeout: Double
        /// Has the server refuse what changes anything.
        package var isReadOnly = false

        package init(timeout: Double) { self.timeout = timeout }
    }

    private let handle: OpaquePointer
    let server: String
    /// Seconds for which one wait may last, asked at each.
    private let patience: () throws(Failure) -> Double
    /// Runs what waits; others may go on meanwhile.
    private let apart: (() -> Int32) -> Int32
    /// A statement is under way: its rows are not all read.
    private(set) var isBusy = false
    private var isClosed = false

    /// Loads libpq now: for a process that soon may read no library any more.
    package static func load() { _ = scriptron_pq_load() }

    /// - Parameters:
    ///   - patience: Seconds that are left for a wait; throws where none are.
    ///   - apart: Runs what waits.
    package init(
        _ address: PostgresAddress, _ means: Means, patience: @escaping () throws(Failure) -> Double,
        apart: @escaping (() -> Int32) -> Int32
    ) throws(Failure) {
        guard scriptron_pq_load() else { throw Self.missing }
        server = address.host.map { "\($0):\(address.port)" } ?? address.socket.text
        self.patience = patience
        self.apart = apart
        var failure: Failure?
        // A socket has no address.
        let places: [String?] = address.host == nil ? [nil] : means.addresses
        for place in places {
            do throws(Failure) {
                handle = try Self.connect(address, means, place, server, try patience(), apart)
                return
            } catch {
                failure = error
            }
        }
        throw failure ?? Failure(code: "ERESOLVE", "\(server): the name has no address")
    }

    deinit { close() }

    /// Closes the connection; what was not committed is undone. Idempotent.
    package func close() {
        if isClosed { return }
        isClosed = true
        scriptron_pq_close(handle)
    }

    private static func connect(
        _ address: PostgresAddress, _ means: Means, _ place: String?, _ server: String, _ seconds: Double,
        _ apart: (() -> Int32) -> Int32
    ) throws(Failure) -> OpaquePointer {
        let isNear = place.map { $0 == "::1" || $0.hasPrefix("127.") } ?? true
        // Who names an authority wants the server verified: `prefer` would go on in the clear where that fails.
        let security = address.security ?? (isNear && means.trust == nil ? "prefer" : "verify-full")
        // libpq verifies, whatever the mode, where it finds authorities: those of the machine seldom know a server that was
        // set up with a certificate of its own.
        let verifies = security.hasPrefix("verify")
        let trust = means.trust ?? (verifies ? "/etc/ssl/certs/ca-certificates.crt" : nowhere)
        var options = "-c statement_timeout=\(Int(max(0.001, means.timeout) * 1000)) -c client_encoding=UTF8"
        if means.isReadOnly { options += " -c default_transaction_read_only=on" }
        var parts: [String: [UInt8]] = [
            "host": Array((address.host ?? address.directory.text).utf8), "port": Array("\(address.port)".utf8),
            "sslmode": Array(security.utf8), "sslrootcert": trust.bytes,
            "application_name": Array(address.application.utf8),
            "options": Array(options.utf8), "gssencmode": Array("disable".utf8),
            // Nothing is taken from the surroundings.
            "passfile": nowhere.bytes, "sslcert": nowhere.bytes,
        ]
        parts["hostaddr"] = place.map { Array($0.utf8) }
        parts["user"] = address.user.map { Array($0.utf8) }
        parts["dbname"] = address.database.map { Array($0.utf8) }
        parts["password"] = means.password
        if let part = parts.first(where: { $0.value.contains(0) }) {
            throw Failure(code: "EARGUMENT", "\(server): its \(part.key) holds a NUL byte")
        }
        let sorted = parts.sorted { $0.key < $1.key }
        let names = TextList(sorted.map { Array($0.key.utf8) })
        let values = TextList(sorted.map(\.value))
        var handle: OpaquePointer?
        let state = apart {
            var state: Int32 = 0
            handle = scriptron_pq_connect(names.pointers, values.pointers, Int64(seconds * 1000), &state)
            return state
        }
        guard let handle else { throw Failure(code: "ENOMEM", "\(server): no memory for a connection") }
        if state == 1 { return handle }
        let words = Self.attempts(scriptron_pq_error(handle))
        scriptron_pq_close(handle)
        if state < 0 {
            throw Failure(code: "ETIMEDOUT", "\(server): no connection within \(Quantity.describe(seconds: seconds))")
        }
        throw Failure(code: Self.code(ofConnect: words.last ?? ""), "\(server): \(words.joined(separator: "; "))")
    }

    /// A path that cannot exist.
    private static let nowhere: Path = "/dev/null/none"

    /// libpq has but words for why a connection failed.
    private static func code(ofConnect words: String) -> String {
        let known = [
            ("pg_hba.conf", "ELOGIN"),
            ("Connection refused", "ECONNREFUSED"), ("Permission denied", "EACCES"), ("No such file", "ENOENT"),
            ("certificate", "ETLS"), ("SSL", "ETLS"), ("password", "ELOGIN"), ("authentication", "ELOGIN"),
            ("role ", "ELOGIN"),
        ]
        return known.first { words.contains($0.0) }?.1 ?? "ECONNECT"
    }

    /// What libpq says of each of its tries, with TLS and without; the same words once.
    private static func attempts(_ words: UnsafePointer<CChar>?) -> [String] {
        var found: [String] = []
        for line in Self.line(words).split(separator: "; ").map(String.init) {
            // What follows a try's line belongs to it.
            if line.hasPrefix("connection to server") || found.isEmpty {
                if found.last != line { found.append(line) }
            } else {
                found[found.count - 1] += "; " + line
            }
        }
        return found
    }

    /// Several lines of libpq's as one.
    private static func line(_ words: UnsafePointer<CChar>?) -> String {
        let text = words.map { String(cString: $0) } ?? ""
        return text.split(separator: "\n").map { $0.drop { $0 == " " || $0 == "\t" } }.joined(separator: "; ")
    }

    // Statements.

    /// Sends a statement; without values, several. Its results follow by `next`.
    func send(_ text: String, _ values: [Value], single: Bool = false) throws(Failure) {
        if isClosed { throw Failure(code: "EBADF", "\(server): the connection is closed") }
        if isBusy {
            throw Failure(
                code: "EBUSY", "\(server): the rows of another statement are being read",
                cure: "read them to their end first, or open a second connection")
        }
        if text.utf8.contains(0) { throw Failure(code: "EARGUMENT", "\(server): the statement holds a NUL byte") }
        var types: [Oid] = []
        var texts: [[UInt8]?] = []
        var formats: [Int32] = []
        for value in values {
            let (bytes, isBinary) = try Self.parameter(value, server)
            types.append(isBinary ? Self.bytea : 0)
            formats.append(isBinary ? 1 : 0)
            texts.append(bytes)
        }
        let list = TextList(texts)
        let lengths = texts.map { Int32(clamping: $0?.count ?? 0) }
        let isSent = scriptron_pq_send(
            handle, text, values.isEmpty && !single ? -1 : Int32(clamping: values.count), types, list.pointers, lengths,
            formats)
        guard isSent else { throw broken() }
        isBusy = true
    }

    /// The next result; nil where the statement is over. Throws what the server says.
    func next() throws(Failure) -> PostgresResult? {
        let seconds = try patience()
        let handle = handle
        switch apart({ scriptron_pq_wait(handle, Int64(seconds * 1000)) }) {
        case 1: break
        case 0: throw broken()
        default:
            close()
            isBusy = false
            // It may be the attempt's own time that is over.
            _ = try patience()
            throw Failure(
                code: "ETIMEDOUT", "\(server): no answer within \(Quantity.describe(seconds: seconds))",
                cure: "raise timeout, or ask for less")
        }
        guard let result = scriptron_pq_result(handle).map(PostgresResult.init) else {
            isBusy = false
            return nil
        }
        switch result.status {
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE:
            let failure = result.failure(server) ?? broken()
            finish()
            throw failure
        case PGRES_COPY_IN, PGRES_COPY_OUT, PGRES_COPY_BOTH:
            close()
            isBusy = false
            throw Failure(
                code: "ENOTSUP", "\(server): COPY … TO STDOUT and FROM STDIN are not taken, and end the connection",
                cure: "use db:copy_out for a file, or INSERT")
        default: return result
        }
    }

    /// Gives up the rest of a statement.
    func abandon() {
        guard isBusy, !isClosed else { return }
        let handle = handle
        _ = apart {
            scriptron_pq_cancel(handle)
            return 0
        }
        finish()
    }

    /// Reads what is left; a connection that gives no end to it is closed.
    private func finish() {
        while let seconds = try? patience(), case let handle = handle,
            apart({ scriptron_pq_wait(handle, Int64(min(seconds, 5) * 1000)) }) == 1
        {
            guard let result = scriptron_pq_result(handle) else {
                isBusy = false
                return
            }
            scriptron_pq_clear(result)
        }
        close()
        isBusy = false
    }

    private func broken() -> Failure {
        let words = Self.line(scriptron_pq_error(handle))
        close()
        isBusy = false
        return Failure(code: "ECONNRESET", "\(server): the connection ended: \(words)", cure: "open it again")
    }

    static let bytea: Oid = 17

    /// A value as it is sent, and whether that is bytes of a `bytea`: what is no text, and `{ blob = … }`.
    private static func parameter(_ value: Value, _ server: String) throws(Failure) -> ([UInt8]?, Bool) {
        switch value {
        case .null: return (nil, false)
        case .bool(let bool): return (Array((bool ? "t" : "f").utf8), false)
        case .int(let int): return (Array(String(int).utf8), false)
        case .number(let number):
            return (
                Array(
                    (number.isNaN ? "NaN" : number.isInfinite ? (number < 0 ? "-Infinity" : "Infinity") : "\(number)")
                        .utf8), false
            )
        case .bytes(let bytes): return (bytes, value.text == nil || bytes.contains(0))
        case .map(let map):
            if map.count == 1, case .bytes(let bytes)? = map["blob"] { return (bytes, true) }
        case .list, .handle: break
        }
        // What is in a database anybody may read who may read the table.
        let what = value.secretName.map { "secret:" + $0 } ?? "a \(value.typeName)"
        throw Failure(code: "EARGUMENT", "\(server): \(what) is no value of SQL")
    }
}

/// Texts of C, each with a NUL at its end; nil stays NULL, and a NULL follows the last.
private final class TextList {
    private let texts: [UnsafeMutablePointer<CChar>?]
    let pointers: UnsafeMutablePointer<UnsafePointer<CChar>?>

    init(_ texts: [[UInt8]?]) {
        self.texts = texts.map { bytes in
            guard let bytes else { return nil }
            let text = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
            for (index, byte) in bytes.enumerated() { text[index] = CChar(bitPattern: byte) }
            text[bytes.count] = 0
            return text
        }
        pointers = .allocate(capacity: texts.count + 1)
        for (index, text) in self.texts.enumerated() {
            (pointers + index).initialize(to: text.map { UnsafePointer($0) })
        }
        (pointers + texts.count).initialize(to: nil)
    }

    deinit {
        for text in texts { text?.deallocate() }
        pointers.deallocate()
    }
}
