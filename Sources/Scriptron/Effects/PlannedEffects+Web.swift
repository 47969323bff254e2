/// Requests that are only planned: nothing is sent, and what they would bring is not known.
extension PlannedEffects {
    package func ask(_ call: WebCall) throws(Failure) -> WebOutcome {
        var step: [String: Value] = ["method": .text(call.method), "url": .text(call.shown)]
        if call.isHandshake { step["method"] = "TLS" }
        if let unix = call.unix { step["unix"] = .bytes(unix.bytes) }
        if case .file(let path)? = call.body {
            used.reads(path.path)
            step["file"] = .bytes(path.path.bytes)
        }
        let answer = terms.answer(call)
        if let target = call.target {
            step["path"] = .bytes(target.path.bytes)
            let isThere = answer.map { (200...299).contains($0.status) } ?? true
            if isThere { try put(answer?.body, at: target.path, call.call) }
        }
        plan.add("request", step)
        if let answer { return .answered(answer) }
        plan.isAssumed = true
        return .assumed(call.dry ?? .null)
    }

    /// The file that a download makes; nil: nobody knows what would be in it.
    private func put(_ body: [UInt8]?, at path: Path, _ call: String) throws(Failure) {
        try place(path, call) { directory, _ in
            overlay.make(
                .file, in: directory, mode: 0o644, owner: Permission.owner, now: nanoseconds,
                content: body.map { keep($0) } ?? .unknown, size: Int64(body?.count ?? 0))
        }
    }
}
