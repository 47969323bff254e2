import Glibc

@testable import Scriptron

/// A PostgreSQL server of a test's own: a Unix socket that its owner alone may write to, peer authentication, and where
/// `port` is given TCP on 127.0.0.1, with passwords, and TLS by a certificate of its own for `localhost`. It ends with this
/// process.
final class PostgresCluster: Sendable {
    /// Where this machine has a server's programs; nil where it has none, or no user for it.
    static let programs: Path? = {
        guard Users.account(named: "postgres") != nil else { return nil }
        let versions = (try? Directory("/usr/lib/postgresql").names()) ?? []
        let places = versions.map { Path("/usr/lib/postgresql").appending(Path(bytes: $0)).appending("bin") }
        return places.sorted().last { access($0.appending("initdb").text, X_OK) == 0 }
    }()

    // Only its `path` is used after init, from any thread, and that does not change.
    nonisolated(unsafe) private let directory: TemporaryDirectory
    private let server: ProcessHandle

    /// The directory of its socket.
    var directoryOfSocket: Path { directory.at("run") }
    var socket: Path { directory.at("run/.s.PGSQL.\(number)") }
    /// The port, which its socket is named after too.
    private let number: UInt16
    /// The certificate that TCP is served with; it is its own authority.
    var certificate: Path { directory.at("tls/cert.pem") }

    /// Makes a cluster with the table `precious`, and waits until it serves.
    init(port: UInt16? = nil) throws {
        guard let programs = Self.programs else { throw Failure(code: "ENOENT", "no PostgreSQL here") }
        directory = try TemporaryDirectory()
        number = port ?? 5432
        chmod(directory.path.text, 0o755)
        let account = Users.account(named: "postgres")
        for name in ["data", "run", "tls"] {
            let path = try directory.directory(name)
            chown(path.text, account?.uid ?? 0, account?.gid ?? 0)
            chmod(path.text, name == "data" ? 0o700 : 0o755)
        }
        let made = Self.shell(
            "\(programs)/initdb -D \(directory.at("data")) -A peer -E UTF8 --locale=C --no-sync 2>&1")
        guard made.contains("Success") else { throw Failure(code: "ETEST", "initdb: \(made)") }
        var serving = "-h ''"
        let certificate = directory.at("tls/cert.pem")
        if let port {
            let made = Self.shell(
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 30 -subj /CN=localhost "
                    + "-addext subjectAltName=DNS:localhost -keyout \(directory.at("tls/key.pem")) -out \(certificate) 2>&1"
            )
            guard access(certificate.text, R_OK) == 0 else { throw Failure(code: "ETEST", "openssl: \(made)") }
            try directory.file("rules", "local all all peer\nhost all all 127.0.0.1/32 scram-sha-256\n")
            chmod(directory.at("rules").text, 0o644)
            serving =
                "-h 127.0.0.1 -p \(port) -c hba_file=\(directory.at("rules")) -c ssl=on "
                + "-c ssl_cert_file=\(certificate) -c ssl_key_file=\(directory.at("tls/key.pem"))"
        }
        try Self.start(
            "\(programs)/postgres -D \(directory.at("data")) -k \(directory.at("run")) \(serving) -F "
                + "-c unix_socket_permissions=0700 2>&1")
        let lines = try Files.readSmall(directory.at("data/postmaster.pid"))
        let pid = Int32(String(decoding: lines, as: UTF8.self).split(separator: "\n").first ?? "") ?? 0
        server = try ProcessHandle(pid: pid)
        let filled = Self.shell(
            "\(programs)/psql -X -h \(directory.at("run")) -p \(number) postgres -c "
                + "\"create table precious as select 'a word that is kept' as word\" 2>&1")
        guard filled.contains("SELECT 1") else { throw Failure(code: "ETEST", "psql: \(filled)") }
    }

    deinit { stop() }

    /// Ends it: immediate shutdown, which kills what belongs to it.
    func stop() {
        server.signal(SIGQUIT)
        server.waitForEnd(seconds: 30)
    }

    /// What `psql` prints for these commands, as the server's owner.
    func query(_ text: String, in database: String = "postgres") -> String {
        let quoted = "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
        return run("psql", "-X -A -t -q -v ON_ERROR_STOP=1 \(database) -c \(quoted)")
    }

    /// What a program of PostgreSQL's prints, as the server's owner; the arguments are words of a shell.
    func run(_ program: String, _ arguments: String) -> String {
        guard let programs = Self.programs else { return "" }
        return Self.shell("\(programs)/\(program) -h \(directoryOfSocket) -p \(number) \(arguments) 2>&1")
    }

    private static let owner = "setpriv --reuid=postgres --regid=postgres --init-groups --pdeathsig QUIT"

    /// What a command of the shell prints, run as the server's owner.
    private static func shell(_ command: String) -> String {
        guard let stream = popen("cd / && \(owner) \(command) </dev/null", "re") else { return "" }
        defer { pclose(stream) }
        var output: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while case let count = fread(&buffer, 1, buffer.count, stream), count > 0 { output += buffer.prefix(count) }
        return String(decoding: output, as: UTF8.self)
    }

    /// Starts a server, and waits until it says that it is ready. A thread of its own is its parent and reads what it
    /// says: with that thread it would end.
    private static func start(_ command: String) throws {
        let said = Shared("")
        let told = try Pipe()
        try PlainThread.start(name: "test-postgres") {
            guard let stream = popen("cd / && exec \(owner) \(command) </dev/null", "re") else { return }
            var line = [CChar](repeating: 0, count: 4096)
            var isTold = false
            while fgets(&line, Int32(line.count), stream) != nil {
                let text = line.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
                if isTold { continue }
                said.value.withLock { $0 += text }
                if text.contains("ready to accept connections") {
                    isTold = true
                    try? told.write.write([1])
                }
            }
            if !isTold { try? told.write.write([0]) }
            pclose(stream)
        }
        guard try told.read.read(1) == [1] else {
            throw Failure(code: "ETEST", "postgres: \(said.value.withLock { $0 })")
        }
    }
}
