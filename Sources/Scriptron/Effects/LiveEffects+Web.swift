/// Requests of HTTP, to addresses that the host finds and judges.
extension LiveEffects {
    package func ask(_ call: WebCall) throws(Failure) -> WebOutcome {
        try checkDeadline(call.call)
        let until = min(Monotonic.now + call.timeout, settings.patience)
        var request = TransferRequest(call.url, kind: call.isHandshake ? .handshake : .http)
        request.method = call.method
        request.headers = call.headers
        request.login = call.login
        request.most = call.most
        request.cuts = call.cuts
        request.unixSocket = call.unix
        request.proxy = call.proxy
        request.verifies = call.verifies
        request.trust = call.trust?.path
        switch call.body {
        case nil: break
        case .bytes(let bytes): request.body = .bytes(bytes)
        case .pipe(let pipe): request.body = .pipe(pipe)
        case .file(let path):
            let (directory, name) = try place(path.path, call.call)
            let file = try told(call.call, path.path) { try RegularFile.read(name, in: directory, follow: true) }
            request.body = .file(file.descriptor, offset: 0, length: file.status.size)
        case .part(let path, let offset, let length):
            let (directory, name) = try place(path.path, call.call)
            let file = try told(call.call, path.path) { try RegularFile.read(name, in: directory, follow: true) }
            request.body = .file(file.descriptor, offset: offset, length: length)
        }
        request.pins = try pins(call, until: until)
        var file: AtomicFile?
        if let target = call.target {
            let (directory, name) = try place(target.path, call.call)
            file = try told(call.call, target.path) {
                let existing = try directory.status(name)
                try judge(existing, replace: true, call.call, target.path)
                let file = try AtomicFile(name, in: directory, mode: existing == nil ? 0o666 : 0o600)
                if let existing { try file.descriptor.setMode(allowedMode(existing.mode)) }
                return file
            }
            if let file { request.sink = TransferRequest.Sink(file.descriptor) }
        }
        if let sink = call.sink { request.sink = TransferRequest.Sink(sink) }
        request.progress = call.progress
        // Fed by this thread alone, which makes the transfer.
        nonisolated(unsafe) let hash = call.isHashed ? try Digest(.sha256) : nil
        if hash != nil { request.sink = TransferRequest.Sink { hash?.update($0) } }
        request.timeout = max(until - Monotonic.now, 0.001)
        request.stall = call.stall
        var response = try perform(request, call)
        if let file, let target = call.target, (200...299).contains(response.status) {
            try told(call.call, target.path) {
                if let digest = call.digest, try Self.sha256(of: file.descriptor) != digest {
                    throw Failure(
                        code: "EDAMAGED",
                        "\(call.call) \(target.path.text): what came does not have the SHA-256 \(digest)",
                        cure: "nothing was kept of it; ask again, or take another copy")
                }
                try file.commit(replace: true)
            }
        }
        if let hash { response.sha256 = Digest.hexadecimal(hash.finish()) }
        return .answered(response)
    }

    private static func sha256(of file: Descriptor) throws -> String {
        let digest = try Digest(.sha256)
        var offset: Int64 = 0
        while true {
            let bytes = try file.read(1 << 20, at: offset)
            if bytes.isEmpty { return Digest.hexadecimal(digest.finish()) }
            digest.update(bytes)
            offset += Int64(bytes.count)
        }
    }

    private func perform(_ request: TransferRequest, _ call: WebCall) throws(Failure) -> TransferResponse {
        do throws(Failure) {
            let client: TransferClient
            if let idle = clients.popLast() { client = idle } else { client = try TransferClient() }
            defer { clients.append(client) }
            return try settings.turn.apart { (mark) throws(Failure) in
                var request = request
                request.isCancelled = { mark?.isCancelled == true }
                return try client.perform(request)
            }
        } catch {
            try checkDeadline(call.call)
            if error.code == "EACCES" || error.code == "EPERM" {
                throw Failure(
                    code: "EGRANT",
                    "\(call.call): the host refused to connect to \(call.unix?.text ?? (call.proxy ?? call.url).need)",
                    cure: "the run's refusals say why (scriptron show RUN)")
            }
            throw Failure(code: error.code, "\(call.call): \(error.message)", cure: error.cure)
        }
    }

    /// The addresses of the server's name: the host finds them, and judges the connection once more.
    private func pins(_ call: WebCall, until: Double) throws(Failure) -> [TransferRequest.Pin] {
        // The proxy looks up the server's name itself.
        let server = call.proxy ?? call.url
        let host = server.host
        if call.unix != nil || IPAddress(host) != nil { return [] }
        let answer = try settings.services.request(
            .resolve, ["host": .text(host), "timeout": .number(max(until - Monotonic.now, 0.05))])
        let addresses = (answer.list ?? []).compactMap { $0.text.flatMap { IPAddress($0) } }
        if addresses.isEmpty {
            throw Failure(code: "ERESOLVE", "\(call.call): the name \(host) has no address")
        }
        return [TransferRequest.Pin(host: host, port: server.port, addresses: addresses)]
    }
}
