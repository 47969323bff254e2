/// Requests: what would change something is planned, and what it would bring is not known. With `--network` what only
/// reads is really asked.
extension PlannedEffects {
    package func ask(_ call: WebCall) throws(Failure) -> WebOutcome {
        var step: [String: Value] = ["method": .text(call.method), "url": .text(call.shown)]
        if call.isHandshake { step["method"] = "TLS" }
        used.places.insert(call.unix?.text ?? call.url.need)
        if let unix = call.unix { step["unix"] = .bytes(unix.bytes) }
        if case .file(let path)? = call.body {
            try mustBeReadable(path.path, call.call)
            step["file"] = .bytes(path.path.bytes)
        }
        let answer = terms.answer(call)
        if answer == nil, terms.network, isReading(call) { return .answered(try askReally(call, step)) }
        if let target = call.target {
            step["path"] = .bytes(target.path.bytes)
            let isThere = answer.map { (200...299).contains($0.status) } ?? true
            if isThere { try put(answer?.body, size: answer?.bytes ?? 0, at: target.path, call.call) }
        }
        if !Self.reads(call) { sent.insert(Self.place(call)) }
        plan.add("request", step)
        if let answer { return .answered(answer) }
        plan.isAssumed = true
        return .assumed(call.dry ?? .null)
    }

    /// Fails where the file that is sent is not there, or nothing that can be sent.
    private func mustBeReadable(_ path: Path, _ call: String) throws(Failure) {
        used.reads(path)
        let found = try existing(path, follow: true, call)
        if found.status.kind != .file { throw FileFailure.notRegular(found.status.kind, call, path) }
        guard Permission.mayRead(found.status) else { throw denied(path, call) }
    }

    private static func reads(_ call: WebCall) -> Bool {
        call.isHandshake || ["GET", "HEAD"].contains(call.method) && call.body == nil
    }

    private static func place(_ call: WebCall) -> String { call.url.server + call.url.path.prefix { $0 != "?" } }

    /// Whether it only reads, and reads nothing that a planned request would have changed.
    private func isReading(_ call: WebCall) -> Bool {
        guard Self.reads(call) else { return false }
        if call.isHandshake || sent.isEmpty { return true }
        let place = Self.place(call)
        let below = place.hasSuffix("/") ? place : place + "/"
        return !sent.contains { $0 == place || $0.hasPrefix(below) }
    }

    /// Asks the server, and keeps what a download brings in the overlay.
    private func askReally(_ call: WebCall, _ step: [String: Value]) throws(Failure) -> TransferResponse {
        var real = call
        if let target = call.target {
            try live.judge(find(target.path, follow: false, call.call)?.status, replace: true, call.call, target.path)
            real.target = nil
            real.most = min(call.most, Int64(Self.mostKept))
        }
        var response: TransferResponse
        do throws(Failure) {
            response = try reallyAsk(real)
        } catch {
            guard call.target != nil, error.code == "EFBIG", call.most > real.most else {
                plan.addReal("request", step.merging(["error": .text(error.code)]) { $1 })
                throw error
            }
            // Too large to be kept: its size and its hash are found out, and what is in it is not known.
            real.most = call.most
            real.isHashed = true
            response = try reallyAsk(real)
        }
        var step = step
        step["status"] = .int(Int64(response.status))
        step["bytes"] = .int(response.bytes)
        guard let target = call.target else {
            plan.addReal("request", step)
            return response
        }
        step["path"] = .bytes(target.path.bytes)
        plan.addReal("request", step)
        guard (200...299).contains(response.status) else { return response }
        var sum = response.sha256
        if sum == nil { sum = try Digest.sha256(response.body) }
        if let digest = call.digest, sum != digest {
            throw Failure(
                code: "EDAMAGED", "\(call.call) \(target.path.text): what came does not have the SHA-256 \(digest)",
                cure: "nothing was kept of it; ask again, or take another copy")
        }
        try put(real.isHashed ? nil : response.body, size: response.bytes, at: target.path, call.call)
        plan.add("write", ["path": .bytes(target.path.bytes)], bytes: response.bytes)
        response.body = []
        return response
    }

    private func reallyAsk(_ call: WebCall) throws(Failure) -> TransferResponse {
        switch try live.ask(call) {
        case .answered(let response): return response
        case .assumed: throw Failure(code: "EINTERNAL", "\(call.call): a real request was not made")
        }
    }

    /// The file that a download makes; without a body nobody knows what would be in it.
    private func put(_ body: [UInt8]?, size: Int64, at path: Path, _ call: String) throws(Failure) {
        try place(path, call) { directory, _ in
            overlay.make(
                .file, in: directory, mode: 0o644, owner: Permission.owner, now: nanoseconds,
                content: body.map { keep($0) } ?? .unknown, size: size)
        }
    }
}
