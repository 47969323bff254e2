import Scriptron

/// Talks to the host: HTTP over its Unix socket, one request at a time, on the calling thread.
struct HostClient {
    /// The socket's path.
    let socket: Path
    /// Seconds for a whole answer, beyond what the request itself asks to wait.
    var patience = 30.0

    /// A value by GET. Throws the host's own failure, or one with the code ENOHOST where it cannot be reached.
    func get(_ path: String, _ query: [(String, String?)] = [], wait: Double = 0) throws(Failure) -> Value {
        try request(path, query + [("wait", wait > 0 ? "\(wait)" : nil)], post: nil, wait: wait)
    }

    /// A value by POST of another.
    func post(_ path: String, _ body: Value) throws(Failure) -> Value {
        try request(path, [], post: try JSON.encode(body), wait: 0)
    }

    private func request(
        _ path: String, _ query: [(String, String?)], post body: [UInt8]?, wait: Double
    ) throws(Failure) -> Value {
        let address: UnixAddress
        do {
            address = try UnixAddress(socket)
        } catch {
            throw unreachable(Failure(code: "EPATH", error.description))
        }
        let arguments = query.compactMap { name, value in value.map { (name: name, value: Array($0.utf8)) } }
        var request = TransferRequest(try TransferURL("http://scriptron" + path).adding(arguments))
        request.unixSocket = address.name
        request.timeout = patience + wait
        request.connectTimeout = patience
        request.most = 256 << 20
        if let body {
            request.method = "POST"
            request.body = .bytes(body)
        }
        let response: TransferResponse
        do throws(Failure) {
            let client = try TransferClient()
            response = try withExtendedLifetime(address) { () throws(Failure) in try client.perform(request) }
        } catch {
            if error.code == "ECURL" { throw error }
            throw unreachable(error)
        }
        let value = try JSON.decode(response.body)
        if response.status < 400 { return value }
        throw Self.failure(in: value, status: response.status)
    }

    private func unreachable(_ error: Failure) -> Failure {
        if let forbidden { return forbidden }
        let why =
            switch error.code {
            case "ENOENT": "there is no such socket"
            case "ECONNREFUSED": "nobody listens there: its host is gone"
            default: error.message
            }
        return Failure(
            code: ControlCode.noHost, "no host answers at \(socket.text) (\(why))",
            cure: "start one with scriptron serve, or name its socket with --socket")
    }

    /// Why this user may not speak to the host, where that is what is wrong.
    private var forbidden: Failure? {
        let cure = "run this command as that user or as root, or name another host with --config or --socket"
        do throws(SystemError) {
            guard let status = try FileStatus.of(socket, follow: true), status.kind == .socket,
                !Permission.mayWrite(status)
            else { return nil }
            return Failure(
                code: "EACCES",
                "the host at \(socket.text) belongs to \(Users.name(of: status.uid)), and takes no commands of "
                    + Users.ownName, cure: cure)
        } catch {
            guard error.number == ErrorNumber.accessDenied else { return nil }
            return Failure(
                code: "EACCES", "\(Users.ownName) may not look into \(socket.parent.text), where the host's socket is",
                cure: "run this command as the owner of that directory or as root, or name another host with --config "
                    + "or --socket")
        }
    }

    private static func failure(in value: Value, status: Int) -> Failure {
        guard let error = value["error"], let code = error["code"]?.text, let message = error["message"]?.text else {
            return Failure(code: "EHTTP", "the host answered with status \(status) and nothing readable")
        }
        return Failure(code: code, message, place: error["place"]?.text, cure: error["cure"]?.text)
    }
}
