import CPostgres

/// Where a PostgreSQL server is, and as whom it is asked, read by libpq itself: `postgres://user@host:5432/database`, or
/// with `?host=/run/postgresql` by a Unix socket.
package struct PostgresAddress: Sendable, Hashable {
    private static let known = ["host", "port", "user", "dbname", "sslmode", "application_name"]

    private static let securities = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

    /// Nil: by the Unix socket.
    package var host: String?
    package var port: UInt16 = 5432
    /// The directory of the Unix socket.
    package var directory: Path = "/run/postgresql"
    package var user: String?
    package var database: String?
    /// libpq's word; nil: `verify-full`, and for servers of this machine `prefer`.
    package var security: String?
    package var application = "scriptron"

    /// The Unix socket.
    package var socket: Path { directory.appending(".s.PGSQL.\(port)") }

    /// `host:port`, as needs write it.
    package var need: String {
        guard let host else { return "unix:" + socket.text }
        return (host.contains(":") ? "[\(host)]" : host) + ":\(port)"
    }

    /// Whether a text is one of these.
    package static func isOne(_ text: [UInt8]) -> Bool {
        text.starts(with: "postgres://".utf8) || text.starts(with: "postgresql://".utf8)
    }

    /// Fails (`EURL`) for what libpq does not read, a password in it, several hosts, and other parts than are known.
    package init(_ bytes: [UInt8]) throws(Failure) {
        guard scriptron_pq_load() else { throw PostgresConnection.missing }
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw Failure(code: "EURL", "the address is not text in UTF-8")
        }
        var message: UnsafeMutablePointer<CChar>?
        guard let parts = scriptron_pq_parse(text, &message) else {
            scriptron_pq_free(message)
            // libpq's words would repeat the text, which may hold a password.
            throw Failure(
                code: "EURL", "the address is none that libpq reads", cure: "write postgres://user@host:5432/database")
        }
        defer { scriptron_pq_free_parts(parts) }
        var found: [String: String] = [:]
        var part = parts
        while let keyword = part.pointee.keyword {
            if let value = part.pointee.val { found[String(cString: keyword)] = String(cString: value) }
            part = part.successor()
        }
        if found["password"] != nil {
            throw Failure(
                code: "EURL", "the address holds a password",
                cure: "keep it as a secret, and give it as the option password")
        }
        if let other = found.keys.filter({ !Self.known.contains($0) }).sorted().first {
            throw Failure(
                code: "EURL", "the address has the part \(other)",
                cure: "it takes " + Self.known.joined(separator: ", "))
        }
        let host = found["host"] ?? ""
        if host.contains(",") || host.hasPrefix("@") {
            throw Failure(code: "EURL", "the address has several hosts, or an abstract socket", cure: "name one host")
        }
        if let text = found["port"], !text.isEmpty {
            guard let number = UInt16(text), number > 0 else {
                throw Failure(code: "EURL", "the address has a port that is none")
            }
            port = number
        }
        if host.hasPrefix("/") { directory = Path(host) } else if !host.isEmpty { self.host = host.lowercased() }
        user = found["user"]
        database = found["dbname"]
        security = found["sslmode"]
        if let security, !Self.securities.contains(security) {
            throw Failure(
                code: "EURL", "the address has the sslmode \(security)",
                cure: "it is one of " + Self.securities.joined(separator: ", "))
        }
        application = found["application_name"] ?? application
    }
}
